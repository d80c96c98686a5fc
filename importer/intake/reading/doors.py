"""Which upload is read where."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import BinaryIO

from importer.intake.files.tar import GZIP
from importer.intake.reading.batch import (
    NamedFile,
    Outcome,
    ReadUpload,
    UploadRefused,
    read_batch,
)
from importer.intake.reading.outside import read_outside

# Starting a process takes half a second of computing, which nobody is to wait for with a small
# file. At most so many bytes, unpacked, are read in this process.
SMALL = 256 * 1024
UNPACKED_TO_PACKED = 20  # an ordinary archive is a fifth of its contents; a hostile one less
ARCHIVES = (b"PK", GZIP)
DATABASES = b"SQLite format 3"  # opened by a library in C


def read_each(
    files: Iterable[NamedFile], room: int, owner_id: int | None
) -> tuple[tuple[ReadUpload, ...], list[UploadRefused]]:
    """Read the files of one upload, and return beside what could be read why each of the others
    could not. `room`: how many lines an import may have. `owner_id`: whose upload it is.
    """
    read = []
    refused = []
    for outcome in _outcomes(list(files), room, owner_id):
        if isinstance(outcome, ReadUpload):
            read.append(outcome)
        else:
            refused.append(outcome)
    return tuple(read), refused


def _outcomes(files: list[NamedFile], room: int, owner_id: int | None) -> Iterable[Outcome]:
    if sum(weight(stream) for _name, stream in files) <= SMALL:
        return read_batch(files, room)
    return read_outside(files, room, owner_id)


def weight(stream: BinaryIO) -> int:
    """Return about how many bytes there are to read in this file."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    head = stream.read(len(DATABASES))
    stream.seek(0)
    if head.startswith(DATABASES):
        return SMALL + 1
    if head.startswith(ARCHIVES):
        return size * UNPACKED_TO_PACKED
    return size
