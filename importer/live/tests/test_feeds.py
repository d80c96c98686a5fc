"""What many pages share: readings of the database, events, texts; and that none harms another."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async as in_thread
from django.db.backends.signals import connection_created

from config.asgi import application
from enrichment import events
from importer.imports import services
from importer.live import feeds
from importer.live.consumers import MAX_WAITING, ProgressConsumer
from importer.live.feeds import MAX_KNOWN, Feed, Hub
from importer.live.frames import VideoState
from importer.tests.ledger import end, start
from importer.tests.open_pages import Page, cookies_of, importing, move
from importer.tests.open_pages import pages as pages
from videos.models import Video, VideoList
from videos.preferences import audience
from videos.stages import Stage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_redis")]
LOOKS_OFTEN: Any = AuthMiddlewareStack(ProgressConsumer.as_asgi(resync_seconds=0.5))


class Asked:
    """The queries of the sockets' threads, each with the connection it opens."""

    def __init__(self) -> None:
        self.queries: list[str] = []

    def watch(self, connection: Any, **kwargs: Any) -> None:
        is_ours = threading.current_thread().name.startswith("socket")
        if is_ours and self.note not in connection.execute_wrappers:
            connection.execute_wrappers.append(self.note)

    def note(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.queries.append(sql)
        return execute(sql, params, many, context)

    def looks(self) -> list[list[str]]:
        """The queries from each look at the sessions to the next one."""
        found: list[list[str]] = []
        for sql in self.queries:
            if "auth_user" in sql:
                found.append([])
            if found:
                found[-1].append(sql)
        return found[:-1]

    async def while_quiet(self, page: Page) -> list[str]:
        """The queries of one look once those that pages asked when they opened are over."""
        await page.quiet()
        self.queries.clear()
        async with asyncio.timeout(10):
            while len(self.looks()) < 3:
                await page.read(timeout=0.05)
        return self.looks()[-1]


@pytest.fixture
def asked() -> Iterator[Asked]:
    asked = Asked()
    connection_created.connect(asked.watch)
    yield asked
    connection_created.disconnect(asked.watch)


@in_thread
def add_finished_imports(video_list: VideoList, first: int, *, imports: int, videos: int) -> None:
    numbers = range(first, first + videos)
    for n in range(imports):
        start(video_list, *numbers[n::imports])
    end(*numbers)
    Video.objects.update(finished_at="2026-01-01T00:00Z", version=4)
    video_list.imports.update(finished_at="2026-01-01T00:00Z")


@pytest.mark.slow
async def test_a_quiet_page_asks_the_same_whatever_its_user_has(
    alice: Any, video_list: VideoList, pages: Any, asked: Asked
) -> None:
    await add_finished_imports(video_list, 0, imports=1, videos=3)
    page = await pages(alice, app=LOOKS_OFTEN)
    few = await asked.while_quiet(page)

    await add_finished_imports(video_list, 1000, imports=29, videos=297)
    many = await asked.while_quiet(page)

    assert len(few) == len(many) == 4, "for all pages of the process together"


@pytest.mark.slow
async def test_more_quiet_pages_ask_no_more_together(
    alice: Any, bob: Any, video_list: VideoList, pages: Any, asked: Asked
) -> None:
    """Four queries for all pages, so each asks for less than one."""
    videos = await importing(video_list, 1, 2)
    await in_thread(end)(1, 2)
    await in_thread(Video.objects.update)(finished_at="2026-01-01T00:00Z")
    await in_thread(video_list.imports.update)(finished_at="2026-01-01T00:00Z")
    for user in (alice, alice, alice, bob, bob):
        page = await pages(user, app=LOOKS_OFTEN)
        await page.ask(action="subscribe", video_ids=[video.pk for video in videos])

    assert len(await asked.while_quiet(page)) == 4


@pytest.mark.slow
@pytest.mark.parametrize("imports", [1, 30])
async def test_paused_imports_cost_the_same_however_many(
    alice: Any, video_list: VideoList, pages: Any, asked: Asked, imports: int
) -> None:
    for number in range(imports):
        batch = await in_thread(start)(video_list, number)
        await in_thread(services.pause_batch)(batch=batch)
    page = await pages(alice, app=LOOKS_OFTEN)
    await page.until(lambda: len(page.batches()) == imports)

    await asked.while_quiet(page)
    imports_read = [sql for sql in asked.queries if "importer_importcount" in sql]
    assert 0 < len(imports_read) <= len(asked.looks()) + 2


async def test_a_second_user_hears_at_once_what_a_first_one_moves(
    alice: Any, bob: Any, video_list: VideoList, pages: Any
) -> None:
    theirs = await in_thread(VideoList.objects.create)(owner=bob, name="Theirs")
    (video,) = await importing(video_list, 1)
    await importing(theirs, 1)
    of_alice = [await pages(alice) for _ in range(3)]
    of_bob = await pages(bob)
    await of_alice[0].ask(action="subscribe", video_ids=[10**6])
    await of_alice[0].ask(action="answer what came before")
    await of_alice[0].until(of_alice[0].errors)

    await move(video, Stage.METADATA)

    for page in (*of_alice[1:], of_bob):
        await page.until(lambda page=page: page.of(video), seconds=1)
    await of_alice[0].quiet()
    assert of_alice[0].of(video) == [], "it asked for another one"


class SlowServer:
    """The application behind a server whose client takes nothing until `reads` is set."""

    def __init__(self) -> None:
        self.reads = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def send_slowly(message: Any) -> None:
            if message["type"] == "websocket.send":
                await self.reads.wait()
            await send(message)

        await application(scope, receive, send_slowly)


@in_thread
def publish_more(video: Video, version: int, number: int) -> int:
    """Publish so many versions after this one, none of which is in the database. The last one."""
    last = version + number
    user_ids = audience(video.pk).user_ids
    for each in range(version + 1, last + 1):
        video.version = each
        events.publish_video(video, user_ids)
    return last


@pytest.mark.slow
async def test_a_page_that_takes_nothing_harms_nobody(
    alice: Any, video_list: VideoList, pages: Any
) -> None:
    (video,) = await importing(video_list, 1)
    server = SlowServer()
    slow = Page(await in_thread(cookies_of)(alice), app=server)
    assert await slow.open()
    other = await pages(alice)
    await move(video, Stage.METADATA)
    await other.until(lambda: other.of(video), seconds=1)
    version = 1
    while version < MAX_WAITING + 100:
        # A page that takes what it is sent is behind by this many frames at most.
        version = await publish_more(video, version, MAX_WAITING // 4)
        while other.of(video)[-1]["version"] < version:
            assert await other.read(timeout=10)
    waiting = 0
    for hub in feeds.hubs.values():
        for page in hub.feeds[alice.pk].pages:
            assert isinstance(page, ProgressConsumer)
            waiting += sum(news.size for news in page.outbox)
    assert waiting <= MAX_WAITING

    await in_thread(Video.objects.update)(version=version)
    server.reads.set()
    await slow.until(lambda: slow.of(video) and slow.of(video)[-1]["version"] == version)
    await slow.socket.disconnect(timeout=5)


async def test_a_feed_forgets_the_oldest_versions() -> None:
    hub = Hub(resync_seconds=3600)
    feed = hub.feeds[-1] = Feed(-1, hub)

    feed.add(VideoState(n, 25, "metadata", 1, "") for n in range(MAX_KNOWN + 1))
    feed.hand_out()

    assert MAX_KNOWN // 2 <= len(feed.known) < MAX_KNOWN
    assert max(feed.known) == MAX_KNOWN
    for task in (*hub.tasks, feed.subscription):
        task.cancel()
