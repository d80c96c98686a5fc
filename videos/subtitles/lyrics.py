"""LRC: lines of a song, each behind the times at which it is sung.

A line lasts until the next one begins.
"""

import re
from collections.abc import Iterator

from videos.cues import Cue, CuesError, tidy
from videos.subtitles.blocks import seconds

_LAST_LINE = (
    5.0  # seconds that the last line lasts, where the file does not say how long the song is
)
# Three numbers with colons are minutes, seconds and hundredths, unless a fraction follows.
_TIME = re.compile(
    r"\s*\[(?:(\d{1,2}):)?(\d{1,3}):(\d{1,2})[.,](\d{1,3})\]"
    r"|\s*\[(\d{1,3}):(\d{1,2})(?::(\d{1,3}))?\]",
    re.ASCII,
)
_PROPERTY = re.compile(r"\s*\[(offset|length):\s*([+-]?[\d:.]+)\s*\]", re.IGNORECASE)


def read_lrc(text: str) -> list[Cue]:
    """Read LRC. Raises CuesError when no line begins with a time."""
    properties: dict[str, str] = {}
    stamps: list[tuple[float, str]] = []
    for line in text.splitlines():
        given = _PROPERTY.match(line)
        if given:
            properties[given[1].lower()] = given[2]
        stamps.extend(_stamps(line))
    if not stamps:
        raise CuesError("not LRC")
    return tidy(_cues(sorted(stamps, key=lambda stamp: stamp[0]), properties))


def _stamps(line: str) -> Iterator[tuple[float, str]]:
    times = []
    end = 0
    while match := _TIME.match(line, end):
        hours, minutes, whole, fraction, *others = match.groups()
        if not whole:
            minutes, whole, fraction = others
        times.append(seconds(hours, minutes, whole, fraction))
        end = match.end()
    for time in times:
        yield time, line[end:]


def _cues(stamps: list[tuple[float, str]], properties: dict[str, str]) -> Iterator[Cue]:
    """Yield the cues; a positive offset, in milliseconds, shows the text earlier."""
    offset = _number(properties.get("offset", "")) / 1000
    length = _clock(properties.get("length", ""))
    for place, (time, line) in enumerate(stamps):
        following = _first_after(time, stamps[place + 1 : place + 9])
        if following is None:
            following = max(length, time + _LAST_LINE)
        yield Cue(max(time - offset, 0.0), max(following - offset, 0.0), line)


def _first_after(time: float, stamps: list[tuple[float, str]]) -> float | None:
    for later, _line in stamps:
        if later > time:
            return later
    return None


def _number(text: str) -> float:
    return float(text) if re.fullmatch(r"[+-]?\d{1,9}(?:\.\d{1,9})?", text, re.ASCII) else 0.0


def _clock(text: str) -> float:
    match = re.fullmatch(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{1,2})(?:\.(\d{1,3}))?", text, re.ASCII)
    return seconds(*match.groups()) if match else 0.0
