"""Playlists and channels in line to be read: how they get there, and whose turn it is.

Owners take turns, and so do the playlists of one owner: whoever waits for a first page waits for a
page or two of others, however many and long their lists are.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Now

from enrichment.leases import Holder, database_now
from importer.imports.models import BatchState, Expansion, ImportBatch, ImportItem, Verdict
from videos.bulk import insert_rows

LEASE = timedelta(seconds=90)  # of a page; longer than its task's time limit


def add_expansions(batch: ImportBatch) -> None:
    """Put the playlists of a new import in line. Inside the import's transaction."""
    put_in_line(batch, batch.items.filter(verdict=Verdict.EXPANDING).order_by("number"))


def put_in_line(batch: ImportBatch, items: Iterable[ImportItem]) -> None:
    """Add a row for each of these lines, in their order, with room in the list for all its videos.

    The first one takes the highest place. Inside the caller's transaction.
    """
    items = list(items)
    lines = set(batch.expansions.values_list("line", flat=True))
    top = batch.video_list.reserve_positions(batch.limit * len(items))
    rows = []
    for number, item in enumerate(items):
        is_next = item.line not in lines
        lines.add(item.line)
        rows.append((item.pk, item.line, is_next, top - number * batch.limit))
    same = {"batch_id": batch.pk, "not_before": database_now()}
    insert_rows(Expansion, ("item_id", "line", "is_next", "top"), rows, same=same)


def let_next_of_line(expansion: Expansion) -> None:
    """Let the next playlist of the same line be read. In the transaction that ended this one."""
    others = Expansion.objects.filter(batch=expansion.batch_id, line=expansion.line)
    first = others.order_by("item_id").first()
    if first is not None:
        others.filter(pk=first.pk).update(is_next=True)


def next_in_turn(*, beginning: bool = False) -> Expansion | None:
    """The playlist whose next page may be read now: of the owner who had a turn longest ago, and of
    that owner's the one that had. Those of paused or cancelled imports wait. None when there is
    none.

    `beginning`: only one whose first page is still to be read. Of each owner one page is read at a
    time.
    """
    due = Expansion.objects.due().filter(is_next=True)
    if beginning:
        due = due.filter(continuation__isnull=True)
    # Two steps: the owner's turn, looked up for each of thousands of playlists, takes seconds.
    first = _imports_in_turn().filter(Exists(due.filter(batch=OuterRef("pk")))).first()
    if first is None:
        return None
    theirs = due.filter(batch__owner=first.owner_id, batch__state=BatchState.RUNNING)
    in_turn = theirs.order_by(F("turn_at").asc(nulls_first=True), "item_id")
    found: Expansion | None = in_turn.first()
    return found


def _imports_in_turn() -> QuerySet[ImportBatch, Any]:
    """The running imports of owners of whom no page is being read now."""
    busy = Expansion.objects.running().values("batch__owner")
    running = ImportBatch.objects.filter(state=BatchState.RUNNING)
    last = running.filter(owner=OuterRef("owner")).order_by(F("turn_at").desc(nulls_last=True))
    owner_turn_at = Subquery(last.values("turn_at")[:1])
    return (
        running.exclude(owner__in=busy)
        .annotate(owner_turn_at=owner_turn_at)
        .order_by(F("owner_turn_at").asc(nulls_first=True), "pk")
    )


def claim(pk: int, holder: Holder) -> Expansion | None:
    """This playlist, held, after its turn. None when another run was first."""
    if not Expansion.objects.take(pk, holder, LEASE):
        return None
    mine = Expansion.objects.held_by(holder.name)
    mine.update(turn_at=Now())
    expansion: Expansion | None = mine.select_related("item__batch__video_list").first()
    if expansion is not None:
        ImportBatch.objects.filter(pk=expansion.batch_id).update(turn_at=Now())
    return expansion
