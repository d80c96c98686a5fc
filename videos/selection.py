"""What can be done with several entries at once: copy, move, remove with a way back, export."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.core import signing
from django.db import transaction

from videos.chunks import chunks
from videos.models import ListEntry, VideoList
from videos.services import remove_entries

SALT = "removed entries"
UNDO_SECONDS = 24 * 3600
ROWS = 500


class Removed(NamedTuple):
    """All that is needed to put an entry back where it was. `added_at`: ISO 8601."""

    video_id: int
    position: int
    note: str
    added_at: str


@transaction.atomic
def remove_with_undo(*, video_list: VideoList, video_ids: Sequence[int]) -> tuple[int, str]:
    """Take videos out of the list. Answers how many, and a signed text that `restore_entries` takes to put them back."""
    rows: list[Removed] = []
    for ids in chunks(video_ids):
        entries = ListEntry.objects.filter(video_list=video_list, video_id__in=ids).order_by("position")
        rows += [Removed(entry.video_id, entry.position, entry.note, entry.added_at.isoformat()) for entry in entries]
    for ids in chunks([row.video_id for row in rows]):
        remove_entries(video_list=video_list, video_ids=ids)
    return len(rows), signing.dumps([video_list.pk, rows], salt=SALT, compress=True)


@transaction.atomic
def restore_entries(*, video_list: VideoList, undo: str) -> int:
    """Put entries back; those added again meanwhile stay as they are. signing.BadSignature for a text that is not ours or a day old."""
    list_id, rows = signing.loads(undo, salt=SALT, max_age=UNDO_SECONDS)
    if list_id != video_list.pk:
        raise signing.BadSignature
    removed = {row.video_id: row for row in (Removed(*row) for row in rows)}
    entries = [ListEntry(video_list=video_list, video_id=row.video_id, position=row.position, note=row.note) for row in removed.values()]
    ListEntry.objects.bulk_create(entries, batch_size=ROWS, ignore_conflicts=True)
    for ids in chunks(list(removed)):
        back = list(ListEntry.objects.filter(video_list=video_list, video_id__in=ids))
        for entry in back:
            entry.added_at = datetime.fromisoformat(removed[entry.video_id].added_at)
        ListEntry.objects.bulk_update(back, ["added_at"], batch_size=ROWS)
    return len(removed)


@transaction.atomic
def copy_entries(*, video_list: VideoList, target: VideoList, video_ids: Sequence[int]) -> int:
    """Bring videos into another list, on top and in their order; those it has stay where they are. Answers how many came."""
    rows: list[ListEntry] = []
    for ids in chunks(video_ids):
        there = set(ListEntry.objects.filter(video_list=target, video_id__in=ids).values_list("video_id", flat=True))
        rows += [entry for entry in ListEntry.objects.filter(video_list=video_list, video_id__in=ids) if entry.video_id not in there]
    rows.sort(key=lambda entry: -entry.position)
    top = target.reserve_positions(max(len(rows), 1))
    copies = [ListEntry(video_list=target, video_id=row.video_id, position=top - i, note=row.note) for i, row in enumerate(rows)]
    ListEntry.objects.bulk_create(copies, batch_size=ROWS)
    return len(copies)


@transaction.atomic
def move_entries(*, video_list: VideoList, target: VideoList, video_ids: Sequence[int]) -> tuple[int, str]:
    """Copy and remove. Answers how many left this list, and the text to put them back here."""
    if target.pk == video_list.pk:
        return 0, ""
    copy_entries(video_list=video_list, target=target, video_ids=video_ids)
    return remove_with_undo(video_list=video_list, video_ids=video_ids)
