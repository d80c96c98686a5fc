"""The format: what each line must be.

A line that is anything else is refused with its number, before it reaches the database.
"""

import json
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from importer.following.models import Follow, FollowKind, Rhythm
from importer.following.services import LONGEST_SOURCE, NotFollowed, parse_source
from importer.imports.expansion import GONE
from importer.imports.models import BatchState, Source, Verdict
from importer.parsing import ChannelAddress, PlaylistAddress, parse_address
from importer.transfer.values import (
    Read,
    Record,
    boolean,
    day,
    fields,
    language,
    many,
    moment,
    number,
    one_of,
    or_none,
    row,
    seconds,
    secret,
    text,
    video_id,
    webhook_address,
)
from videos.causes import Cause
from videos.cues import MAX_CUES
from videos.search.models import QUERY_LENGTH
from videos.stages import PROGRESS, CaptionsSource, Stage

# 1 had no preferences, webhook and follows, 2 no saved searches; both are still read
VERSION = 3
LONGEST_LINE = 32_000_000  # bytes; a day of speech is about 3 MB
LARGEST = 2**31 - 1
LONGEST_LANGUAGES = 200  # characters with commas between them, as the column holds


class LibraryError(Exception):
    """This line cannot be loaded; nothing was."""

    def __init__(self, number: int, problem: str | Promise) -> None:
        super().__init__(
            gettext("Line %(number)s: %(problem)s") % {"number": number, "problem": problem}
        )
        self.number = number


class Line(NamedTuple):
    number: int
    size: int  # bytes
    record: Record


TRANSCRIPT = fields(
    source=one_of((CaptionsSource.MANUAL, CaptionsSource.AUTO, CaptionsSource.WHISPER)),
    language=text(20),
    uploaded=boolean,
    cues=many(row(seconds, seconds, text()), MAX_CUES),
)
RECORDS: dict[str, Read] = {
    "library": fields(type=text(), version=number(1, VERSION)),
    "preferences": fields(type=text(), caption_languages=many(language, LONGEST_LANGUAGES)),
    "webhook": fields(type=text(), address=webhook_address, secret=secret, created_at=moment),
    "search": fields(
        type=text(),
        name=text(200),
        query=text(QUERY_LENGTH),
        in_list=boolean,
        created_at=moment,
    ),
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
    "entry": fields(
        type=text(), video=video_id, note=text(), tags=many(text(50), 1_000), added_at=moment
    ),
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
    "follow": fields(
        type=text(),
        kind=one_of(FollowKind.values),
        source=text(LONGEST_SOURCE),
        title=text(500),
        every_hours=one_of(Rhythm.values),
        next_at=moment,
        checked_at=or_none(moment),
        read_all_at=or_none(moment),
        brought=number(0, LARGEST),
        cause=one_of(["", *Cause.values]),
        created_at=moment,
    ),
    "seen": fields(
        type=text(), video=video_id, gone_since=or_none(moment), cause=one_of(["", *GONE.values()])
    ),
}


def _make_sense(record: Record) -> bool:
    """What the fields of a record must be to each other."""
    if record["type"] == "video":
        return _is_possible_video(record)
    if record["type"] == "item" and record["verdict"] == Verdict.EXPANDING:
        return isinstance(parse_address(record["text"]), PlaylistAddress | ChannelAddress)
    if record["type"] == "follow":
        return _can_be_followed(FollowKind(record["kind"]), record["source"])
    if record["type"] == "seen":
        return record["gone_since"] is not None or not record["cause"]
    if record["type"] == "preferences":
        return len(",".join(record["caption_languages"])) <= LONGEST_LANGUAGES
    return True


def _is_possible_video(record: Record) -> bool:
    failed = record["stage"] == Stage.ERROR
    if failed != bool(record["cause"]):
        return False
    reached = list(PROGRESS.values()) if failed else [PROGRESS[Stage(record["stage"])]]
    return record["progress"] in reached and _end_after_their_start(record["chapters"])


def _end_after_their_start(chapters: list[list[Any]]) -> bool:
    for start, end, _title in chapters:
        if start > end:
            return False
    return True


def _can_be_followed(kind: FollowKind, source: str) -> bool:
    """Return whether following its address would keep this: nothing else is ever asked for."""
    try:
        return parse_source(Follow(kind=kind, source=source).address) == (kind, source)
    except NotFollowed:
        return False


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
    given = _document(number, raw)
    kind = given.get("type") if isinstance(given, dict) else None
    if not isinstance(kind, str) or kind not in RECORDS:
        raise LibraryError(number, _("this is no part of a library."))
    version = given.get("version")
    if kind == "library" and isinstance(version, int) and version > VERSION:
        raise LibraryError(number, _("a newer version of Sammelwerk wrote this export."))
    return _checked(number, kind, given)


def _document(number: int, raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise LibraryError(number, _("this is not JSON.")) from None


def _checked(number: int, kind: str, given: object) -> Record:
    try:
        record: Record = RECORDS[kind](given)
    except ValueError:
        record = {}
    if not record or not _make_sense(record):
        raise LibraryError(number, _("something in it is missing, too long or impossible."))
    return record
