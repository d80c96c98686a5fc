"""Every format there is, and the one way in: `read_file`."""

import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from importer.intake.files.bookmarks import Bookmarks, Xml
from importer.intake.files.json_exports import JsonExport
from importer.intake.files.own_lists import OwnJson, OwnTable
from importer.intake.files.plain import PlainText
from importer.intake.files.reading import (
    DEFAULT_LIMITS,
    Budget,
    FileLine,
    FileProblem,
    FileRefused,
    Given,
    Group,
    Heading,
    Limits,
    Reader,
    ReadResult,
)
from importer.intake.files.shortcuts import Shortcut
from importer.intake.files.streams import HEAD_SIZE, MeteredStream
from importer.intake.files.tables import Table
from importer.intake.files.takeout import Takeout

_GZIP = b"\x1f\x8b"

# The first that recognises a file reads it, so the more particular ones come first.
READERS: tuple[Reader, ...] = (
    Takeout(),
    OwnJson(),
    OwnTable(),
    Shortcut(),
    Bookmarks(),
    Xml(),
    JsonExport(),
    Table(),
    PlainText(),
)


def read_file(
    name: str, stream: BinaryIO, limits: Limits = DEFAULT_LIMITS, budget: Budget | None = None
) -> ReadResult:
    """Return what is in a file, by its content and, where that cannot tell, by its name.

    The stream is left open.

    Raises FileRefused for a file that cannot be read or goes over a limit; a bad line is a line
    like any other. A stream that cannot be rewound (a pipe) is first copied, to memory or beyond 1
    MB to a temporary file. `budget`: what the files of an upload may cost together.
    """
    with _rewindable(stream, limits) as source:
        head = source.read(HEAD_SIZE)
        source.seek(0)
        if head.startswith(_GZIP):
            raise FileRefused(FileProblem.GZIP)
        given = Given(name, head, source, limits, budget or Budget(limits))
        for reader in READERS:
            if reader.recognises(given):
                return ReadResult(reader.name, _groups(reader.read(given), limits))
    raise FileRefused(FileProblem.UNKNOWN_FORMAT)


def _groups(lines: Iterator[tuple[Heading, FileLine]], limits: Limits) -> list[Group]:
    groups: dict[Heading, Group] = {}
    for count, (heading, line) in enumerate(lines, 1):
        if count > limits.lines:
            raise FileRefused(FileProblem.TOO_MANY_LINES)
        groups.setdefault(heading, Group(heading)).lines.append(line)
    if not groups:
        raise FileRefused(FileProblem.NOTHING_FOUND)
    return list(groups.values())


@contextmanager
def _rewindable(stream: BinaryIO, limits: Limits) -> Iterator[BinaryIO]:
    if not stream.seekable():
        with tempfile.SpooledTemporaryFile(max_size=1_000_000) as copy:
            shutil.copyfileobj(io.BufferedReader(MeteredStream(stream, limits.size)), copy)
            copy.seek(0)
            yield copy  # type: ignore[misc]  # a file in everything but its declared type
        return
    if stream.seek(0, io.SEEK_END) > limits.size:
        raise FileRefused(FileProblem.TOO_LARGE)
    stream.seek(0)
    yield stream
