"""Timed text: the cues of a transcript, cleaned, read from YouTube's own format, and written to the
formats of the field.

Files that people have are read by `videos.subtitles`. Cues are sorted, finite, in milliseconds,
without markup, control characters or empty text. Reading what was written gives the same cues
again.
"""

import html
import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import orjson

from videos.text import storable

MAX_CUES = 100_000  # a day of speech has about 40,000
MAX_CUE_TEXT = 5_000  # characters
MAX_SECONDS = 360_000.0  # 100 hours
TOUCHING = 0.05  # seconds between two cues that follow each other without a pause
PARAGRAPH_PAUSE = 3.0  # seconds
PARAGRAPH_LENGTH = 600  # characters, then the next sentence end closes the paragraph


class Cue(NamedTuple):
    """`text` from `start` to `end`, in seconds.

    As JSON it is the `[start, end, text]` a transcript stores.
    """

    start: float
    end: float
    text: str


class CuesError(ValueError):
    """The text is not in the format it should be in."""


# Cleaning -----------------------------------------------------------------------------------------

# Names of tags that captions are written with, or that a page they were copied from had.
_TAG_NAMES = (
    "a|abbr|b|big|body|br|c|center|code|del|div|em|embed|font|h[1-6]|head|html"
    "|i|iframe|img|ins|lang|li|link|mark|meta"
    "|object|ol|p|pre|q|rp|rt|ruby|s|script|small|span|strike|strong|style|sub|sup|svg|tt|u|ul|v"
)
_ATTRIBUTE = r"\s+[\w:-]+\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>]+)"
MARKUP = re.compile(
    rf"<\s?/?\s{{0,3}}(?:{_TAG_NAMES})(?:\.[^\s<>]*)?(?:{_ATTRIBUTE})*\s*/?>"
    r"|<(?:v|lang)(?:\.[^\s<>]*)?\s[^<>]*>"  # the speaker, the language
    r"|<\d[\d:.]*>"  # when the next word is sung
    r"|</[a-z][\w.-]{0,40}\s*>"  # the end of any tag
    r"|\{\\[^{}]*\}",  # how SubStation shows the text
    re.IGNORECASE,
)
_CLOSED = re.compile(r"</([a-z][\w.-]{0,40})\s*>", re.IGNORECASE)


def clean_text(text: str) -> str:
    """Return one cue's text without markup and as `plain_text` returns it."""
    return plain_text(without_markup(text))


def plain_text(text: str) -> str:
    """Return lines without surplus blanks, no empty lines, at most MAX_CUE_TEXT characters."""
    text = storable(text[: 8 * MAX_CUE_TEXT])
    lines = []
    for line in text.split("\n"):
        words = line.split()
        if words:
            lines.append(" ".join(words))
    return "\n".join(lines)[:MAX_CUE_TEXT].rstrip()


def without_markup(text: str) -> str:
    """Return storable text without tags; what merely has angle brackets stays.

    Longer than MAX_CUE_TEXT fully escaped is never looked at, so a hostile line costs no more.
    """
    text = storable(text[: 8 * MAX_CUE_TEXT])
    for name in set(_CLOSED.findall(text[:MAX_CUE_TEXT])):  # of whatever name, if it is closed too
        text = re.sub(rf"<{re.escape(name)}(?:{_ATTRIBUTE})*\s*/?>", "", text, flags=re.IGNORECASE)
    for _ in range(4):  # stripping a tag may join the halves of another one
        before, text = text, MARKUP.sub("", text)
        if text == before:
            return text
    return re.sub("[<{]", "", text)


def tidy(cues: Iterable[Cue]) -> list[Cue]:
    """Return cues as they are kept: without markup, and as `tidy_plain` returns them."""
    return tidy_plain(cue._replace(text=without_markup(cue.text)) for cue in cues)


def tidy_plain(cues: Iterable[Cue]) -> list[Cue]:
    """Sort cues by start, times in whole milliseconds, never ending before they start.

    Their text is taken as it is, tags too: use it where markup is gone already.
    """
    kept = []
    for start, end, text in cues:
        if not math.isfinite(start + end) or not 0 <= start <= MAX_SECONDS:
            continue
        if cleaned := plain_text(text):
            start = round(start, 3)
            kept.append(Cue(start, max(start, round(min(end, MAX_SECONDS), 3)), cleaned))
    return sorted(kept, key=lambda cue: cue.start)[:MAX_CUES]


def without_rolling_repeats(cues: Sequence[Cue]) -> list[Cue]:
    """Return automatic captions as text: each word once, no two cues at the same time."""
    return without_overlaps(unrolled(cues))


def unrolled(cues: Sequence[Cue]) -> list[Cue]:
    """Return a rolling track with each word once; any other track as it is.

    Rolling captions repeat the line before in each cue. A track counts as rolling when most cues
    that touch the one before repeat words of it and add some, or flash up for a moment alone; in
    any other track a repeated word was spoken twice and stays.
    """
    words = [cue.text.split() for cue in cues]
    repeated = _repeats_of_rolling(cues, words)
    if not repeated:
        return list(cues)
    kept = list(cues[:1])
    for cue, cue_words, repeat in zip(cues[1:], words[1:], repeated, strict=True):
        if fresh := cue_words[repeat:]:
            kept.append(Cue(cue.start, cue.end, " ".join(fresh)))
        else:
            kept[-1] = kept[-1]._replace(end=max(kept[-1].end, cue.end))
    return kept


def _repeats_of_rolling(cues: Sequence[Cue], words: Sequence[list[str]]) -> list[int]:
    """How many words each cue after the first repeats; nothing where the track does not roll."""
    repeated = []
    touching = rolling = 0
    for (before, after), (words_before, words_after) in zip(
        pairwise(cues), pairwise(words), strict=True
    ):
        near = after.start <= before.end + TOUCHING
        repeat = repeat_length(words_before, words_after) if near else 0
        shortest, longest = sorted((before.end - before.start, after.end - after.start))
        repeated.append(repeat)
        touching += near
        is_flash = shortest <= TOUCHING < longest
        rolling += repeat > 0 and (len(words_after) > repeat or is_flash)
    if 2 * rolling <= touching:
        return []
    return repeated


def repeat_length(before: Sequence[str], after: Sequence[str]) -> int:
    """Count the words that `after` begins with and `before` ends with."""
    for length in range(min(len(before), len(after)), 0, -1):
        if before[-length:] == after[:length]:
            return length
    return 0


def without_overlaps(cues: Sequence[Cue]) -> list[Cue]:
    """End each cue where the next one starts, at the latest."""
    kept = []
    for cue, after in pairwise(cues):
        kept.append(cue._replace(end=max(cue.start, min(cue.end, after.start))))
    return [*kept, *cues[-1:]]


# Reading ------------------------------------------------------------------------------------------


def read_json3(text: str) -> list[Cue]:
    """YouTube's `json3`.

    Raises CuesError for anything but a JSON object; one without events has no cues.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CuesError("not JSON") from error
    if not isinstance(document, dict):
        raise CuesError("not a json3 document")
    return tidy(_json3_cues(document.get("events")))


def _json3_cues(events: Any) -> Iterator[Cue]:
    if not isinstance(events, list):
        return
    for event in events:
        if not isinstance(event, dict) or not isinstance(segments := event.get("segs"), list):
            continue
        start = _seconds_of(event.get("tStartMs", 0))
        duration = _seconds_of(event.get("dDurationMs", 0))
        yield Cue(start, start + max(duration, 0.0), _text_of(segments))


def _text_of(segments: list[Any]) -> str:
    parts = []
    for segment in segments:
        if isinstance(segment, dict) and isinstance(segment.get("utf8"), str):
            parts.append(segment["utf8"])
    return "".join(parts)


def _seconds_of(milliseconds: Any) -> float:
    """NaN, which `tidy` drops, for what is no number, or too large a one."""
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float):
        return math.nan
    return milliseconds / 1000 if abs(milliseconds) < MAX_SECONDS * 2000 else math.nan


# Writing ------------------------------------------------------------------------------------------


def ms(seconds: float) -> int:
    return round(seconds * 1000)


def write_vtt(cues: Iterable[Cue]) -> str:
    blocks = ["WEBVTT\n"]
    for cue in cues:
        text = html.escape(cue.text, quote=False)
        blocks.append(f"{clock(cue.start)} --> {clock(cue.end)}\n{text}\n")
    return "\n".join(blocks)


def write_srt(cues: Iterable[Cue]) -> str:
    blocks = []
    for number, cue in enumerate(cues, 1):
        times = f"{clock(cue.start, ',')} --> {clock(cue.end, ',')}"
        blocks.append(f"{number}\n{times}\n{cue.text}\n")
    return "\n".join(blocks)


def clock(seconds: float, point: str = ".") -> str:
    """`01:02:03.456`."""
    whole, milliseconds = divmod(ms(seconds), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{point}{milliseconds:03}"


def write_txt(cues: Iterable[Cue]) -> str:
    """The text without times, in paragraphs: a pause begins a new one, and so does a sentence end
    once it is long.
    """
    paragraphs: list[list[str]] = []
    length, last_end = 0, -math.inf
    for cue in cues:
        line = cue.text.replace("\n", " ")
        full = length >= PARAGRAPH_LENGTH and paragraphs[-1][-1].endswith((".", "!", "?", "…"))
        if full or cue.start - last_end >= PARAGRAPH_PAUSE:
            paragraphs.append([])
            length = 0
        paragraphs[-1].append(line)
        length, last_end = length + len(line) + 1, cue.end
    if not paragraphs:
        return ""
    return "\n\n".join(map(" ".join, paragraphs)) + "\n"


# Storing ------------------------------------------------------------------------------------------


def to_rows(cues: Iterable[Cue]) -> list[list[float | str]]:
    """As `Transcript.cues` keeps them."""
    return list(map(list, cues))


def rows_to_text(rows: Iterable[Sequence[Any]]) -> str:
    """Write rows as JSON for the database, characters as themselves."""
    try:
        return orjson.dumps(rows).decode()
    except TypeError:  # half of a surrogate pair
        return json.dumps(rows)


def rows_from_text(kept: str) -> list[list[Any]]:
    """Read what `rows_to_text` wrote, or an earlier version."""
    try:
        rows: list[list[Any]] = orjson.loads(kept)
    except orjson.JSONDecodeError:  # half of a surrogate pair
        rows = json.loads(kept)
    return rows


def from_rows(rows: Iterable[Sequence[Any]]) -> list[Cue]:
    return [Cue(*row) for row in rows]
