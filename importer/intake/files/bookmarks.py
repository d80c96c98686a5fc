"""Bookmarks as every browser and linkding export them (Netscape HTML), and links on any other page.

Read with two patterns instead of a parser of HTML: they stream, take linear time on anything, and an export is nothing but tags in a row.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TextIO

from importer.intake.files import fields
from importer.intake.files.reading import UNNAMED, FileLine, Given, Heading
from importer.intake.files.streams import HEAD_SIZE, head_text, open_text
from importer.parsing import PlaylistAddress, VideoAddress, parse_address

_TOKEN = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})(?![a-zA-Z0-9])([^<>]*)>|([^<>]+)")
_ATTRIBUTE = re.compile(
    r"(?<![\w-])([a-zA-Z][\w-]{0,20})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))"
)
_LOOKS_LIKE_HTML = re.compile(
    r"\s*<(?:!doctype|html|head|body|dl|dt|ul|a|meta|title|h1|p|div)\b", re.IGNORECASE
)


@dataclass
class _Bookmark:
    number: int
    attributes: dict[str, str]
    label: list[str] = field(default_factory=list)
    note: list[str] = field(default_factory=list)

    def line(self, longest: int) -> FileLine:
        href = self.attributes.get("href", "").strip()
        return FileLine(
            self.number,
            href[:longest],
            title=fields.title("".join(self.label)),
            note=fields.note("".join(self.note)),
            tags=fields.tags(self.attributes.get("tags", "")),
            added_at=fields.when(self.attributes.get("add_date", "")),
            cut=len(href) > longest,
        )


class Bookmarks:
    name = "bookmarks"

    def recognises(self, given: Given) -> bool:
        return _LOOKS_LIKE_HTML.match(head_text(given).lstrip("\ufeff")) is not None

    def read(self, given: Given) -> Iterator[tuple[Heading, FileLine]]:
        """Every bookmark; of a page that is no export, the links to videos and playlists alone, since the others are its menus."""
        is_export = "netscape-bookmark" in head_text(given)[:2_000].lower()
        for bookmark in _bookmarks(given):
            line = bookmark.line(given.limits.line_length)
            if line.text and (
                is_export or isinstance(parse_address(line.text), VideoAddress | PlaylistAddress)
            ):
                yield UNNAMED, line


def _bookmarks(given: Given) -> Iterator[_Bookmark]:
    """Each link once its note is known too, which follows it in a <DD>."""
    current: _Bookmark | None = None
    into: list[str] | None = None
    for number, closing, tag, attributes, text in _tokens(given):
        if text:
            if into is not None and len(into) < 100:
                into.append(html.unescape(text))
        elif tag == "a" and not closing:
            if current:
                yield current
            current = _Bookmark(number, _attributes(attributes))
            into = current.label
        elif current and tag == "dd":
            into = current.note
        elif tag != "br":
            into = None if tag in ("a", "dt", "dl", "p", "h3") else into
    if current:
        yield current


def _tokens(given: Given) -> Iterator[tuple[int, bool, str, str, str]]:
    """Line, whether it closes, tag, attributes, text."""
    number = 1
    for part in _whole_tags(open_text(given)):
        for match in _TOKEN.finditer(part):
            yield number, match[1] == "/", (match[2] or "").lower(), match[3] or "", match[4] or ""
            number += match[0].count("\n")


def _whole_tags(text: TextIO) -> Iterator[str]:
    """The text in parts that end where a tag ends. Where none ends for a long while, there is none."""
    kept = ""
    while chunk := text.read(HEAD_SIZE):
        buffer = kept + chunk
        end = buffer.rfind(">") + 1
        if not end and len(buffer) > 4 * HEAD_SIZE:
            end = len(buffer)
        kept = buffer[end:]
        yield buffer[:end]
    yield kept


def _attributes(text: str) -> dict[str, str]:
    found = _ATTRIBUTE.findall(text)
    return {
        name.lower(): html.unescape(double or single or bare)
        for name, double, single, bare in found[:50]
    }
