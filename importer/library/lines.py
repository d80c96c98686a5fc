"""The format: what each line must be. A line that is anything else is refused with its number, before it reaches the database."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import IO, Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from importer.models import BatchState, Source, Verdict
from importer.parsing import ChannelAddress, PlaylistAddress, parse_address
from importer.parsing.ids import VIDEO_ID
from videos.causes import Cause
from videos.cues import MAX_CUES, MAX_SECONDS
from videos.stages import PROGRESS, CaptionsSource, Stage
from videos.text import UNSTORABLE

VERSION = 1
LONGEST_LINE = 32_000_000  # bytes; a day of speech is about 3 MB
LARGEST = 2**31 - 1

Record = dict[str, Any]
Read = Callable[[Any], Any]  # answers the value as it is kept; raises ValueError for one that cannot be


class LibraryError(Exception):
    """This line cannot be loaded; nothing was."""

    def __init__(self, number: int, problem: str | Promise) -> None:
        super().__init__(gettext("Line %(number)s: %(problem)s") % {"number": number, "problem": problem})
        self.number = number


class Line(NamedTuple):
    number: int
    size: int  # bytes
    record: Record


# Values --------------------------------------------------------------------------------------------------------------


def text(longest: int | None = None) -> Read:
    """Without what no database takes or what would disturb what is shown around it: nothing else is changed."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or (longest is not None and len(value) > longest):
            raise ValueError
        return UNSTORABLE.sub("", value)

    return read


def number(low: int, high: int) -> Read:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError
        return value

    return read


def seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 10 * MAX_SECONDS:
        raise ValueError
    return value


def one_of(choices: Any) -> Read:
    allowed = frozenset(choices)

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise ValueError
        return value

    return read


def or_none(inner: Read) -> Read:
    return lambda value: None if value is None else inner(value)


def many(inner: Read, most: int) -> Read:
    def read(value: Any) -> list[Any]:
        if not isinstance(value, list) or len(value) > most:
            raise ValueError
        return [inner(item) for item in value]

    return read


def row(*columns: Read) -> Read:
    def read(value: Any) -> list[Any]:
        if not isinstance(value, list) or len(value) != len(columns):
            raise ValueError
        return [column(item) for column, item in zip(columns, value, strict=True)]

    return read


def fields(**columns: Read) -> Read:
    def read(value: Any) -> Record:
        if not isinstance(value, dict) or value.keys() != columns.keys():
            raise ValueError
        return {name: column(value[name]) for name, column in columns.items()}

    return read


def boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def moment(value: Any) -> datetime:
    found = datetime.fromisoformat(text(40)(value))
    if found.tzinfo is None or not 1900 <= found.year <= 2200:
        raise ValueError
    return found.astimezone(UTC)


def day(value: Any) -> date:
    return date.fromisoformat(text(10)(value))


def video_id(value: Any) -> str:
    if not VIDEO_ID.fullmatch(text(11)(value)):
        raise ValueError
    return str(value)


# Records -------------------------------------------------------------------------------------------------------------

TRANSCRIPT = fields(
    source=one_of((CaptionsSource.MANUAL, CaptionsSource.AUTO, CaptionsSource.WHISPER)),
    language=text(20),
    uploaded=boolean,
    cues=many(row(seconds, seconds, text()), MAX_CUES),
)
RECORDS: dict[str, Read] = {
    "library": fields(type=text(), version=number(VERSION, VERSION)),
    "tag": fields(type=text(), name=text(50)),
    "video": fields(
        type=text(),
        id=video_id,
        title=text(500),
        channel=text(200),
        channel_id=text(30),
        duration=or_none(number(0, LARGEST)),
        description=text(),
        published_at=or_none(day),
        stage=one_of(Stage.values),
        progress=number(0, 100),
        cause=one_of(["", *Cause.values]),
        captions=one_of(CaptionsSource.values),
        finished_at=or_none(moment),
        pending=boolean,
        chapters=many(row(seconds, seconds, text(300)), 10_000),
        transcript=or_none(TRANSCRIPT),
    ),
    "list": fields(type=text(), name=text(200), created_at=moment, updated_at=moment),
    "entry": fields(type=text(), video=video_id, note=text(), tags=many(text(50), 1_000), added_at=moment),
    "import": fields(
        type=text(),
        source=one_of(Source.values),
        state=one_of(BatchState.values),
        limit=number(0, LARGEST),
        announced=boolean,
        created_at=moment,
        finished_at=or_none(moment),
    ),
    "item": fields(
        type=text(),
        number=number(1, LARGEST),
        line=number(0, LARGEST),
        text=text(),
        verdict=one_of(Verdict.values),
        reason=text(30),
        video=or_none(video_id),
    ),
}


def _make_sense(record: Record) -> bool:
    """What the fields of a record must be to each other."""
    if record["type"] == "video":
        failed = record["stage"] == Stage.ERROR
        reached = record["progress"] in PROGRESS.values() if failed else record["progress"] == PROGRESS[Stage(record["stage"])]
        return reached and failed == bool(record["cause"]) and all(start <= end for start, end, _title in record["chapters"])
    if record["type"] == "item" and record["verdict"] == Verdict.EXPANDING:
        return isinstance(parse_address(record["text"]), PlaylistAddress | ChannelAddress)
    return True


def read_lines(stream: IO[bytes]) -> Iterator[Line]:
    """Every line after the header, checked. Holds one line at a time. Raises LibraryError."""
    lines = _lines(stream)
    first = next(lines, None)
    if first is None or first.record["type"] != "library":
        raise LibraryError(1, _("this is not the export of a library."))
    for line in lines:
        if line.record["type"] == "library":
            raise LibraryError(line.number, _("a second export begins here."))
        yield line


def _lines(stream: IO[bytes]) -> Iterator[Line]:
    number = 0
    while raw := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(raw) > LONGEST_LINE:
            raise LibraryError(number, _("this line is too long."))
        yield Line(number, len(raw), _record(number, raw))


def _record(number: int, raw: bytes) -> Record:
    try:
        given = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise LibraryError(number, _("this is not JSON.")) from None
    kind = given.get("type") if isinstance(given, dict) else None
    if not isinstance(kind, str) or kind not in RECORDS:
        raise LibraryError(number, _("this is no part of a library."))
    try:
        record: Record = RECORDS[kind](given)
    except ValueError:
        record = {}
    if not record or not _make_sense(record):
        raise LibraryError(number, _("something in it is missing, too long or impossible."))
    return record
