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

TIME = r"(?<![\d:.,])(?:(\d{1,3}):)?(\d{1,3}):([0-5]\d)(?!\d|:\d)"
OPENING = r"[\s()\[\]{}<>«»*_~`•·‣▪▶►→✦★|#–—-]*"
BEFORE = re.compile(
    rf"{OPENING}(?:\d{{1,3}}[.)]\s{OPENING})?{TIME}(?:\s*(?:-|–|—|to|bis)\s*{TIME})?"
)
AFTER = re.compile(rf"{TIME}[\s)\]}}>»*_~`]*$")
TRIM = " \t\u00a0()[]{}<>«»*_~`•·‣▪▶►→✦★|#:;,.=-–—"


def chapters_of(
    starts: Iterable[tuple[float, str]], description: str, duration: int | None
) -> tuple[ChapterInfo, ...]:
    """YouTube's own chapters, given as start and title, else those of the description; () when there are none."""
    own = [
        (max(start, 0.0), title) for start, title in starts if duration is None or start < duration
    ]
    return with_ends(sorted(own) or description_chapters(description, duration), duration)


def description_chapters(description: str, duration: int | None) -> list[tuple[float, str]]:
    """Start and title of the chapters a description lists; [] unless the list keeps YouTube's rule."""
    listed: list[tuple[float, str]] = []
    for line in description.splitlines():
        found = chapter_line(line[:LONGEST_LINE])
        if found is None:
            continue
        if found[0] == 0 and listed:  # the same list again, in another language
            break
        if listed or found[0] == 0:
            listed.append(found)
    return listed if keeps_the_rule([start for start, _ in listed], duration) else []


def keeps_the_rule(starts: Sequence[float], duration: int | None) -> bool:
    if len(starts) < FEWEST or starts[0] != 0:
        return False
    ends = [*starts[1:], *([duration] if duration else [])]
    return all(end - start >= SHORTEST for start, end in zip(starts, ends, strict=False))


def chapter_line(line: str) -> tuple[float, str] | None:
    """`0:00 Title`, `- [1:02:03] Title`, `2. 4:05 – 6:07: Title` or `Title (0:00)` as start and title; None for any other line."""
    if match := BEFORE.match(line):
        title = line[match.end() :]
    elif match := AFTER.search(line):
        title = line[: match.start()]
    else:
        return None
    title = one_line(title.strip(TRIM), CHAPTER_TITLE_LENGTH)
    hours, minutes, seconds = (int(part or 0) for part in match.groups()[:3])
    if not title or (match[1] and minutes > 59):
        return None
    return float(hours * 3600 + minutes * 60 + seconds), title


def with_ends(listed: Sequence[tuple[float, str]], duration: int | None) -> tuple[ChapterInfo, ...]:
    """Each chapter ends where the next begins, the last with the video (or where it begins, when its length is unknown)."""
    if not listed:
        return ()
    listed = listed[:MOST]
    closing = (max(float(duration or 0), listed[-1][0]), "")
    pairs = pairwise((*listed, closing))
    return tuple(
        ChapterInfo(start, end, one_line(title, CHAPTER_TITLE_LENGTH))
        for (start, title), (end, _) in pairs
    )
