"""What the columns of a table are: told by their headers in many languages and by what stands in
all rows together.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePath

from importer.intake.files import fields
from importer.intake.files.delimited import Record
from importer.intake.files.reading import UNNAMED, Heading, Kind
from importer.parsing import (
    ChannelAddress,
    PlaylistAddress,
    Reason,
    Unusable,
    VideoAddress,
    parse_lines,
)
from importer.parsing.ids import CHANNEL_ID, VIDEO_ID, list_address

WIDEST = 100  # columns that are looked at
_VIDEOS_SUFFIX = re.compile(
    r"-videos(?:\(\d+\))?\Z", re.IGNORECASE
)  # what a Takeout puts after a playlist's name, and the number of its part
_ANY_SUFFIX = re.compile(r"-[^-\s\d()]{1,15}(?:\(\d+\))?\Z")  # the same in whatever language

_ENGLISH = frozenset({"video id", "video_id", "video", "id", "url"})

# Headers in lower case, with "_" and "-" as blanks. Of two columns with the same meaning, the one
# named first here is it.
_HEADERS = {
    "address": (
        "url|urls|link|links|video url|youtube url|address|adresse|href|video|video id"
        "|video-id|youtube id|watch url|uri|page url|id de vídeo|id de video|id do vídeo"
        "|id vidéo|id de la vidéo|id video|identificador de video|動画 id|影片 id|视频 id"
        "|동영상 id|идентификатор видео|id видео|video kimliği|identyfikator filmu|id filmu"
        "|videolink|источник|lien|enlace|ссылка|id"
    ),
    "title": (
        "title|titel|name|video title|videotitel|titre|título|titulo|titolo|タイトル|标题"
        "|標題|제목|название|tytuł|başlık|nombre|nome|video name|card name|task name"
        "|item name"
    ),
    "note": (
        "note|notes|notiz|notizen|comment|comments|kommentar|description|beschreibung"
        "|anmerkung|selection|document note|nota|notas|remarque|commentaire|メモ|备注|備註"
        "|메모|заметка|excerpt|summary|annotation"
    ),
    "tags": (
        "tags|tag|labels|label|keywords|schlagworte|schlagwörter|stichwörter|document tags"
        "|étiquettes|etiquetas|etichette|タグ|标签|標籤|태그|теги|topics"
    ),
    "folder": (
        "folder|ordner|collection|sammlung|category|kategorie|dossier|carpeta|pasta|cartella"
        "|フォルダ|文件夹|папка|section"
    ),
    "list": (
        "playlist|playlist name|playlist title|playlistname|list|list name|liste"
        "|wiedergabeliste|playlist naam|プレイリスト|播放列表|плейлист"
    ),
    "added": (
        "added|added at|date added|time added|date|datum|created|created at|creation date"
        "|saved date|saved at|hinzugefügt|timestamp|time|playlist video creation timestamp"
        "|zeitstempel|fecha|data|date d'ajout|ajouté|日付|日期|날짜|дата|updated|published"
    ),
    "ignored": (
        "id|cover|image|thumbnail|thumbnail url|favicon|highlights|favorite|favourite|status"
        "|reading progress|location|seen|visibility|privacy|duration|length|dauer|views"
        "|view count|likes|channel|channel name|channel title|channel id|channel url|kanal"
        "|kanalname|uploader|author|autor|position|index|rank|no|nr|#|starred|archived|read"
        "|is read|price|type|kind|lang|language|parent|parent id|word count|domain|site"
        "|mime type|content type|hash|state|unread"
    ),
}


def _places_of(names: str) -> dict[str, int]:
    return {name: place for place, name in enumerate(names.split("|"))}


MEANINGS = {meaning: _places_of(names) for meaning, names in _HEADERS.items()}
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
    known = _named(header, address)
    added = known.get("added")
    if added is None:
        added = _date_column(sample, data)
    taken = {address, added, *known.values()}
    notes = []
    if "note" in known:
        notes.append(known["note"])
    for column in range(_width(sample)):
        is_ignored = column in taken or _header(header, column) in MEANINGS["ignored"]
        if not is_ignored and _is_worth_a_note(data, column):
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


def _without_header(sample: list[Record], address: int) -> Columns:
    """Tell the columns by their order: address, note, tags, then more to note."""
    added = _date_column(sample, sample)
    rest = [column for column in range(_width(sample)) if column not in (address, added)]
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


def _header(record: Record, column: int) -> str:
    return re.sub(r"[_\s-]+", " ", record.cell(column).strip("\ufeff").casefold()).strip()


def _named(header: Record, address: int) -> dict[str, int]:
    """Return the column of each meaning, of several with the same the one that is named best."""
    found: dict[str, tuple[int, int]] = {}
    for column in range(min(WIDEST, len(header.cells))):
        if column == address:
            continue
        name = _header(header, column)
        for meaning, names in MEANINGS.items():
            if meaning in ("address", "ignored") or name not in names:
                continue
            if meaning not in found or names[name] < found[meaning][0]:
                found[meaning] = (names[name], column)
    return {meaning: column for meaning, (_, column) in found.items()}


def _is_worth_a_note(records: list[Record], column: int) -> bool:
    """Return whether a column nobody named says something: words, and not the same in all rows."""
    cells = [cell for record in records if (cell := record.cell(column))]
    telling = [cell for cell in cells if not _NOT_WORTH_A_NOTE.fullmatch(cell)]
    if len(telling) * 2 <= len(cells):
        return False
    return len(cells) < 3 or len(set(telling)) > 1


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
        for column in range(min(WIDEST, len(record.cells))):
            piece = next(parse_lines(record.cell(column).replace("\n", " ")), None)
            if piece is None:
                continue
            match piece.address:
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
        key=lambda column: (-counts[column], _header(sample[0], column) not in named, column),
        default=None,
    )


def _first_of_data(sample: list[Record], address: int) -> int:
    """Return 1 where the first row is a header: it has labels only, and nothing that was meant as
    an address. 0 otherwise.
    """
    header = sample[0]
    if _is_meant_as_address(header.cell(address)):
        return 0
    width = min(WIDEST, len(header.cells))
    names = {_header(header, column) for column in range(width)}
    if any(names & known.keys() for known in MEANINGS.values()):
        return 1
    if width < 2 or len(sample) < 2 or not header.cell(address):
        return 0
    return int(not any(_is_value(header.cell(column)) for column in range(width)))


def _is_meant_as_address(text: str) -> bool:
    piece = next(parse_lines(text), None)
    if piece is None:
        return False
    meant_otherwise = (Reason.NOT_AN_ADDRESS, Reason.LOOKALIKE_ID)
    if isinstance(piece.address, Unusable):
        return piece.address.reason not in meant_otherwise
    return True


def _is_value(cell: str) -> bool:
    return cell.isdigit() or fields.when(cell) is not None


def _are_dates(records: list[Record], column: int) -> bool:
    cells = [cell for record in records if (cell := record.cell(column))]
    return bool(cells) and all(fields.when(cell) for cell in cells)


def _as_takeout(columns: Columns, records: list[Record], header: str, name: str) -> Columns:
    """Tell a Takeout's tables by their shape, since headers and file names are in the account's
    language.

    Most rows decide: a bad one must not cost the others their list.
    """
    stem = PurePath(name).stem
    if _mostly(
        CHANNEL_ID.fullmatch(record.cell(0)) and record.cell(0) in record.cell(1)
        for record in records
    ):
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
    channels = {record.cell(1) for record in records}
    is_one = len(channels) == 1 and CHANNEL_ID.fullmatch(channels.pop()) is not None
    return is_one and not any(re.search(r"\s", record.cell(0)) for record in records)


def _is_dated_id(record: Record) -> bool:
    """Return whether a row is an id and a time; a spreadsheet may have added empty cells."""
    rest = any(record.cell(column) for column in range(2, min(WIDEST, len(record.cells))))
    is_id = VIDEO_ID.fullmatch(record.cell(0)) is not None
    return is_id and not rest and fields.when(record.cell(1)) is not None


def _mostly(answers: Iterable[object]) -> bool:
    each = [bool(answer) for answer in answers]
    return sum(each) * 2 > len(each)


def _older_takeout(sample: list[Record]) -> Columns | None:
    """Tell a playlist's file of before 2022: a table of one row about itself (id, channel, two
    times, title), then a second one with the videos.
    """
    if len(sample) < 3 or not CHANNEL_ID.fullmatch(sample[1].cell(1)):
        return None
    playlist = list_address(sample[1].cell(0))
    is_list = isinstance(playlist, PlaylistAddress) or playlist == Unusable(Reason.PRIVATE_LIST)
    if not is_list or len(sample[1].cells) < 5 or CHANNEL_ID.fullmatch(sample[2].cell(1)):
        return None
    is_header = not VIDEO_ID.fullmatch(sample[2].cell(0)) or not fields.when(sample[2].cell(1))
    heading = Heading(fields.title(sample[1].cell(4)), Kind.PLAYLIST)
    return Columns(0, added=1, first=3 if is_header else 2, heading=heading)
