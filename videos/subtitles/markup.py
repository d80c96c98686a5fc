"""Captions in XML: TTML and DFXP of any namespace, and the three XML formats in which YouTube
serves its own. And SAMI.

XML goes through defusedxml: entities that grow and references to other files are refused.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from videos.cues import Cue, CuesError, tidy, tidy_plain

_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)(?::(\d+(?:\.\d+)?))?", re.ASCII)
_OFFSET = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s|f|t)?", re.ASCII)
_DEEPEST = 40  # elements in elements; deeper ones are not looked at
_LAST = 5.0  # seconds that a caption lasts whose end is not given
_NO_TEXT = frozenset({"metadata", "title", "desc", "head", "style", "styling", "layout"})


def read_xml(text: str) -> list[Cue]:
    """Read TTML, DFXP or YouTube's XML.

    Raises CuesError for anything else, and for XML that is not well-formed.
    """
    try:
        # An encoding that the file declares is that of its bytes, and these were decoded.
        root = fromstring(re.sub(r"\A\s*<\?xml[^<>]*\?>", "", text, count=1).strip())
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise CuesError("not XML") from error
    match _name(root):
        case "tt":
            return tidy_plain(_ttml(root))
        case "timedtext":
            return tidy_plain(_timedtext(root))
        case "transcript":
            return tidy(_transcript(root))
    raise CuesError("no captions in XML")


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _attribute(element: Element, name: str) -> str:
    """Return the attribute, of whatever namespace; "" where there is none."""
    for key, value in element.attrib.items():
        if key.rpartition("}")[2] == name:
            return value.strip()
    return ""


def _text(element: Element, depth: int = _DEEPEST) -> str:
    """Return the text in an element, blanks as XML means them, with a line end for each <br>."""
    parts = [_blanks(element.text)]
    for child in element:
        if _name(child) == "br":
            parts.append("\n")
        elif depth and _name(child) not in _NO_TEXT:
            parts.append(_text(child, depth - 1))
        parts.append(_blanks(child.tail))
    return "".join(parts)


def _blanks(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "")


@dataclass(frozen=True)
class _Rates:
    """How many frames and ticks a second has."""

    frames: float
    ticks: float

    def seconds(self, given: str) -> float | None:
        """Return a time in seconds; None where there is none, or none that can be read."""
        clock = _CLOCK.fullmatch(given[:40])
        if clock:
            hours, minutes, whole, frames = map(float, clock.groups("0"))
            return hours * 3600 + minutes * 60 + whole + frames / self.frames
        offset = _OFFSET.fullmatch(given[:40])
        if not offset:
            return None
        units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
        units |= {"f": 1 / self.frames, "t": 1 / self.ticks}
        return float(offset[1]) * units[offset[2] or "s"]


def _rates(root: Element) -> _Rates:
    frames = _positive(_attribute(root, "frameRate")) or 30.0
    multiplier = _attribute(root, "frameRateMultiplier").replace(":", " ").split()
    if len(multiplier) == 2 and all(map(_positive, multiplier)):
        frames = frames * _positive(multiplier[0]) / _positive(multiplier[1])
    return _Rates(frames, _positive(_attribute(root, "tickRate")) or 10_000_000.0)


def _positive(text: str) -> float:
    return float(text) if re.fullmatch(r"\d{1,12}(?:\.\d{1,6})?", text, re.ASCII) else 0.0


def _ttml(root: Element) -> Iterator[Cue]:
    rates = _rates(root)
    for child in root:
        if _name(child) == "body":
            yield from _timed(child, rates, 0.0, None, _DEEPEST)


def _timed(
    element: Element, rates: _Rates, origin: float, until: float | None, depth: int
) -> Iterator[Cue]:
    """Yield the captions in an element whose times count from `origin` and that is within what ends
    at `until`, in seconds.
    """
    begin, end = _times(element, rates, origin, until)
    spans = _timed_spans(element)
    if _name(element) == "p" and (_attribute(element, "begin") or not spans):
        yield _caption(element, begin, end)
        return
    if not depth:
        return
    children = spans + _blocks(element)
    inner = begin
    if _have_times_of_the_whole(children, rates, begin, end):
        inner = 0.0
    for child in children:
        if _name(child) == "span":
            yield _caption(child, *_times(child, rates, inner, end))
        else:
            yield from _timed(child, rates, inner, end, depth - 1)


def _timed_spans(element: Element) -> list[Element]:
    spans = []
    for child in element:
        if _name(child) == "span" and _attribute(child, "begin"):
            spans.append(child)
    return spans


def _blocks(element: Element) -> list[Element]:
    blocks = []
    for child in element:
        if _name(child) in ("div", "p"):
            blocks.append(child)
    return blocks


def _caption(element: Element, begin: float, end: float | None) -> Cue:
    if end is None:
        end = begin + _LAST
    return Cue(begin, end, _text(element))


def _times(
    element: Element, rates: _Rates, origin: float, until: float | None
) -> tuple[float, float | None]:
    """Return begin and end, None where it does not say."""
    begin = rates.seconds(_attribute(element, "begin"))
    end = rates.seconds(_attribute(element, "end"))
    lasts = rates.seconds(_attribute(element, "dur") or _attribute(element, "duration"))
    start = origin + (begin or 0.0)
    if end is not None:
        return start, origin + end
    if lasts is None:
        return start, until
    return start, start + lasts


def _have_times_of_the_whole(
    children: list[Element], rates: _Rates, begin: float, end: float | None
) -> bool:
    """Return whether the times of what is in an element do not count from its begin, as they
    should: the first is that begin, or one would lie behind the end.
    """
    if not begin or not children:
        return False
    last = _last_time(children, rates)
    is_behind = end is not None and begin + last > end + 0.001 and last <= end + 0.001
    return is_behind or rates.seconds(_attribute(children[0], "begin")) == begin


def _last_time(children: list[Element], rates: _Rates) -> float:
    """0.0 where there is none."""
    last = 0.0
    for child in children:
        for name in ("begin", "end"):
            last = max(last, rates.seconds(_attribute(child, name)) or 0.0)
    return last


def _timedtext(root: Element) -> Iterator[Cue]:
    """Yield what YouTube's format 3 (`p`) and 2 (`text`) hold; times are milliseconds."""
    for element in root.iter():
        if _name(element) in ("p", "text"):
            start = _positive(_attribute(element, "t")) / 1000
            yield Cue(start, start + _positive(_attribute(element, "d")) / 1000, _text(element))


def _transcript(root: Element) -> Iterator[Cue]:
    """Yield what YouTube's format 1 holds; times are seconds, and the text is escaped once more."""
    for element in root.iter():
        if _name(element) == "text":
            start = _positive(_attribute(element, "start"))
            text = html.unescape(_text(element))
            yield Cue(start, start + _positive(_attribute(element, "dur")), text)


_Stamp = tuple[float, list[str]]  # a time in seconds, and the parts of the text after it


class _Sami(HTMLParser):
    """Collects what stands after each <sync start=…>, of the first language where there are
    several.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.stamps: list[_Stamp] = []
        self._language: str | None = None
        self._is_other = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "sync":
            self.stamps.append((_positive((given.get("start") or "").strip()) / 1000, []))
            self._is_other = False
        elif tag == "p" and given.get("class"):
            language = (given["class"] or "").lower()
            self._language = self._language or language
            self._is_other = language != self._language
        elif tag == "br":
            self.handle_data("\n")

    def handle_data(self, data: str) -> None:
        if self.stamps and not self._is_other:
            self.stamps[-1][1].append(data)


def read_sami(text: str) -> list[Cue]:
    """Read SAMI, where a caption lasts until the next one, which may be empty. Raises CuesError."""
    parser = _Sami()
    parser.feed(text)
    parser.close()
    if not parser.stamps:
        raise CuesError("not SAMI")
    return tidy_plain(_sami_cues(parser.stamps))


def _sami_cues(stamps: list[_Stamp]) -> Iterator[Cue]:
    end_of_last = stamps[-1][0] + _LAST
    for (start, parts), (end, _) in pairwise([*stamps, (end_of_last, [])]):
        yield Cue(start, max(start, end), "".join(parts).replace("\xa0", " "))
