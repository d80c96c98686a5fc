"""Delimited text to rows, for every reader of tables: quotes over several lines, stray quotes, what
spreadsheets guard cells with.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from importer.intake.files.streams import TextLine

DELIMITERS = ",;\t|"
_GUARDED = re.compile(
    r"=\"(.*)\"\Z", re.DOTALL
)  # ="…", with which a spreadsheet leaves a cell alone
_SAYS_ITS_DELIMITER = re.compile(r"\s*\"?sep=(.)\"?\s*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Record:
    """One row.

    `number`: the line it began on. `cut`, `is_part`: see TextLine; a part is one cell.
    """

    number: int
    cells: list[str]
    cut: bool = False
    is_part: bool = False

    def cell(self, column: int | None) -> str:
        """Return a stripped cell without what guards it; "" where there is none."""
        if column is None or column >= len(self.cells):
            return ""
        return _unguarded(self.cells[column].strip())

    def is_blank(self) -> bool:
        return not any(map(str.strip, self.cells))


def _unguarded(text: str) -> str:
    guarded = _GUARDED.match(text)
    if guarded:
        return guarded[1].replace('""', '"').strip()
    if text[:1] == "'" and text[1:2] in "=+-@":
        return text[1:]
    return text


def find_delimiter(lines: Iterable[str]) -> str | None:
    """Return the sign that stands equally often on most of these lines, outside quotes; None where
    there is none.

    A first line `sep=;` says which it is.
    """
    filled = [line for line in lines if line.strip()]
    if not filled:
        return None
    said = _SAYS_ITS_DELIMITER.match(filled[0].lstrip("\ufeff"))
    if said:
        return said[1]
    return _most_regular([re.sub(r'"[^"]*"', "", line) for line in filled])


def _most_regular(lines: list[str]) -> str | None:
    best: str | None = None
    most = (0, 0)
    for sign in DELIMITERS:
        weight = _weight_of(sign, lines)
        if weight > most:
            best, most = sign, weight
    return best


def _weight_of(sign: str, lines: list[str]) -> tuple[int, int]:
    """Return on how many lines the sign stands equally often, and how often; zeros where these are
    not most of the lines.
    """
    counts = Counter(line.count(sign) for line in lines if sign in line)
    if not counts:
        return 0, 0
    often, on_lines = counts.most_common(1)[0]
    if on_lines * 2 <= len(lines):
        return 0, 0
    return on_lines, often


def read_records(
    lines: Iterator[TextLine], delimiter: str, longest_record: int
) -> Iterator[Record]:
    """Yield rows, of which one may go over `longest_record` lines where a quote is open.

    A stray quote costs its own line alone.
    """
    for line in lines:
        if line.is_part:
            yield Record(line.number, [line.text], line.cut, is_part=True)
            continue
        if line.number == 1 and _SAYS_ITS_DELIMITER.match(line.text.lstrip("\ufeff")):
            continue
        group = [line]
        quotes = line.text.count('"')
        while quotes % 2 and len(group) < longest_record and (following := next(lines, None)):
            group.append(following)
            quotes += following.text.count('"')
        if quotes % 2:
            for single in group:
                yield Record(single.number, _cells(single, delimiter), single.cut, single.is_part)
        else:
            yield from _rows(group, delimiter)


def _rows(group: list[TextLine], delimiter: str) -> Iterator[Record]:
    if len(group) == 1:
        yield Record(group[0].number, _cells(group[0], delimiter), group[0].cut)
        return
    reader = csv.reader((line.text + "\n" for line in group), delimiter=delimiter)
    while True:
        begins = reader.line_num
        try:
            cells = next(reader, None)
        except csv.Error:  # a field longer than the csv module allows
            cells = [line.text for line in group[begins : reader.line_num]]
        if cells is None:
            return
        is_cut = any(line.cut for line in group[begins : reader.line_num])
        yield Record(group[begins].number, cells, is_cut)


def _cells(line: TextLine, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line.text], delimiter=delimiter), [])
    except csv.Error:
        return [line.text]
