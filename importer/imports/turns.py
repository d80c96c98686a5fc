"""Where imports stand in the queue: what of them waits for whom, and what comes before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Q, Sum

from enrichment.models import EnrichmentJob, Work
from importer.imports.models import WANTED, ImportItem
from videos.stages import FINISHED

# Others' videos that are counted before an import's next and last one. Of more than that nobody
# plans by the minute, and a count must not cost what a whole queue has.
MOST_COUNTED = 2000


@dataclass(frozen=True)
class Turn:
    """What of an import waits, as the queue knows it at one moment.

    `fetching`: videos that wait for YouTube, those being fetched included; `running`: those of them
    that are being fetched; `due_at`: when the first of the others may be fetched, None when there
    is none, and `last_due_at` the last of them; `transcribing`: videos that wait for Groq; `audio`:
    their length in seconds. `before_next` and `before_last`: other imports' videos that come first.
    """

    fetching: int = 0
    running: int = 0
    due_at: datetime | None = None
    last_due_at: datetime | None = None
    large: bool = False
    transcribing: int = 0
    audio: int = 0
    before_next: int = 0
    before_last: int = 0


def turns_of(batch_ids: Sequence[int], *, now: datetime) -> dict[int, Turn]:
    """The turn of each import that waits for something. Two queries, however many there are."""
    rows = _waiting(batch_ids, now=now)
    before = _count_before(rows, now=now)
    return {row["batch"]: _turn(row, before) for row in rows}


def _waiting(batch_ids: Sequence[int], *, now: datetime) -> list[dict[str, Any]]:
    """What of each import waits, and the ranks of its next and its last video."""
    job = "video__job"
    wanted = Q(verdict__in=WANTED, video__job__held=False)
    unfinished = wanted & ~Q(video__import_stage__in=FINISHED)
    fetching = Q(**{f"{job}__work": Work.FETCH})
    waiting = fetching & Q(**{f"{job}__lease_until": None})
    due = waiting & Q(**{f"{job}__not_before__lte": now})
    running = fetching & Q(**{f"{job}__lease_until__isnull": False})
    transcribing = Q(**{f"{job}__work": Work.TRANSCRIBE})
    figures: dict[str, Any] = {
        "fetching": Count("video", distinct=True, filter=fetching),
        "running": Count("video", distinct=True, filter=running),
        "due_at": Min(f"{job}__not_before", filter=waiting),
        "last_due_at": Max(f"{job}__not_before", filter=waiting),
        "for_people": Count("pk", filter=fetching & Q(**{f"{job}__bulk": False})),
        "transcribing": Count("video", distinct=True, filter=transcribing),
        "audio": Sum("video__duration", filter=transcribing),
        "next_rank": Min(f"{job}__rank", filter=due),
        "last_rank": Max(f"{job}__rank", filter=waiting),
        "due": Count("video", distinct=True, filter=due),
    }
    items = ImportItem.objects.filter(unfinished, batch__in=batch_ids, **{f"{job}__isnull": False})
    rows: Iterable[Any] = items.order_by().values("batch").annotate(**figures)
    return list(rows)


def _is_large(row: dict[str, Any]) -> bool:
    return bool(row["fetching"] and not row["for_people"])


def _count_before(rows: Sequence[dict[str, Any]], *, now: datetime) -> dict[str, int]:
    """How many videos that may be fetched now come before the next one of each import (`next_5` of
    import 5), and how many until its last one, with its own (`last_5`).

    Only the first MOST_COUNTED of the queue are looked at. The reserve lets a person's few videos
    pass all large imports, whatever their rank.
    """
    of_people = Q(bulk=False)
    figures: dict[str, Any] = {}
    for row in rows:
        if row["next_rank"] is None:
            continue
        until_next = Q(rank__lt=row["next_rank"])
        until_last = Q(rank__lte=row["last_rank"])
        if _is_large(row):
            until_next |= of_people
            until_last |= of_people
        else:
            until_next &= of_people
            until_last &= of_people
        figures[f"next_{row['batch']}"] = Count("pk", filter=until_next)
        figures[f"last_{row['batch']}"] = Count("pk", filter=until_last)
    if not figures:
        return {}
    due = EnrichmentJob.objects.unheld().filter(work=Work.FETCH, held=False, not_before__lte=now)
    counted: dict[str, int] = due.order_by("rank")[:MOST_COUNTED].aggregate(**figures)
    return counted


def _turn(row: dict[str, Any], before: dict[str, int]) -> Turn:
    until_last = before.get(f"last_{row['batch']}", 0)
    return Turn(
        fetching=row["fetching"],
        running=row["running"],
        due_at=row["due_at"],
        last_due_at=row["last_due_at"],
        large=_is_large(row),
        transcribing=row["transcribing"],
        audio=row["audio"] or 0,
        before_next=before.get(f"next_{row['batch']}", 0),
        before_last=max(until_last - row["due"], 0),
    )
