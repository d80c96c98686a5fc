"""The frames of `/ws/progress`, made from rows and events."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone, translation

from importer.imports.models import ACTIVE, ImportBatch
from importer.imports.progress import BatchProgress, progress_of
from videos.causes import message
from videos.chunks import chunks
from videos.lookups import looking_up_by_index
from videos.models import Video, VideoQuerySet

Frame = dict[str, Any]

LATELY = timedelta(
    minutes=2
)  # finished videos and imports are still reported this long, in case the event was lost
MAX_IDS = 2000


def video_frame(event: dict[str, Any], language: str) -> Frame:
    """From a worker's event; `message` only with an error, in this language."""
    with translation.override(language):
        return _frame(
            event["video_id"], event["progress"], event["stage"], event["version"], event["cause"]
        )


def video_frames(user_id: int, subscribed: set[int] | None) -> list[Frame]:
    """The present state of these videos; without a subscription, of all of the user's that move or
    moved lately.
    """
    if subscribed is None:
        return moving_frames(user_id, None)
    visible = Video.objects.visible_to(user_id)
    found: list[Frame] = []
    for ids in chunks(sorted(subscribed)):
        found += _frames(visible.filter(pk__in=ids))
    return found


def moving_frames(user_id: int, subscribed: set[int] | None) -> list[Frame]:
    """Those of these videos whose events may have been lost: begun and not at an end yet, or
    finished lately.

    A video in its first stage that nothing has happened to is left out, so an import of ten
    thousand costs nothing here.
    """
    visible = Video.objects.visible_to(user_id)
    if subscribed is None:
        with looking_up_by_index():
            return _moving(visible)
    found: list[Frame] = []
    for ids in chunks(sorted(subscribed)):
        found += _moving(visible.filter(pk__in=ids))
    return found


def _moving(videos: VideoQuerySet) -> list[Frame]:
    lately = timezone.now() - LATELY
    ended = videos.filter(version__gt=0, finished_at__gte=lately)
    return _frames(videos.moving()) + _frames(ended)


def _frames(videos: VideoQuerySet) -> list[Frame]:
    """By id. Sorted here: SQLite would walk all videos to have few of them in that order."""
    columns = ("pk", "import_progress", "import_stage", "version", "error_cause")
    return [_frame(*row) for row in sorted(videos.order_by().values_list(*columns))]


def batch_frames(user_id: int) -> list[Frame]:
    """The user's active imports, and those that ended a moment ago. At most nine queries."""
    active = Q(state__in=ACTIVE) | Q(finished_at__gte=timezone.now() - LATELY)
    batches = ImportBatch.objects.of(user_id).filter(active).order_by("pk")
    return [batch_frame(progress) for progress in progress_of(list(batches))]


def batch_frame(progress: BatchProgress) -> Frame:
    until = None
    if progress.throttled_until is not None:
        until = progress.throttled_until.isoformat()
    return {
        "type": "import_batch",
        "batch_id": progress.batch_id,
        "state": progress.state,
        "total": progress.total,
        "done": progress.done,
        "failed": progress.failed,
        "percent": progress.percent,
        "eta_seconds": progress.eta_seconds,
        "throttled_until": until,
    }


def visible_ids(user_id: int, ids: set[int]) -> set[int]:
    """Those of the videos that are in a list of the user's."""
    visible = Video.objects.visible_to(user_id)
    found: set[int] = set()
    for some in chunks(sorted(ids)):
        found.update(visible.filter(pk__in=some).values_list("pk", flat=True))
    return found


def newest(frames: list[Frame], *, beyond: int) -> list[Frame]:
    """All frames, unless there are more than that: then the last one of each video and import."""
    if len(frames) <= beyond:
        return frames
    last: dict[tuple[str, Any], Frame] = {}
    for frame in frames:
        about = frame.get("video_id", frame.get("batch_id"))
        last[frame["type"], about] = frame
    return list(last.values())


def still_signed_in(session_key: str, user_id: int) -> bool:
    """Whether this session is still that user's: False after a logout, a change of password, or
    when the account was closed.
    """
    request = HttpRequest()
    request.session = SessionStore(session_key)
    user = get_user(request)
    return user.pk == user_id and user.is_active


def parse_request(text: str) -> dict[str, Any]:
    """What a browser asks; {} for what is no JSON object."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def ids_of(value: Any) -> set[int] | None:
    """The ids of a request, at most 2,000; None when it is no list of numbers."""
    if not isinstance(value, list) or any(
        type(one) is not int or not 0 < one < 2**63 for one in value
    ):
        return None
    return set(value[:MAX_IDS])


def language_of(scope: Mapping[str, Any]) -> str:
    """The language of the page that opened the socket: its cookie, else the browser's."""
    request = HttpRequest()
    request.COOKIES = scope.get("cookies", {})
    headers = dict(scope.get("headers", ()))
    request.META["HTTP_ACCEPT_LANGUAGE"] = headers.get(b"accept-language", b"").decode("latin-1")
    return translation.get_language_from_request(request)


def _frame(video_id: int, progress: int, stage: str, version: int, cause: str) -> Frame:
    return {
        "type": "import_progress",
        "video_id": video_id,
        "progress": progress,
        "stage": stage,
        "version": version,
        "message": message(cause),
    }
