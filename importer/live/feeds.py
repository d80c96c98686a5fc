"""Progress for the open pages of one web process: read and received once for all of them.

A `Hub` reads the database for all pages of an event loop. A `Feed` receives the events of one user,
and hands what is new to the user's pages. So neither a second page of a user nor a second user asks
the database for more, and each text is made once.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import Error as DatabaseError

from enrichment.events import user_group
from importer.live import frames, rates
from importer.live.frames import Frame, States, VideoState
from importer.live.news import News

logger = logging.getLogger(__name__)

FRAME_INTERVAL = 0.25  # seconds: at most four frames a second
BATCH_INTERVAL = 1.0  # seconds between two counts of the imports
RESYNC_INTERVAL = (
    4.0  # seconds; what a lost event may delay, and how long a socket outlives its session
)
MAX_KNOWN = 20_000  # videos of a user whose version is remembered
SIGNED_OUT = 4401
INTERNAL_ERROR = 1011
T = TypeVar("T")


async def read(function: Callable[..., T], *args: Any) -> T:
    """Run queries in a thread of the sockets' own."""
    reading = database_sync_to_async(function, thread_sensitive=False, executor=rates.readings)
    return await reading(*args)


class Listener(Protocol):
    """An open page, as its feed knows it."""

    user_id: int
    session_key: str | None
    wants_batches: bool  # all imports the next time they are read, not only those that changed

    def take(self, news: News) -> None: ...

    def end(self, code: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Known:
    """The newest version of a video that the feed sent to its pages, and when."""

    version: int
    turn: int  # of the feed


class Feed:
    """All open pages of one user."""

    def __init__(self, user_id: int, hub: "Hub") -> None:
        self.user_id = user_id
        self.hub = hub
        self.pages: set[Listener] = set()
        self.known: dict[int, Known] = {}
        self.turn = 0  # grows with each handing out
        self.batches: dict[int, Frame] | None = None  # as last read; None: not yet
        self.pending: list[VideoState] = []
        self.is_subscribed = asyncio.Event()  # what is published from now on, unless Redis is away
        self.subscription = asyncio.create_task(hub.guard(self._listen))

    async def _listen(self) -> None:
        layer: Any = get_channel_layer()
        group = user_group(self.user_id)
        channel = await layer.new_channel()
        try:
            await layer.group_add(group, channel)
            self.is_subscribed.set()
            while True:
                self.note(await layer.receive(channel))
        finally:
            self.is_subscribed.set()  # nobody waits for a feed that failed
            await layer.group_discard(group, channel)

    def note(self, event: Mapping[str, Any]) -> None:
        """Note that a video or an import changed.

        An event that cannot be read is a reason to ask the database.
        """
        self.hub.want_batches(self)
        if event["type"] != "video.changed":
            return
        try:
            self.add([frames.state_of(event)])
        except (KeyError, TypeError) as error:
            logger.warning("an event could not be used: %s", type(error).__name__)
            self.hub.look_now()

    def add(self, states: Iterable[VideoState]) -> list[VideoState]:
        """Send all pages what they do not know better already. Return what was sent to them
        before.
        """
        already_sent = []
        for state in states:
            known = self.known.get(state.video_id)
            if known is None or known.version < state.version:
                self._send(state)
            elif known.version == state.version:
                already_sent.append(state)
        if self.pending:
            self.hub.hand_out_soon(self)
        return already_sent

    def _send(self, state: VideoState) -> None:
        self.known.pop(state.video_id, None)  # the last one told is the last in order
        self.known[state.video_id] = Known(state.version, self.turn)
        self.pending.append(state)

    def was_sent_since(self, state: VideoState, turn: int) -> bool:
        """Whether this video was sent to the pages that were there in this turn."""
        known = self.known.get(state.video_id)
        return known is not None and known.turn >= turn

    def is_old(self, state: VideoState) -> bool:
        """Whether a newer version was sent to the pages."""
        known = self.known.get(state.video_id)
        return known is not None and known.version > state.version

    def add_batches(self, several: Sequence[Frame]) -> None:
        """Tell what changed of the imports, and all of them to pages that asked for all."""
        before = self.batches or {}
        changed = [frame for frame in several if before.get(frame["batch_id"]) != frame]
        self.batches = {frame["batch_id"]: frame for frame in several}
        all_news, news = News(batches=several), News(batches=changed)
        for page in self.pages:
            if page.wants_batches and several:
                page.take(all_news)
            elif changed:
                page.take(news)
            page.wants_batches = False

    def hand_out(self) -> None:
        news = News(videos=self.pending)
        self.pending = []
        self.turn += 1
        for page in self.pages:
            page.take(news)
        if len(self.known) > MAX_KNOWN:
            self._forget_half()

    def _forget_half(self) -> None:
        """An event of a video that is forgotten is told twice, which a page does not mind."""
        for video_id in list(self.known)[: MAX_KNOWN // 2]:
            del self.known[video_id]


@dataclass(frozen=True)
class Look:
    """What the database says of all pages at one moment."""

    signed_in: set[str]
    moved: States
    importing: set[int]  # users


class Hub:
    """All open pages of one event loop. It lives as long as there are any."""

    def __init__(self, resync_seconds: float) -> None:
        self.resync_seconds = resync_seconds
        self.feeds: dict[int, Feed] = {}
        self.seen: dict[int, int] = {}  # the versions of what moved when it last looked
        self.moving: set[Feed] = set()
        self.batches_wanted: set[Feed] = set()
        self.next_look = 0.0  # monotonic seconds
        self.next_batches = 0.0  # monotonic seconds
        self.is_moving = asyncio.Event()
        self.is_wanted = asyncio.Event()
        self.tasks = [
            asyncio.create_task(self.guard(self._hand_out_what_moves)),
            asyncio.create_task(self.guard(self._read_what_moves)),
        ]

    async def join(self, page: Listener) -> Feed:
        """Add a page. Whatever is published after this is heard, unless Redis is away."""
        feed = self._feed_of(page.user_id)
        feed.pages.add(page)
        if feed.batches is None:
            self.want_batches(feed)
        elif feed.batches:
            page.take(News(batches=list(feed.batches.values())))
            page.wants_batches = False
        await feed.is_subscribed.wait()
        return feed

    def _feed_of(self, user_id: int) -> Feed:
        if user_id not in self.feeds:
            self.feeds[user_id] = Feed(user_id, self)
            self.next_batches = 0.0
        return self.feeds[user_id]

    def leave(self, page: Listener) -> None:
        """Forget a page, and with the last one everything."""
        feed = self.feeds.get(page.user_id)
        if feed is None or page not in feed.pages:
            return
        feed.pages.discard(page)
        if not feed.pages:
            self._end(feed)
        if not self.feeds:
            for task in self.tasks:
                task.cancel()
            forget(self)

    def _end(self, feed: Feed) -> None:
        feed.subscription.cancel()
        self.moving.discard(feed)
        self.batches_wanted.discard(feed)
        del self.feeds[feed.user_id]

    def hand_out_soon(self, feed: Feed) -> None:
        self.moving.add(feed)
        self.is_moving.set()

    def want_batches(self, feed: Feed) -> None:
        """Have the user's imports read when it is time."""
        self.batches_wanted.add(feed)
        self.is_wanted.set()

    def look_now(self) -> None:
        self.next_look = 0.0
        self.is_wanted.set()

    async def guard(self, work: Callable[[], Awaitable[None]]) -> None:
        """A page must not look live when nobody tells it anything: its socket closes, and the
        browser comes back.
        """
        try:
            await work()
        except Exception:
            logger.exception("pages could not be told what moves")
            forget(self)
            for page in self._pages():
                page.end(INTERNAL_ERROR)

    def _pages(self) -> list[Listener]:
        pages: list[Listener] = []
        for feed in self.feeds.values():
            pages += feed.pages
        return pages

    async def _hand_out_what_moves(self) -> None:
        """The events of a quarter of a second go out together."""
        while True:
            await self.is_moving.wait()
            self.is_moving.clear()
            feeds, self.moving = self.moving, set()
            for feed in feeds:
                feed.hand_out()
            await asyncio.sleep(FRAME_INTERVAL)

    async def _read_what_moves(self) -> None:
        """The only place where pages ask the database by themselves, for all of them together."""
        while True:
            try:
                await self._read_what_is_due()
            except DatabaseError as error:
                logger.warning("pages wait for the database: %s", type(error).__name__)
            until = self.next_look
            if self.batches_wanted:
                until = min(until, self.next_batches)
            with suppress(TimeoutError):
                wait = max(until - time.monotonic(), 0)
                await asyncio.wait_for(self.is_wanted.wait(), timeout=wait)
            self.is_wanted.clear()

    async def _read_what_is_due(self) -> None:
        if time.monotonic() >= self.next_look:
            self.next_look = time.monotonic() + self.resync_seconds
            await self._look()
        if self.batches_wanted and time.monotonic() >= self.next_batches:
            self.next_batches = time.monotonic() + BATCH_INTERVAL
            await self._read_batches()

    async def _look(self) -> None:
        """What events would have said, if some were lost; and which pages may still be told."""
        pages = self._pages()
        sessions: dict[str, int] = {}
        for page in pages:
            if page.session_key:
                sessions[page.session_key] = page.user_id
        look = await read(self._look_in_database, sessions)
        for page in pages:
            if page.session_key not in look.signed_in:
                page.end(SIGNED_OUT)
        # Events that are on their way go first, so no stage is passed over.
        await asyncio.sleep(FRAME_INTERVAL)
        self._tell_feeds(look)

    def _tell_feeds(self, look: Look) -> None:
        for user_id, states in look.moved.items():
            if user_id in self.feeds:
                self.feeds[user_id].add(states)
        for user_id in look.importing:
            if user_id in self.feeds:
                self.want_batches(self.feeds[user_id])

    def _look_in_database(self, sessions: Mapping[str, int]) -> Look:
        """Four queries while nothing moves, whatever users have and however many they are; one
        more for 900 videos that moved.
        """
        users = set(sessions.values())
        signed_in = frames.signed_in(sessions)
        moving = frames.all_moving_states()
        changed = []
        seen = {}
        for state in moving:
            seen[state.video_id] = state.version
            if self.seen.get(state.video_id) != state.version:
                changed.append(state)
        moved = frames.by_owner(changed)
        importing = frames.users_with_imports(users)
        self.seen = seen
        return Look(signed_in, moved, importing)

    async def _read_batches(self) -> None:
        feeds, self.batches_wanted = self.batches_wanted, set()
        try:
            found = await read(frames.batch_frames, [feed.user_id for feed in feeds])
        except DatabaseError:
            self.batches_wanted |= feeds
            raise
        for feed in feeds:
            feed.add_batches(found[feed.user_id])


hubs: dict[tuple[asyncio.AbstractEventLoop, float], Hub] = {}


def hub_of_this_loop(resync_seconds: float) -> Hub:
    key = (asyncio.get_running_loop(), resync_seconds)
    if key not in hubs:
        hubs[key] = Hub(resync_seconds)
    return hubs[key]


def forget(hub: Hub) -> None:
    """The next page that opens begins a new one."""
    for key, other in list(hubs.items()):
        if other is hub:
            del hubs[key]
