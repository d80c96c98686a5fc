"""The one connection to Redis that synchronous code shares."""

from __future__ import annotations

from functools import lru_cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

SOCKET_TIMEOUT = (
    0.3  # seconds: a page that asks three times still answers within a second while Redis is frozen
)


def redis_client() -> redis.Redis:
    """The client for settings.REDIS_URL.

    Safe after a fork: its pool notices the new process and connects anew.

    It never retries by itself: a question that was perhaps answered is not asked twice.
    """
    return _client(settings.REDIS_URL)


@lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        socket_timeout=SOCKET_TIMEOUT,
        socket_connect_timeout=SOCKET_TIMEOUT,
        retry=Retry(NoBackoff(), 0),
    )
