"""The channel layer of this installation: channels_redis' pub/sub layer, made to bear that Redis is
away.

Pages join their user's group and workers publish to it, as with the layer as it comes. What is
changed: a page may open while Redis is away or frozen (theirs refuses it), everything is subscribed
again once Redis is back, an outage is one line in the log instead of a traceback a second, an event
that cannot be read is left out instead of ending the page, and a worker publishes without an event
loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import redis
from channels_redis.pubsub import (
    RedisPubSubChannelLayer,
    RedisPubSubLoopLayer,
    RedisSingleShardConnection,
)
from channels_redis.utils import _wrap_close, create_pool
from django.conf import settings
from redis.asyncio import Redis
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

AGAIN = 1.0  # seconds until Redis is tried again
PATIENCE = 1.0  # seconds a page that opens waits for Redis to confirm that it hears
PING = 10  # seconds of silence after which the connection is checked


class ChannelLayer(RedisPubSubChannelLayer):  # type: ignore[misc]
    """What CHANNEL_LAYERS names.

    Its `prefix` is the installation's own; Redis is the one of REDIS_URL. `keepalive`: redis-py's
    options that tell when its machine is gone.
    """

    def __init__(self, prefix: str, keepalive: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.prefix = prefix
        self.keepalive = keepalive or {}

    def publish(self, client: redis.Redis, groups: Iterable[str], message: dict[str, Any]) -> None:
        """Send a message to groups from synchronous code: one round trip for all.

        Raises RedisError.
        """
        body = self.serialize(message)
        with client.pipeline(transaction=False) as pipeline:
            for group in groups:
                pipeline.publish(f"{self.prefix}__group__{group}", body)
            pipeline.execute()

    def _get_layer(self) -> LoopLayer:
        """The part of the running event loop, with its own connection to Redis."""
        loop = asyncio.get_running_loop()
        if loop not in self._layers:
            self._layers[loop] = LoopLayer(prefix=self.prefix, channel_layer=self)
            _wrap_close(self, loop)
        layer: LoopLayer = self._layers[loop]
        return layer


class LoopLayer(RedisPubSubLoopLayer):  # type: ignore[misc]
    """The queues and groups of one event loop's pages."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        host = {
            "address": settings.REDIS_URL,
            # A subscription is silent for hours: with a limit on reading it would be cut off again
            # and again.
            "socket_timeout": None,
            "socket_connect_timeout": 2,
            "health_check_interval": PING,
        }
        if not settings.REDIS_URL.startswith("unix://"):
            # Instead a machine that does not answer the check is given up.
            host |= self.channel_layer.keepalive
        self._shards = [Subscription(host, self)]

    async def _subscribe_to_channel(self, channel: str) -> None:
        """Make the page's queue.

        Redis is not asked: pages are only ever reached through their group.
        """
        self.channels[channel] = asyncio.Queue()

    async def receive(self, channel: str) -> dict[str, Any]:
        """The next event that can be read; what cannot be is left out, and the page goes on."""
        try:
            while True:
                try:
                    event = await super().receive(channel)
                except (ValueError, TypeError) as error:  # what unpacking raises
                    logger.warning("an event could not be read: %s", type(error).__name__)
                    continue
                if isinstance(event, dict) and isinstance(event.get("type"), str):
                    return event
                logger.warning("an event without a type was left out")
        finally:
            if channel not in self.channels:  # the page is gone, however it ended
                await self._leave_all_groups(channel)

    async def _leave_all_groups(self, channel: str) -> None:
        prefix = self._get_group_channel_name("")
        for name, channels in list(self.groups.items()):
            if channel in channels:
                await self.group_discard(name.removeprefix(prefix), channel)


class Subscription(RedisSingleShardConnection):  # type: ignore[misc]
    """One connection that hears the groups of this loop's pages.

    It lives as long as there are any, and comes back with Redis.
    """

    def __init__(self, host: dict[str, Any], channel_layer: LoopLayer) -> None:
        super().__init__(host, channel_layer)
        self._redis: Redis | None = None
        self._pubsub: Any = None
        # Group -> whether it is known that Redis has the subscription, or that Redis is away.
        self._wanted: dict[str, asyncio.Event] = {}
        self._is_away = False

    async def subscribe(self, channel: str) -> None:
        """Hear this group from now on.

        Returns when Redis has it, when Redis is known to be away, or after PATIENCE.
        """
        settled = self._wanted.setdefault(channel, asyncio.Event())
        self._ensure_receiver()
        if self._pubsub is not None:
            await self._tell_redis(self._pubsub.subscribe, channel)
        if self._is_away:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(settled.wait(), PATIENCE)

    async def unsubscribe(self, channel: str) -> None:
        """Hear this group no more; with the last one the connection ends."""
        self._wanted.pop(channel, None)
        if not self._wanted:
            await self.flush()
        elif self._pubsub is not None:
            await self._tell_redis(self._pubsub.unsubscribe, channel)

    async def flush(self) -> None:
        self._wanted.clear()
        await super().flush()

    async def _tell_redis(self, command: Any, channel: str) -> None:
        """An error is left to the receiver: it meets the same one, and subscribes to everything
        again.
        """
        with suppress(RedisError, OSError):
            await command(channel)

    def _ensure_redis(self) -> None:
        if self._redis is None:
            self._redis = Redis(connection_pool=create_pool(self.host))

    async def _do_receiving(self) -> None:
        """Never ends by itself."""
        while True:
            try:
                await self._receive_until_lost()
            except (RedisError, OSError) as error:
                self._note_loss(error)
                await asyncio.sleep(AGAIN)

    def _note_loss(self, error: Exception) -> None:
        if not self._is_away:
            logger.warning("Redis is away, pages ask the database: %s", type(error).__name__)
        self._is_away = True
        for settled in self._wanted.values():
            settled.set()

    async def _receive_until_lost(self) -> None:
        self._ensure_redis()
        assert self._redis is not None
        async with self._redis.pubsub() as pubsub:
            await pubsub.subscribe(*self._wanted)
            self._pubsub = pubsub
            try:
                await pubsub.subscribe(*self._wanted)  # those that came meanwhile
                await self._take_all(pubsub)
            finally:
                self._pubsub = None

    async def _take_all(self, pubsub: Any) -> None:
        while True:
            message = await pubsub.get_message(timeout=PING)
            if message is not None:
                self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "message":
            self._receive_message(message)
        elif message["type"] == "subscribe":
            self._note_subscription(message["channel"].decode())

    def _note_subscription(self, group: str) -> None:
        if self._is_away:
            logger.info("Redis is back, pages hear of changes at once again")
        self._is_away = False
        settled = self._wanted.get(group)
        if settled is not None:
            settled.set()
