"""Telling browsers what changed. A hint, never the truth: Redis being away makes a page slower, not an import fail.

The channel layer's own `group_send` needs an event loop and would open a connection per call, so a worker publishes through its
one Redis client, in the layer's own format (channels_redis pub/sub: one PUBLISH per group).
"""

import logging
from collections.abc import Iterable
from functools import cache
from typing import Any, Protocol

from channels.layers import get_channel_layer
from django.conf import settings
from redis.exceptions import RedisError

from enrichment.limits.connection import redis_client
from videos.models import Video

logger = logging.getLogger(__name__)


class Serializer(Protocol):
    def serialize(self, message: dict[str, Any]) -> bytes: ...


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
    """Say that the state of these users' imports changed; whoever listens reads it from the database."""
    publish(user_ids, {"type": "imports.changed"})


def publish(user_ids: Iterable[int], message: dict[str, Any]) -> None:
    channels = [f"{settings.CHANNEL_PREFIX}__group__{user_group(user_id)}" for user_id in user_ids]
    if not channels:
        return
    body = _serializer().serialize(message)
    try:
        for channel in channels:
            redis_client().publish(channel, body)
    except RedisError as error:
        logger.info("not published, browsers will ask: %s", type(error).__name__)


@cache
def _serializer() -> Serializer:
    layer: Serializer = get_channel_layer()  # type: ignore[assignment]
    return layer
