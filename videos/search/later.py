"""Videos that cannot be searched for what is said in them yet, because their captions come
later.
"""

from __future__ import annotations

from typing import Any

from videos.models import ListEntry, VideoList
from videos.stages import CaptionsSource

MOST_COUNTED = 1_000


def count_without_text(user: Any, video_list: VideoList | None) -> int:
    """How many of the person's videos, or of one list, still wait for their captions.

    One query that visits the entries; at most MOST_COUNTED are counted.
    """
    entries = ListEntry.objects.filter(
        video_list__owner=user,
        video_list__deleted_at=None,
        video__captions_source__in=[CaptionsSource.UNSETTLED, CaptionsSource.NONE],
        video__job__isnull=False,
    )
    if video_list is not None:
        entries = entries.filter(video_list=video_list)
    some = entries.values("video").distinct()[:MOST_COUNTED]
    return some.count()
