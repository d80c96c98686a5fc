"""`/healthz`: what works, for watchdogs and load balancers.

No login, no session, an answer within about a second.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from redis.exceptions import RedisError

from enrichment.limits.connection import redis_client
from enrichment.troubles import in_short
from videos.disk import is_disk_full

T = TypeVar("T")

PATIENCE = 1.0  # seconds for each part, asked at the same time
HEARTBEAT = f"{settings.REDIS_PREFIX}worker:alive"  # the worker's main process writes it


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    except DatabaseError:
        return False
    finally:
        connection.close()  # it belongs to a thread that may not come back


def redis_answers() -> tuple[bool, bool]:
    """Whether Redis answers, and whether a worker has written its heartbeat there."""
    try:
        return True, bool(redis_client().exists(HEARTBEAT))
    except RedisError:
        return False, False


def what_stands_still() -> dict[str, str]:
    """What YouTube or Groq refuses to everybody, by name; empty while all is well or the database
    is away.
    """
    try:
        return in_short()
    except DatabaseError:
        return {}
    finally:
        connection.close()


async def within_patience(check: Callable[[], T], otherwise: T) -> T:
    """Run the check in a thread of its own; `otherwise` when it hangs."""
    try:
        return await asyncio.wait_for(sync_to_async(check, thread_sensitive=False)(), PATIENCE)
    except TimeoutError:
        return otherwise


def in_words(states: dict[str, bool]) -> dict[str, str]:
    report = dict.fromkeys(states, "ok")
    for name, works in states.items():
        if not works:
            report[name] = "down"
    return report


@never_cache
async def healthz(request: HttpRequest) -> JsonResponse:
    """200 with "ok" for each part, or 503 naming what is down.

    A worker whose heartbeat cannot be read counts as down.

    A full disk is named, too: pages can be read then, and nothing can be written.
    What YouTube refuses is named too, and is no reason for a watchdog to restart anything.
    """
    nothing: dict[str, str] = {}
    database, (broker, worker), still = await asyncio.gather(
        within_patience(database_answers, otherwise=False),
        within_patience(redis_answers, otherwise=(False, False)),
        within_patience(what_stands_still, otherwise=nothing),
    )
    states = {"database": database, "redis": broker, "worker": worker}
    report = in_words(states) | still
    well = all(states.values())
    if is_disk_full():
        report["disk"] = "full"
        well = False
    if not well:
        return JsonResponse(report, status=503)
    return JsonResponse(report)
