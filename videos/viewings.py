"""Where a person was in a video, and what they have watched."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from videos.models import ListEntry, Video, Viewing

NEARLY_ALL = 0.95  # of a video; who was there has watched it
LEAST = 10  # seconds; who saw less begins anew


def resume_at(seconds: int | None, video: Video) -> int:
    """Return the second to go on at, 0 after the end. `seconds` None: never there."""
    if seconds is None or seconds < LEAST or _is_nearly_all(seconds, video):
        return 0
    return seconds


def keep_position(*, user: Any, video: Video, seconds: int) -> Viewing:
    """Remember where the person is; near the end the video counts as watched. Two queries."""
    values: dict[str, Any] = {"seconds": seconds}
    if _is_nearly_all(seconds, video):
        values["watched_at"] = timezone.now()
    viewing, _created = Viewing.objects.update_or_create(user=user, video=video, defaults=values)
    return viewing


def mark_watched(*, user: Any, video: Video, watched: bool) -> None:
    """Say that the person has watched the video, or take it back and begin anew."""
    values: dict[str, Any] = {"watched_at": timezone.now()}
    if not watched:
        values = {"watched_at": None, "seconds": 0}
    Viewing.objects.update_or_create(user=user, video=video, defaults=values)


def with_viewing(entries: QuerySet[ListEntry]) -> QuerySet[ListEntry]:
    """With `viewed` (seconds, None: never) and `watched_at` of the list's owner."""
    own = _of_list_owner()
    return entries.annotate(
        viewed=Subquery(own.values("seconds")[:1]),
        watched_at=Subquery(own.values("watched_at")[:1]),
    )


def watched() -> Exists:
    """The condition on an entry that its list's owner has watched the video."""
    return Exists(_of_list_owner().filter(watched_at__isnull=False))


def begun() -> Exists:
    """The condition on an entry that its list's owner has begun the video, and not watched it."""
    return Exists(_of_list_owner().filter(watched_at=None, seconds__gte=LEAST))


def _of_list_owner() -> QuerySet[Viewing]:
    """The viewing of an outer entry's video by the owner of its list."""
    return Viewing.objects.filter(user=OuterRef("video_list__owner"), video=OuterRef("video"))


def _is_nearly_all(seconds: int, video: Video) -> bool:
    return bool(video.duration) and seconds >= NEARLY_ALL * (video.duration or 0)
