"""What can be done with several entries at once: copy, move, tag, remove.

Each is kept as a change that `videos.changes.undo_change` takes back within a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Model

from videos.changes import (
    ROWS,
    give_tag,
    give_tags,
    keep_change,
    video_ids_of,
    without_videos,
)
from videos.chunks import chunks
from videos.models import Change, ListEntry, Tag, VideoList
from videos.services import create_list, remove_entries


@transaction.atomic
def remove_with_undo(*, video_list: VideoList, video_ids: Sequence[int]) -> Change:
    """Take videos out of the list. Two queries per 900 videos and one insert per 500."""
    entries = entries_of_videos(video_list, video_ids)
    change = keep_change(video_list, Change.Kind.REMOVED, removed=entries)
    _remove(video_list, entries)
    return change


@transaction.atomic
def move_to_new_list(
    *, video_list: VideoList, name: str, video_ids: Sequence[int], copy: bool = False
) -> Change:
    """Make a list of this name and move the videos there, or bring them there too with `copy`.

    Without any of them in the list, none is made.
    """
    target = create_list(owner=video_list.owner, name=name)
    act = copy_entries if copy else move_entries
    change = act(video_list=video_list, target=target, video_ids=video_ids)
    if not change.count:
        target.delete()
        change.target = None
        return change
    change.made_target = True
    change.save(update_fields=["made_target"])
    return change


@transaction.atomic
def copy_entries(*, video_list: VideoList, target: VideoList, video_ids: Sequence[int]) -> Change:
    """Bring videos into another list, on top and in their order, with notes and tags.

    Those it has stay where they are there.
    """
    copies = _copy(entries_of_videos(video_list, video_ids), target)
    return keep_change(video_list, Change.Kind.COPIED, target=target, added=copies)


@transaction.atomic
def move_entries(*, video_list: VideoList, target: VideoList, video_ids: Sequence[int]) -> Change:
    """Copy and remove; moving to the list itself changes nothing."""
    entries: list[ListEntry] = []
    if target.pk != video_list.pk:
        entries = entries_of_videos(video_list, video_ids)
    copies = _copy(entries, target)
    change = keep_change(
        video_list, Change.Kind.MOVED, target=target, removed=entries, added=copies
    )
    _remove(video_list, entries)
    return change


@transaction.atomic
def tag_entries(*, video_list: VideoList, video_ids: Sequence[int], name: str) -> Change:
    """Give the videos a tag, which is made when it is new. Its `count` is how many were chosen."""
    entries = entries_of_videos(video_list, video_ids)
    untagged: list[ListEntry] = []
    if entries:  # without them the tag would be one that no entry has
        tag, _ = Tag.objects.get_or_create(owner=video_list.owner, name=name)
        untagged = [entry for entry in entries if tag not in entry.tags.all()]
        give_tag(untagged, tag.pk)
    change = keep_change(video_list, Change.Kind.TAGGED, tag_name=name, added=untagged)
    change.count = len(entries)
    change.save(update_fields=["count"])
    return change


@transaction.atomic
def untag_entries(*, video_list: VideoList, video_ids: Sequence[int], name: str) -> Change:
    """Take a tag from the videos; a tag no entry has any more is deleted."""
    tag = Tag.objects.filter(owner=video_list.owner, name=name).first()
    tagged: list[ListEntry] = []
    if tag is not None:
        entries = entries_of_videos(video_list, video_ids)
        tagged = [entry for entry in entries if tag in entry.tags.all()]
        take_tag(tag, tagged)
    return keep_change(video_list, Change.Kind.UNTAGGED, tag_name=name, removed=tagged)


@transaction.atomic
def note_entry(*, entry: ListEntry, note: str, tags: Sequence[str]) -> None:
    """Set one entry's note and all of its tags; a tag no entry has any more is deleted."""
    owner = entry.video_list.owner
    before = _keys_of(entry.tags.all())
    wanted = []
    for name in tags:
        tag, _ = Tag.objects.get_or_create(owner=owner, name=name)
        wanted.append(tag)
    entry.tags.set(wanted)
    Tag.objects.filter(pk__in=before, entries=None).delete()
    entry.note = note
    entry.save(update_fields=["note"])


def entries_of_videos(video_list: VideoList, video_ids: Sequence[int]) -> list[ListEntry]:
    """The list's entries of these videos with their tags. Two queries per 900 ids."""
    found: list[ListEntry] = []
    for ids in chunks(video_ids):
        entries = ListEntry.objects.filter(video_list=video_list, video_id__in=ids)
        found += entries.order_by("position").prefetch_related("tags")
    return found


def take_tag(tag: Tag, entries: Iterable[ListEntry]) -> None:
    """Take the tag from these entries, and delete it when no other entry has it."""
    through = ListEntry.tags.through
    for ids in chunks(_keys_of(entries)):
        through.objects.filter(tag=tag, listentry_id__in=ids).delete()
    if not tag.entries.exists():
        tag.delete()


def _copy(originals: list[ListEntry], target: VideoList) -> list[ListEntry]:
    """Put copies of the entries on top of the target; answers those it did not have yet."""
    there = video_ids_of(entries_of_videos(target, video_ids_of(originals)))
    missing = without_videos(originals, there)
    missing.sort(key=lambda entry: -entry.position)
    copies = _copies_on_top(missing, target)
    ListEntry.objects.bulk_create(copies, batch_size=ROWS)
    tagged = []
    for copy, entry in zip(copies, missing, strict=True):
        tagged.append((copy, _keys_of(entry.tags.all())))
    give_tags(tagged)
    return copies


def _copies_on_top(originals: Sequence[ListEntry], target: VideoList) -> list[ListEntry]:
    """Copies that are not saved, the first one at the top. Reserves their positions."""
    top = target.reserve_positions(max(len(originals), 1))
    copies = []
    for place, entry in enumerate(originals):
        copy = ListEntry(
            video_list=target,
            video_id=entry.video_id,
            position=top - place,
            file_title=entry.file_title,
            note=entry.note,
        )
        copies.append(copy)
    return copies


def _remove(video_list: VideoList, entries: Sequence[ListEntry]) -> None:
    for ids in chunks(video_ids_of(entries)):
        remove_entries(video_list=video_list, video_ids=ids)


def _keys_of(rows: Iterable[Model]) -> list[int]:
    keys: list[int] = []
    for row in rows:
        keys.append(row.pk)
    return keys
