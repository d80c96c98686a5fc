"""A large import is taken in by slices, with room between them for everybody else's writing.

Its lines are kept before the first slice, with their verdicts, so that nothing is lost where the
process dies: the beat takes in what is left.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from enrichment import events, hints
from enrichment.leases import once_more
from importer.imports.models import BatchState, ImportBatch, ImportSlice, Verdict
from importer.imports.playlist_turns import add_expansions
from importer.imports.rows import Row, find_known, in_list, in_lists_of, take_in, verdict_of, wanted
from importer.imports.settling import finish_if_done
from videos.chunks import IDS_PER_QUERY
from videos.models import VideoList

# Of one slice, about 0.1 s of writing; as many as one query asks for.
ROWS = IDS_PER_QUERY
# Seconds between two slices. Whoever waits for SQLite's one lock looks for it every 25 ms at first,
# and every 100 ms later on; on PostgreSQL nobody waits.
REST = 0.03
# Seconds. Where a slice takes longer the machine is busy, and those who wait look less often: it
# rests for as long as it held the lock.
LONG = 0.15
ABANDONED = timedelta(minutes=1)  # after which the process that began an import is thought dead


@dataclass(frozen=True)
class Part:
    """The rows of one slice as JSON, and how many places of the list its videos take."""

    rows: str
    places: int


@dataclass(frozen=True)
class Slices:
    """The rows of a new import, not kept yet. `counts`: how many have which verdict; `places`: of
    all parts together.
    """

    parts: tuple[Part, ...]
    places: int
    counts: Counter[Verdict]


def cut_into_slices(video_list: VideoList, rows: Sequence[Row]) -> Slices:
    """Judge the rows of a new import, each as of now, and cut them into slices. Writes nothing.

    Not inside a transaction where that can be avoided: on SQLite nobody else could write meanwhile,
    for a third of a second with 10,000 rows.
    """
    firsts = wanted(rows)
    judged = list(_judged(video_list, rows, firsts))
    parts = []
    for begin in range(0, len(judged), ROWS):
        some = judged[begin : begin + ROWS]
        places = sum(bool(row.youtube_id) and row.verdict != Verdict.REPEATED for row in some)
        parts.append(Part(_written(some), places))
    counts = Counter(row.verdict for row in judged if row.verdict)
    return Slices(tuple(parts), len(firsts), counts)


def keep_slices(batch: ImportBatch, slices: Slices) -> None:
    """Keep the rows of a new import for later.

    Inside the import's transaction. Reserves the places of all videos in the list.
    """
    top = batch.video_list.reserve_positions(max(slices.places, 1))
    for number, part in enumerate(slices.parts, 1):
        ImportSlice.objects.create(batch=batch, number=number, top=top, rows=part.rows)
        top -= part.places


def take_slices(batch: ImportBatch) -> None:
    """Take in what is left of an import, slice by slice. Not inside a transaction, which would hold
    the others up until its end.

    Safe to run in two processes at once: whoever deletes a slice takes it.
    """
    slice_ = batch.slices.order_by("number").first()
    while slice_ is not None:
        held = _take(batch, slice_, _read(slice_.rows))
        slice_ = batch.slices.order_by("number").first()
        if slice_ is not None:
            _let_others_write(held)
    finish_if_done(batch.pk)
    events.publish_imports([batch.owner_id])


def _let_others_write(held: float) -> None:
    """Rest after a slice that held the lock for so many seconds."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return
    rest = REST
    if held > LONG:
        rest = held
    time.sleep(rest)


def take_abandoned_slices(now: datetime) -> None:
    """Take in what a process that died left. For the beat."""
    left = ImportBatch.objects.filter(
        pk__in=ImportSlice.objects.values("batch"), created_at__lt=now - ABANDONED
    )
    for batch in left.select_related("video_list"):
        take_slices(batch)


@once_more
@transaction.atomic
def _take(batch: ImportBatch, slice_: ImportSlice, rows: Sequence[Row]) -> float:
    """Take in this slice, with these rows; nothing where somebody else took it. All slices of an
    import that was cancelled meanwhile are deleted. Return how many seconds it took.
    """
    began = time.monotonic()
    batch.video_list.reserve_positions(0)  # locks the list
    states = ImportBatch.objects.select_for_update().filter(pk=batch.pk)
    state = states.values_list("state", flat=True).first()
    if state in (None, BatchState.CANCELLED):
        batch.slices.all().delete()
    elif ImportSlice.objects.filter(pk=slice_.pk).delete()[0]:
        take_in(batch, rows, large=True, top=slice_.top)
        _expand_after_the_last(batch)
    return time.monotonic() - began


def _expand_after_the_last(batch: ImportBatch) -> None:
    """Have the playlists of an import read when all its slices are taken in."""
    if batch.slices.exists():
        return
    if batch.items.filter(verdict=Verdict.EXPANDING).exists():
        add_expansions(batch)
        transaction.on_commit(lambda: hints.send("importer.tasks.read_next"))


def _judged(video_list: VideoList, rows: Sequence[Row], firsts: dict[str, Row]) -> Iterator[Row]:
    """Yield the rows with their verdicts. What a later row knows about a video goes to the first
    one that names it.
    """
    known = find_known(firsts)
    here = in_list(video_list.pk, known) if video_list.pk else set()
    mine = in_lists_of(video_list.owner_id, known)
    seen: set[str] = set()
    for row in rows:
        if row.verdict is not None:
            yield row
        elif row.youtube_id in seen:
            yield Row(row.line, row.text, row.youtube_id, verdict=Verdict.REPEATED)
        else:
            seen.add(row.youtube_id)
            video = known.get(row.youtube_id)
            verdict = verdict_of(video.pk if video else None, here=here, mine=mine)
            yield firsts[row.youtube_id]._replace(verdict=verdict)


def _written(rows: Sequence[Row]) -> str:
    """Write rows as JSON, each without what it does not know."""
    documents = [_document(row) for row in rows]
    return json.dumps(documents, default=datetime.isoformat, separators=(",", ":"))


def _document(row: Row) -> dict[str, Any]:
    """Return what a row knows."""
    return {name: value for name, value in zip(Row._fields, row, strict=True) if value}


def _read(text: str) -> list[Row]:
    return [_row(document) for document in json.loads(text)]


def _row(document: dict[str, Any]) -> Row:
    added = document.pop("added_at", None)
    tags = tuple(document.pop("tags", ()))
    verdict = Verdict(document.pop("verdict"))
    moment = datetime.fromisoformat(added) if added else None
    line, text = document.pop("line", 0), document.pop("text", "")
    return Row(line, text, verdict=verdict, tags=tags, added_at=moment, **document)
