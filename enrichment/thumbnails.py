"""Fetching the pictures that are kept here (KEEP_THUMBNAILS), a few at a time.

They cost nothing of a lane's budget, since YouTube gives them to every browser by the dozen. They
go out by a lane all the same, and not while YouTube refuses it.
"""

import logging
import re

from django.conf import settings
from django.core.cache import caches

from enrichment.errors import SourceError
from enrichment.limits.lanes import youtube_lanes, youtube_states
from enrichment.ytdlp import loading
from videos.disk import is_disk_full
from videos.models import YOUTUBE_ID_LENGTH
from videos.thumbnails import keep, next_without, remove_after

logger = logging.getLogger(__name__)

YOUTUBE_ID = re.compile(rf"[A-Za-z0-9_-]{{{YOUTUBE_ID_LENGTH}}}")
# In the cache that all processes share; lost with Redis, it begins anew.
LOOKED_AT = "thumbnails-looked-at"  # the last video
SWEPT = "thumbnails-swept"  # the last folder
BUSY = "thumbnails-busy"
PAUSED = "thumbnails-paused"
FAILURES = "thumbnails-failures"  # one after the other
TIME_LIMIT = 120  # seconds of one run
FIRST_PAUSE = 60  # seconds; twice as long after each further failure
LONGEST_PAUSE = 3600


def keep_next() -> None:
    """Fetch the next few pictures.

    Never an error: after a failure nothing is asked for a while.
    """
    shared = caches["shared"]
    if shared.get(PAUSED) or is_disk_full():
        return
    if not shared.add(BUSY, 1, TIME_LIMIT):
        return
    try:
        _keep_a_few()
    finally:
        shared.delete(BUSY)


def _keep_a_few() -> None:
    shared = caches["shared"]
    youtube_ids, last = next_without(shared.get(LOOKED_AT, 0))
    shared.set(LOOKED_AT, last, timeout=None)
    proxy = _open_way()
    if not youtube_ids or proxy is None:
        return
    try:
        fetch_and_keep(youtube_ids, proxy)
    except (SourceError, OSError) as error:
        _pause(error)
    else:
        shared.delete(FAILURES)


def fetch_and_keep(youtube_ids: list[str], proxy: str) -> None:
    """Fetch these pictures, one after the other. Raises SourceError, or OSError for the disk."""
    loading.load()
    from enrichment.sources.pictures import fetch_picture, picture_client  # only a worker gets here

    with picture_client(proxy, settings.YOUTUBE_CA_FILE) as client:
        for youtube_id in youtube_ids:
            if YOUTUBE_ID.fullmatch(youtube_id):
                keep(youtube_id, fetch_picture(client, youtube_id))
            else:
                keep(youtube_id, b"")


def _open_way() -> str | None:
    """The proxy of a way out that is open; None when none is."""
    lanes = youtube_lanes()
    for lane, state in zip(lanes, youtube_states(lanes), strict=True):
        if state.breaker == "closed":
            return lane.proxy
    return None


def _pause(error: Exception) -> None:
    shared = caches["shared"]
    failures = shared.get(FAILURES, 0)
    pause = min(FIRST_PAUSE * 2 ** min(failures, 10), LONGEST_PAUSE)
    shared.set(FAILURES, failures + 1, timeout=None)
    shared.set(PAUSED, 1, pause)
    logger.info("thumbnails: %s; the next in %s s", error, pause)


def remove_next() -> None:
    """Remove pictures of videos in no list, from one folder after the other."""
    shared = caches["shared"]
    shared.set(SWEPT, remove_after(shared.get(SWEPT, "")), timeout=None)
