"""What can be done with found videos, in whichever of a person's lists they are.

Each list keeps a change of its own, so that what was done can be undone list by list or at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from videos.changes import undo_change
from videos.chunks import chunks
from videos.models import Change, ListEntry, VideoList
from videos.search.library import entries_of_videos
from videos.selection import (
    copy_entries,
    move_entries,
    remove_with_undo,
    tag_entries,
    untag_entries,
)
from videos.services import create_list

Act = Callable[[VideoList, Sequence[int]], Change]


@dataclass(frozen=True)
class Done:
    """The changes of an action, one for each list, and how many videos it was about."""

    changes: list[Change]
    video_ids: list[int]
    count: int


def remove_found(*, owner: Any, video_ids: Sequence[int]) -> Done:
    """Take the videos out of all of the person's lists."""
    return _in_each_list(owner, video_ids, _remove)


def tag_found(*, owner: Any, video_ids: Sequence[int], name: str) -> Done:
    """Give the videos a tag in each list that has them."""

    def tag(video_list: VideoList, ids: Sequence[int]) -> Change:
        return tag_entries(video_list=video_list, video_ids=ids, name=name)

    return _in_each_list(owner, video_ids, tag)


def untag_found(*, owner: Any, video_ids: Sequence[int], name: str) -> Done:
    """Take a tag from the videos in each list that has them."""

    def untag(video_list: VideoList, ids: Sequence[int]) -> Change:
        return untag_entries(video_list=video_list, video_ids=ids, name=name)

    return _in_each_list(owner, video_ids, untag)


def move_found(*, owner: Any, target: VideoList, video_ids: Sequence[int]) -> Done:
    """Bring the videos into one list and take them out of all others."""

    def move(video_list: VideoList, ids: Sequence[int]) -> Change:
        return move_entries(video_list=video_list, target=target, video_ids=ids)

    return _in_each_list(owner, video_ids, move, besides=target)


def copy_found(*, owner: Any, target: VideoList, video_ids: Sequence[int]) -> Done:
    """Bring the videos into one more list. Those it has already are not counted."""

    def copy(video_list: VideoList, ids: Sequence[int]) -> Change:
        return copy_entries(video_list=video_list, target=target, video_ids=ids)

    done = _in_each_list(owner, video_ids, copy, besides=target)
    count = 0
    for change in done.changes:
        count += change.count
    return replace(done, count=count)


@transaction.atomic
def gather_in_new_list(
    *, owner: Any, name: str, video_ids: Sequence[int], copy: bool = False
) -> Done:
    """Make a list and move the videos there, or bring them there too with `copy`.

    Without any of them, none is made. Undoing the first change deletes the list again.
    """
    target = create_list(owner=owner, name=name)
    act = move_found
    if copy:
        act = copy_found
    done = act(owner=owner, target=target, video_ids=video_ids)
    if done.changes:
        _delete_list_on_undo(done.changes[0])
    else:
        target.delete()
    return done


def _delete_list_on_undo(change: Change) -> None:
    change.made_target = True
    change.save(update_fields=["made_target"])


@transaction.atomic
def undo_changes(*, owner: Any, change_ids: Sequence[int]) -> None:
    """Undo changes, the last one first. Raises NotUndoable: then none is undone."""
    for change_id in sorted(change_ids, reverse=True):
        undo_change(owner=owner, change_id=change_id)


def entries_to_export(*, owner: Any, video_ids: Sequence[int]) -> QuerySet[ListEntry]:
    """Each video once, as it is in the list it was put into last."""
    latest: dict[int, int] = {}
    for ids in chunks(video_ids):
        entries = entries_of_videos(owner, ids).order_by("pk")
        latest.update(entries.values_list("video_id", "pk"))
    return ListEntry.objects.filter(pk__in=latest.values()).order_by("-pk")


def _remove(video_list: VideoList, ids: Sequence[int]) -> Change:
    return remove_with_undo(video_list=video_list, video_ids=ids)


def _by_list(owner: Any, video_ids: Sequence[int]) -> dict[int, list[int]]:
    """Those of the videos that each of the person's lists has."""
    by_list: dict[int, list[int]] = {}
    for ids in chunks(video_ids):
        entries = entries_of_videos(owner, ids)
        for list_id, video_id in entries.values_list("video_list_id", "video_id"):
            by_list.setdefault(list_id, []).append(video_id)
    return by_list


@transaction.atomic
def _in_each_list(
    owner: Any, video_ids: Sequence[int], act: Act, *, besides: VideoList | None = None
) -> Done:
    """Act on each list that has some of the videos, in the order of the lists' ids."""
    by_list = _by_list(owner, list(dict.fromkeys(video_ids)))
    if besides is not None:
        by_list.pop(besides.pk, None)
    lists = VideoList.objects.filter(pk__in=by_list).order_by("pk").select_related("owner")
    changes: list[Change] = []
    changed: set[int] = set()
    for video_list in lists:
        ids = by_list[video_list.pk]
        change = act(video_list, ids)
        if change.count:
            changes.append(change)
            changed.update(ids)
    return Done(changes, sorted(changed), len(changed))
