"""Bytes to lines: any encoding, any line ending, and never more in memory than a line may be long."""

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from importer.intake.files.reading import FileProblem, FileRefused, Given

HEAD_SIZE = 65_536

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is the beginning of this one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TEXT_CONTROLS = frozenset(b"\t\n\x0b\x0c\r\x1b")


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are no UTF-8 come from an older program; only they are read its way, so a file may mix both."""
    if isinstance(error, UnicodeDecodeError):
        return error.object[error.start : error.end].decode("cp1252", "replace"), error.end
    raise error


codecs.register_error("windows-1252", _as_windows_1252)


class MeteredStream(io.RawIOBase):
    """Passes bytes on until the allowance is used up, then refuses the file. What a file says about its own size is not trusted."""

    def __init__(
        self, source: IO[bytes], allowance: int, problem: FileProblem = FileProblem.TOO_LARGE
    ) -> None:
        self._source = source
        self._allowance = allowance
        self._problem = problem
        self.used = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed's buffer type is private
        data = self._source.read(len(buffer))
        self.used += len(data)
        if self.used > self._allowance:
            raise FileRefused(self._problem)
        buffer[: len(data)] = data
        return len(data)


@dataclass(frozen=True, slots=True)
class TextLine:
    """`number` from 1, `text` without its ending. `cut`: the line went on, and the rest was skipped."""

    number: int
    text: str
    cut: bool = False


def encoding_of(head: bytes) -> str:
    """By its mark, or by where the NULs are: ASCII written as UTF-16 has one in every second place."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    pairs = len(head) // 2
    if pairs and head[1::2].count(0) > pairs * 0.6:
        return "utf-16-le"
    if pairs and head[0::2].count(0) > pairs * 0.6:
        return "utf-16-be"
    return "utf-8"


def is_text(head: bytes) -> bool:
    """Whether these bytes are lines of text: next to no control characters. A stray NUL does not make a file binary."""
    if encoding_of(head) not in ("utf-8", "utf-8-sig"):
        return True
    controls = sum(byte < 32 and byte not in _TEXT_CONTROLS for byte in head[:4096])
    return controls * 50 <= len(head[:4096]) and not head.startswith(
        (b"%PDF-", b"\x89PNG", b"\x1f\x8b", b"\xff\xd8\xff")
    )


def open_text(given: Given) -> io.TextIOWrapper:
    encoding = encoding_of(given.head)
    errors = "windows-1252" if encoding.startswith("utf-8") else "replace"
    metered = MeteredStream(
        given.stream, given.limits.unpacked_size
    )  # also keeps the caller's stream open when the wrapper goes
    return io.TextIOWrapper(
        io.BufferedReader(metered), encoding=encoding, errors=errors, newline=None
    )


def head_text(given: Given) -> str:
    return given.head.decode(encoding_of(given.head), "replace")


def text_lines(given: Given) -> Iterator[TextLine]:
    """The file's lines, those without anything visible left out."""
    longest = given.limits.line_length
    text = open_text(given)
    number = 0
    while line := text.readline(longest + 1):
        number += 1
        cut = len(line) > longest and not line.endswith("\n")
        if cut:
            line = line[:longest]
            _skip_line(text)
        if line.strip():
            yield TextLine(number, line.rstrip("\n"), cut)


def _skip_line(text: io.TextIOWrapper) -> None:
    while (more := text.readline(HEAD_SIZE)) and not more.endswith("\n"):
        pass
