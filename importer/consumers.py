"""`/ws/progress`: what moves in a user's imports, coalesced to at most four frames a second.

Events from workers are hints that make the page quick; what makes it right is the database, read on connect, on `sync`, and every few
seconds, so a lost frame delays the page and never leaves it wrong.
"""

import asyncio
import contextlib
import time
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.utils import translation

from enrichment.events import user_group
from importer import frames
from importer.frames import Frame

FRAME_INTERVAL = 0.25  # seconds: at most four frames a second
BATCH_INTERVAL = 1.0  # seconds between two counts of the imports
RESYNC_INTERVAL = 4.0  # seconds; what a lost event may delay
MAX_SUBSCRIBED = 2000
MAX_PENDING = 2000  # frames waiting for the next send; beyond it only the newest of each video is kept


class ProgressConsumer(AsyncJsonWebsocketConsumer):
    """One open page. Touches the database only in worker threads, never on the event loop."""

    async def connect(self) -> None:
        user: Any = self.scope["user"]
        self.background: asyncio.Task[None] | None = None
        if not user.is_authenticated or not user.is_active:
            await self.close(code=4401)
            return
        self.user_id: int = user.pk
        self.language = frames.language_of(dict(self.scope))
        self.subscribed: set[int] | None = None  # None: all of the user's
        self.sent: dict[int, int] = {}  # video -> the version this page has
        self.sent_batches: dict[int, Frame] = {}
        self.pending: list[Frame] = []
        self.moved = asyncio.Event()
        self.batches_moved = True
        self.channel_group = user_group(self.user_id)
        await self.channel_layer.group_add(self.channel_group, self.channel_name)
        await self.accept()
        await self._read_batches()
        self.moved.set()
        self.background = asyncio.create_task(self._send_what_moves())

    async def disconnect(self, code: int) -> None:
        if self.background is not None:
            self.background.cancel()
            await self.channel_layer.group_discard(self.channel_group, self.channel_name)

    # what the browser asks -----------------------------------------------------------------------------------------

    @classmethod
    async def decode_json(cls, text_data: str) -> Any:
        try:
            return await super().decode_json(text_data)
        except ValueError:
            return None

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        action = content.get("action") if isinstance(content, dict) else None
        if action == "sync":
            await self._report_all()
        elif action in ("subscribe", "unsubscribe"):
            ids = frames.ids_of(content.get("video_ids"))
            if ids is None:
                await self.send_json({"type": "error", "detail": "video_ids takes a list of numbers"})
                return
            await self._subscribe(ids) if action == "subscribe" else self._unsubscribe(ids)
        else:
            await self.send_json({"type": "error", "detail": "action takes subscribe, unsubscribe or sync"})

    async def _subscribe(self, ids: set[int]) -> None:
        """Only what the user may see is kept, so an id of somebody else's answers nothing."""
        mine = await self._read(frames.visible_ids, self.user_id, ids)
        self.subscribed = set(sorted((self.subscribed or set()) | mine)[-MAX_SUBSCRIBED:])

    def _unsubscribe(self, ids: set[int]) -> None:
        self.subscribed = (self.subscribed or set()) - ids

    async def _report_all(self) -> None:
        """The present state of what is subscribed and of every active import, whatever was sent before."""
        self.sent.clear()
        self.sent_batches.clear()
        await self._read_videos()
        self.batches_moved = True
        self.moved.set()

    # what workers report -------------------------------------------------------------------------------------------

    async def video_changed(self, event: dict[str, Any]) -> None:
        self.batches_moved = True
        self._add(frames.video_frame(event, self.language))
        self.moved.set()

    async def imports_changed(self, event: dict[str, Any]) -> None:
        self.batches_moved = True
        self.moved.set()

    # what goes out -------------------------------------------------------------------------------------------------

    def _add(self, frame: Frame) -> None:
        """Queue a frame if the page does not know better already. Each stage is its own frame, so a page sees them all, in order."""
        video_id, version = frame["video_id"], frame["version"]
        if self.subscribed is not None and video_id not in self.subscribed:
            return
        if version <= self.sent.get(video_id, -1):
            return
        self.sent[video_id] = version
        self.pending.append(frame)
        if len(self.pending) > MAX_PENDING:
            self.pending = list({(f["type"], f.get("video_id", f.get("batch_id"))): f for f in self.pending}.values())

    async def _send_what_moves(self) -> None:
        """The only place that sends progress: waits for something to move, then for the frame's turn."""
        next_batches = next_resync = time.monotonic()
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.moved.wait(), timeout=RESYNC_INTERVAL)
            self.moved.clear()
            now = time.monotonic()
            if now >= next_resync:
                await self._read_videos()
                self.batches_moved = True
                next_resync = now + RESYNC_INTERVAL
            if self.batches_moved and now >= next_batches:
                await self._read_batches()
                next_batches = now + BATCH_INTERVAL
            elif self.batches_moved:
                asyncio.get_running_loop().call_later(next_batches - now, self.moved.set)
            if self.pending:
                outgoing, self.pending = self.pending, []
                await self.send_json(outgoing if len(outgoing) > 1 else outgoing[0])
                await asyncio.sleep(FRAME_INTERVAL)

    async def _read_videos(self) -> None:
        for frame in await self._read(frames.video_frames, self.user_id, self.subscribed):
            self._add(frame)

    async def _read_batches(self) -> None:
        self.batches_moved = False
        for frame in await self._read(frames.batch_frames, self.user_id):
            if self.sent_batches.get(frame["batch_id"]) != frame:
                self.sent_batches[frame["batch_id"]] = frame
                self.pending.append(frame)

    async def _read(self, function: Any, *args: Any) -> Any:
        """Run a query in a thread of its own (not the one all of Django shares), in the user's language."""

        def localised() -> Any:
            with translation.override(self.language):
                return function(*args)

        return await database_sync_to_async(localised, thread_sensitive=False)()
