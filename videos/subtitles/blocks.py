"""WebVTT, SubRip and SBV: lines of text after a line with the time.

Where a cue ends is decided by the next such line.

A blank line alone decides nothing: YouTube's automatic captions have lines of one blank inside a
cue, and many programs write no empty lines between cues at all.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from videos.cues import Cue, CuesError, tidy, tidy_plain, without_markup

_TIME = r"(?:(\d{1,3}) ?: ?)?(\d{1,2}) ?: ?(\d{1,2})(?: ?[.,:;] ?(\d{1,9}))?"
_ARROW = r"(?:-{1,3} ?(?:>|&gt;)|[–—]>|→)"
_LONGEST_TIMING = 300  # characters, with the settings of WebVTT
_TIMING = re.compile(rf"[\s\ufeff]*(?:\d{{1,6}}[ \t]+)?{_TIME}\s*{_ARROW}\s*{_TIME}(?=\s|$)")
_TIMING_BEFORE_TEXT = re.compile(rf"\s*\[{_TIME}\s*{_ARROW}\s*{_TIME}\]")  # as Whisper prints it
_BROKEN_TIMING = re.compile(r"\s*[\d:.,]*\d[^<>]{0,30}-->")
_SBV_TIMING = re.compile(rf"\s*{_TIME}\s*,\s*{_TIME}\s*$")
_LINE_END = re.compile(r"\r\r\n|\r\n|\r|\n")
_ENTITY = re.compile(r"&(?:#\d{1,6}|#[xX][0-9a-fA-F]{1,5}|[a-zA-Z]{2,8});")
_COMMENTS = ("NOTE", "STYLE", "REGION")


@dataclass(frozen=True)
class _Timing:
    """A line with a time: its place among the lines, start and end in seconds, and the text behind
    them.
    """

    place: int
    start: float
    end: float
    text: str


def read_vtt(text: str) -> list[Cue]:
    """Read WebVTT. Raises CuesError when its first line is not `WEBVTT`."""
    lines = _lines(text)
    if lines[0].split(maxsplit=1)[:1] != ["WEBVTT"]:
        raise CuesError("not WebVTT")
    return tidy_plain(_vtt_cues(_without_comments(lines)))


def _vtt_cues(lines: Sequence[str]) -> Iterator[Cue]:
    for cue in _cues(lines, _TIMING, has_identifiers=True):
        yield cue._replace(text=_unescape(without_markup(cue.text)))


def read_srt(text: str) -> list[Cue]:
    """Read SubRip. Raises CuesError for a text without any time."""
    cues = tidy(_cues(_lines(text), _TIMING))
    if not cues and text.strip() and "-->" not in text:
        raise CuesError("not SubRip")
    return cues


def read_sbv(text: str) -> list[Cue]:
    """Read YouTube's SubViewer. Raises CuesError when line 1 is no time."""
    lines = _lines(text.strip("\ufeff\r\n \t"))
    if not is_sbv(lines[0]):
        raise CuesError("not SBV")
    return tidy(_sbv_cues(lines))


def _sbv_cues(lines: Sequence[str]) -> Iterator[Cue]:
    for cue in _cues(lines, _SBV_TIMING):
        yield cue._replace(text=cue.text.replace("[br]", "\n"))


def is_sbv(line: str) -> bool:
    return _SBV_TIMING.match(line[:_LONGEST_TIMING]) is not None


def has_timing(text: str) -> bool:
    """Return whether a line of this text is a time as SubRip has it."""
    for line in _lines(text):
        if _timing(line, _TIMING):
            return True
    return False


def seconds(
    hours: str | None, minutes: str | None, whole: str | None, fraction: str | None
) -> float:
    """Return seconds from the parts of a time; "5" as a fraction is half a second."""
    return (
        int(hours or 0) * 3600
        + int(minutes or 0) * 60
        + int(whole or 0)
        + int((fraction or "0")[:3].ljust(3, "0")) / 1000
    )


def _lines(text: str) -> list[str]:
    return _LINE_END.split(text.removeprefix("\ufeff"))


def _timing(line: str, pattern: re.Pattern[str]) -> re.Match[str] | None:
    if ":" not in line[:40]:
        return None
    line = line[:_LONGEST_TIMING]
    match = pattern.match(line)
    if match is None and "[" in line[:20]:
        return _TIMING_BEFORE_TEXT.match(line)
    return match


def _cues(
    lines: Sequence[str], pattern: re.Pattern[str], *, has_identifiers: bool = False
) -> Iterator[Cue]:
    timings = _timings(lines, pattern)
    if not timings:
        return
    ends = [timing.place for timing in timings[1:]] + [len(lines)]
    is_numbered = _is_numbered(lines, timings)
    for timing, end in zip(timings, ends, strict=True):
        text = _before_broken_timing(lines[timing.place + 1 : end], is_numbered=is_numbered)
        if end < len(lines):
            text = _without_identifier(
                text, is_numbered=is_numbered, has_identifiers=has_identifiers
            )
        yield Cue(timing.start, timing.end, "\n".join((timing.text, *text)))


def _timings(lines: Sequence[str], pattern: re.Pattern[str]) -> list[_Timing]:
    timings = []
    for place, line in enumerate(lines):
        match = _timing(line, pattern)
        if match:
            parts = match.groups()
            behind = line[match.end() :] if match.re is _TIMING_BEFORE_TEXT else ""
            timings.append(_Timing(place, seconds(*parts[:4]), seconds(*parts[4:]), behind))
    return timings


def _is_numbered(lines: Sequence[str], timings: Sequence[_Timing]) -> bool:
    """Return whether the first time, and most of them, have a number of their own before them."""
    numbered = []
    after = 0
    for timing in timings:
        before = _last_filled(lines[after : timing.place])
        numbered.append(before.strip("\ufeff \t").isdigit())
        after = timing.place + 1
    return numbered[0] and sum(numbered) * 2 > len(numbered)


def _last_filled(lines: Sequence[str]) -> str:
    for line in reversed(lines):
        if line.strip():
            return line
    return ""


def _without_identifier(
    text: Sequence[str], *, is_numbered: bool, has_identifiers: bool
) -> Sequence[str]:
    """Return a cue's lines without what names the next cue: a number, in WebVTT any line after an
    empty one.
    """
    filled = [place for place, line in enumerate(text) if line.strip()]
    if not filled:
        return text
    last = filled[-1]
    if is_numbered and text[last].strip().isdigit():
        return text[:last]
    stands_alone = last == len(text) - 1 and len(filled) > 1 and filled[-2] < last - 1
    if has_identifiers and stands_alone:
        return text[:last]
    return text


def _before_broken_timing(text: Sequence[str], *, is_numbered: bool) -> Sequence[str]:
    """Return a cue's lines up to one that was meant as a time and cannot be read as one; what it
    says is of no known time.
    """
    for place, line in enumerate(text):
        if "-->" in line and _BROKEN_TIMING.match(line[:_LONGEST_TIMING]):
            return _without_identifier(text[:place], is_numbered=is_numbered, has_identifiers=False)
    return text


def _without_comments(lines: Sequence[str]) -> list[str]:
    """Return WebVTT's lines without its comments and style sheets, which begin after an empty line
    and end with one.
    """
    kept: list[str] = []
    in_comment = False
    for line in lines:
        follows_empty = not kept or not kept[-1].strip()
        if in_comment:
            in_comment = bool(line.strip()) and not _timing(line, _TIMING)
        elif follows_empty and _begins_comment(line):
            in_comment = True
        if not in_comment:
            kept.append(line)
    return kept


def _begins_comment(line: str) -> bool:
    words = line.split(maxsplit=1)
    return bool(words) and words[0] in _COMMENTS


def _unescape(text: str) -> str:
    """Decode entities once. Those without a semicolon are text: "AT&T", "R&D"."""
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text)
