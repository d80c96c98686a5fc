"""What a person does with their lists. HTML and REST call the same functions."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from videos.models import ListEntry, VideoList


def create_list(*, owner: Any, name: str) -> VideoList:
    return VideoList.objects.create(owner=owner, name=name)


def rename_list(*, video_list: VideoList, name: str) -> VideoList:
    video_list.name = name
    video_list.save(update_fields=["name", "updated_at"])
    return video_list


def delete_list(*, video_list: VideoList) -> None:
    """The list with its entries and imports. The videos stay: they belong to the installation."""
    video_list.delete()


@transaction.atomic
def remove_entries(*, video_list: VideoList, video_ids: Sequence[int]) -> int:
    """Take videos out of the list. Answers how many were in it."""
    _, removed = ListEntry.objects.filter(video_list=video_list, video_id__in=[one for one in video_ids if 0 < one < 2**63]).delete()
    VideoList.objects.filter(pk=video_list.pk).update(updated_at=timezone.now())
    return removed.get("videos.ListEntry", 0)
