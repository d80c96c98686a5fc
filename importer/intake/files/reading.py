"""The contract of file intake: what a reader is given, what it yields, and how a file is
refused.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Protocol

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from importer.parsing import ParsedLine, Reason, Unusable, parse_many
from importer.parsing.addresses import MAX_TEXT
from importer.parsing.cleaning import clean


class FileProblem(TextChoices):
    """Why a file as a whole cannot be read. A bad line alone never is such a reason."""

    UNKNOWN_FORMAT = "unknown_format", _("This kind of file cannot be read here.")
    OTHER_ARCHIVE = (
        "other_archive",
        _("This kind of archive cannot be read here. Use .zip or .tgz, or unpack it first."),
    )
    PART_OF_ARCHIVE = (
        "part_of_archive",
        _("This is only one part of an archive. Put the parts together, or unpack it first."),
    )
    TOO_LARGE = "too_large", _("This file is too large.")
    TOO_MANY_LINES = "too_many_lines", _("This file has too many lines.")
    TOO_MANY_ENTRIES = "too_many_entries", _("This archive holds too many files.")
    UNPACKS_TOO_LARGE = "unpacks_too_large", _("This archive would become too large when unpacked.")
    ENCRYPTED = "encrypted", _("This archive is protected with a password.")
    DAMAGED = "damaged", _("This file is damaged.")
    TOO_SLOW = "too_slow", _("Reading this file takes too long. Divide it and try again.")
    TOO_HUNGRY = (
        "too_hungry",
        _("Reading this file takes too much memory. Divide it and try again."),
    )
    NOT_TRIED = "not_tried", _("This file was not read, because of the one before it.")
    BUSY = "busy", _("Other files are still being read. Try again in a minute.")
    NOTHING_FOUND = "nothing_found", _("There is nothing to import in this file.")


class FileRefused(Exception):
    """The file cannot be read; `problem` says why, its label says it to a person."""

    def __init__(self, problem: FileProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True)
class Limits:
    """How much of a file is read.

    Sizes are bytes; `line_length` is characters; `ratio` is unpacked to packed size of an archive's
    file.
    """

    size: int = 50_000_000
    lines: int = 100_000
    line_length: int = 100_000
    looks: int = (
        4_000_000  # lines, tags and values that are looked at, whether they are taken or not
    )
    seconds: float = 10.0  # of computing, for all files of one upload
    unpacked_size: int = 200_000_000
    ratio: int = 100
    entries: int = 5_000


DEFAULT_LIMITS = Limits()


class Budget:
    """What the files of one upload may cost together. Raises FileRefused where it is used up.

    Time is that of this thread's computing, so that a busy machine refuses nobody.
    """

    def __init__(self, limits: Limits) -> None:
        self._lines = limits.lines
        self._looks = limits.looks
        self._until = time.thread_time() + limits.seconds
        self._next_check = self._looks - 1_000

    def look(self, count: int = 1) -> None:
        """Count what is looked at, and the time now and then. With 0 only the time counts."""
        self._looks -= count
        if count and self._looks > self._next_check:
            return
        self._next_check = self._looks - 1_000
        if self._looks < 0:
            raise FileRefused(FileProblem.TOO_MANY_LINES)
        if time.thread_time() > self._until:
            raise FileRefused(FileProblem.TOO_SLOW)

    def keep(self, count: int) -> None:
        """Refuse a file that keeps so many lines."""
        if count > self._lines:
            raise FileRefused(FileProblem.TOO_MANY_LINES)


class Kind(TextChoices):
    """What a group of lines is: of a file with one list, a list with a name of its own, or what an
    account follows and has watched.
    """

    LINES = "lines"
    PLAYLIST = "playlist"
    SUBSCRIPTIONS = "subscriptions"
    HISTORY = "history"


@dataclass(frozen=True, slots=True)
class Heading:
    """What a line stands under. `name` is "" where the file does not name its list."""

    name: str = ""
    kind: Kind = Kind.LINES


UNNAMED = Heading()


@dataclass(slots=True)
class FileLine:
    """One line of a file.

    `number`: its line there, from 1 (its place, in JSON). `text`: what is to be parsed. The rest is
    what the file knows besides, "" or None where it does not. `cut`: it was longer than allowed,
    and `text` is only its beginning. `pieces`: the addresses on it, None as long as nobody looked.
    """

    number: int
    text: str
    title: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    added_at: datetime | None = None
    cut: bool = False
    pieces: tuple[ParsedLine, ...] | None = None

    def parsed(self) -> Iterator[ParsedLine]:
        """The addresses on this line, at least one verdict; of a line that was cut, that it is too
        long.
        """
        if self.pieces is not None:
            yield from self.pieces
            return
        if self.cut:
            yield ParsedLine(self.number, clean(self.text[:MAX_TEXT]), Unusable(Reason.TOO_LONG))
            return
        for piece in parse_many([self.text]):
            yield ParsedLine(self.number, piece.text, piece.address)


@dataclass(frozen=True)
class Group:
    """The lines under one heading, in the file's order."""

    heading: Heading
    lines: list[FileLine] = field(default_factory=list)


@dataclass(frozen=True)
class ReadResult:
    """`format` is the reader's name. Groups come in the file's order; none is empty."""

    format: str
    groups: list[Group]


@dataclass(frozen=True)
class Given:
    """A file as a reader meets it.

    `head`: its first bytes, for recognising it; `stream`: all of it, from the start. `in_archive`:
    it is one of many in an archive, among them some that are no lists.
    """

    name: str
    head: bytes
    stream: BinaryIO
    limits: Limits
    budget: Budget
    in_archive: bool = False


class Reader(Protocol):
    """One file format. Readers stream: they hold a line, not the file."""

    name: str

    def recognises(self, given: Given) -> bool:
        """By what the file holds; by its name only where the content cannot tell."""

    def read(self, given: Given) -> Iterator[tuple[Heading, FileLine]]:
        """Every line under its heading. Raises FileRefused."""
