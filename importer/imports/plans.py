"""The one way into an import: plan it, look at it, start it.

    plan = plan_import(owner=user, video_list=video_list, lines=lines, source=Source.WEB)
    plan.preview()  # what would become of the lines; nothing is written
    plan.start()  # keeps every line, and makes the videos and entries it asks for

The import dialog, REST, the admin, the command and follows come in here. Files are planned by
`importer.intake.uploads.plan_uploads`: one import for each list that they name.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction

from enrichment import events, hints
from enrichment import services as enrichment
from enrichment.leases import once_more
from importer.imports import slices
from importer.imports.models import ImportBatch, Source, Verdict
from importer.imports.playlist_turns import add_expansions
from importer.imports.quotas import (
    check_quotas,
    check_turn,
    in_turn,
    lock_turn,
    room_for_videos,
    turn_of,
    within_room,
)
from importer.imports.rows import Row, find_known, in_list, rows_from, take_in
from importer.imports.settling import finish
from importer.parsing import ChannelAddress, ParsedLine, Reason, parse_address
from videos.models import VideoList

# What a person does is limited; what their follows and an operator bring is not.
LIMITED = frozenset({Source.WEB, Source.API})

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ImportReport:
    """What became of the rows of one import, by verdict."""

    batch: ImportBatch
    created: int
    known: int
    duplicates: int
    repeated: int
    invalid: int
    expanding: int
    over_limit: int
    is_in_slices: bool


@dataclass(frozen=True)
class UnusableLine:
    line: int
    text: str
    reason: str


@dataclass(frozen=True)
class ImportPreview:
    """What an import would do; known without asking YouTube."""

    videos: int
    new: int
    known_here: int
    repeated: int
    playlists: int
    channels: int
    over_limit: int
    unusable: tuple[UnusableLine, ...]

    @property
    def sources(self) -> int:
        """Playlists and channels: what is read at YouTube, and may be followed."""
        return self.playlists + self.channels


@dataclass(frozen=True, kw_only=True)
class ImportPlan:
    """The rows of one import, and the list they go to: one that is not saved yet is made with it.

    `limit` is how far playlists among the rows may let the import grow.
    """

    owner: Any
    video_list: VideoList
    rows: Sequence[Row]
    source: Source
    limit: int

    def preview(self) -> ImportPreview:
        """Return what `start` would do, with nothing written. A few queries per thousand rows."""
        named = [row.youtube_id for row in self.rows if row.youtube_id]
        videos = set(named)
        here = 0
        if self.video_list.pk is not None:
            here = len(in_list(self.video_list.pk, find_known(videos)))
        verdicts = Counter(row.verdict for row in self.rows)
        channels = sum(map(_is_channel, self.rows))
        return ImportPreview(
            videos=len(videos),
            new=len(videos) - here,
            known_here=here,
            repeated=len(named) - len(videos),
            playlists=verdicts[Verdict.EXPANDING] - channels,
            channels=channels,
            over_limit=verdicts[Verdict.OVER_LIMIT],
            unusable=tuple(_unusable_lines(self.rows)),
        )

    def start(self) -> ImportReport:
        """Keep every row with its verdict and make all it asks for.

        Nothing is fetched; work starts after the commit. Raises ImportRefused where the user has to
        wait, or to make room.
        """
        if not self.is_large or self.source not in LIMITED:
            return self._start()
        with turn_of(self.owner):
            return self._start()

    def _start(self) -> ImportReport:
        report = in_turn(self.owner, self.begin)
        take_slices(report)
        return report

    @property
    def is_large(self) -> bool:
        """Whether its rows are taken in by slices."""
        return len(self.rows) > slices.ROWS

    @once_more
    def begin(self) -> ImportReport:
        """Begin the import in one transaction, as a part of `start`.

        A small one is taken in whole; of a large one the rows are kept for `take_slices`, to be
        called after the caller's transaction. The report is that of the whole import.
        """
        makes_list = self.video_list.pk is None
        try:
            return self._begin()
        except Exception:
            if makes_list:  # It was undone, and is to be made by another try.
                self.video_list.pk = None
                self.video_list._state.adding = True
            raise

    def _begin(self) -> ImportReport:
        if self.is_large:
            return self._begin_large()
        return self._begin_small()

    @transaction.atomic
    def _begin_small(self) -> ImportReport:
        rows = self.rows
        if self.source in LIMITED:
            check_quotas(self.owner)
            rows = within_room(rows, room_for_videos(self.owner))
        batch = self._new_batch()
        counts = _take_in_whole(batch, rows)
        transaction.on_commit(lambda: announce_start(batch, expanding=counts[Verdict.EXPANDING]))
        return _report(batch, counts)

    def _begin_large(self) -> ImportReport:
        """Cut the rows into slices before the transaction, which is short then.

        Of two at once both may come so far; the transaction lets one of them begin.
        """
        room = self._check_limits()
        cut = self._cut(room)
        with transaction.atomic():
            if self.source in LIMITED:
                lock_turn(self.owner)
            room_now = self._check_limits()
            if room_now != room:
                cut = self._cut(room_now)
            batch = self._new_batch()
            slices.keep_slices(batch, cut)
            expanding = cut.counts[Verdict.EXPANDING]
            transaction.on_commit(lambda: announce_start(batch, expanding=expanding))
        return _report(batch, cut.counts, is_in_slices=True)

    def _check_limits(self) -> int | None:
        """Return the room for videos, None without a limit. Raises ImportRefused."""
        if self.source not in LIMITED:
            return None
        check_quotas(self.owner)
        check_turn(self.owner)
        return room_for_videos(self.owner)

    def _cut(self, room: int | None) -> slices.Slices:
        return slices.cut_into_slices(self.video_list, within_room(self.rows, room))

    def _new_batch(self) -> ImportBatch:
        if self.video_list.pk is None:
            self.video_list.save()
        return ImportBatch.objects.create(
            owner=self.owner, video_list=self.video_list, source=self.source, limit=self.limit
        )


def plan_import(
    *,
    owner: Any,
    video_list: VideoList,
    source: Source,
    lines: Iterable[ParsedLine] = (),
    rows: Sequence[Row] | None = None,
    limit: int | None = None,
) -> ImportPlan:
    """Plan an import of these lines, or of rows that were made of them already.

    Lines beyond `limit` (None: as many as an import may have) are kept as over the limit.
    """
    limit = min(limit or settings.MAX_BATCH_LINES, settings.MAX_BATCH_LINES)
    if rows is None:
        rows = list(rows_from(lines, limit=limit))
    return ImportPlan(owner=owner, video_list=video_list, rows=rows, source=source, limit=limit)


def take_slices(report: ImportReport) -> None:
    """Take in what is left of an import that has begun. Nothing where it was small.

    Sets the state of its batch to what it is then. Its lines are kept already: when the database
    goes away now, the import has been accepted all the same, and the beat takes in the rest.
    """
    if not report.is_in_slices:
        return
    try:
        slices.take_slices(report.batch)
        report.batch.refresh_from_db(fields=["state", "finished_at"])
    except (OperationalError, InterfaceError):
        logger.warning("import %s: the database went away, it goes on later", report.batch.pk)
        connection.close()


def announce_start(batch: ImportBatch, *, expanding: int) -> None:
    """Tell the owner's pages, and the workers where there are playlists to be read."""
    events.publish_imports([batch.owner_id])
    if expanding:
        hints.send("importer.tasks.read_next")


def _take_in_whole(batch: ImportBatch, rows: Sequence[Row]) -> Counter[Verdict]:
    taken = take_in(batch, rows, large=len(rows) > enrichment.LARGE)
    if taken.counts[Verdict.EXPANDING]:
        add_expansions(batch)
    elif taken.settled:
        finish(batch)
    return taken.counts


def _report(
    batch: ImportBatch, counts: Counter[Verdict], *, is_in_slices: bool = False
) -> ImportReport:
    return ImportReport(
        batch,
        created=counts[Verdict.NEW],
        known=counts[Verdict.KNOWN],
        duplicates=counts[Verdict.DUPLICATE],
        repeated=counts[Verdict.REPEATED],
        invalid=counts[Verdict.INVALID],
        expanding=counts[Verdict.EXPANDING],
        over_limit=counts[Verdict.OVER_LIMIT],
        is_in_slices=is_in_slices,
    )


def _is_channel(row: Row) -> bool:
    return row.verdict == Verdict.EXPANDING and isinstance(parse_address(row.text), ChannelAddress)


def _unusable_lines(rows: Iterable[Row]) -> Iterator[UnusableLine]:
    for row in rows:
        if row.verdict == Verdict.INVALID:
            yield UnusableLine(row.line, row.text, str(Reason(row.reason).label))
