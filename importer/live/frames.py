"""The frames of `/ws/progress`, made from rows and events."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import starmap
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare

from importer.imports.models import ACTIVE, ImportBatch
from importer.imports.progress import BatchProgress, progress_of
from videos.causes import message
from videos.chunks import chunks
from videos.lookups import looking_up_by_index
from videos.models import ListEntry, Video, VideoQuerySet

Frame = dict[str, Any]
States = dict[int, list["VideoState"]]  # by user

LATELY = timedelta(
    minutes=2
)  # finished videos and imports are still reported this long, in case the event was lost
MAX_IDS = 2000
IMPORTS_AT_ONCE = 500  # whose progress is read together


@dataclass(frozen=True, slots=True)
class VideoState:
    """What is reported of a video at one moment, in no language yet."""

    video_id: int
    progress: int
    stage: str
    version: int
    cause: str

    def frame(self, language: str) -> Frame:
        """`message` only with an error, in this language."""
        with translation.override(language):
            return {
                "type": "import_progress",
                "video_id": self.video_id,
                "progress": self.progress,
                "stage": self.stage,
                "version": self.version,
                "message": message(self.cause),
            }


COLUMNS = ("pk", "import_progress", "import_stage", "version", "error_cause")  # of a VideoState


def state_of(event: Mapping[str, Any]) -> VideoState:
    """Read a worker's event. Raises KeyError or TypeError for one of another shape."""
    numbers = (event["video_id"], event["progress"], event["version"])
    if set(map(type, numbers)) != {int}:
        raise TypeError("these are no numbers")
    video_id, progress, version = numbers
    return VideoState(video_id, progress, str(event["stage"]), version, str(event["cause"]))


def video_states(user_id: int, subscribed: set[int] | None) -> list[VideoState]:
    """The present state of these videos; without a subscription, of all of the user's that move or
    moved lately.
    """
    if subscribed is None:
        return moving_states(user_id, None)
    visible = Video.objects.visible_to(user_id)
    found: list[VideoState] = []
    for ids in chunks(sorted(subscribed)):
        found += _states(visible.filter(pk__in=ids))
    return found


def moving_states(user_id: int, subscribed: set[int] | None) -> list[VideoState]:
    """Those of these videos whose events may have been lost: begun and not at an end yet, or
    finished lately.

    A video in its first stage that nothing has happened to is left out, so an import of ten
    thousand costs nothing here.
    """
    visible = Video.objects.visible_to(user_id)
    if subscribed is None:
        with looking_up_by_index():
            return _moving(visible)
    found: list[VideoState] = []
    for ids in chunks(sorted(subscribed)):
        found += _moving(visible.filter(pk__in=ids))
    return found


def _moving(videos: VideoQuerySet) -> list[VideoState]:
    return _states(videos.moving()) + _states(_ended_lately(videos))


def _ended_lately(videos: VideoQuerySet) -> VideoQuerySet:
    return videos.filter(version__gt=0, finished_at__gte=timezone.now() - LATELY)


def _states(videos: VideoQuerySet) -> list[VideoState]:
    """By id. Sorted here: SQLite would walk all videos to have few of them in that order."""
    rows = sorted(videos.order_by().values_list(*COLUMNS))
    return list(starmap(VideoState, rows))


def all_moving_states() -> list[VideoState]:
    """Read what moves or moved lately in the whole installation. One query."""
    videos = Video.objects.order_by()
    ended = _ended_lately(videos).values_list(*COLUMNS)
    rows = videos.moving().values_list(*COLUMNS).union(ended, all=True)
    return list(starmap(VideoState, rows))


def by_owner(states: Iterable[VideoState]) -> States:
    """Return the states that each user may see. One query for 900 videos, none without any."""
    by_id = {state.video_id: state for state in states}
    found: States = defaultdict(list)
    for ids in chunks(sorted(by_id)):
        for user_id, video_id in _owners_of(ids):
            found[user_id].append(by_id[video_id])
    return found


def _owners_of(video_ids: Sequence[int]) -> QuerySet[Any, Any]:
    entries = ListEntry.objects.filter(video__in=video_ids, video_list__deleted_at=None)
    return entries.order_by().values_list("video_list__owner", "video").distinct()


def batch_frames(user_ids: Iterable[int]) -> dict[int, list[Frame]]:
    """Return the active imports of each of these users, and those that ended a moment ago. At most
    ten queries for 900 users and their first 500 imports.
    """
    found: dict[int, list[Frame]] = {user_id: [] for user_id in user_ids}
    for owners in chunks(sorted(found)):
        batches = _reported_imports(owners).select_related("video_list").order_by("pk")
        for some in chunks(list(batches), IMPORTS_AT_ONCE):
            for batch, progress in zip(some, progress_of(some), strict=True):
                found[batch.owner_id].append(batch_frame(progress))
    return found


def users_with_imports(user_ids: Iterable[int]) -> set[int]:
    """Return which of these users have imports to report. One query for 900 users."""
    found: set[int] = set()
    for owners in chunks(sorted(user_ids)):
        imports = _reported_imports(owners).order_by()
        found.update(imports.values_list("owner", flat=True).distinct())
    return found


def _reported_imports(owners: Sequence[int]) -> QuerySet[ImportBatch]:
    active = Q(state__in=ACTIVE) | Q(finished_at__gte=timezone.now() - LATELY)
    return ImportBatch.objects.filter(active, owner__in=owners, video_list__deleted_at=None)


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
    """Return those of the videos that are in a list of the user's."""
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


def signed_in(sessions: Mapping[str, int]) -> set[str]:
    """Return those of these sessions (key -> user) that are still that user's: no longer after a
    logout, a change of password, or when the account was closed. Two queries for 900 sessions.
    """
    found: set[str] = set()
    for keys in chunks(sorted(sessions)):
        owners = {sessions[key] for key in keys}
        active = get_user_model().objects.filter(is_active=True).in_bulk(owners)
        for key, data in _open_sessions(keys):
            user = active.get(sessions[key])
            if user is not None and _is_login_of(user, SessionStore().decode(data)):
                found.add(key)
    return found


def _open_sessions(keys: Sequence[str]) -> QuerySet[Any, Any]:
    rows = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    return rows.values_list("session_key", "session_data")


def _is_login_of(user: Any, session: Mapping[str, Any]) -> bool:
    """Whether the session was begun by this user, with the password they still have."""
    if session.get(SESSION_KEY) != str(user.pk):
        return False
    kept = session.get(HASH_SESSION_KEY, "")
    for valid in (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()):
        if constant_time_compare(kept, valid):
            return True
    return False


def parse_request(text: str) -> dict[str, Any]:
    """Read a request; {} for what is no JSON object."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    return content


def ids_of(value: Any) -> set[int] | None:
    """Return the ids of a request, at most 2,000; None when it is no list of numbers."""
    if not isinstance(value, list) or not all(map(_is_id, value)):
        return None
    return set(value[:MAX_IDS])


def _is_id(value: Any) -> bool:
    return type(value) is int and 0 < value < 2**63


def language_of(scope: Mapping[str, Any]) -> str:
    """Return the language of the page that opened the socket: its cookie, else the browser's."""
    request = HttpRequest()
    request.COOKIES = scope.get("cookies", {})
    headers = dict(scope.get("headers", ()))
    request.META["HTTP_ACCEPT_LANGUAGE"] = headers.get(b"accept-language", b"").decode("latin-1")
    return translation.get_language_from_request(request)
