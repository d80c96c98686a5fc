"""A description's text as parts: plain text, links, and times of the video."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

PART = re.compile(
    r"(?P<link>https?://[^\s<>\"]+[^\s<>\".,;:!?)\]}'])|(?<![\d:])(?P<time>(?:\d{1,2}:)?[0-5]?\d:[0-5]\d)(?![\d:])"
)


@dataclass(frozen=True, slots=True)
class Part:
    """`link`: an address to link to. `seconds`: a time to jump to. Neither: text."""

    text: str
    link: str = ""
    seconds: int | None = None


def parts_of(text: str, duration: int | None) -> Iterator[Part]:
    """The parts in order. A time beyond the video's end (`duration`, seconds) is text: it means something else."""
    done = 0
    for match in PART.finditer(text):
        seconds = _seconds(match["time"]) if match["time"] else None
        if seconds is not None and seconds > (duration or 0):
            continue
        if match.start() > done:
            yield Part(text[done : match.start()])
        yield Part(match[0], link=match["link"] or "", seconds=seconds)
        done = match.end()
    if done < len(text):
        yield Part(text[done:])


def _seconds(time: str) -> int:
    total = 0
    for number in time.split(":"):
        total = total * 60 + int(number)
    return total
