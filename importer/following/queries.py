"""What the pages of followed playlists and channels read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from importer.following.models import Follow, FollowedVideo
from videos.access import User
from videos.causes import message
from videos.models import Video, VideoList
from videos.titles import title_for_cause, title_of

COUNT_GONE = Count("videos", filter=Q(videos__gone_since__isnull=False))


def follows_of(video_list: VideoList) -> QuerySet[Follow]:
    """Return what the list follows, in the order it began, each with the count of videos that have
    `gone`. One query.
    """
    return video_list.follows.annotate(gone=COUNT_GONE).order_by("pk")


def all_follows(user: User) -> QuerySet[Follow]:
    """Return all that a person follows, those with a problem first, each with its list and the
    count of videos that have `gone`. One query.
    """
    mine = Follow.objects.filter(video_list__owner=user.pk, video_list__deleted_at=None)
    found: QuerySet[Follow] = mine.select_related("video_list").annotate(gone=COUNT_GONE)
    return found.order_by("-cause", "title", "pk")


@dataclass(frozen=True)
class Gone:
    """A video that left a followed playlist, or that nobody can watch any more.

    `video` is None when it is in no list of the owner's.
    """

    youtube_id: str
    since: datetime
    cause: str
    why: str | None
    video: Video | None

    @property
    def title(self) -> str:
        if self.video is None:
            return title_for_cause(self.cause)
        return title_of(self.video)

    @property
    def shown_id(self) -> str:
        """YouTube's id, where no title is known; else ""."""
        if self.video is not None and self.video.title:
            return ""
        return self.youtube_id


def gone_from(video_list: VideoList, rows: Iterable[FollowedVideo]) -> list[Gone]:
    """Return these rows with their videos. One query."""
    rows = list(rows)
    visible = Video.objects.visible_to(video_list.owner_id).defer("description")
    youtube_ids = [row.youtube_id for row in rows]
    videos = visible.in_bulk(youtube_ids, field_name="youtube_id")
    found = []
    for row in rows:
        if row.gone_since is None:
            continue
        why = message(row.gone_cause)
        video = videos.get(row.youtube_id)
        found.append(Gone(row.youtube_id, row.gone_since, row.gone_cause, why, video))
    return found
