"""Hearing what workers publish, on one Redis connection for all open pages of this process.

The channel layer's own receiving is not used: when Redis is away it refuses every page at its door, keeps a queue for each refused one,
and logs a traceback a second. Here Redis being away only means that pages hear nothing, and ask the database as they do anyway.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer
from django.conf import settings
from redis import asyncio as redis
from redis.exceptions import RedisError

from enrichment.events import user_group

logger = logging.getLogger(__name__)

Hear = Callable[[dict[str, Any]], None]
AGAIN = 1.0  # seconds until Redis is tried again
PATIENCE = 1.0  # seconds a page that opens waits for Redis to answer
PING = 10  # seconds of silence after which the connection is checked
GROUPS = f"{settings.CHANNEL_PREFIX}__group__"


class Listener:
    """Hands each event to the pages of the user it is for. Its connection lives as long as there are pages."""

    def __init__(self) -> None:
        self._pages: dict[str, set[Hear]] = {}
        self._task: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()  # it is known whether Redis is there

    async def join(self, user_id: int, hear: Hear) -> None:
        """Whatever is published after this returns is heard, unless Redis is away."""
        self._pages.setdefault(user_group(user_id), set()).add(hear)
        if self._task is None:
            self._settled.clear()
            self._task = asyncio.create_task(self._listen())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._settled.wait(), PATIENCE)

    async def leave(self, user_id: int, hear: Hear) -> None:
        group = user_group(user_id)
        pages = self._pages.get(group, set())
        pages.discard(hear)
        if not pages:
            self._pages.pop(group, None)
        if not self._pages and self._task is not None:
            task, self._task = self._task, None
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _listen(self) -> None:
        """Never ends by itself. One line in the log when Redis goes, one when it is back."""
        away = False
        while True:
            try:
                async with (
                    connect() as client,
                    client.pubsub(ignore_subscribe_messages=True) as events,
                ):
                    await events.psubscribe(f"{GROUPS}*")
                    await events.get_message(timeout=PATIENCE)  # Redis has it
                    if away:
                        logger.info("Redis is back, pages hear of changes at once again")
                    away = False
                    self._settled.set()
                    while True:
                        message = await events.get_message(timeout=PING)
                        if message is not None:
                            self._hand_out(message)
            except (RedisError, OSError) as error:
                if not away:
                    logger.warning(
                        "Redis is away, pages ask the database: %s", type(error).__name__
                    )
                away = True
                self._settled.set()
                await asyncio.sleep(AGAIN)

    def _hand_out(self, message: dict[str, Any]) -> None:
        group = message["channel"].decode().removeprefix(GROUPS)
        if pages := self._pages.get(group):
            layer: Any = get_channel_layer()
            event = layer.deserialize(message["data"])
            for hear in tuple(pages):
                hear(event)


def connect() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, health_check_interval=PING, socket_connect_timeout=2
    )


_listeners: WeakKeyDictionary[asyncio.AbstractEventLoop, Listener] = WeakKeyDictionary()


def listener() -> Listener:
    """The one of the running event loop."""
    return _listeners.setdefault(asyncio.get_running_loop(), Listener())
