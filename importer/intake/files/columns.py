"""What the columns of a table are: told by their headers in many languages and by what stands in
all rows together.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath

from importer.intake.files import fields
from importer.intake.files.delimited import Record
from importer.intake.files.headers import (
    MEANINGS,
    WIDEST,
    columns_of,
    has_known_name,
    header_of,
    named_columns,
)
from importer.intake.files.reading import UNNAMED, Heading, Kind
from importer.parsing import (
    Address,
    ChannelAddress,
    PlaylistAddress,
    Reason,
    Unusable,
    VideoAddress,
    parse_lines,
)
from importer.parsing.ids import CHANNEL_ID, VIDEO_ID, list_address

_VIDEOS_SUFFIX = re.compile(
    r"-videos(?:\(\d+\))?\Z", re.IGNORECASE
)  # what a Takeout puts after a playlist's name, and the number of its part
_ANY_SUFFIX = re.compile(r"-[^-\s\d()]{1,15}(?:\(\d+\))?\Z")  # the same in whatever language

_ENGLISH = frozenset({"video id", "video_id", "video", "id", "url"})

_NOT_WORTH_A_NOTE = re.compile(
    r"[\d.,:%/+ -]*|true|false|yes|no|ja|nein|null|none|https?://\S+"
    r"|[0-9a-f]{16,}|\S*[0-9a-f]{8}-[0-9a-f]{4}\S*",
    re.IGNORECASE,
)
_PLACES = frozenset(
    {"unread", "archive", "archived", "starred", "unsorted", "inbox", "default"}
)  # no folders of anybody's own


@dataclass(frozen=True)
class Columns:
    """Where things stand; None where nowhere.

    `notes`: the columns that are worth a note. `first`: the first record of data.

    `list_name`: the column with the name of the list that a row belongs to. `is_activity`: what an
    account wrote, not what it collected.
    """

    address: int | None = None
    title: int | None = None
    tags: int | None = None
    added: int | None = None
    list_name: int | None = None
    notes: tuple[int, ...] = ()
    first: int = 0
    heading: Heading = UNNAMED
    is_activity: bool = False

    def tags_of(self, record: Record) -> tuple[str, ...]:
        if self.tags is None:
            return ()
        given = record.cell(self.tags)
        return () if given.casefold() in _PLACES else fields.tags(given)


def find_columns(sample: list[Record], name: str) -> Columns:
    """Tell the columns by a sample of the rows, blank ones left out.

    `name`: the file's, for a Takeout's.
    """
    older = _older_takeout(sample)
    if older:
        return older
    address = _address_column(sample)
    if address is None:
        return Columns()
    first = _first_of_data(sample, address)
    data = sample[first:]
    columns = _with_header(sample, address) if first else _without_header(sample, address)
    if first and address > 1 and _are_of_one_account(data):
        return replace(columns, is_activity=True)
    return _as_takeout(columns, data, sample[0].cell(0), name)


def _with_header(sample: list[Record], address: int) -> Columns:
    """Tell the columns by their names; of what nobody named, what is worth a note is one."""
    header, data = sample[0], sample[1:]
    known = named_columns(header, address)
    added = known.get("added")
    if added is None:
        added = _date_column(sample, data)
    notes = []
    if "note" in known:
        notes.append(known["note"])
    for column in _unnamed(sample, {address, added, *known.values()}):
        if _is_worth_a_note(data, column):
            notes.append(column)
    return Columns(
        address=address,
        title=known.get("title"),
        tags=known.get("tags", known.get("folder")),
        added=added,
        list_name=known.get("list"),
        notes=tuple(notes),
        first=1,
    )


def _unnamed(sample: list[Record], taken: set[int | None]) -> Iterator[int]:
    for column in range(_width(sample)):
        if column not in taken and header_of(sample[0], column) not in MEANINGS["ignored"]:
            yield column


def _without_header(sample: list[Record], address: int) -> Columns:
    """Tell the columns by their order: address, note, tags, then more to note."""
    added = _date_column(sample, sample)
    rest = []
    for column in range(_width(sample)):
        if column not in (address, added):
            rest.append(column)
    tags = None
    if len(rest) > 1:
        tags = rest.pop(1)
    return Columns(address=address, tags=tags, added=added, notes=tuple(rest))


def _width(sample: list[Record]) -> int:
    return min(WIDEST, max(len(record.cells) for record in sample))


def _date_column(sample: list[Record], data: list[Record]) -> int | None:
    """Return the first column with a date in each cell that is filled."""
    for column in range(_width(sample)):
        if _are_dates(data, column):
            return column
    return None


def _is_worth_a_note(records: list[Record], column: int) -> bool:
    """Return whether a column nobody named says something: words, and not the same in all rows."""
    cells = _filled(records, column)
    telling = _telling(cells)
    if len(telling) * 2 <= len(cells):
        return False
    return len(cells) < 3 or len(set(telling)) > 1


def _telling(cells: list[str]) -> list[str]:
    """Return the cells that are more than numbers, answers, addresses or ids."""
    telling = []
    for cell in cells:
        if not _NOT_WORTH_A_NOTE.fullmatch(cell):
            telling.append(cell)
    return telling


def _filled(records: list[Record], column: int) -> list[str]:
    """Return the cells of a column that are not blank."""
    cells = []
    for record in records:
        cell = record.cell(column)
        if cell:
            cells.append(cell)
    return cells


def _address_column(sample: list[Record]) -> int | None:
    """Return the column with the most videos and playlists, else with the most channels; of equals
    one with such a header, then the leftmost.

    None: the whole row counts, since most rows name several videos.
    """
    videos: Counter[int] = Counter()
    channels: Counter[int] = Counter()
    several = 0
    for record in sample:
        ids = set()
        for column, address in _addresses_in(record):
            match address:
                case VideoAddress(youtube_id=found):
                    videos[column] += 1
                    ids.add(found)
                case PlaylistAddress():
                    videos[column] += 1
                case ChannelAddress():
                    channels[column] += 1
        several += len(ids) > 1
    if several * 2 > len(sample):
        return None
    counts = videos or channels
    named = MEANINGS["address"]
    return min(
        counts,
        key=lambda column: (-counts[column], header_of(sample[0], column) not in named, column),
        default=None,
    )


def _addresses_in(record: Record) -> Iterator[tuple[int, Address]]:
    """Yield the first address of each cell, usable or not, with its column."""
    for column in columns_of(record):
        piece = next(parse_lines(record.cell(column).replace("\n", " ")), None)
        if piece is not None:
            yield column, piece.address


def _first_of_data(sample: list[Record], address: int) -> int:
    """Return 1 where the first row is a header: it has labels only, and nothing that was meant as
    an address. 0 otherwise.
    """
    header = sample[0]
    if _is_meant_as_address(header.cell(address)):
        return 0
    if has_known_name(header):
        return 1
    if len(header.cells) < 2 or len(sample) < 2 or not header.cell(address):
        return 0
    return int(not _has_value(header))


def _has_value(record: Record) -> bool:
    """Return whether a number or a date stands in it, which no header is."""
    for column in columns_of(record):
        cell = record.cell(column)
        if cell.isdigit() or fields.when(cell):
            return True
    return False


def _is_meant_as_address(text: str) -> bool:
    piece = next(parse_lines(text), None)
    if piece is None:
        return False
    if isinstance(piece.address, Unusable):
        return piece.address.reason not in (Reason.NOT_AN_ADDRESS, Reason.LOOKALIKE_ID)
    return True


def _are_dates(records: list[Record], column: int) -> bool:
    cells = _filled(records, column)
    return bool(cells) and all(map(fields.when, cells))


def _as_takeout(columns: Columns, records: list[Record], header: str, name: str) -> Columns:
    """Tell a Takeout's tables by their shape, since headers and file names are in the account's
    language.

    Most rows decide: a bad one must not cost the others their list.
    """
    stem = PurePath(name).stem
    if _mostly(map(_is_subscription, records)):
        heading = Heading(fields.title(stem), Kind.SUBSCRIPTIONS)
        return Columns(0, title=2, first=columns.first, heading=heading)
    if columns.address == 0 and columns.first and _mostly(map(_is_dated_id, records)):
        suffix = _VIDEOS_SUFFIX if header.casefold() in _ENGLISH else _ANY_SUFFIX
        heading = Heading(fields.title(suffix.sub("", stem)), Kind.PLAYLIST)
        return Columns(0, added=1, first=columns.first, heading=heading)
    return columns


def _are_of_one_account(records: list[Record]) -> bool:
    """Return whether rows begin with an id of their own and the same channel: a Takeout's comments
    and chats.
    """
    return _have_one_channel(records) and _have_ids(records)


def _have_one_channel(records: list[Record]) -> bool:
    channels = {record.cell(1) for record in records}
    return len(channels) == 1 and CHANNEL_ID.fullmatch(channels.pop()) is not None


def _have_ids(records: list[Record]) -> bool:
    """Return whether all rows begin with what may be an id: there is no blank in it."""
    for record in records:
        if re.search(r"\s", record.cell(0)):
            return False
    return True


def _is_subscription(record: Record) -> bool:
    """Return whether a row is the id of a channel and the address with it."""
    channel_id = record.cell(0)
    return CHANNEL_ID.fullmatch(channel_id) is not None and channel_id in record.cell(1)


def _is_dated_id(record: Record) -> bool:
    """Return whether a row is an id and a time; a spreadsheet may have added empty cells."""
    is_id = VIDEO_ID.fullmatch(record.cell(0)) is not None
    if not is_id or fields.when(record.cell(1)) is None:
        return False
    return not any(map(record.cell, columns_of(record)[2:]))


def _mostly(answers: Iterable[bool]) -> bool:
    counts = Counter(answers)
    return counts[True] > counts[False]


def _older_takeout(sample: list[Record]) -> Columns | None:
    """Tell a playlist's file of before 2022: a table of one row about itself (id, channel, two
    times, title), then a second one with the videos.
    """
    if len(sample) < 3 or not _is_about_a_list(sample[1]):
        return None
    first = sample[2]
    if CHANNEL_ID.fullmatch(first.cell(1)):
        return None
    heading = Heading(fields.title(sample[1].cell(4)), Kind.PLAYLIST)
    videos = Columns(0, added=1, first=2, heading=heading)
    if VIDEO_ID.fullmatch(first.cell(0)) and fields.when(first.cell(1)):
        return videos
    return replace(videos, first=3)  # the second table has a header


def _is_about_a_list(record: Record) -> bool:
    if len(record.cells) < 5 or not CHANNEL_ID.fullmatch(record.cell(1)):
        return False
    playlist = list_address(record.cell(0))
    return isinstance(playlist, PlaylistAddress) or playlist == Unusable(Reason.PRIVATE_LIST)
