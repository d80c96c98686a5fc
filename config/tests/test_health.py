import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import Client

from config import health
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


def test_it_says_so_while_redis_is_frozen(
    client: Client, settings: Any, redis_process: RedisProcess
) -> None:
    settings.REDIS_URL = redis_process.url
    redis_process.freeze()
    try:
        assert report(client) == (503, {"database": "ok", "redis": "down", "worker": "down"})
    finally:
        redis_process.thaw()


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each new connection fails: nobody listens at that port, and there is no such folder."""
    away = {"NAME": "/no/such/folder", "HOST": "127.0.0.1", "PORT": "1"}
    for name, value in away.items():
        monkeypatch.setitem(connection.settings_dict, name, value)


@pytest.mark.usefixtures("no_database")
def test_it_names_a_database_that_is_away(client: Client, clean_redis: redis.Redis) -> None:
    clean_redis.set(HEARTBEAT, 1, ex=15)

    assert report(client) == (503, {"database": "down", "redis": "ok", "worker": "ok"})


@pytest.mark.usefixtures("no_database")
def test_it_names_everything_that_is_away(client: Client, settings: Any, tmp_path: Path) -> None:
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"

    assert report(client) == (503, dict.fromkeys(("database", "redis", "worker"), "down"))


def test_it_names_a_full_disk(client: Client, clean_redis: redis.Redis, settings: Any) -> None:
    clean_redis.set(HEARTBEAT, 1, ex=15)
    settings.DISK_RESERVE = 2**60

    well = {"database": "ok", "redis": "ok", "worker": "ok"}
    assert report(client) == (503, well | {"disk": "full"})


@pytest.mark.parametrize("check", [health.database_answers, health.what_stands_still])
def test_a_check_leaves_no_connection_open(check: Callable[[], object]) -> None:
    """Its thread may not come back, and would keep one of the database's few places."""

    def look() -> object:
        check()
        return connection.connection

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(look).result() is None


def test_a_check_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer comes while the check still hangs."""
    monkeypatch.setattr(health, "PATIENCE", 0.05)
    let_go = threading.Event()

    def hang() -> bool:
        let_go.wait(20)
        return True

    async def ask() -> bool:
        answer = await health.within_patience(hang, otherwise=False)
        let_go.set()
        return answer

    assert asyncio.run(ask()) is False
