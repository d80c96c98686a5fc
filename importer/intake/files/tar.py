"""Tar files and gzip, as streams of bounded cost.

Read by hand: Python's tarfile takes headers of any length into memory, follows links and sparse
maps, and in some of the versions we run on can be sent in circles by a header.
"""

import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from importer.intake.files.reading import Budget, FileProblem, FileRefused

GZIP = b"\x1f\x8b"
_BLOCK = 512
_LONGEST_HEADER = 64 * 1024  # bytes of a long name or of extended attributes
_CHUNK = 64 * 1024
_REGULAR = (b"0", b"\x00", b"7")
_LONG_NAME = b"L"
_ATTRIBUTES = b"x"
_GLOBAL_ATTRIBUTES = b"g"
_WITH_GZIP = 16 + zlib.MAX_WBITS


class Gunzipped(io.RawIOBase):
    """The content of a gzip file, of one part or several; never more of it than is asked for."""

    def __init__(self, stream: IO[bytes], budget: Budget) -> None:
        self._stream = stream
        self._budget = budget
        self._packed = b""
        self._unzip = zlib.decompressobj(_WITH_GZIP)
        self._has_begun = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed's buffer type is private
        """Raise zlib.error for what is no gzip, and EOFError where its end is missing."""
        while True:
            self._budget.look(0)
            if self._unzip.eof and not self._next_part():
                return 0
            self._packed = self._packed or self._stream.read(_CHUNK)
            data = self._unzip.decompress(self._packed, len(buffer))
            self._has_begun = self._has_begun or bool(self._packed)
            is_at_end = not self._packed and not data
            self._packed = self._unzip.unconsumed_tail
            if data:
                buffer[: len(data)] = data
                return len(data)
            if is_at_end and not self._unzip.eof:
                raise EOFError("The end of the gzip file is missing.")

    def _next_part(self) -> bool:
        """Begin the next part; False at the end. Zeros behind the last one are padding."""
        rest = self._unzip.unused_data.lstrip(b"\x00")
        while not rest:
            more = self._stream.read(_CHUNK)
            if not more:
                return False
            rest = more.lstrip(b"\x00")
        self._budget.look()
        self._packed = rest
        self._unzip = zlib.decompressobj(_WITH_GZIP)
        return True


@dataclass(frozen=True)
class TarFile:
    """A regular file in a tar. `stream` is to be read before the next file is asked for."""

    name: str
    size: int
    stream: IO[bytes]


class _Part(io.RawIOBase):
    """The next bytes of a stream, so many and no more."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream = stream
        self.left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed's buffer type is private
        data = self._stream.read(min(len(buffer), self.left))
        if self.left and len(buffer) and not data:
            raise EOFError("The end of the tar file is missing.")
        self.left -= len(data)
        buffer[: len(data)] = data
        return len(data)


def is_tar(head: bytes) -> bool:
    """Return whether the first block is a header of a tar file: its checksum is right."""
    return len(head) >= _BLOCK and _has_right_checksum(head[:_BLOCK])


def tar_files(stream: IO[bytes], budget: Budget, most: int) -> Iterator[TarFile]:
    """Yield the regular files: no links, devices, folders or sparse files.

    Raises FileRefused for more than `most` headers, EOFError for a tar that was cut off, ValueError
    for one that makes no sense.
    """
    name = ""
    attributes: dict[str, str] = {}
    count = 0
    for header in _headers(stream):
        count += 1
        budget.look()
        if count > most:
            raise FileRefused(FileProblem.TOO_MANY_ENTRIES)
        kind, size = header[156:157], _number(header[124:136])
        if kind == _LONG_NAME:
            name = _text(_header_data(stream, size))
            continue
        if kind in (_ATTRIBUTES, _GLOBAL_ATTRIBUTES):
            given = _attributes(_header_data(stream, size))
            attributes = given if kind == _ATTRIBUTES else attributes
            continue
        size = _size_in(attributes, size)
        part = _Part(stream, size)
        if kind in _REGULAR and not _is_sparse(attributes):
            called = attributes.get("path") or name or _name_in(header)
            yield TarFile(called, size, part)  # type: ignore[arg-type]  # a stream in everything
        _skip(part, budget)
        _skip(_Part(stream, -size % _BLOCK), budget)
        name, attributes = "", {}


def _headers(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield headers up to the end of the files; what follows each is to be read."""
    while (header := _read(stream, _BLOCK)).strip(b"\x00"):
        if not _has_right_checksum(header):
            raise ValueError("This is not a header of a tar file.")
        yield header


def _read(stream: IO[bytes], size: int) -> bytes:
    """Read so many bytes; fewer only at the end."""
    data = b""
    while len(data) < size and (more := stream.read(size - len(data))):
        data += more
    return data


def _skip(part: _Part, budget: Budget) -> None:
    while part.left:
        budget.look(0)
        part.read(_CHUNK)


def _header_data(stream: IO[bytes], size: int) -> bytes:
    if size > _LONGEST_HEADER:
        raise ValueError("This header is too long.")
    data = _read(stream, size + -size % _BLOCK)
    return data[:size]


def _has_right_checksum(header: bytes) -> bool:
    if len(header) < _BLOCK:
        raise EOFError("The end of the tar file is missing.")
    try:
        given = _number(header[148:156])
    except ValueError:
        return False
    return given == sum(header[:148]) + 8 * ord(" ") + sum(header[156:])


def _number(field: bytes) -> int:
    """Return a header's number: octal digits, or binary behind a mark. Raises ValueError."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    return int(field.strip(b" \x00") or b"0", 8) if re.fullmatch(rb"[0-7 \x00]*", field) else -1


def _name_in(header: bytes) -> str:
    name, prefix = _text(header[:100]), _text(header[345:500])
    return f"{prefix}/{name}" if prefix and header[257:262] == b"ustar" else name


def _text(field: bytes) -> str:
    return field.partition(b"\x00")[0].decode("utf-8", "replace")


def _attributes(data: bytes) -> dict[str, str]:
    """Read extended attributes, each of which is its length, a blank, `name=value` and a new
    line.
    """
    found: dict[str, str] = {}
    place = 0
    while match := re.compile(rb"(\d{1,6}) ").match(data, place):
        end = place + int(match[1])
        if end <= match.end():
            break
        name, _, value = data[match.end() : end].rstrip(b"\n").partition(b"=")
        found[name.decode("utf-8", "replace")] = value.decode("utf-8", "replace")
        place = end
    return found


def _size_in(attributes: dict[str, str], size: int) -> int:
    given = attributes.get("size", "")
    if re.fullmatch(r"[0-9]{1,18}", given):
        size = int(given)
    if size < 0:
        raise ValueError("This size is none.")
    return size


def _is_sparse(attributes: dict[str, str]) -> bool:
    for name in attributes:
        if name.startswith("GNU.sparse"):
            return True
    return False
