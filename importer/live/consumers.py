"""`/ws/progress`: what moves in a user's imports, coalesced to at most four frames a second.

Events from workers are hints that make the page quick; what makes it right is the database, read on
connect, on `sync`, and every few seconds, so a lost frame delays the page and never leaves it
wrong.
"""

import asyncio
import logging
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.db import Error as DatabaseError
from django.utils import translation

from enrichment.events import user_group
from importer.live import frames, rates
from importer.live.frames import Frame

logger = logging.getLogger(__name__)

FRAME_INTERVAL = 0.25  # seconds: at most four frames a second
BATCH_INTERVAL = 1.0  # seconds between two counts of the imports
RESYNC_INTERVAL = (
    4.0  # seconds; what a lost event may delay, and how long a socket outlives its session
)
MAX_SUBSCRIBED = 2000
MAX_PENDING = 2000  # frames of one send; beyond it only the newest of each video is kept
MAX_TEXT = 64_000  # characters of what a browser asks: a subscription to 2,000 videos has 20,000
SIGNED_OUT = 4401
TOO_FAST = 4408  # it sends more than a page ever would
TOO_MANY = 4429  # of this user's sockets
INTERNAL_ERROR = 1011


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
        self.user_id: int = user.pk
        self.frame_rate = rates.FrameRate()
        self.is_too_fast = False
        self.sync_wanted = False
        self.next_sync = 0.0  # monotonic seconds
        self.next_batches = 0.0  # monotonic seconds
        self.is_counted = True
        self.language = frames.language_of(dict(self.scope))
        self.subscribed: set[int] | None = None  # None: all of the user's
        self.sent: dict[int, int] = {}  # video -> the version this page has
        self.sent_batches: dict[int, Frame] = {}
        self.pending: list[Frame] = []
        self.moved = asyncio.Event()
        self.batches_moved = True
        self.next_resync = 0.0  # monotonic seconds
        # Whatever is published after this is heard, unless Redis is away.
        await self.channel_layer.group_add(user_group(self.user_id), self.channel_name)
        await self.accept()
        self.background = asyncio.create_task(self._send_or_close())

    async def disconnect(self, code: int) -> None:
        if self.background is None:
            return
        await self.channel_layer.group_discard(user_group(self.user_id), self.channel_name)
        self.background.cancel()
        with suppress(asyncio.CancelledError):
            await self.background

    # what the browser asks ------------------------------------------------------------------------

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any
    ) -> None:
        """Anything but a JSON object with a known action is answered with a word about it."""
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
            ids = frames.ids_of(content.get("video_ids"))
            if ids is None:
                await self.send_json(
                    {"type": "error", "detail": "video_ids takes a list of numbers"}
                )
                return
            if action == "subscribe":
                await self._subscribe(ids)
            else:
                self._unsubscribe(ids)
        else:
            await self.send_json(
                {"type": "error", "detail": "action takes subscribe, unsubscribe or sync"}
            )

    async def _subscribe(self, ids: set[int]) -> None:
        """Only what the user may see is kept, so an id of somebody else's answers nothing.

        What moves among them is reported soon: the page may be a moment older than its
        subscription.
        """
        try:
            mine = await self._read(frames.visible_ids, self.user_id, ids)
        except DatabaseError:
            # each event is for this user, and each reading looks again at what they may see
            mine = ids
        self.subscribed = set(sorted((self.subscribed or set()) | mine)[-MAX_SUBSCRIBED:])
        self.next_resync = 0.0
        self.moved.set()

    def _unsubscribe(self, ids: set[int]) -> None:
        if self.subscribed is not None:
            self.subscribed -= ids

    async def _report_all(self) -> None:
        """The present state of what is subscribed and of every active import, whatever was sent
        before.
        """
        self.sent.clear()
        self.sent_batches.clear()
        with suppress(DatabaseError):  # the next resync reports it
            self._add(await self._read(frames.video_frames, self.user_id, self.subscribed))
        self.batches_moved = True
        self.next_batches = 0.0

    # what workers report --------------------------------------------------------------------------

    async def dispatch(self, message: dict[str, Any]) -> None:
        """What the browser says goes to Channels; what workers say is handled here, whatever their
        version.
        """
        if message["type"].startswith("websocket."):
            await super().dispatch(message)
        else:
            self._note_event(message)

    def _note_event(self, event: dict[str, Any]) -> None:
        """A video or an import changed.

        An event that cannot be read is a reason to ask the database.
        """
        self.batches_moved = True
        if event["type"] == "video.changed":
            try:
                self._add([frames.video_frame(event, self.language)])
            except (KeyError, TypeError, ValueError) as error:
                logger.warning("an event could not be used: %s", type(error).__name__)
                self.next_resync = 0.0
        self.moved.set()

    # what goes out --------------------------------------------------------------------------------

    def _add(self, news: Iterable[Frame]) -> None:
        """Queue what the page does not know better already.

        Each stage is its own frame, so a page sees them all, in order.
        """
        for frame in news:
            video_id, version = frame["video_id"], frame["version"]
            if self.subscribed is not None and video_id not in self.subscribed:
                continue
            if version > self.sent.get(video_id, -1):
                self.sent[video_id] = version
                self.pending.append(frame)

    async def _send_or_close(self) -> None:
        """A page whose sending failed must not look live: its socket closes, and the browser comes
        back.
        """
        try:
            await self._send_what_moves()
        except Exception:
            logger.exception("a page's progress could not be sent")
            await self.close(code=INTERNAL_ERROR)

    async def _send_what_moves(self) -> None:
        """The only place that sends progress: waits for something to move, then for the frame's
        turn.
        """
        while True:
            now = time.monotonic()
            try:
                if self.sync_wanted and now >= self.next_sync:
                    self.sync_wanted = False
                    self.next_sync = now + rates.SYNC_INTERVAL
                    await self._report_all()
                if self.batches_moved and now >= self.next_batches:
                    await self._read_batches()
                    self.next_batches = now + BATCH_INTERVAL
                if now >= self.next_resync:
                    self.next_resync = now + self.resync_seconds
                    await self._resync()
            except DatabaseError as error:
                logger.warning("a page waits for the database: %s", type(error).__name__)
            await self._send_pending()
            until = self.next_resync
            if self.batches_moved:
                until = min(until, self.next_batches)
            if self.sync_wanted:
                until = min(until, self.next_sync)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.moved.wait(), timeout=max(until - time.monotonic(), 0))
            self.moved.clear()

    async def _send_pending(self) -> None:
        if self.pending:
            outgoing = frames.newest(self.pending, beyond=MAX_PENDING)
            self.pending = []
            if len(outgoing) == 1:
                await self.send_json(outgoing[0])
            else:
                await self.send_json(outgoing)
            await asyncio.sleep(FRAME_INTERVAL)

    async def _resync(self) -> None:
        """What an event would have said, if one was lost; and whether this page may still be
        told.
        """
        if not await self._read(
            frames.still_signed_in, self.scope["session"].session_key, self.user_id
        ):
            await self.close(code=SIGNED_OUT)
            await asyncio.Event().wait()  # until the socket is closed and this task is cancelled
        state = await self._read(frames.moving_frames, self.user_id, self.subscribed)
        await asyncio.sleep(
            FRAME_INTERVAL
        )  # events that are on their way go first, so no stage is passed over
        self._add(state)
        self.batches_moved = True

    async def _read_batches(self) -> None:
        self.batches_moved = False
        for frame in await self._read(frames.batch_frames, self.user_id):
            if self.sent_batches.get(frame["batch_id"]) != frame:
                self.sent_batches[frame["batch_id"]] = frame
                self.pending.append(frame)

    async def _read(self, function: Any, *args: Any) -> Any:
        """Run a query in a thread of its own (not the one all of Django shares), in the user's
        language.
        """

        def localised() -> Any:
            with translation.override(self.language):
                return function(*args)

        reading = database_sync_to_async(localised, thread_sensitive=False, executor=rates.readings)
        return await reading()
