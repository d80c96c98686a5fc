"""`/ws/progress`: what moves in a user's imports, coalesced to at most four frames a second.

Events from workers are hints that make the page quick; what makes it right is the database, read on
connect, on `sync`, and every few seconds for all pages together (`feeds`), so a lost frame delays
the page and never leaves it wrong.
"""

import asyncio
import logging
import math
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.db import Error as DatabaseError

from importer.live import frames, rates
from importer.live.feeds import (
    FRAME_INTERVAL,
    INTERNAL_ERROR,
    RESYNC_INTERVAL,
    SIGNED_OUT,
    hub_of_this_loop,
    read,
)
from importer.live.frames import Frame
from importer.live.news import News, text_of

logger = logging.getLogger(__name__)

READ_AGAIN = 1.0  # seconds after the database did not answer
MAX_SUBSCRIBED = 2000
MAX_PENDING = 2000  # frames of one send; beyond it only the newest of each video is kept
MAX_WAITING = 4000  # frames that a page has not taken; beyond it they are dropped, and read anew
MAX_TEXT = 64_000  # characters of what a browser asks: a subscription to 2,000 videos has 20,000
TOO_FAST = 4408  # it sends more than a page ever would
TOO_MANY = 4429  # of this user's sockets
NEVER = math.inf


class ProgressConsumer(AsyncJsonWebsocketConsumer):
    """One open page. Touches the database only in worker threads, never on the event loop."""

    def __init__(self, *args: Any, resync_seconds: float = RESYNC_INTERVAL, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.resync_seconds = resync_seconds
        self.is_counted = False  # among the user's sockets

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Forget the socket however it ends, also when its opening fails or is cancelled."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.is_counted:
                self.hub.leave(self)
                rates.leave(self.user_id)

    async def connect(self) -> None:
        user: Any = self.scope["user"]
        self.background: asyncio.Task[None] | None = None
        if not user.is_authenticated or not user.is_active:
            await self.close(code=SIGNED_OUT)
            return
        if not rates.enter(user.pk):
            await self.close(code=TOO_MANY)
            return
        self._set_up(user.pk)
        self.is_counted = True
        self.feed = await self.hub.join(self)
        self._catch_up_soon()
        await self.accept()
        self.background = asyncio.create_task(self._send_or_close())

    def _set_up(self, user_id: int) -> None:
        self.user_id = user_id
        self.session_key: str | None = self.scope["session"].session_key
        self.frame_rate = rates.FrameRate()
        self.is_too_fast = False
        self.ending: int | None = None  # the code to close with
        self.sync_wanted = False
        self.next_sync = 0.0  # monotonic seconds
        self.next_catch_up = NEVER  # monotonic seconds
        self.wants_batches = True
        self.language = frames.language_of(dict(self.scope))
        self.subscribed: set[int] | None = None  # None: all of the user's
        self.outbox: list[News] = []
        self.moved = asyncio.Event()
        self.hub = hub_of_this_loop(self.resync_seconds)

    async def disconnect(self, code: int) -> None:
        if self.background is None:
            return
        self.hub.leave(self)
        self.background.cancel()
        with suppress(asyncio.CancelledError):
            await self.background

    # what the browser asks ------------------------------------------------------------------------

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any
    ) -> None:
        """Answer anything but a JSON object with a known action with a word about it."""
        if self.is_too_fast:
            return
        if not self.frame_rate.take(time.monotonic()):
            self.is_too_fast = True
            await self.close(code=TOO_FAST)
            return
        content = {}
        if text_data and len(text_data) <= MAX_TEXT:
            content = frames.parse_request(text_data)
        await self.receive_json(content)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        action = content.get("action")
        if action == "sync":
            self.sync_wanted = True
            self.moved.set()
        elif action in ("subscribe", "unsubscribe"):
            await self._change_subscription(action, content.get("video_ids"))
        else:
            await self._send_error("action takes subscribe, unsubscribe or sync")

    async def _send_error(self, detail: str) -> None:
        await self.send_json({"type": "error", "detail": detail})

    async def _change_subscription(self, action: str, video_ids: Any) -> None:
        ids = frames.ids_of(video_ids)
        if ids is None:
            await self._send_error("video_ids takes a list of numbers")
        elif action == "subscribe":
            await self._subscribe(ids)
        else:
            self._unsubscribe(ids)

    async def _subscribe(self, ids: set[int]) -> None:
        """Only what the user may see is kept, so an id of somebody else's answers nothing.

        What moves among them is reported soon: the page may be a moment older than its
        subscription.
        """
        try:
            mine = await read(frames.visible_ids, self.user_id, ids)
        except DatabaseError:
            # each event is for this user, and each reading looks again at what they may see
            mine = ids
        self.subscribed = set(sorted((self.subscribed or set()) | mine)[-MAX_SUBSCRIBED:])
        self._catch_up_soon()

    def _unsubscribe(self, ids: set[int]) -> None:
        if self.subscribed is not None:
            self.subscribed -= ids

    # what the feed says ---------------------------------------------------------------------------

    def take(self, news: News) -> None:
        """Send it when it is the page's turn.

        When too much waits for a page all of it is dropped, and read anew once it takes again.
        """
        if self.ending is not None or not news.is_for(self.subscribed):
            return
        self.outbox.append(news)
        if sum(each.size for each in self.outbox) > MAX_WAITING:
            self.outbox.clear()
            self.sync_wanted = True
        self.moved.set()

    def end(self, code: int) -> None:
        """Close the socket; nothing more is sent."""
        self.ending = code
        self.outbox.clear()
        self.moved.set()

    # what goes out --------------------------------------------------------------------------------

    async def _send_or_close(self) -> None:
        try:
            await self._send_what_moves()
        except Exception:
            # A page whose sending failed must not look live: the browser comes back.
            logger.exception("a page's progress could not be sent")
            self.ending = INTERNAL_ERROR
        await self.close(code=self.ending)

    async def _send_what_moves(self) -> None:
        """The only place that sends progress: waits for something to move, then for the frame's
        turn. Returns when the socket is to close.
        """
        while self.ending is None:
            now = time.monotonic()
            try:
                await self._read_what_is_due(now)
            except DatabaseError as error:
                logger.warning("a page waits for the database: %s", type(error).__name__)
                self.next_sync = now + READ_AGAIN
                self.sync_wanted = True
            await self._send_outbox()
            until = self.next_catch_up
            if self.sync_wanted:
                until = min(until, self.next_sync)
            if not self.outbox and self.ending is None:
                await self._wait_until(until)

    async def _read_what_is_due(self, now: float) -> None:
        """`now` is monotonic."""
        if self.sync_wanted and now >= self.next_sync:
            self.next_sync = now + rates.SYNC_INTERVAL
            self.sync_wanted = False
            self.next_catch_up = NEVER
            await self._report_all()
        elif now >= self.next_catch_up:
            self.next_catch_up = NEVER
            await self._catch_up()

    async def _wait_until(self, until: float) -> None:
        """`until`: monotonic seconds, may be infinite."""
        timeout = None
        if until < NEVER:
            timeout = max(until - time.monotonic(), 0)
        with suppress(TimeoutError):
            await asyncio.wait_for(self.moved.wait(), timeout=timeout)
        self.moved.clear()

    async def _send_outbox(self) -> None:
        outgoing, self.outbox = self.outbox, []
        text = self._text_of(outgoing)
        if text:
            await self.send(text_data=text)
            await asyncio.sleep(FRAME_INTERVAL)

    def _text_of(self, outgoing: Sequence[News]) -> str:
        """ "" when none of it is for this page."""
        if len(outgoing) == 1 and self.subscribed is None:
            return outgoing[0].text(self.language)
        several: list[Frame] = []
        for news in outgoing:
            several += news.frames(self.language, self.subscribed)
        if not several:
            return ""
        return text_of(frames.newest(several, beyond=MAX_PENDING))

    # what the page reads for itself ---------------------------------------------------------------

    def _catch_up_soon(self) -> None:
        """Report what moved before the page was told, unless a `sync` comes first, as a browser
        sends it.
        """
        self.known_since = self.feed.turn
        self.next_catch_up = time.monotonic() + FRAME_INTERVAL
        self.moved.set()

    async def _catch_up(self) -> None:
        since = self.known_since
        states = await read(frames.moving_states, self.user_id, self.subscribed)
        # Events that are on their way go first, so no stage is passed over.
        await asyncio.sleep(FRAME_INTERVAL)
        already_sent = self.feed.add(states)
        mine = []
        for state in already_sent:
            if not self.feed.was_sent_since(state, since):
                mine.append(state)
        if mine:
            self.take(News(mine))

    async def _report_all(self) -> None:
        """Send the present state of what is subscribed and of every active import, whatever was
        sent before.
        """
        states = await read(frames.video_states, self.user_id, self.subscribed)
        mine = []
        for state in states:
            if not self.feed.is_old(state):
                mine.append(state)
        if mine:
            self.take(News(mine))
        self.wants_batches = True
        self.hub.want_batches(self.feed)
