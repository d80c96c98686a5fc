"""Undoing what was done to several entries at once: for a day, from the toast or from the page
of recent changes. What was removed stays in the database meanwhile, whatever its size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from videos.chunks import chunks
from videos.models import Change, ChangedEntry, ListEntry, Tag, VideoList

KEPT_CHANGES = timedelta(days=1)
ROWS = 500  # inserted by one statement

Row = TypeVar("Row", ListEntry, ChangedEntry)


class NotUndoable(Exception):
    """The change is over a day old, was undone already, or is not this person's."""


def keep_change(
    video_list: VideoList,
    kind: Change.Kind,
    *,
    target: VideoList | None = None,
    tag_name: str = "",
    removed: Sequence[ListEntry] = (),
    added: Sequence[ListEntry] = (),
) -> Change:
    """Keep what is about to be done, inside the transaction that does it.

    `removed` are the entries as they are before, `added` those that are new. Their tags must have
    been prefetched.
    """
    change = Change.objects.create(
        owner=video_list.owner,
        video_list=video_list,
        kind=kind,
        target=target,
        tag_name=tag_name,
        count=len(removed) or len(added),
    )
    rows = []
    for entry in removed:
        rows.append(_kept(change, entry, added=False))
    for entry in added:
        rows.append(_kept(change, entry, added=True))
    ChangedEntry.objects.bulk_create(rows, batch_size=ROWS)
    return change


def _kept(change: Change, entry: ListEntry, *, added: bool) -> ChangedEntry:
    tag_names = []
    if not added:
        tag_names = entry.tag_names()
    return ChangedEntry(
        change=change,
        video_list_id=entry.video_list_id,
        video_id=entry.video_id,
        added=added,
        position=entry.position,
        file_title=entry.file_title,
        note=entry.note,
        added_at=entry.added_at,
        tag_names=tag_names,
    )


def recent_changes(owner: Any, *, now: datetime) -> QuerySet[Change]:
    """What a person did within the last day and has not undone, the latest first."""
    return (
        Change.objects.filter(
            owner=owner,
            undone_at=None,
            count__gt=0,
            created_at__gt=now - KEPT_CHANGES,
            video_list__deleted_at=None,
        )
        .select_related("video_list", "target")
        .order_by("-pk")
    )


@transaction.atomic
def undo_change(*, owner: Any, change_id: int, now: datetime | None = None) -> Change:
    """Bring back the state before the change. Raises NotUndoable.

    What was added or changed by hand since then stays as it is.
    """
    now = now or timezone.now()
    mine = recent_changes(owner, now=now).filter(pk=change_id)
    change = mine.first()
    if change is None:
        raise NotUndoable
    claimed = Change.objects.filter(pk=change.pk, undone_at=None).update(undone_at=now)
    if claimed != 1:
        raise NotUndoable
    _undo(change)
    VideoList.objects.filter(pk=change.video_list_id).update(updated_at=now)
    return change


def _undo(change: Change) -> None:
    if change.kind == Change.Kind.TAGGED:
        _untag_again(change)
    elif change.kind == Change.Kind.UNTAGGED:
        _tag_again(change)
    else:
        _put_back(change)
        _take_out(change)
        _delete_made_target(change)


def purge_changes(now: datetime) -> None:
    """Delete what can no longer be undone; two statements when there is nothing."""
    Change.objects.filter(created_at__lte=now - KEPT_CHANGES).delete()


def give_tags(pairs: Iterable[tuple[ListEntry, Sequence[int]]]) -> None:
    """Give entries tags by their ids; those they have already they keep once."""
    through = ListEntry.tags.through
    rows = []
    for entry, tag_ids in pairs:
        for tag_id in tag_ids:
            rows.append(through(listentry_id=entry.pk, tag_id=tag_id))
    through.objects.bulk_create(rows, batch_size=ROWS, ignore_conflicts=True)


def give_tag(entries: Iterable[ListEntry], tag_id: int) -> None:
    """Give all of these entries one tag by its id."""
    give_tags((entry, [tag_id]) for entry in entries)


def video_ids_of(rows: Iterable[ListEntry | ChangedEntry]) -> list[int]:
    """The ids of their videos, in their order."""
    ids = []
    for row in rows:
        ids.append(row.video_id)
    return ids


def without_videos(rows: Iterable[Row], video_ids: Iterable[int]) -> list[Row]:
    """The rows of other videos than these, in their order."""
    left_out = set(video_ids)
    return [row for row in rows if row.video_id not in left_out]


def _put_back(change: Change) -> None:
    """Put removed entries back where they were, unless they were added again meanwhile."""
    for removed in _in_parts(change.entries.filter(added=False)):
        missing = _missing_of(change.video_list_id, removed)
        entries = list(map(_entry_of, missing))
        ListEntry.objects.bulk_create(entries)
        tags = _tags_by_name(change.owner_id, missing)
        tagged = []
        for entry, row in zip(entries, missing, strict=True):
            tagged.append((entry, [tags[name] for name in row.tag_names]))
        give_tags(tagged)


def _missing_of(list_id: int, rows: list[ChangedEntry]) -> list[ChangedEntry]:
    """The rows whose videos are not in the list now. One query."""
    there = ListEntry.objects.filter(video_list=list_id, video__in=video_ids_of(rows))
    return without_videos(rows, there.values_list("video", flat=True))


def _entry_of(row: ChangedEntry) -> ListEntry:
    return ListEntry(
        video_list_id=row.video_list_id,
        video_id=row.video_id,
        position=row.position,
        file_title=row.file_title,
        note=row.note,
        added_at=row.added_at,
    )


def _tags_by_name(owner_id: int, rows: Iterable[ChangedEntry]) -> dict[str, int]:
    """The ids of the tags these entries had; a tag that was deleted meanwhile is made again."""
    names: set[str] = set()
    for row in rows:
        names.update(row.tag_names)
    ids = {}
    for name in sorted(names):
        tag, _ = Tag.objects.get_or_create(owner_id=owner_id, name=name)
        ids[name] = tag.pk
    return ids


def _take_out(change: Change) -> None:
    """Remove the entries that a move or a copy made, except those whose note was changed since."""
    for added in _in_parts(change.entries.filter(added=True)):
        ids = _ids_of_unchanged(change.target_id, added)
        ListEntry.objects.filter(pk__in=ids).delete()


def _ids_of_unchanged(list_id: int | None, added: list[ChangedEntry]) -> list[int]:
    """The ids of those entries of the list that are as they were added. One query."""
    as_made = set(map(_place_and_note, added))
    entries = ListEntry.objects.filter(video_list=list_id, video__in=video_ids_of(added))
    return [entry.pk for entry in entries if _place_and_note(entry) in as_made]


def _place_and_note(row: ListEntry | ChangedEntry) -> tuple[int, int, str]:
    return row.video_id, row.position, row.note


def _delete_made_target(change: Change) -> None:
    """Delete the list that was made for this change, unless something else is in it by now."""
    target = change.target
    if change.made_target and target is not None and not target.entries.exists():
        Change.objects.filter(pk=change.pk).update(target=None)
        target.delete()


def _in_parts(rows: QuerySet[ChangedEntry]) -> Iterator[list[ChangedEntry]]:
    """The rows in lists of 500, so that notes of any size fit into memory."""
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    for some in chunks(ids, ROWS):
        yield list(rows.filter(pk__in=some).order_by("pk"))


def _untag_again(change: Change) -> None:
    tag = Tag.objects.filter(owner=change.owner_id, name=change.tag_name).first()
    if tag is None:
        return
    ListEntry.tags.through.objects.filter(tag=tag, listentry__in=_entries(change)).delete()
    if not tag.entries.exists():
        tag.delete()


def _tag_again(change: Change) -> None:
    tag, _ = Tag.objects.get_or_create(owner=change.owner, name=change.tag_name)
    give_tag(_entries(change), tag.pk)


def _entries(change: Change) -> QuerySet[ListEntry]:
    """The entries of these videos that are still in the list."""
    videos = change.entries.values("video")
    return ListEntry.objects.filter(video_list=change.video_list_id, video__in=videos)
