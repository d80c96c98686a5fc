"""A large import is taken in by slices, with room between them for everybody else's writing.

Its lines are kept before the first slice, with their verdicts, so that nothing is lost where the
process dies: the beat takes in what is left.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from enrichment import events, hints
from enrichment.leases import once_more
from importer.imports.expansion import add_expansions
from importer.imports.models import BatchState, ImportBatch, ImportSlice, Verdict
from importer.imports.rows import Row, find_known, in_list, in_lists_of, take_in, verdict_of, wanted
from importer.imports.settling import finish_if_done

ROWS = 2_000  # of one slice: about 0.2 s of writing
# Seconds between two slices. Whoever waits for SQLite's one lock looks for it every 25 to 100 ms;
# on PostgreSQL nobody waits.
REST = 0.1
_COLUMNS = tuple(column.name for column in fields(Row))
ABANDONED = timedelta(minutes=1)  # after which the process that began an import is thought dead


def keep_slices(batch: ImportBatch, rows: Sequence[Row]) -> Counter[Verdict]:
    """Keep the rows of a new import for later, each with its verdict as of now. Return how many
    have which.

    Inside the import's transaction. Reserves the places of all videos in the list.
    """
    firsts = wanted(rows)
    judged = list(_judged(batch, rows, firsts))
    last = batch.video_list.reserve_positions(max(len(firsts), 1))
    top = last
    for number, begin in enumerate(range(0, len(judged), ROWS), 1):
        part = judged[begin : begin + ROWS]
        ImportSlice.objects.create(batch=batch, number=number, top=top, rows=_written(part))
        top -= sum(bool(row.youtube_id) and row.verdict != Verdict.REPEATED for row in part)
    return Counter(row.verdict for row in judged if row.verdict)


def take_slices(batch: ImportBatch) -> None:
    """Take in what is left of an import, slice by slice. Not inside a transaction, which would hold
    the others up until its end.

    Safe to run in two processes at once: whoever deletes a slice takes it.
    """
    while True:
        if not _take_next(batch):
            break
        may_have_others_waiting = connection.vendor == "sqlite" and not connection.in_atomic_block
        if may_have_others_waiting and batch.slices.exists():
            time.sleep(REST)
    finish_if_done(batch.pk)
    events.publish_imports([batch.owner_id])


def take_abandoned_slices(now: datetime) -> None:
    """Take in what a process that died left. For the beat."""
    left = ImportBatch.objects.filter(
        pk__in=ImportSlice.objects.values("batch"), created_at__lt=now - ABANDONED
    )
    for batch in left.select_related("video_list"):
        take_slices(batch)


@once_more
@transaction.atomic
def _take_next(batch: ImportBatch) -> bool:
    """Take in the next slice. False when there is none, or the import was cancelled meanwhile."""
    slice_ = batch.slices.order_by("number").first()
    if slice_ is None:
        return False
    batch.video_list.reserve_positions(0)  # locks the list
    states = ImportBatch.objects.select_for_update().filter(pk=batch.pk)
    state = states.values_list("state", flat=True).first()
    if state in (None, BatchState.CANCELLED):
        batch.slices.all().delete()
        return False
    if not ImportSlice.objects.filter(pk=slice_.pk).delete()[0]:
        return True  # somebody else took it
    take_in(batch, _read(slice_.rows), large=True, top=slice_.top)
    if not batch.slices.exists() and batch.items.filter(verdict=Verdict.EXPANDING).exists():
        add_expansions(batch)
        transaction.on_commit(lambda: hints.send("importer.tasks.read_next"))
    return True


def _judged(batch: ImportBatch, rows: Sequence[Row], firsts: dict[str, Row]) -> Iterator[Row]:
    """Yield the rows with their verdicts. What a later row knows about a video goes to the first
    one that names it.
    """
    known = find_known(firsts)
    here = in_list(batch.video_list_id, known)
    mine = in_lists_of(batch.owner_id, known)
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
            yield replace(firsts[row.youtube_id], verdict=verdict)


def _written(rows: Sequence[Row]) -> str:
    """Write rows as JSON, each without what it does not know."""
    documents = [_document(row) for row in rows]
    return json.dumps(documents, default=datetime.isoformat, separators=(",", ":"))


def _document(row: Row) -> dict[str, Any]:
    """Return what a row knows. `asdict` would copy deeply and take ten times as long."""
    document: dict[str, Any] = {}
    for name in _COLUMNS:
        value = getattr(row, name)
        if value:
            document[name] = value
    return document


def _read(text: str) -> list[Row]:
    return [_row(document) for document in json.loads(text)]


def _row(document: dict[str, Any]) -> Row:
    added = document.pop("added_at", None)
    tags = tuple(document.pop("tags", ()))
    verdict = Verdict(document.pop("verdict"))
    moment = datetime.fromisoformat(added) if added else None
    line, text = document.pop("line", 0), document.pop("text", "")
    return Row(line, text, verdict=verdict, tags=tags, added_at=moment, **document)
