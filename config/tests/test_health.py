import json
import time
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.test import Client

from enrichment import clients
from enrichment.client_state import Client as YouTubeClient
from enrichment.errors import YouTubeChanged
from tests.redis_process import RedisProcess

pytestmark = pytest.mark.django_db(transaction=True)

HEARTBEAT = f"{settings.REDIS_PREFIX}worker:alive"


def report(client: Client) -> tuple[int, dict[str, Any]]:
    answer = client.get("/healthz")
    return answer.status_code, json.loads(answer.content)


def test_it_says_ok_while_everything_works(client: Client, clean_redis: redis.Redis) -> None:
    clean_redis.set(HEARTBEAT, 1, ex=15)

    assert report(client) == (200, {"database": "ok", "redis": "ok", "worker": "ok"})


def test_health_names_what_youtube_refuses(client: Client, clean_redis: redis.Redis) -> None:
    """It is no reason to restart anything, so the status stays 200, and no detail is told to
    everybody.
    """
    clean_redis.set(HEARTBEAT, 1, ex=15)
    error = YouTubeChanged(detail="Words of YouTube")
    clients.note_refusal(YouTubeClient.WATCH_PAGE, "x", error, close_after=1)

    well = {"database": "ok", "redis": "ok", "worker": "ok"}
    assert report(client) == (200, well | {"youtube": "changed"})


def test_it_names_a_worker_without_heartbeat(client: Client, clean_redis: redis.Redis) -> None:
    assert report(client) == (503, {"database": "ok", "redis": "ok", "worker": "down"})


def test_it_names_a_redis_that_is_gone(client: Client, settings: Any, tmp_path: Path) -> None:
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"

    assert report(client) == (503, {"database": "ok", "redis": "down", "worker": "down"})


def test_it_answers_soon_while_redis_is_frozen(
    client: Client, settings: Any, redis_process: RedisProcess
) -> None:
    settings.REDIS_URL = redis_process.url
    redis_process.freeze()
    asked = time.monotonic()

    assert report(client) == (503, {"database": "ok", "redis": "down", "worker": "down"})
    assert time.monotonic() - asked < 1.5
    redis_process.thaw()
