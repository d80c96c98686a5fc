"""Chapters: YouTube's own, else read from the description by YouTube's rule. Pure, no requests."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from enrichment.sources.types import CHAPTER_TITLE_LENGTH, ChapterInfo
from videos.text import one_line

FEWEST = 3  # the rule: at least three, the first at 0:00, ascending, each at least ten seconds long
SHORTEST = 10.0  # seconds
MOST = 1000
LONGEST_LINE = 1000  # characters of a description's line that are looked at

# Hours, minutes and seconds; cutting programs add thousandths.
TIME = r"(?<![\d:.,])(?:(\d{1,3}):)?(\d{1,3}):([0-5]\d)(?:[.,]\d{1,3})?(?!\d|:\d)"
OPENING = r"[\s()\[\]{}<>«»*_~`•·‣▪▶►→✦★|#–—-]*"
RANGE = rf"(?:\s*[)\]}}]?\s*(?:-|–|—|~|→|to|bis)\s*[(\[{{]?\s*{TIME})?"
BEFORE = re.compile(rf"{OPENING}(?:\d{{1,3}}[.)]\s{OPENING})?{TIME}{RANGE}")
AFTER = re.compile(rf"{TIME}[\s)\]}}>»*_~`]*$")

# What stands between a time and its title. Brackets, full stops and signs like # may be the title's
# own.
SEPARATORS = " \t\u00a0*_~`•·‣▪▶►→✦★|:;,=-–—"
PARTNERS = {")": "(", "]": "[", "}": "{", "»": "«", ">": "<"}
NUMBER = re.compile(r"(\d{1,3})[.)]\s+(?=\S)")


def chapters_of(
    starts: Iterable[tuple[float, str]], description: str, duration: int | None
) -> tuple[ChapterInfo, ...]:
    """YouTube's own chapters, given as start and title, else those of the description; () when
    there are none.
    """
    own = []
    for start, title in starts:
        if duration is None or start < duration:
            own.append((max(start, 0.0), title))
    return with_ends(sorted(own) or description_chapters(description, duration), duration)


def description_chapters(description: str, duration: int | None) -> list[tuple[float, str]]:
    """Start and title of the chapters a description lists; [] unless the list keeps YouTube's
    rule.
    """
    listed: list[tuple[float, str]] = []
    for line in description.splitlines():
        found = chapter_line(line[:LONGEST_LINE])
        if found is None:
            continue
        if found[0] == 0 and listed:  # the same list again, in another language
            break
        if listed or found[0] == 0:
            listed.append(found)
    if not keeps_the_rule([start for start, _ in listed], duration):
        return []
    return without_numbers(listed)


def keeps_the_rule(starts: Sequence[float], duration: int | None) -> bool:
    if len(starts) < FEWEST or starts[0] != 0:
        return False
    times = list(starts)
    if duration:
        times.append(duration)
    return are_far_apart(times)


def are_far_apart(times: Sequence[float]) -> bool:
    for start, end in pairwise(times):
        if end - start < SHORTEST:
            return False
    return True


def chapter_line(line: str) -> tuple[float, str] | None:
    """`0:00 Title`, `- [1:02:03] Title`, `2. 4:05 – 6:07: Title` or `Title (0:00)` as start and
    title; None for any other line.
    """
    if match := BEFORE.match(line):
        title = line[match.end() :]
    elif match := AFTER.search(line):
        title = line[: match.start()]
    else:
        return None
    title = one_line(trimmed(title), CHAPTER_TITLE_LENGTH)
    hours, minutes, seconds = int(match[1] or 0), int(match[2]), int(match[3])
    if not title or (match[1] and minutes > 59):
        return None
    return float(hours * 3600 + minutes * 60 + seconds), title


def trimmed(title: str) -> str:
    """Take off what stands between a time and its title, and brackets whose partner went with the
    time.
    """
    title = title.strip(SEPARATORS)
    while title:
        shorter = title
        if title[0] in PARTNERS or title[:2] == ". ":
            shorter = title[1:]
        elif (
            title[-1] in PARTNERS and title.count(PARTNERS[title[-1]]) < title.count(title[-1])
        ) or title[-1] in PARTNERS.values():
            shorter = title[:-1]
        elif title[0] in PARTNERS.values() and closing_of(title[0]) not in title:
            shorter = title[1:]
        if shorter == title:
            break
        title = shorter.strip(SEPARATORS)
    return title


def closing_of(opening: str) -> str:
    return next(closing for closing, partner in PARTNERS.items() if partner == opening)


def without_numbers(listed: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """Leave "1. ", "2. " … before the titles out, where all of them are numbered in order."""
    numbers = []
    plain = []
    for start, title in listed:
        number = NUMBER.match(title)
        if number is None:
            return listed
        numbers.append(int(number[1]))
        plain.append((start, title[number.end() :]))
    if numbers not in (list(range(len(listed))), list(range(1, len(listed) + 1))):
        return listed
    return plain


def with_ends(listed: Sequence[tuple[float, str]], duration: int | None) -> tuple[ChapterInfo, ...]:
    """Each chapter ends where the next begins, the last with the video (or where it begins, when
    its length is unknown).
    """
    if not listed:
        return ()
    listed = listed[:MOST]
    closing = (max(float(duration or 0), listed[-1][0]), "")
    chapters = []
    for (start, title), (end, _) in pairwise((*listed, closing)):
        chapters.append(ChapterInfo(start, end, one_line(title, CHAPTER_TITLE_LENGTH)))
    return tuple(chapters)
