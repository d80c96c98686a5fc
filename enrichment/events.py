"""Telling browsers what changed.

A hint, never the truth: Redis being away makes a page slower, not an import fail.

A page joins its user's group on the channel layer. `group_send` needs an event loop and would open
a connection per call, so a worker publishes through its one Redis client, by the layer's own
`publish`.
"""

import logging
from collections.abc import Iterable
from typing import Any

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from enrichment.limits.connection import redis_client
from videos.models import Video

logger = logging.getLogger(__name__)


def user_group(user_id: int) -> str:
    return f"user.{user_id}"


def publish_video(video: Video, user_ids: Iterable[int]) -> None:
    """Report a video's present stage to these users. Call it after the commit."""
    publish(
        user_ids,
        {
            "type": "video.changed",
            "video_id": video.pk,
            "progress": video.import_progress,
            "stage": str(video.import_stage),
            "version": video.version,
            "cause": str(video.error_cause),
        },
    )


def publish_imports(user_ids: Iterable[int]) -> None:
    """Say that the state of these users' imports changed; whoever listens reads it from the
    database.
    """
    publish(user_ids, {"type": "imports.changed"})


def publish(user_ids: Iterable[int], message: dict[str, Any]) -> None:
    """Send a message to the open pages of these users.

    One round trip; Redis being away loses only the message.
    """
    groups = list(map(user_group, user_ids))
    if not groups:
        return
    layer: Any = get_channel_layer()
    try:
        layer.publish(redis_client(), groups, message)
    except RedisError as error:
        logger.info("not published, browsers will ask: %s", type(error).__name__)
