"""Tags with addresses in them: bookmarks as every browser exports them, the watch history of a
Takeout, feed lists (OPML), other XML, links on any page.

Read by html.parser as a stream; an XML file is tags and texts to it, too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import PurePath

from importer.intake.files import fields
from importer.intake.files.dates import when_in_words
from importer.intake.files.plain import addresses_only
from importer.intake.files.reading import UNNAMED, FileLine, Given, Heading, Kind
from importer.intake.files.streams import HEAD_SIZE, head_text, open_text
from importer.parsing import (
    Address,
    PlaylistAddress,
    Unusable,
    VideoAddress,
    parse_address,
)
from importer.parsing.ids import VIDEO_ID
from videos.addresses import watch_url

_LOOKS_LIKE_HTML = re.compile(
    r"\s*<(?:!doctype\s+(?:html|netscape)"
    r"|html|head|body|dl|dt|ul|ol|li|a|meta|title|h1|p|div|table|span)\b",
    re.IGNORECASE,
)
_LOOKS_LIKE_XML = re.compile(r"\s*<(?:\?xml|!doctype|!--|[a-z][\w:.-]{0,30}[\s>])", re.IGNORECASE)
_EXPORT = re.compile(r"netscape-bookmark|<title>\s*pocket export", re.IGNORECASE)
_HISTORY = re.compile(r"outer-cell|content-cell")
_NEXT_LINE_TAG = re.compile(r">[^\n]*\n\s*<[a-zA-Z]")
_MOST_TEXTS = 100  # pieces of one label or note
_LONGEST_PIECE = 4 * HEAD_SIZE  # characters without one tag's end, after which there is none
_LONGEST_LAST_TAG = 3_000  # characters
_BREAKS = frozenset({"a", "dt", "dl", "p", "h3"})
_EMBEDS = ("videoid", "data-video-id", "data-videoid", "data-youtube-id", "data-yt-id", "data-ytid")
_FEED_ADDRESSES = ("xmlurl", "url", "htmlurl")

Found = Iterator[tuple[Heading, FileLine]]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A tag or a text. `tag` is "" for a text; `number` is its line."""

    number: int
    tag: str = ""
    closes: bool = False
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""


class _Pieces(HTMLParser):
    """Collects what html.parser meets.

    What a script holds is read like the rest: it may be cut off, and hides nothing then.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[_Piece] = []

    def set_cdata_mode(self, elem: str, *, escapable: bool = False) -> None:
        pass

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = self.get_starttag_text() or ""
        if len(given) <= _LONGEST_LAST_TAG and _NEXT_LINE_TAG.search(
            given
        ):  # a quote was forgotten, and tags of other lines are in this one
            self._divide(given)
            return
        self.found.append(_Piece(self.getpos()[0], tag, attributes=_attributes(attrs[:50])))

    def _divide(self, given: str) -> None:
        """Take a tag up to its first end, close the quote there, and read the rest by itself."""
        end = given.find(">")
        before = self.getpos()[0] - 1
        for part in (given[:end] + '">', given[end + 1 :]):
            inner = _Pieces()
            inner.feed(part)
            inner.finish()
            for piece in inner.found:
                self.found.append(replace(piece, number=before + piece.number))
            before += given[:end].count("\n")

    def finish(self) -> None:
        """Take the rest, of which nothing ends any more: a tag that was never closed would be
        sought again and again.
        """
        if "<" in self.rawdata[:-_LONGEST_LAST_TAG]:
            self.drop_unfinished()
        self.close()

    def handle_endtag(self, tag: str) -> None:
        self.found.append(_Piece(self.getpos()[0], tag, closes=True))

    def handle_data(self, data: str) -> None:
        """Take a text; html.parser gives one that goes over the end of a chunk in two parts."""
        last = self.found[-1] if self.found else None
        if last and not last.tag and len(last.text) < _LONGEST_LAST_TAG:
            self.found[-1] = replace(last, text=last.text + data)
            return
        self.found.append(_Piece(self.getpos()[0], text=data))

    def take_finished(self) -> list[_Piece]:
        """Take out all but a text at the end, which may go on in the next chunk."""
        finished, self.found = self.found, []
        if finished and not finished[-1].tag:
            self.found.append(finished.pop())
        return finished

    def unknown_decl(self, data: str) -> None:
        self.handle_data(data.removeprefix("CDATA["))

    def drop_unfinished(self) -> None:
        """Take what never ends for text, so that it is not looked at again and again."""
        unfinished, self.rawdata = self.rawdata, ""
        self.handle_data(unfinished)


def _attributes(given: list[tuple[str, str | None]]) -> dict[str, str]:
    attributes = {}
    for name, value in given:
        attributes[name] = value or ""
    return attributes


def _pieces(given: Given) -> Iterator[_Piece]:
    parser = _Pieces()
    text = open_text(given)
    while chunk := text.read(HEAD_SIZE):
        given.budget.look(0)
        parser.feed(chunk)
        if len(parser.rawdata) > _LONGEST_PIECE:
            parser.drop_unfinished()
        for piece in parser.take_finished():
            given.budget.look()
            yield piece
    parser.finish()
    for piece in parser.found:
        given.budget.look()
        yield piece


class Bookmarks:
    name = "bookmarks"

    def recognises(self, given: Given) -> bool:
        return _LOOKS_LIKE_HTML.match(head_text(given).lstrip("\ufeff")) is not None

    def read(self, given: Given) -> Found:
        """Every bookmark; of a page that is no export, the links to videos and playlists alone,
        since the others are its menus.
        """
        head = head_text(given)
        if _HISTORY.search(head):
            yield from _history(given)
            return
        is_export = _EXPORT.search(head[:2_000]) is not None
        found = False
        for line in _linked(given):
            if line.text and (is_export or _is_video_or_list(parse_address(line.text))):
                found = True
                yield UNNAMED, line
        if not found:
            yield from addresses_only(given)


class Xml:
    """OPML and any other XML, however long its lines are."""

    name = "xml"

    def recognises(self, given: Given) -> bool:
        return _LOOKS_LIKE_XML.match(head_text(given).lstrip("\ufeff")) is not None

    def read(self, given: Given) -> Found:
        """Every entry of a list of feeds; of other XML the videos, else the lists and channels,
        else what it is as text.
        """
        entries = []
        videos = []
        others = []
        for is_entry, address, line in _xml_lines(given):
            if is_entry:
                entries.append(line)
            elif isinstance(address, VideoAddress):
                videos.append(line)
            else:
                others.append(line)
        wanted = entries or videos or others
        for line in wanted:
            yield UNNAMED, line
        if not wanted:
            yield from addresses_only(given)


def _is_video_or_list(address: Address) -> bool:
    return isinstance(address, VideoAddress | PlaylistAddress)


def _xml_lines(given: Given) -> Iterator[tuple[bool, Address, FileLine]]:
    """Yield each address: whether it is an entry of a list of feeds, what it is, and its line.

    The same again right behind it counts once.
    """
    last: object = None
    for piece in _pieces(given):
        if piece.tag == "outline" and not piece.closes:
            line = _outline(piece)
            if line:
                yield True, parse_address(line.text), line
            continue
        for text, address in _addresses_of(piece):
            key = address.youtube_id if isinstance(address, VideoAddress) else address
            if key != last:
                yield False, address, FileLine(piece.number, text.strip())
            last = key


def _addresses_of(piece: _Piece) -> Iterator[tuple[str, Address]]:
    for text in (piece.text, *piece.attributes.values()):
        if "youtu" in text[:3_000].lower():
            address = parse_address(text)
            if not isinstance(address, Unusable):
                yield text, address


def _outline(piece: _Piece) -> FileLine | None:
    """Return the line of an entry of a list of feeds; None where it is a folder, which has no
    address.
    """
    text = _feed_address(piece)
    if not text:
        return None
    title = piece.attributes.get("title") or piece.attributes.get("text", "")
    return FileLine(piece.number, text.strip(), title=fields.title(title))


def _feed_address(piece: _Piece) -> str:
    """Return the first usable address of a feed, else the first that is not blank, else ""."""
    first = ""
    for name in _FEED_ADDRESSES:
        text = piece.attributes.get(name, "")
        if not text.strip():
            continue
        if not isinstance(parse_address(text), Unusable):
            return text
        first = first or text
    return first


@dataclass
class _Bookmark:
    number: int
    attributes: dict[str, str]
    label: list[str] = field(default_factory=list)
    note: list[str] = field(default_factory=list)

    def line(self, longest: int) -> FileLine:
        href = self.attributes.get("href", "").strip()
        added = self.attributes.get("add_date") or self.attributes.get("time_added", "")
        return FileLine(
            self.number,
            href[:longest],
            title=fields.title("".join(self.label)),
            note=fields.note("".join(self.note)),
            tags=fields.tags(self.attributes.get("tags", "")),
            added_at=fields.when(added),
            cut=len(href) > longest,
        )


def _linked(given: Given) -> Iterator[FileLine]:
    """Yield each link once its note is known too, which follows it in a <DD>; and each player in a
    page.
    """
    longest = given.limits.line_length
    current: _Bookmark | None = None
    into: list[str] | None = None
    for piece in _pieces(given):
        if not piece.tag:
            _append(piece.text, into)
            continue
        embedded = _embedded(piece)
        begins = piece.tag == "a" and not piece.closes
        if current and (embedded or begins):
            yield current.line(longest)
            current, into = None, None
        if embedded:
            yield embedded
        if begins:
            current = _Bookmark(piece.number, piece.attributes)
            into = current.label
        else:
            into = _next_label(piece, current, into)
    if current:
        yield current.line(longest)


def _append(text: str, into: list[str] | None) -> None:
    if into is not None and len(into) < _MOST_TEXTS:
        into.append(text)


def _next_label(
    piece: _Piece, current: _Bookmark | None, into: list[str] | None
) -> list[str] | None:
    if current and piece.tag == "dd":
        return current.note
    return None if piece.tag in _BREAKS else into


def _embedded(piece: _Piece) -> FileLine | None:
    if piece.tag in ("iframe", "embed") and "src" in piece.attributes:
        return FileLine(piece.number, piece.attributes["src"].strip())
    embedded_id = _embedded_id(piece)
    if not embedded_id:
        return None
    title = fields.title(piece.attributes.get("title", ""))
    return FileLine(piece.number, watch_url(embedded_id), title=title)


def _embedded_id(piece: _Piece) -> str:
    """Return the id of the video that a player made by a script is to show, "" for none."""
    for name in _EMBEDS:
        text = piece.attributes.get(name, "")
        if VIDEO_ID.fullmatch(text):
            return text
    return ""


def _history(given: Given) -> Found:
    """Yield the videos of a Takeout's history page: a link, that of the channel, and when it was
    watched, in words of some language.
    """
    heading = Heading(fields.title(PurePath(given.name).stem), Kind.HISTORY)
    watched: _Watched | None = None
    for piece in _pieces(given):
        if _begins_video(piece):
            if watched:
                yield heading, watched.line
            text = piece.attributes["href"].strip()
            watched = _Watched(FileLine(piece.number, text[: given.limits.line_length]))
        elif watched:
            watched.take(piece)
    if watched:
        yield heading, watched.line


def _begins_video(piece: _Piece) -> bool:
    if piece.tag != "a" or piece.closes:
        return False
    address = parse_address(piece.attributes.get("href", "").strip())
    return isinstance(address, VideoAddress)


@dataclass
class _Watched:
    """A video of a history page while it is read. `title`: its parts, None once it has ended."""

    line: FileLine
    title: list[str] | None = field(default_factory=list)

    def take(self, piece: _Piece) -> None:
        """Take what follows the beginning of the link: the rest of its title, then the date."""
        if piece.tag == "a":
            if piece.closes:
                self._end_title()
        elif piece.text and self.title is not None:
            self.title.append(piece.text)
        elif self.line.added_at is None and any(map(str.isdigit, piece.text)):
            self.line = replace(self.line, added_at=when_in_words(piece.text))

    def _end_title(self) -> None:
        if self.title is None:
            return
        label = "".join(self.title)
        if "://" not in label:  # of a video that is gone, the address is the title
            self.line = replace(self.line, title=fields.title(label))
        self.title = None
