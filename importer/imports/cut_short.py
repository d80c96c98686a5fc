"""Playlists and channels of an import that could be read only in part, or not at all: what is known
of them, and another try.
"""

from typing import Any

from django.db.models import QuerySet

from importer.imports.models import ImportBatch, ImportItem, Verdict
from importer.imports.playlist_turns import put_in_line
from videos.causes import CAUSES

LISTS = (Verdict.EXPANDING, Verdict.EXPANDED)
TRY_AGAIN = tuple(cause.value for cause, info in CAUSES.items() if info.retryable)
READ = (Verdict.EXPANDED, Verdict.INVALID)


def lists_cut_short(batch: ImportBatch, *, cause: str | None = None) -> QuerySet[ImportItem]:
    """Return the lines of playlists and channels that another reading may bring more of.

    `cause`: those of one cause alone.
    """
    causes = TRY_AGAIN if cause is None else tuple({cause} & set(TRY_AGAIN))
    return batch.items.filter(verdict__in=READ, reason__in=causes)


def may_be_read_again(item: ImportItem) -> bool:
    """Whether this line is a playlist or channel that another reading may bring more of."""
    return item.verdict in READ and item.reason in TRY_AGAIN


def read_again(batch: ImportBatch, *, cause: str | None = None, line: int | None = None) -> int:
    """Put these lists in line to be read once more.

    `line`: the id of one of them alone. Inside the caller's transaction. Returns how many.

    What they brought stays; a reading goes through the whole list again and takes what is new.
    """
    lists = lists_cut_short(batch, cause=cause)
    if line is not None:
        lists = lists.filter(pk=line)
    items = list(lists.order_by("number").select_for_update())
    put_in_line(batch, items)
    changed: dict[str, Any] = {"verdict": Verdict.EXPANDING, "reason": ""}
    batch.items.filter(pk__in=[item.pk for item in items]).update(**changed)
    return len(items)


def count_entries(item: ImportItem) -> int:
    """Return how many entries of a list stand in the import by now, the lists themselves left
    out.
    """
    return item.batch.items.filter(line=item.line).exclude(verdict__in=LISTS).count()
