"""The file of a backup: what is in it, and whether it is whole."""

import json
import os
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

FORMAT = "sammelwerk-backup"
VERSION = 1
MANIFEST = "manifest.json"
SECRET_KEY = "secret_key"  # noqa: S105  the name of a file
SQLITE = "database.sqlite3"
LARGEST_MANIFEST = 2**20  # bytes


# What zipfile and zlib raise at a byte that is not what it was, depending on where it stands.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)


class BackupError(Exception):
    """The backup cannot be made or taken back; the text says why, for whoever runs it."""


@dataclass(frozen=True)
class Manifest:
    engine: str  # "sqlite" or "postgresql"
    made_at: str
    migrations: dict[str, str]  # app -> the last one that was applied
    tables: dict[str, list[str]] = field(default_factory=dict)  # PostgreSQL's, with their columns

    def to_json(self) -> str:
        return json.dumps({"format": FORMAT, "version": VERSION, **asdict(self)}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """BackupError for what is none of ours."""
        try:
            values = json.loads(text)
            if (values.pop("format"), values.pop("version")) != (FORMAT, VERSION):
                raise ValueError
            return cls(**values)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BackupError("This file is no backup of Sammelwerk, or of a newer one.") from None


@contextmanager
def written(path: Path) -> Iterator[zipfile.ZipFile]:
    """Yield a new archive, which takes its name when it is whole and safely on the disk.

    An older file of that name stays until then. Only its owner may read it.
    """
    with tempfile.NamedTemporaryFile("wb", dir=path.absolute().parent, delete=False) as file:
        partial = Path(file.name)
        try:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
                yield archive
            file.flush()
            os.fsync(file.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """Yield the archive and its manifest. BackupError when anything in it is damaged."""
    with open_zip(path) as archive:
        if MANIFEST not in archive.namelist():
            raise BackupError(f"{path} is no backup of Sammelwerk.")
        check_whole(archive)
        yield archive, read_manifest(archive)


def open_zip(path: Path) -> zipfile.ZipFile:
    """BackupError when the file cannot be read, or is no ZIP file."""
    try:
        return zipfile.ZipFile(path)
    except OSError as error:
        reason = error.strerror or "it is damaged"
        raise BackupError(f"{path} cannot be read: {reason}") from None
    except DAMAGE:
        raise BackupError(f"{path} is no backup of Sammelwerk, or not whole.") from None


def read_manifest(archive: zipfile.ZipFile) -> Manifest:
    with archive.open(MANIFEST) as stream:
        return Manifest.from_json(stream.read(LARGEST_MANIFEST).decode())


def check_whole(archive: zipfile.ZipFile) -> None:
    """Read all of it and compare checksums, before any change."""
    try:
        damaged = archive.testzip()
    except (OSError, *DAMAGE):
        damaged = "it"
    if damaged:
        raise BackupError("The backup is damaged.")
