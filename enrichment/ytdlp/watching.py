"""Watching a version nobody has proved yet: one that fails with every video is taken back by
itself.

The first video that is read proves the version in use; until then the videos it did not understand
are counted. Videos that failed meanwhile have used an attempt and are tried again, then with the
version before.
"""

import logging
from typing import cast

from django.conf import settings
from redis.exceptions import RedisError

from enrichment.limits.connection import redis_client
from enrichment.ytdlp import versions
from enrichment.ytdlp.in_process import loaded_folder

logger = logging.getLogger(__name__)

FAILURES = 8  # different videos, and none that was read in between; fewer than make imports pause
KEPT_SECONDS = 86_400

_proved_folder = ""  # of the version that this process knows to be proved


def note_read() -> None:
    """A video was read: the version in use works."""
    global _proved_folder
    folder = loaded_folder()
    version = _unproved_version(folder)
    if version:
        versions.remember_proved(version)
    _proved_folder = folder


def note_unreadable(youtube_id: str) -> None:
    """A video was not understood.

    Takes the version in use back when that was so for each of the first ones.
    """
    version = _unproved_version(loaded_folder())
    if not version:
        return
    key = f"{settings.REDIS_PREFIX}ytdlp:unreadable:{version}"
    try:
        client = redis_client()
        client.sadd(key, youtube_id)
        client.expire(key, KEPT_SECONDS)
        failures = cast(int, client.scard(key))
    except RedisError:
        return  # without Redis nothing is fetched in a moment, and the count goes on later
    if failures >= FAILURES:
        before = versions.take_back(version, f"it read none of the first {failures} videos")
        if before is not None:
            logger.error("yt-dlp %s read no video and was taken back for %s", version, before)


def _unproved_version(folder: str) -> str:
    """The version loaded from this folder, while it is in use and unproved; "" otherwise.

    Free once it is proved.
    """
    if not folder or folder == _proved_folder:
        return ""
    chosen = versions.in_use()
    if chosen is None or chosen.folder != folder or chosen.proved:
        return ""
    return chosen.version
