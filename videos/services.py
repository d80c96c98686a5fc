"""What a person does with their lists. HTML and REST call the same functions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from videos.models import ListEntry, VideoList

KEPT_DELETED = timedelta(days=1)


def create_list(*, owner: Any, name: str) -> VideoList:
    return VideoList.objects.create(owner=owner, name=name)


def rename_list(*, video_list: VideoList, name: str) -> VideoList:
    video_list.name = name
    video_list.save(update_fields=["name", "updated_at"])
    return video_list


def delete_list(*, video_list: VideoList) -> None:
    """Hide it with its entries and imports; a day later it is gone. Its videos stay."""
    VideoList.objects.filter(pk=video_list.pk).update(deleted_at=timezone.now())


def restore_list(*, owner: Any, list_id: int) -> VideoList | None:
    """A deleted list as it was; None when it is gone for good, or was never the owner's."""
    VideoList.objects.filter(pk=list_id, owner=owner).update(deleted_at=None)
    return VideoList.objects.owned_by(owner).filter(pk=list_id).first()


def deleted_lists(owner: Any) -> QuerySet[VideoList]:
    """Return lists deleted within the last day, which can be restored; the latest first."""
    return VideoList.objects.filter(owner=owner, deleted_at__isnull=False).order_by("-deleted_at")


def purge_deleted_lists(now: datetime) -> None:
    """One query when there is nothing to do."""
    for video_list in VideoList.objects.filter(deleted_at__lte=now - KEPT_DELETED):
        video_list.delete()


@transaction.atomic
def remove_entries(*, video_list: VideoList, video_ids: Sequence[int]) -> int:
    """Take videos out of the list. Answers how many were in it."""
    ids = [one for one in video_ids if 0 < one < 2**63]
    entries = ListEntry.objects.filter(video_list=video_list, video_id__in=ids)
    _, removed = entries.delete()
    VideoList.objects.filter(pk=video_list.pk).update(updated_at=timezone.now())
    return removed.get("videos.ListEntry", 0)
