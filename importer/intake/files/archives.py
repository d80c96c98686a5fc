"""What is in an archive, file by file: zip, tar, and a tar or a single file in gzip.

Nothing is ever unpacked to disk, no name is used as a path, and all files together stay within the
limits, whatever the archive says about itself.
"""

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import IO, BinaryIO, cast

from importer.intake.files.reading import FileProblem, FileRefused, Given
from importer.intake.files.streams import HEAD_SIZE, MeteredStream
from importer.intake.files.tar import GZIP, Gunzipped, is_tar, tar_files

_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What zipfile and zlib raise for an archive that makes no sense: offsets, dates and names out of
# range among them.
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError)
_BYTES_PER_ENTRY = 512  # of the table of contents, where an entry takes 46 and its name
_ALLOWANCE = 1_000_000  # bytes that any file in the archive may have, however small it was packed
_HELD = 2_000_000  # bytes; a smaller file in an archive is held in memory and can be read twice
_ENCRYPTED = 0x1
_ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06")
_PART_OF_ZIP = b"PK\x07\x08"
_NAME_OF_PART = re.compile(r"\.(?:zip|7z|tar|tgz|gz|rar)\.\d{2,3}\Z|\.[zr]\d\d\Z", re.IGNORECASE)

IsWanted = Callable[[PurePosixPath], bool]


@dataclass(frozen=True)
class Member:
    """A file in an archive, as a reader meets it; to be read before the next one is asked for."""

    path: PurePosixPath
    given: Given


def is_zip(head: bytes) -> bool:
    return head.startswith(_ZIP_MARKS)


def members(given: Given, is_wanted: IsWanted) -> Iterator[Member]:
    """Yield the files whose paths are wanted, in the archive's order. Raises FileRefused."""
    try:
        if is_zip(given.head):
            yield from _zip_members(given, is_wanted)
        else:
            yield from _tar_members(given, is_wanted)
    except BROKEN as error:
        raise FileRefused(FileProblem.DAMAGED) from error


def gunzipped(given: Given) -> BinaryIO:
    """Return the content of a gzip file, within the limits."""
    content = io.BufferedReader(Gunzipped(given.stream, given.budget), HEAD_SIZE)
    metered = MeteredStream(content, _allowance(given), FileProblem.UNPACKS_TOO_LARGE)
    return io.BufferedReader(metered, HEAD_SIZE)


def refuse_parts(given: Given) -> None:
    """Raise FileRefused for a part of an archive that was divided."""
    if given.head.startswith(_PART_OF_ZIP) or _NAME_OF_PART.search(given.name):
        raise FileRefused(FileProblem.PART_OF_ARCHIVE)


def _allowance(given: Given) -> int:
    """Return how many bytes a packed file may become."""
    packed = given.stream.seek(0, io.SEEK_END)
    given.stream.seek(0)
    return min(given.limits.unpacked_size, packed * given.limits.ratio + _ALLOWANCE)


def _as_file(given: Given, name: str, stream: IO[bytes], size: int) -> Given:
    """Return a file in an archive as a file by itself.

    A small one is held, so that it can be read twice. `size`: what the archive says, in bytes.
    """
    buffered = io.BufferedReader(cast(io.RawIOBase, stream), HEAD_SIZE)
    source: BinaryIO = buffered
    if size <= _HELD:
        source = io.BytesIO(buffered.read())
        head = source.getvalue()[:HEAD_SIZE]
    else:
        head = buffered.peek(HEAD_SIZE)[:HEAD_SIZE]
    return replace(given, name=name, head=head, stream=source, in_archive=True)


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


def _zip_members(given: Given, is_wanted: IsWanted) -> Iterator[Member]:
    limits = given.limits
    source = _Seekable(given.stream, limits.entries * _BYTES_PER_ENTRY)
    left = limits.unpacked_size
    with zipfile.ZipFile(cast(BinaryIO, source)) as archive:
        entries = archive.infolist()
        if len(entries) > limits.entries:
            raise FileRefused(FileProblem.TOO_MANY_ENTRIES)
        for entry in entries:
            path = PurePosixPath(entry.filename)
            if entry.is_dir() or _is_link(entry) or not is_wanted(path):
                continue
            _refuse_unreadable(entry)
            allowance = min(left, entry.compress_size * limits.ratio + _ALLOWANCE)
            with archive.open(entry) as packed:
                metered = MeteredStream(packed, allowance, FileProblem.UNPACKS_TOO_LARGE)
                stream = cast(IO[bytes], metered)
                yield Member(path, _as_file(given, path.name, stream, entry.file_size))
                left -= metered.used


def _refuse_unreadable(entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & _ENCRYPTED:
        raise FileRefused(FileProblem.ENCRYPTED)
    if entry.compress_type not in _PACKED:
        raise FileRefused(FileProblem.DAMAGED)


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(entry.external_attr >> 16)


def _tar_members(given: Given, is_wanted: IsWanted) -> Iterator[Member]:
    stream: IO[bytes] = given.stream
    if given.head.startswith(GZIP):
        stream = gunzipped(given)
    for file in tar_files(stream, given.budget, given.limits.entries):
        path = PurePosixPath(file.name)
        if is_wanted(path):
            yield Member(path, _as_file(given, path.name, file.stream, file.size))


def holds_tar(given: Given) -> bool:
    """Return whether it is a tar file, as it is or in gzip. Leaves the stream at its start."""
    head = given.head
    if head.startswith(GZIP):
        head = _first_block(given)
        given.stream.seek(0)
    return is_tar(head)


def _first_block(given: Given) -> bytes:
    """Return the first bytes of what a gzip file holds, b"" where it is damaged."""
    try:
        return io.BufferedReader(Gunzipped(given.stream, given.budget), 512).read(512)
    except BROKEN:
        return b""
