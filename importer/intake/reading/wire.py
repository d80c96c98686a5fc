"""What was read, as messages between two processes.

In MessagePack, which can hold nothing but values: whoever breaks into the reading process through a
hostile file can say wrong lines, and no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgpack

from importer.intake.files import FileLine, FileProblem, Group, Heading, Kind
from importer.intake.reading.batch import Outcome, ReadUpload, UploadRefused, keyed
from importer.parsing import (
    Address,
    ChannelAddress,
    ParsedLine,
    PlaylistAddress,
    Reason,
    Unusable,
    VideoAddress,
)
from importer.parsing.addresses import MAX_TEXT
from videos.chunks import chunks

LINES_EACH = 500  # in a message
# Texts of files may hold lone surrogates.
SURROGATES = "surrogatepass"
LARGEST_RESULT = 32 * 2**20  # bytes of all messages of an upload; in memory about three times that

REFUSED, GROUP, LINES, READ = "refused", "group", "lines", "read"
ADDRESSES: dict[str, type[Any]] = {
    "video": VideoAddress,
    "playlist": PlaylistAddress,
    "channel": ChannelAddress,
}


# What msgpack and whoever takes its values raise for messages that make no sense.
_SENSELESS = (ValueError, TypeError, LookupError, msgpack.UnpackException)


class Unreadable(Exception):
    """The messages make no sense."""


def packed(outcome: Outcome) -> Iterator[bytes]:
    """Yield the messages that say what became of one file."""
    for message in messages_of(outcome):
        data: bytes = msgpack.packb(message, unicode_errors=SURROGATES)
        yield data


def messages_of(outcome: Outcome) -> Iterator[list[Any]]:
    if isinstance(outcome, UploadRefused):
        yield [REFUSED, outcome.problem.value]
        return
    for group in outcome.groups.values():
        yield from messages_of_group(group)
    yield [READ]


def messages_of_group(group: Group) -> Iterator[list[Any]]:
    yield [GROUP, group.heading.name, group.heading.kind.value]
    for some in chunks(group.lines, LINES_EACH):
        yield [LINES, list(map(values_of_line, some))]


def values_of_line(line: FileLine) -> list[Any]:
    text, pieces = line.text, None
    if line.pieces is None:  # over the limit: only what is kept of it counts
        text = text.strip()[:MAX_TEXT]
    else:
        pieces = list(map(values_of_piece, line.pieces))
    added_at = None
    if line.added_at:
        added_at = line.added_at.isoformat()
    return [line.number, text, line.title, line.note, list(line.tags), added_at, line.cut, pieces]


def values_of_piece(piece: ParsedLine) -> list[Any]:
    return [piece.number, piece.text, values_of_address(piece.address)]


def values_of_address(address: Address) -> list[Any]:
    if isinstance(address, Unusable):
        return ["unusable", address.reason.value]
    if isinstance(address, VideoAddress):
        return ["video", address.youtube_id, address.playlist_id, address.start]
    if isinstance(address, PlaylistAddress):
        return ["playlist", address.playlist_id]
    return ["channel", address.channel]


class Outcomes:
    """Puts together what the messages say, file by file."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.done: list[Outcome] = []
        self._groups: list[Group] = []
        self._messages = msgpack.Unpacker(unicode_errors=SURROGATES, max_buffer_size=LARGEST_RESULT)

    def feed(self, data: bytes) -> None:
        """Take the next bytes. Raises Unreadable."""
        try:
            self._messages.feed(data)
            for message in self._messages:
                self._take(*message)
        except _SENSELESS as error:
            raise Unreadable from error

    @property
    def is_complete(self) -> bool:
        return len(self.done) == len(self.names)

    def refuse_rest(self, problem: FileProblem) -> None:
        """Refuse the file that was being read, and those behind it."""
        for name in self.names[len(self.done) :]:
            self.done.append(UploadRefused(name, problem))
            problem = FileProblem.NOT_TRIED

    def _take(self, kind: str, *values: Any) -> None:
        name = self.names[len(self.done)]
        if kind == REFUSED:
            self.done.append(UploadRefused(name, FileProblem(values[0])))
            self._groups = []
        elif kind == GROUP:
            self._groups.append(Group(Heading(str(values[0]), Kind(values[1]))))
        elif kind == LINES:
            lines = self._groups[-1].lines
            for line in values[0]:
                lines.append(line_from(*line))
        elif kind == READ:
            self.done.append(ReadUpload(name, keyed(len(self.done) + 1, self._groups)))
            self._groups = []
        else:
            raise ValueError(kind)


def line_from(
    number: int,
    text: str,
    title: str,
    note: str,
    tags: list[str],
    added_at: str | None,
    cut: bool,
    pieces: list[Any] | None,
) -> FileLine:
    moment = None
    if added_at:
        moment = datetime.fromisoformat(added_at)
    parsed = None
    if pieces is not None:
        parsed = tuple(pieces_from(pieces))
    return FileLine(number, text, title, note, tuple(tags), moment, cut, parsed)


def pieces_from(values: list[Any]) -> Iterator[ParsedLine]:
    for number, text, address in values:
        yield ParsedLine(number, text, address_from(*address))


def address_from(kind: str, *values: Any) -> Address:
    if kind == "unusable":
        return Unusable(Reason(values[0]))
    address: Address = ADDRESSES[kind](*values)
    return address
