"""A description's text as parts: plain text, links, and times of the video."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

OF_NO_LINK = (
    "「」『』（）【】《》〈〉“”„，。、；：！？"  # signs of other scripts that end an address
)
PART = re.compile(
    rf"(?P<link>https?://[^\s<>\"{OF_NO_LINK}]+[^\s<>\".,;:!?\]}}'{OF_NO_LINK}])|"
    r"(?<![\d:])(?P<time>(?:\d{1,2}:)?[0-5]?\d:[0-5]\d)(?![\d:])"
)


@dataclass(frozen=True, slots=True)
class Part:
    """`link`: an address to link to. `seconds`: a time to jump to. Neither: text."""

    text: str
    link: str = ""
    seconds: int | None = None


def parts_of(text: str, duration: int | None) -> Iterator[Part]:
    """The parts in order.

    A time beyond the video's end (`duration`, seconds) is text: it means something else.
    """
    done = 0
    for match in PART.finditer(text):
        seconds = _seconds(match["time"]) if match["time"] else None
        if seconds is not None and seconds > (duration or 0):
            continue
        if match.start() > done:
            yield Part(text[done : match.start()])
        found = without_stray_bracket(match[0])
        link = found if match["link"] else ""
        yield Part(found, link=link, seconds=seconds)
        done = match.start() + len(found)
    if done < len(text):
        yield Part(text[done:])


def without_stray_bracket(address: str) -> str:
    """Leave out the closing bracket that no bracket opened."""
    while address.endswith(")") and address.count(")") > address.count("("):
        address = address[:-1].rstrip(".,;:!?'")
    return address


def _seconds(time: str) -> int:
    total = 0
    for number in time.split(":"):
        total = total * 60 + int(number)
    return total
