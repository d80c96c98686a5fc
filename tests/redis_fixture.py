"""Fixtures: a Redis of the test run's own; with REDIS_URL set, that one, of which only keys with
the tests' prefix are touched.

The conftest of the root registers them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings

from tests.redis_process import RedisProcess, forget_test_keys


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The URL of a running Redis: settings.REDIS_URL, so every part of the product finds it by
    itself.
    """
    if not settings.EMBEDDED_REDIS:
        yield settings.REDIS_URL
        return
    process = RedisProcess(settings.REDIS_SOCKET)
    process.start()
    try:
        yield settings.REDIS_URL
    finally:
        process.kill()


@pytest.fixture
def clean_redis(redis_server: str) -> Iterator[redis.Redis]:
    """A client of that Redis; the tests' keys are gone before and after."""
    with contextlib.closing(redis.Redis.from_url(redis_server)) as client:
        forget_test_keys(client)
        yield client
        forget_test_keys(client)


@pytest.fixture
def redis_process(tmp_path: Path) -> Iterator[RedisProcess]:
    """A second Redis, of this test alone, to be frozen and killed."""
    process = RedisProcess(tmp_path / "redis.sock")
    process.start()
    try:
        yield process
    finally:
        process.kill()
