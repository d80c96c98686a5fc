"""Lists that can be read without an account: as a feed, and as a page.

Whoever knows the address reads the complete videos of the list and nothing else: no notes, no tags,
no titles from files, no other list.
"""

from typing import Any

from django.db.models import QuerySet

from videos.models import ListEntry, ListShare, VideoList
from videos.stages import Stage
from videos.text import has_unstorable


def share_list(*, video_list: VideoList, kind: str) -> ListShare:
    """Make an address for the list; the one there is stays as it is."""
    share, _created = ListShare.objects.get_or_create(video_list=video_list, kind=kind)
    return share


def stop_sharing(*, video_list: VideoList, kind: str) -> None:
    """Remove the address: from now on it leads nowhere, and the next one is another."""
    ListShare.objects.filter(video_list=video_list, kind=kind).delete()


def find_shared_list(token: str, kind: str) -> VideoList | None:
    """Return the list of an address; None if it was removed, or the list or its owner's account
    is closed. One query.
    """
    if has_unstorable(token):  # PostgreSQL would refuse the query
        return None
    valid = ListShare.objects.filter(
        token=token, kind=kind, video_list__deleted_at=None, video_list__owner__is_active=True
    )
    share = valid.select_related("video_list").first()
    if share is None:
        return None
    return share.video_list


def shared_entries(video_list: VideoList) -> QuerySet[ListEntry, ListEntry]:
    """Return the entries whose videos are complete, the newest first, without what is the owner's
    own.
    """
    complete = video_list.entries.filter(video__import_stage=Stage.COMPLETE)
    own: list[Any] = ["note", "file_title", "video__description"]
    return complete.select_related("video").defer(*own).order_by("-position")
