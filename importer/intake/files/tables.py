"""CSV and its relatives: any delimiter, any column, with a header or without. What the columns are is told by what stands in them."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import PurePath

from importer.intake.files import fields
from importer.intake.files.reading import UNNAMED, FileLine, Given, Heading, Kind
from importer.intake.files.streams import TextLine, head_text, is_text, text_lines
from importer.parsing import (
    ChannelAddress,
    PlaylistAddress,
    Reason,
    Unusable,
    VideoAddress,
    parse_lines,
)
from importer.parsing.ids import CHANNEL_ID, VIDEO_ID, bare_address

_SAMPLE = 50  # records by which the columns are told
_WIDEST = 100  # columns that are looked at
_LONGEST_RECORD = 50  # lines; a quote open for longer is a stray one

_DELIMITERS = ",;\t|"
_TABLE_NAMES = frozenset({".csv", ".tsv", ".tab"})
_VIDEOS_SUFFIX = re.compile(
    r"-videos(?:\(\d+\))?\Z", re.IGNORECASE
)  # what a Takeout puts after a playlist's name, and the number of its part
_ANY_SUFFIX = re.compile(r"-[^-\s\d()]{1,15}(?:\(\d+\))?\Z")  # the same in whatever language
_MEANINGS = {
    "title": {"title", "titel", "name", "video title", "videotitel"},
    "note": {
        "note",
        "notes",
        "comment",
        "description",
        "notiz",
        "notizen",
        "kommentar",
        "beschreibung",
    },
    "tags": {
        "tags",
        "tag",
        "labels",
        "keywords",
        "schlagworte",
        "schlagwörter",
        "folder",
        "ordner",
    },
    "added": {
        "added",
        "added_at",
        "date",
        "date_added",
        "created",
        "created_at",
        "time added",
        "datum",
        "hinzugefügt",
        "time",
    },
    "address": {
        "url",
        "urls",
        "link",
        "links",
        "address",
        "adresse",
        "video",
        "video id",
        "id",
        "video_id",
        "href",
    },
}


@dataclass(frozen=True, slots=True)
class Record:
    """One row. `number`: the line it began on. `cut`: see TextLine."""

    number: int
    cells: list[str]
    cut: bool = False

    def cell(self, column: int | None) -> str:
        return self.cells[column].strip() if column is not None and column < len(self.cells) else ""


@dataclass(frozen=True)
class Columns:
    """Where things stand; None where nowhere. `notes`: the columns nothing else is known about. `first`: the first record of data."""

    address: int | None = None
    title: int | None = None
    tags: int | None = None
    added: int | None = None
    notes: tuple[int, ...] = ()
    first: int = 0
    heading: Heading = UNNAMED


class Table:
    name = "csv"

    def recognises(self, given: Given) -> bool:
        return is_text(given.head) and (
            PurePath(given.name.lower()).suffix in _TABLE_NAMES or _delimiter(given) == "\t"
        )

    def read(self, given: Given) -> Iterator[tuple[Heading, FileLine]]:
        records = _records(text_lines(given), _delimiter(given) or ",")
        sample = list(islice(records, _SAMPLE))
        columns = _columns(sample, given.name)
        for record in chain(sample[columns.first :], records):
            yield columns.heading, _line(record, columns)


def playlist_names(given: Given) -> Iterator[str]:
    """Of a Takeout's table of all playlists (their ids come first), every cell that might be a name."""
    for record in _records(text_lines(given), _delimiter(given) or ","):
        if isinstance(bare_address(record.cell(0)), PlaylistAddress):
            yield from (name for cell in record.cells[1:] if (name := fields.title(cell)))


def _delimiter(given: Given) -> str | None:
    """The sign that stands equally often on most lines, outside quotes; None where there is none."""
    lines = [
        re.sub(r'"[^"]*"', "", line)
        for line in head_text(given).splitlines()[:_SAMPLE]
        if line.strip()
    ]
    most = {
        sign: Counter(line.count(sign) for line in lines if sign in line).most_common(1)
        for sign in _DELIMITERS
    }
    weights = {
        sign: (found[0][1], found[0][0])
        for sign, found in most.items()
        if found and found[0][1] * 2 > len(lines)
    }
    return max(weights, key=lambda sign: weights[sign]) if weights else None


def _records(lines: Iterator[TextLine], delimiter: str) -> Iterator[Record]:
    """Rows, of which one may go over several lines where a quote is open. A stray quote costs nothing but its own line."""
    for line in lines:
        group = [line]
        quotes = line.text.count('"')
        while quotes % 2 and len(group) < _LONGEST_RECORD and (following := next(lines, None)):
            group.append(following)
            quotes += following.text.count('"')
        if quotes % 2:
            for single in group:
                yield Record(single.number, _cells([single], delimiter), single.cut)
        else:
            yield from _rows(group, delimiter)


def _rows(group: list[TextLine], delimiter: str) -> Iterator[Record]:
    if len(group) == 1:
        yield Record(group[0].number, _cells(group, delimiter), group[0].cut)
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
        yield Record(
            group[begins].number, cells, any(line.cut for line in group[begins : reader.line_num])
        )


def _cells(group: list[TextLine], delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line.text for line in group], delimiter=delimiter), [])
    except csv.Error:
        return [line.text for line in group]


def _columns(sample: list[Record], name: str) -> Columns:
    older = _older_takeout(sample)
    if older:
        return older
    address = _address_column(sample)
    if address is None:
        return Columns()
    first = _first_of_data(sample, address)
    width = min(_WIDEST, max(len(record.cells) for record in sample))
    known = _named(sample[0].cells) if first else {}
    dates = (column for column in range(width) if _are_dates(sample[first:], column))
    added = known["added"] if "added" in known else next(dates, None)
    taken = {address, added, *known.values()}
    rest = [column for column in range(width) if column not in taken]
    if not first and len(rest) > 1:  # without a header: address, note, tags
        known["tags"] = rest.pop(1)
    notes = ([known["note"]] if "note" in known else []) + rest
    columns = Columns(address, known.get("title"), known.get("tags"), added, tuple(notes), first)
    return _as_takeout(columns, sample[first:], sample[0].cell(0), name)


def _address_column(sample: list[Record]) -> int | None:
    """The column with the most videos and playlists, else with the most channels; the leftmost of equals. None: the whole row counts."""
    videos: Counter[int] = Counter()
    channels: Counter[int] = Counter()
    several = 0
    for record in sample:
        ids = set()
        for column, cell in enumerate(record.cells[:_WIDEST]):
            piece = next(parse_lines(cell.replace("\n", " ")), None)
            match piece.address if piece else None:
                case VideoAddress(youtube_id=found) | PlaylistAddress(playlist_id=found):
                    videos[column] += 1
                    ids.add(found)
                case ChannelAddress():
                    channels[column] += 1
        several += len(ids) > 1
    if several * 2 > len(sample):
        return None
    counts = videos or channels
    return min(counts, key=lambda column: (-counts[column], column), default=None)


def _first_of_data(sample: list[Record], address: int) -> int:
    """1 where the first row is a header: it has labels only, and nothing that was meant as an address. 0 otherwise."""
    cells = [cell.strip() for cell in sample[0].cells]
    piece = next(parse_lines(sample[0].cell(address)), None)
    if piece and (
        not isinstance(piece.address, Unusable)
        or piece.address.reason not in (Reason.NOT_AN_ADDRESS, Reason.LOOKALIKE_ID)
    ):
        return 0
    labels = all(0 < len(cell) <= 60 and not cell.isdigit() for cell in cells)
    known = any(cell.casefold() in names for cell in cells for names in _MEANINGS.values())
    return int(known or (labels and len(cells) > 1 and len(sample) > 1))


def _named(header: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for column, cell in enumerate(header):
        for meaning, names in _MEANINGS.items():
            if meaning != "address" and cell.strip().casefold() in names:
                found.setdefault(meaning, column)
    return found


def _are_dates(records: list[Record], column: int) -> bool:
    cells = [cell for record in records if (cell := record.cell(column))]
    return bool(cells) and all(fields.when(cell) for cell in cells)


def _as_takeout(columns: Columns, records: list[Record], header: str, name: str) -> Columns:
    """A Takeout's tables are known by their shape, since headers and file names are in the account's language. Most rows decide: a bad one
    must not cost the others their list."""
    stem = PurePath(name).stem
    if _mostly(
        CHANNEL_ID.fullmatch(record.cell(0)) and record.cell(0) in record.cell(1)
        for record in records
    ):
        return Columns(
            0, title=2, first=columns.first, heading=Heading(fields.title(stem), Kind.SUBSCRIPTIONS)
        )
    if columns.address == 0 and columns.first and _mostly(map(_is_dated_id, records)):
        suffix = _VIDEOS_SUFFIX if header.casefold() in _MEANINGS["address"] else _ANY_SUFFIX
        return Columns(
            0,
            added=1,
            first=columns.first,
            heading=Heading(fields.title(suffix.sub("", stem)), Kind.PLAYLIST),
        )
    return columns


def _is_dated_id(record: Record) -> bool:
    return len(record.cells) == 2 and bool(
        VIDEO_ID.fullmatch(record.cell(0)) and fields.when(record.cell(1))
    )


def _mostly(answers: Iterable[object]) -> bool:
    each = [bool(answer) for answer in answers]
    return sum(each) * 2 > len(each)


def _older_takeout(sample: list[Record]) -> Columns | None:
    """Until 2022 a playlist's file began with a table of one row about itself (id, channel, two times, title), then came the videos."""
    if len(sample) < 3 or not (
        CHANNEL_ID.fullmatch(sample[1].cell(1)) and len(sample[1].cells) >= 5
    ):
        return None
    return Columns(
        0, added=1, first=3, heading=Heading(fields.title(sample[1].cell(4)), Kind.PLAYLIST)
    )


def _line(record: Record, columns: Columns) -> FileLine:
    given = record.cell(columns.address)
    if VIDEO_ID.fullmatch(given) and len(record.cells) > 1:
        given = f"https://www.youtube.com/watch?v={given}"  # it stands where the ids stand, so it is none of the words that look like one
    return FileLine(
        record.number,
        given or " ".join(cell for cell in record.cells if cell.strip()) or ",",
        title=fields.title(record.cell(columns.title)),
        note=fields.note(
            " · ".join(cell for column in columns.notes if (cell := record.cell(column)))
        )
        if given
        else "",
        tags=fields.tags(record.cell(columns.tags)),
        added_at=fields.when(record.cell(columns.added)),
        cut=record.cut,
    )
