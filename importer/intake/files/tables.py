"""CSV and its relatives: any delimiter, any column, with a header or without."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import PurePath

from importer.intake.files import fields
from importer.intake.files.columns import Columns, find_columns
from importer.intake.files.delimited import Record, find_delimiter, read_records
from importer.intake.files.headers import WIDEST
from importer.intake.files.reading import FileLine, Given, Heading, Kind
from importer.intake.files.streams import head_text, is_text, text_lines
from importer.parsing import ParsedLine, PlaylistAddress, has_usable
from importer.parsing.ids import VIDEO_ID, bare_address
from videos.addresses import watch_url

_SAMPLE = 50  # records by which the columns are told
_LONGEST_RECORD = 50  # lines; a quote open for longer is a stray one
_TABLE_NAMES = frozenset({".csv", ".tsv", ".tab"})


class Table:
    name = "csv"

    def recognises(self, given: Given) -> bool:
        is_named = PurePath(given.name.lower()).suffix in _TABLE_NAMES
        return is_text(given.head) and (is_named or _delimiter(given) == "\t")

    def read(self, given: Given) -> Iterator[tuple[Heading, FileLine]]:
        """Yield each row as a line; rows without anything in them are none.

        In an archive, a table of what an account wrote is none of its lists.
        """
        records = _filled_records(given)
        sample = list(islice(records, _SAMPLE))
        columns = find_columns(sample, given.name) if sample else Columns()
        if columns.is_activity and given.in_archive:
            return
        for record in chain(sample[columns.first :], records):
            yield _heading(record, columns), _line(record, columns)


def playlist_names(given: Given) -> Iterator[str]:
    """Yield every cell that might be a name, of a Takeout's table of all playlists: their ids come
    first in it.
    """
    for record in _records(given):
        if isinstance(bare_address(record.cell(0)), PlaylistAddress):
            for cell in record.cells[1:]:
                name = fields.title(cell)
                if name:
                    yield name


def _filled_records(given: Given) -> Iterator[Record]:
    for record in _records(given):
        if not record.is_blank():
            yield record


def _records(given: Given) -> Iterator[Record]:
    return read_records(text_lines(given), _delimiter(given) or ",", _LONGEST_RECORD)


def _delimiter(given: Given) -> str | None:
    return find_delimiter(head_text(given).splitlines()[:_SAMPLE])


def _heading(record: Record, columns: Columns) -> Heading:
    if columns.list_name is None:
        return columns.heading
    name = fields.title(record.cell(columns.list_name))
    return Heading(name, Kind.PLAYLIST) if name else columns.heading


def _note(record: Record, columns: Iterable[int]) -> str:
    cells = []
    for column in columns:
        cell = record.cell(column)
        if cell:
            cells.append(cell)
    return fields.note(" · ".join(cells))


def _line(record: Record, columns: Columns) -> FileLine:
    given, pieces = _address(record, columns)
    note = ""
    if given and columns.notes:
        note = _note(record, columns.notes)
    return FileLine(
        record.number,
        given or _whole_row(record) or ",",
        title=fields.title(record.cell(columns.title)),
        note=note,
        tags=columns.tags_of(record),
        added_at=fields.when(record.cell(columns.added)),
        cut=record.cut,
        pieces=pieces,
    )


def _whole_row(record: Record) -> str:
    return " ".join(cell for cell in record.cells if cell.strip())


def _address(record: Record, columns: Columns) -> tuple[str, tuple[ParsedLine, ...] | None]:
    """Return the cell with the address and what was found in it, None where nobody looked.

    Where the column of the addresses holds none, another cell of the row may.
    """
    given = "" if record.is_part else record.cell(columns.address)
    if not given:
        return "", None
    if VIDEO_ID.fullmatch(given) and len(record.cells) > 1:
        # It stands where the ids stand, so it is none of the words that look like one.
        return watch_url(given), None
    for cell in (given, *record.cells[:WIDEST]):
        pieces = _usable_pieces(record.number, cell)
        if pieces:
            if record.cut:
                return cell, None
            return cell, pieces
    return given, None


def _usable_pieces(number: int, text: str) -> tuple[ParsedLine, ...]:
    """Return what is in the text if there is an address."""
    if "/" not in text:  # ids alone are too much like words in the other cells of a row
        return ()
    pieces = tuple(FileLine(number, text).parsed())
    return pieces if has_usable(pieces) else ()
