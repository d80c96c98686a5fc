"""Anything pasted to its addresses, line by line. See `parse_lines` for the rules."""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from importer.parsing.addresses import (
    MAX_TEXT,
    Address,
    ParsedLine,
    PlaylistAddress,
    Reason,
    Unusable,
    VideoAddress,
)
from importer.parsing.cleaning import clean
from importer.parsing.ids import bare_address
from importer.parsing.urls import parse_clean, trim

# Signs that never stand inside an address of YouTube. All patterns here take linear time, also on
# the worst input.
_TOKEN = re.compile(r"[^\s\"'`<>()\[\]{}*,;|“”„‚‘’«»‹›「」『』（）【】，。；、：！？…–—]+")
_UNSPACED = (
    r"\u0e00-\u0e7f\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af"  # scripts without blanks between words
)
_YOUTUBES_HOST = r"(?:www\.|m\.|music\.)?(?:youtube\.com|youtu\.be)/"
# Two links dropped into one field, or written into a text without blanks.
_GLUED = re.compile(
    rf"(?<=[\w-])(?=https?://)|(?<=[{_UNSPACED}])(?={_YOUTUBES_HOST})", re.IGNORECASE
)
_ONE_TOKEN = re.compile(r"[\w:/?=.%#@&~+-]+", re.ASCII)
_SCHEME = re.compile(r"https?(?:://|%(?:25){0,3}3a%(?:25){0,3}2f%(?:25){0,3}2f)", re.IGNORECASE)
_APP = re.compile(r"(?:vnd\.youtube[\w.]{0,20}|youtube):|(?:intent|android-app)://", re.IGNORECASE)
# Scripts that write without blanks: what stands right before an address is no part of its host.
_BEFORE_HOST = re.compile(rf"[^\x00-\x7f]*[{_UNSPACED}](?={_YOUTUBES_HOST})", re.IGNORECASE)
_LABEL = re.compile(
    r"\d+\.|[^/?#@\\.%]*"
)  # may stand right before an address: "1.https://", "URL:https://", "href=https://"
_WORD_LABEL = re.compile(r"[a-z]{1,20}[:=](?=[\w.-]{0,30}(?:youtu|ytimg))", re.IGNORECASE)
_HINT = re.compile(
    r"//|%2f%2f|youtu|ytimg", re.IGNORECASE
)  # without one of these there is no address in the line
_MARK = re.compile(r"[/?%]")
_HOST_BEFORE_PATH = re.compile(r"[^/?#@\\]+(?=[/?])")
_HOST_WITH_PATH = re.compile(r"[\w.-]+\.[a-z]{2,}\.?(?::\d+)?[/?#]", re.IGNORECASE)
_RUNS_CODE = re.compile(
    r"(?:javascript|vbscript):|(?:data|file):(?=\S)(?!https?://)", re.IGNORECASE
)
_BESIDE_AN_ID = re.compile(
    r"youtube|UTC|[\dTZ:.+/-]+"
)  # the archive file of yt-dlp, and the dates of a Takeout
_SAME_LINK = frozenset({"](", '">', "'>"})  # between the target and the label of a link


def parse_lines(text: str) -> Iterator[ParsedLine]:
    """Every address in the text, lazily; a line that has none yields itself, unusable; blank lines
    yield nothing.

    In prose only addresses count. Where a line holds nothing but addresses and ids, with blanks,
    commas, semicolons or bars between, every one of them counts.
    """
    for number, line in enumerate(io.StringIO(text, newline=None), 1):
        yield from _parse_line(number, line)


def parse_many(urls: Iterable[str]) -> Iterator[ParsedLine]:
    """Yield what `parse_lines` does, with every element as a line of its own; an element that is
    blank was still given, and is unusable.
    """
    for number, url in enumerate(urls, 1):
        pieces = _parse_line(number, url)
        first = next(pieces, None)
        yield first or ParsedLine(number, "", Unusable(Reason.NOT_AN_ADDRESS))
        yield from pieces


def has_usable(pieces: Iterable[ParsedLine]) -> bool:
    """Return whether one of these pieces is an address. Reads no further than the first."""
    for piece in pieces:
        if not isinstance(piece.address, Unusable):
            return True
    return False


def playlist_beside(line: ParsedLine) -> str:
    """The id of the playlist that a video's address names besides; "" for none."""
    return line.address.playlist_id if isinstance(line.address, VideoAddress) else ""


def whole_playlists(lines: Iterable[ParsedLine]) -> Iterator[ParsedLine]:
    """The lines, where the first address of a video in a playlist means that playlist.

    Further videos of the same one are in it anyway.
    """
    seen: set[str] = set()
    for line in lines:
        playlist_id = playlist_beside(line)
        fresh = bool(playlist_id) and playlist_id not in seen
        seen.add(playlist_id)
        if fresh:
            yield replace(line, address=PlaylistAddress(playlist_id))
        else:
            yield line


def _parse_line(number: int, line: str) -> Iterator[ParsedLine]:
    line = line.strip()
    if _ONE_TOKEN.fullmatch(line) and line.count("://") < 2:
        yield ParsedLine(number, line[:MAX_TEXT], parse_clean(_after_label(trim(line))))
        return
    line = clean(line).strip()
    if not line:
        return
    pieces = _pieces(number, line)
    yield next(pieces, None) or ParsedLine(number, line[:MAX_TEXT], _without_pieces(line))
    yield from pieces


def _without_pieces(line: str) -> Address:
    tokens = list(islice(_tokens(line), 2))
    if len(tokens) == 1:  # which has a reason of its own
        _start, token = tokens[0]
        return parse_clean(_after_label(token))
    return Unusable(Reason.NOT_AN_ADDRESS)


def _pieces(number: int, line: str) -> Iterator[ParsedLine]:
    """The addresses on a cleaned line, and its ids if it holds nothing else.

    A link whose label is its own target is one address.
    """
    takes_all = _is_list(line)
    if not (takes_all or _HINT.search(line)) or _RUNS_CODE.match(line):
        return
    end, last = 0, None
    for start, token in _tokens(line):
        if not (_names_an_address(token) or (takes_all and not _BESIDE_AN_ID.fullmatch(token))):
            continue
        address = parse_clean(_after_label(token))
        if address != last or line[end:start] not in _SAME_LINK:
            yield ParsedLine(number, token[:MAX_TEXT], address)
        end, last = start + len(token), address


def _tokens(line: str) -> Iterator[tuple[int, str]]:
    for match in _TOKEN.finditer(line):
        start = match.start()
        for token in _GLUED.split(match[0]):
            trimmed = trim(token)
            if trimmed:
                yield start, trimmed
            start += len(token)


def _is_list(line: str) -> bool:
    """Whether the line is nothing but addresses and ids, with at least one id.

    Stops at the first word, so prose costs next to nothing.
    """
    has_id = False
    for _, token in _tokens(line):
        if _names_an_address(token) or _HOST_WITH_PATH.match(token):
            continue
        bare = bare_address(token)
        if bare is None and not _BESIDE_AN_ID.fullmatch(token):
            return False
        has_id = has_id or not isinstance(bare, Unusable | None)
    return has_id


def _names_an_address(token: str) -> bool:
    """Whether it is an address even in the middle of prose: it has a scheme, or a host like
    YouTube's and a path.
    """
    if not _MARK.search(token):
        return _APP.match(token) is not None
    if token.startswith("//") or _SCHEME.search(token) or _APP.match(token):
        return True
    host = _HOST_BEFORE_PATH.match(token)
    if host is None:
        return False
    name = host[0].lower()
    return "youtu" in name or "ytimg" in name


def _after_label(token: str) -> str:
    """The token from where its address starts.

    Only a plain label is dropped; after a path or a host, what follows is theirs.
    """
    if len(token) > MAX_TEXT:
        return token
    scheme = _SCHEME.search(token)
    if _APP.match(token):
        return token
    if scheme:
        if _LABEL.fullmatch(token, 0, scheme.start()):
            return token[scheme.start() :]
        return token
    label = _WORD_LABEL.match(token) or _BEFORE_HOST.match(token)
    return token[label.end() :] if label else token
