"""What can be done with several entries at once: copy, move, tag, remove with a way back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.core import signing
from django.db import transaction

from videos.chunks import chunks
from videos.models import ListEntry, Tag, VideoList
from videos.services import remove_entries

SALT = "removed entries"
UNDO_SECONDS = 24 * 3600
ROWS = 500


class Removed(NamedTuple):
    """All that is needed to put an entry back as it was. `added_at`: ISO 8601."""

    video_id: int
    position: int
    note: str
    added_at: str
    tag_ids: list[int]


@transaction.atomic
def remove_with_undo(*, video_list: VideoList, video_ids: Sequence[int]) -> tuple[int, str]:
    """Take videos out of the list. Answers how many, and a signed text that `restore_entries` takes to put them back."""
    entries = _entries(video_list, video_ids)
    rows = [
        Removed(
            each.video_id,
            each.position,
            each.note,
            each.added_at.isoformat(),
            [tag.pk for tag in each.tags.all()],
        )
        for each in entries
    ]
    for ids in chunks([row.video_id for row in rows]):
        remove_entries(video_list=video_list, video_ids=ids)
    return len(rows), signing.dumps([video_list.pk, rows], salt=SALT, compress=True)


@transaction.atomic
def restore_entries(*, video_list: VideoList, undo: str) -> int:
    """Put entries back; those added again meanwhile stay as they are. signing.BadSignature for a text that is not ours or a day old."""
    list_id, given = signing.loads(undo, salt=SALT, max_age=UNDO_SECONDS)
    if list_id != video_list.pk:
        raise signing.BadSignature
    rows = [Removed(*row) for row in given]
    there = {each.video_id for each in _entries(video_list, [row.video_id for row in rows])}
    back = [row for row in rows if row.video_id not in there]
    entries = [
        ListEntry(
            video_list=video_list,
            video_id=row.video_id,
            position=row.position,
            note=row.note,
            added_at=datetime.fromisoformat(row.added_at),
        )
        for row in back
    ]
    ListEntry.objects.bulk_create(entries, batch_size=ROWS)
    kept = set(Tag.objects.filter(owner=video_list.owner).values_list("pk", flat=True))
    _tag(
        (entry, [tag_id for tag_id in row.tag_ids if tag_id in kept])
        for entry, row in zip(entries, back, strict=True)
    )
    return len(entries)


@transaction.atomic
def copy_entries(*, video_list: VideoList, target: VideoList, video_ids: Sequence[int]) -> int:
    """Bring videos into another list, on top and in their order, with notes and tags; those it has stay where they are there."""
    there = {each.video_id for each in _entries(target, video_ids)}
    originals = [each for each in _entries(video_list, video_ids) if each.video_id not in there]
    originals.sort(key=lambda entry: -entry.position)
    top = target.reserve_positions(max(len(originals), 1))
    copies = [
        ListEntry(video_list=target, video_id=each.video_id, position=top - i, note=each.note)
        for i, each in enumerate(originals)
    ]
    ListEntry.objects.bulk_create(copies, batch_size=ROWS)
    _tag(
        (copy, [tag.pk for tag in each.tags.all()])
        for copy, each in zip(copies, originals, strict=True)
    )
    return len(copies)


@transaction.atomic
def move_entries(
    *, video_list: VideoList, target: VideoList, video_ids: Sequence[int]
) -> tuple[int, str]:
    """Copy and remove. Answers how many left this list, and the text to put them back here."""
    if target.pk == video_list.pk:
        return 0, ""
    copy_entries(video_list=video_list, target=target, video_ids=video_ids)
    return remove_with_undo(video_list=video_list, video_ids=video_ids)


@transaction.atomic
def tag_entries(*, video_list: VideoList, video_ids: Sequence[int], name: str) -> int:
    """Give the videos a tag, which is made when it is new. Answers how many have it now."""
    tag, _ = Tag.objects.get_or_create(owner=video_list.owner, name=name)
    entries = _entries(video_list, video_ids)
    _tag((entry, [tag.pk]) for entry in entries)
    return len(entries)


@transaction.atomic
def untag_entries(*, video_list: VideoList, video_ids: Sequence[int], name: str) -> int:
    """Take a tag from the videos; a tag no entry has any more goes."""
    tag = Tag.objects.filter(owner=video_list.owner, name=name).first()
    if tag is None:
        return 0
    entries = _entries(video_list, video_ids)
    for part in chunks([entry.pk for entry in entries]):
        tag.entries.through.objects.filter(tag=tag, listentry_id__in=part).delete()
    if not tag.entries.exists():
        tag.delete()
    return len(entries)


@transaction.atomic
def note_entry(*, entry: ListEntry, note: str, tags: Sequence[str]) -> None:
    """One entry's note and all of its tags; a tag no entry has any more goes."""
    owner = entry.video_list.owner
    before = list(entry.tags.all())
    entry.tags.set([Tag.objects.get_or_create(owner=owner, name=name)[0] for name in tags])
    Tag.objects.filter(pk__in=[tag.pk for tag in before], entries=None).delete()
    entry.note = note
    entry.save(update_fields=["note"])


def _entries(video_list: VideoList, video_ids: Sequence[int]) -> list[ListEntry]:
    """Two queries per 900 ids."""
    return [
        entry
        for ids in chunks(video_ids)
        for entry in ListEntry.objects.filter(video_list=video_list, video_id__in=ids)
        .order_by("position")
        .prefetch_related("tags")
    ]


def _tag(pairs: Iterable[tuple[ListEntry, Sequence[int]]]) -> None:
    """Give entries tags by their ids; what they have already they keep once."""
    through = ListEntry.tags.through
    rows = [
        through(listentry_id=entry.pk, tag_id=tag_id)
        for entry, tag_ids in pairs
        for tag_id in tag_ids
    ]
    through.objects.bulk_create(rows, batch_size=ROWS, ignore_conflicts=True)
