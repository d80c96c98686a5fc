"""Google Takeout: the archive as it is downloaded.

Nothing is ever unpacked to disk, and no name in it is used as a path.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import PurePosixPath
from typing import BinaryIO

from importer.intake.files import fields
from importer.intake.files.bookmarks import Bookmarks
from importer.intake.files.json_exports import JsonExport
from importer.intake.files.reading import (
    FileLine,
    FileProblem,
    FileRefused,
    Given,
    Heading,
    Kind,
    Reader,
)
from importer.intake.files.streams import HEAD_SIZE, MeteredStream
from importer.intake.files.tables import Table, playlist_names
from importer.parsing import VideoAddress, parse_address

_READERS: dict[str, Reader] = {".csv": Table(), ".json": JsonExport(), ".html": Bookmarks()}
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What zipfile raises for an archive that makes no sense, besides its own error: offsets, dates and
# names out of range among them.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError)
_BYTES_PER_ENTRY = 512  # of the table of contents, where an entry takes 46 and its name
_ALLOWANCE = 1_000_000  # bytes that any file in the archive may have, however small it was packed
_ENCRYPTED = 0x1
_UNLIKE_IN_NAMES = re.compile(
    r"[\W_]+"
)  # a title's signs that no file name can hold come out as "_"


class Takeout:
    name = "takeout"

    def recognises(self, given: Given) -> bool:
        return given.head.startswith((b"PK\x03\x04", b"PK\x05\x06"))

    def read(self, given: Given) -> Iterator[tuple[Heading, FileLine]]:
        """The playlists, subscriptions and the history in it, whatever language their names are in;
        everything else is left alone.
        """
        try:
            with zipfile.ZipFile(
                _Seekable(given.stream, given.limits.entries * _BYTES_PER_ENTRY)
            ) as archive:
                yield from _lines(_Archive(archive, given))
        except _BROKEN as error:
            raise FileRefused(FileProblem.DAMAGED) from error


class _Seekable:
    """The archive for zipfile, which reads its table of contents at once and trusts the size given
    for it: no read may be longer.
    """

    def __init__(self, stream: BinaryIO, longest: int) -> None:
        self._stream = stream
        self._longest = max(longest, HEAD_SIZE * 2)
        self.seek, self.tell, self.seekable = stream.seek, stream.tell, stream.seekable

    def read(self, size: int = -1) -> bytes:
        if size > self._longest:
            raise FileRefused(FileProblem.TOO_MANY_ENTRIES)
        return self._stream.read(size)


class _Archive:
    """The readable files of an archive, each opened as a file of its own, all together within the
    limits.
    """

    def __init__(self, archive: zipfile.ZipFile, given: Given) -> None:
        self._archive = archive
        self._given = given
        self._left = given.limits.unpacked_size

    def entries(self) -> list[zipfile.ZipInfo]:
        """Those worth reading; first the ones without a dash, among them the table of all
        playlists, which knows their whole names.
        """
        entries = self._archive.infolist()
        if len(entries) > self._given.limits.entries:
            raise FileRefused(FileProblem.TOO_MANY_ENTRIES)
        readable = (
            entry for entry in entries if PurePosixPath(entry.filename).suffix.lower() in _READERS
        )
        return sorted(readable, key=lambda entry: "-" in PurePosixPath(entry.filename).name)

    @contextmanager
    def open(self, entry: zipfile.ZipInfo) -> Iterator[Given]:
        if entry.flag_bits & _ENCRYPTED:
            raise FileRefused(FileProblem.ENCRYPTED)
        if entry.compress_type not in _PACKED:
            raise FileRefused(FileProblem.DAMAGED)
        with self._archive.open(entry) as packed:
            head = packed.read(HEAD_SIZE)
        allowance = min(self._left, entry.compress_size * self._given.limits.ratio + _ALLOWANCE)
        with self._archive.open(entry) as packed:
            metered = MeteredStream(packed, allowance, FileProblem.UNPACKS_TOO_LARGE)
            yield replace(
                self._given,
                name=PurePosixPath(entry.filename).name,
                head=head,
                stream=io.BufferedReader(metered),
            )
            self._left -= metered.used


def _lines(archive: _Archive) -> Iterator[tuple[Heading, FileLine]]:
    names: dict[str, str] = {}
    for entry in archive.entries():
        if (
            entry.filename.lower().endswith(".csv")
            and "-" not in PurePosixPath(entry.filename).name
        ):
            with archive.open(entry) as given:
                names |= {_folded(name): name for name in playlist_names(given)}
        with archive.open(entry) as given:
            reader = _READERS[PurePosixPath(entry.filename).suffix.lower()]
            for heading, line in _readable(reader, given):
                belongs = _heading(heading, line, PurePosixPath(entry.filename), names)
                if belongs:
                    yield belongs, line


def _readable(reader: Reader, given: Given) -> Iterator[tuple[Heading, FileLine]]:
    """Yield the lines of a file in the archive; one that is damaged costs the others nothing."""
    try:
        yield from reader.read(given)
    except FileRefused as refused:
        if refused.problem not in (FileProblem.DAMAGED, FileProblem.NOTHING_FOUND):
            raise


def _heading(
    heading: Heading, line: FileLine, path: PurePosixPath, names: dict[str, str]
) -> Heading | None:
    """Where a line belongs; None for one of the many other things in a Takeout.

    Of a history or a list in JSON, videos alone count.
    """
    if path.suffix.lower() == ".csv":
        if heading.kind == Kind.LINES:
            return None
        return replace(heading, name=names.get(_folded(heading.name), heading.name))
    if not isinstance(parse_address(line.text), VideoAddress):
        return None
    is_history = heading.kind == Kind.HISTORY or path.suffix.lower() == ".html"
    return Heading(fields.title(path.stem), Kind.HISTORY if is_history else Kind.PLAYLIST)


def _folded(name: str) -> str:
    return _UNLIKE_IN_NAMES.sub("", name.casefold())
