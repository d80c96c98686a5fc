"""Bytes to lines: any encoding, any line ending, and never more in memory than a line may be
long.
"""

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from importer.intake.files.reading import FileProblem, FileRefused, Given
from videos import encodings

HEAD_SIZE = 65_536

_SEPARATOR = re.compile(r"[\s<>\"'{}\[\](),;|]")
_TEXT_CONTROLS = frozenset(b"\t\n\x0b\x0c\r\x1b")
_NO_TEXT = (b"%PDF-", b"\x89PNG", b"\x1f\x8b", b"\xff\xd8\xff")


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    """Read bytes that are no UTF-8 as an older program wrote them; a file may mix both."""
    if isinstance(error, UnicodeDecodeError):
        return error.object[error.start : error.end].decode("cp1252", "replace"), error.end
    raise error


codecs.register_error("windows-1252", _as_windows_1252)


class MeteredStream(io.RawIOBase):
    """Passes bytes on until the allowance is used up, then refuses the file.

    What a file says about its own size is not trusted.
    """

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
    """A line of a file: `number` from 1, `text` without its ending.

    `is_part`: the line is too long to be held and comes in parts that end where no address does.
    `cut`: not even that was possible, and what followed was skipped.
    """

    number: int
    text: str
    cut: bool = False
    is_part: bool = False


def encoding_of(head: bytes) -> str:
    """Return the encoding by its mark or its zeros, else UTF-8, else the one that its language was
    written in before.

    Where that cannot be told it is UTF-8, and single bytes that are none are read as Windows'
    Western ones.
    """
    marked = encodings.marked(head)
    if marked or head.isascii() or encodings.is_mostly_utf8(head):
        return marked or "utf-8"
    recognised = encodings.recognise(head)
    return recognised if recognised not in ("", "cp1252") else "utf-8"


def is_text(head: bytes) -> bool:
    """Whether these bytes are lines of text: next to no control characters.

    A stray NUL does not make a file binary.
    """
    if encodings.marked(head) not in ("", "utf-8-sig"):
        return True
    if head.startswith(_NO_TEXT):
        return False
    beginning = head[:4096]
    controls = sum(byte < 32 and byte not in _TEXT_CONTROLS for byte in beginning)
    return controls * 50 <= len(beginning)


def open_text(given: Given) -> io.TextIOWrapper:
    encoding = encoding_of(given.head)
    errors = "windows-1252" if encoding.startswith("utf-8") else "replace"
    # It also keeps the caller's stream open when the wrapper goes.
    metered = MeteredStream(given.stream, given.limits.unpacked_size)
    return io.TextIOWrapper(
        io.BufferedReader(metered), encoding=encoding, errors=errors, newline=None
    )


def head_text(given: Given) -> str:
    return given.head.decode(encodings.marked(given.head) or "utf-8", "replace")


def text_lines(given: Given, *, keep_blank: bool = False) -> Iterator[TextLine]:
    """Yield the file's lines, those without anything visible left out unless they are to be
    kept.
    """
    longest = given.limits.line_length
    text = open_text(given)
    number = 0
    while line := text.readline(longest + 1):
        number += 1
        given.budget.look(1 + len(line) // 200)
        if len(line) > longest and not line.endswith("\n"):
            yield from _long_line(number, line, text, given)
        elif keep_blank or line.strip():
            yield TextLine(number, line.rstrip("\n"))


def _long_line(number: int, begin: str, text: IO[str], given: Given) -> Iterator[TextLine]:
    """Yield the parts of a line that is too long to be held, each ending where no address does."""
    longest = given.limits.line_length
    held = begin
    while held:
        is_whole = held.endswith("\n")
        end = len(held) if is_whole else _last_separator(held)
        if end and held[:end].strip():
            yield TextLine(number, held[:end].strip(), is_part=True)
        elif not end:
            yield TextLine(number, held[:longest], cut=True)
            held = _after_word(text)
            continue
        if is_whole:
            return
        more = text.readline(longest)
        given.budget.look(1 + len(more) // 200)
        held = held[end:] + more
        if not more and held:
            held += "\n"


def _last_separator(text: str) -> int:
    """Return the place behind the last sign that no address goes over, else behind the first; 0
    where there is none.
    """
    last = 0
    for match in _SEPARATOR.finditer(text, max(0, len(text) - 4_000)):
        last = match.end()
    if last:
        return last
    found = _SEPARATOR.search(text)
    return found.end() if found else 0


def _after_word(text: IO[str]) -> str:
    """Skip the rest of a word. Return what follows of the line, "" for nothing."""
    while more := text.readline(HEAD_SIZE):
        found = _SEPARATOR.search(more)
        if found:
            return more[found.start() :]
    return ""
