"""Every format there is, and the one way in: `read_file`."""

import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from importer.intake.files.archives import BROKEN, gunzipped, refuse_parts
from importer.intake.files.formats import reader_of
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
    ReadResult,
)
from importer.intake.files.streams import HEAD_SIZE, MeteredStream
from importer.intake.files.takeout import Archive
from importer.intake.files.tar import GZIP

_ARCHIVE = Archive()
# Marks of archives that Python cannot read, or not within bounds: 7z, rar, xz, bzip2, zstd.
_OTHER_ARCHIVES = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\xfd7zXZ\x00", b"BZh", b"(\xb5/\xfd")


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
        given = _given(name, source, limits, budget or Budget(limits))
        refuse_parts(given)
        if given.head.startswith(_OTHER_ARCHIVES):
            raise FileRefused(FileProblem.OTHER_ARCHIVE)
        if _ARCHIVE.recognises(given):
            return ReadResult(_ARCHIVE.name, _groups(_ARCHIVE.read(given), limits))
        if given.head.startswith(GZIP):
            return _read_packed(given)
        return _read_single(given)


def _given(name: str, stream: BinaryIO, limits: Limits, budget: Budget) -> Given:
    head = stream.read(HEAD_SIZE)
    stream.seek(0)
    return Given(name, head, stream, limits, budget)


def _read_single(given: Given) -> ReadResult:
    reader = reader_of(given)
    return ReadResult(reader.name, _groups(reader.read(given), given.limits))


def _read_packed(given: Given) -> ReadResult:
    name = given.name.removesuffix(".gz")
    try:
        with _rewindable(gunzipped(given), given.limits) as source:
            return _read_single(_given(name, source, given.limits, given.budget))
    except BROKEN as error:
        raise FileRefused(FileProblem.DAMAGED) from error


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
        with _copied(stream, limits) as copy:
            yield copy
        return
    if stream.seek(0, io.SEEK_END) > limits.size:
        raise FileRefused(FileProblem.TOO_LARGE)
    stream.seek(0)
    yield stream


@contextmanager
def _copied(stream: BinaryIO, limits: Limits) -> Iterator[BinaryIO]:
    with tempfile.SpooledTemporaryFile(max_size=1_000_000) as copy:
        shutil.copyfileobj(io.BufferedReader(MeteredStream(stream, limits.size)), copy)
        copy.seek(0)
        yield copy  # type: ignore[misc]  # a file in everything but its declared type
