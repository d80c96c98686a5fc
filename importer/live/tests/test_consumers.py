"""`/ws/progress` through the real ASGI application and the real Redis."""

import asyncio
import json
import logging
import time
from typing import Any

import pytest
from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async as in_thread
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client

from enrichment import events
from importer.imports import services
from importer.imports.models import ImportBatch
from importer.live.consumers import ProgressConsumer
from importer.live.feeds import FRAME_INTERVAL, RESYNC_INTERVAL
from importer.tests.ledger import start
from importer.tests.open_pages import Page, cookies_of, importing, move
from importer.tests.open_pages import pages as pages
from tests.people import person
from tests.redis_process import RedisProcess
from videos.causes import Cause
from videos.models import Video, VideoList
from videos.stages import Stage
from videos.tests.library import add_video

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_redis")]
RESYNC = 1.0  # seconds; the product takes its time
IN_TIME = RESYNC + 1.0  # seconds within which the page is right, whatever was lost
RESYNCS_OFTEN: Any = AuthMiddlewareStack(ProgressConsumer.as_asgi(resync_seconds=RESYNC))
NEVER_RESYNCS: Any = AuthMiddlewareStack(
    ProgressConsumer.as_asgi(resync_seconds=None)
)  # no number: sending fails


@pytest.mark.parametrize(
    "origin",
    [
        b"http://evil.example",
        b"",
        b"null",
        b"http://localhost.evil.example",
        b"http://localhost:3000",
        b"https://localhost",
    ],
)
async def test_it_lets_no_other_origin_in(alice: Any, origin: bytes) -> None:
    assert not await Page(await in_thread(cookies_of)(alice), origin=origin).open()


@pytest.mark.parametrize(
    "cookies",
    [b"", b"sessionid=0123456789abcdef0123456789abcdef", b"sessionid=\xff\xfe;;=", b"token=abc"],
)
async def test_it_lets_nobody_in_without_a_session(cookies: bytes) -> None:
    page = Page(cookies)
    assert not await page.open()
    assert page.code == 4401


async def test_it_lets_no_closed_account_in(charlie: Any) -> None:
    assert not await Page(await in_thread(cookies_of)(charlie)).open()


@pytest.mark.parametrize("path", ["/ws/progress", "/ws/progress/"])
async def test_it_opens_with_and_without_a_slash(alice: Any, pages: Any, path: str) -> None:
    page = await pages(alice, path=path)
    await page.quiet(0.3)
    assert page.frames == []


# Frames


async def test_the_active_imports_come_at_once(
    alice: Any, video_list: VideoList, pages: Any
) -> None:
    await importing(video_list, 1, 2)
    paused = await in_thread(start)(video_list, 3)
    await in_thread(services.pause_batch)(batch=paused)
    page = await pages(alice)
    await page.until(page.batches, seconds=1)
    assert [frame["state"] for frame in page.batches()] == ["running", "paused"]
    assert page.batches()[0] | {"batch_id": 0} == {
        "type": "import_batch",
        "batch_id": 0,
        "state": "running",
        "total": 2,
        "done": 0,
        "failed": 0,
        "percent": 0,
        "eta_seconds": 4,
        "throttled_until": None,
    }


async def test_each_video_shows_every_stage_in_order(
    alice: Any, video_list: VideoList, pages: Any
) -> None:
    videos = await importing(video_list, *range(5))
    page = await pages(alice)
    for stage in (Stage.METADATA, Stage.CAPTIONS, Stage.CHAPTERS, Stage.COMPLETE):
        for video in videos:
            await move(video, stage)
    await page.until(lambda: all(len(page.of(video)) == 4 for video in videos))
    for video in videos:
        assert [(f["stage"], f["progress"]) for f in page.of(video)] == [
            ("metadata", 25),
            ("captions", 60),
            ("chapters", 90),
            ("complete", 100),
        ]
        assert [f["version"] for f in page.of(video)] == [1, 2, 3, 4]
    assert page.of(videos[0])[1] == {
        "type": "import_progress",
        "video_id": videos[0].pk,
        "progress": 60,
        "stage": "captions",
        "version": 2,
        "message": None,
    }


@pytest.mark.slow
async def test_at_most_four_frames_a_second_however_many_move(
    alice: Any, video_list: VideoList, pages: Any
) -> None:
    videos = await importing(video_list, *range(30))
    page = await pages(alice)
    await page.quiet(0.4)
    page.arrivals.clear()
    reading = asyncio.create_task(page.quiet(0.8))
    for video in videos:
        await move(video, Stage.METADATA)
        await asyncio.sleep(0.04)
    await reading
    assert all(len(page.of(video)) == 1 for video in videos)
    took = page.arrivals[-1] - page.arrivals[0]
    assert 3 < len(page.arrivals) <= took / FRAME_INTERVAL + 1.5


@pytest.mark.parametrize(
    ("cookie", "accepted", "text"),
    [
        ("", b"de-CH,de;q=0.9", "Dieses Video ist privat."),
        ("", b"fr,en", "This video is private."),
        ("de", b"en", "Dieses Video ist privat."),
    ],
)
async def test_the_message_is_in_the_pages_language(
    alice: Any, video_list: VideoList, cookie: str, accepted: bytes, text: str
) -> None:
    (video,) = await importing(video_list, 1)
    more = {settings.LANGUAGE_COOKIE_NAME: cookie} if cookie else {}
    page = Page(
        await in_thread(cookies_of)(alice, **more), headers=[(b"accept-language", accepted)]
    )
    assert await page.open()
    await move(video, Stage.ERROR, cause=Cause.PRIVATE)
    await page.until(lambda: page.of(video))
    assert page.of(video)[0]["message"] == text
    await page.ask(action="sync")
    await page.until(lambda: len(page.of(video)) == 2)
    assert page.of(video)[1] == page.of(video)[0]
    await page.socket.disconnect(timeout=5)


async def test_nobody_hears_of_anybody_elses_videos(
    alice: Any, bob: Any, video_list: VideoList, pages: Any
) -> None:
    (video,) = await importing(video_list, 1)
    page = await pages(bob)
    await page.ask(action="subscribe", video_ids=[video.pk])
    await move(video, Stage.METADATA)
    await page.ask(action="sync")
    await page.quiet(0.8)
    assert page.frames == []


async def test_nothing_is_said_of_a_video_that_left_the_list(
    alice: Any, video_list: VideoList, pages: Any
) -> None:
    (video,) = await importing(video_list, 1)
    page = await pages(alice)
    await page.ask(action="subscribe", video_ids=[video.pk])
    await page.ask(action="sync")
    await page.until(lambda: page.of(video))
    await in_thread(video_list.entries.all().delete)()
    await page.ask(action="sync")
    await page.until(lambda: len(page.batches()) == 2)
    assert len(page.of(video)) == 1


async def test_two_owners_of_a_video_both_hear_of_it(
    alice: Any, bob: Any, video_list: VideoList, pages: Any
) -> None:
    (video,) = await importing(video_list, 1)
    theirs = await in_thread(VideoList.objects.create)(owner=bob, name="Bob's")
    await importing(theirs, 1)
    both = [await pages(alice), await pages(bob)]
    await move(video, Stage.METADATA)
    for page in both:
        await page.until(lambda page=page: page.of(video))


# What a page asks


async def test_it_reports_what_is_subscribed_and_no_more(
    alice: Any, video_list: VideoList, pages: Any
) -> None:
    one, two, three = await importing(video_list, 1, 2, 3)
    page = await pages(alice)
    await page.ask(action="subscribe", video_ids=[one.pk])
    await page.ask(action="subscribe", video_ids=[two.pk, 10**12])
    await page.ask(action="unsubscribe", video_ids=[one.pk, 999])
    await page.ask(action="sync")
    await page.until(lambda: page.of(two))
    for video in (one, two, three):
        await move(video, Stage.METADATA)
    await page.until(lambda: len(page.of(two)) == 2)
    await page.quiet()
    assert (page.of(one), page.of(three)) == ([], [])


async def test_a_subscription_is_followed_by_what_moved_before_it(
    alice: Any, video_list: VideoList, pages: Any
) -> None:
    """Long before the next resync: what the page shows may be a moment older than what it
    subscribed to.
    """
    (video,) = await importing(video_list, 1)
    page = await pages(alice)
    await page.quiet()
    await move(video, Stage.METADATA, publish=False)
    await page.ask(action="subscribe", video_ids=[video.pk])
    await page.until(lambda: page.of(video), RESYNC_INTERVAL / 2)
    assert [frame["stage"] for frame in page.of(video)] == ["metadata"]


async def test_unsubscribing_before_any_subscription_leaves_all(
    alice: Any, video_list: VideoList, pages: Any
) -> None:
    (video,) = await importing(video_list, 1)
    page = await pages(alice)
    await page.ask(action="unsubscribe", video_ids=[5])
    await move(video, Stage.METADATA)
    await page.until(lambda: page.of(video))


async def test_a_sync_answers_the_present_state_again(
    alice: Any, video_list: VideoList, pages: Any
) -> None:
    done = await in_thread(add_video)(video_list, 7, version=4)
    (video,) = await importing(video_list, 1)
    page = await pages(alice)
    await page.ask(action="subscribe", video_ids=[video.pk, done.pk])
    for count in (1, 2):
        await page.ask(action="sync")
        await page.until(
            lambda count=count: len(page.of(video)) == count and len(page.of(done)) == count
        )
    assert [f["stage"] for f in page.of(done)] == ["complete", "complete"]
    assert [f["version"] for f in page.of(video)] == [0, 0]
    await page.until(lambda: len(page.batches()) >= 2)


async def test_versions_only_grow(alice: Any, video_list: VideoList, pages: Any) -> None:
    (video,) = await importing(video_list, 1)
    page = await pages(alice)
    await move(video, Stage.METADATA)
    await move(video, Stage.CAPTIONS)
    await page.until(lambda: len(page.of(video)) == 2)
    late = await in_thread(Video.objects.get)(pk=video.pk)
    late.version, late.import_stage, late.import_progress = 1, Stage.METADATA, 25
    await in_thread(events.publish_video)(late, [alice.pk])
    await move(video, Stage.CHAPTERS)
    await page.until(lambda: len(page.of(video)) == 3)
    assert [f["version"] for f in page.of(video)] == [1, 2, 3]


GARBAGE = [
    "{",
    "null",
    "[]",
    "7",
    '"sync"',
    "{}",
    '{"action": "explode"}',
    '{"action": ["sync"]}',
    '{"action": "subscribe"}',
    '{"action": "subscribe", "video_ids": "1"}',
    '{"action": "subscribe", "video_ids": [true]}',
    '{"action": "subscribe", "video_ids": [1.5]}',
    '{"action": "subscribe", "video_ids": [-1]}',
    '{"action": "subscribe", "video_ids": [%s]}' % (10**30),
    '{"action": "unsubscribe", "video_ids": {"1": 1}}',
    "[" * 60_000,
    "x" * 5_000_000,
    json.dumps({"action": "sync", "padding": "x" * 100_000}),
]


async def test_garbage_is_answered_calmly(alice: Any, video_list: VideoList, pages: Any) -> None:
    page = await pages(alice)
    for count, text in enumerate(GARBAGE, 1):
        await page.socket.send_to(text_data=text)
        await page.until(lambda count=count: len(page.errors()) == count)
        assert page.errors()[-1].keys() == {"type", "detail"}
    (video,) = await importing(video_list, 1)
    await move(video, Stage.METADATA)  # and the page still works
    await page.until(lambda: page.of(video))


async def test_binary_is_answered_calmly(alice: Any, pages: Any) -> None:
    page = await pages(alice)
    await page.socket.send_to(bytes_data=b"\x00\xff" * 1000)
    await page.until(page.errors)


async def test_thousands_of_ids_are_taken(alice: Any, video_list: VideoList, pages: Any) -> None:
    (video,) = await importing(video_list, 1)
    page = await pages(alice)
    await page.ask(action="subscribe", video_ids=[video.pk, *range(10**6, 10**6 + 5000)])
    await page.ask(action="sync")
    await page.until(lambda: page.of(video))


# Losses


@pytest.mark.slow
async def test_a_lost_event_is_healed_and_an_idle_page_stays_open(
    alice: Any, video_list: VideoList, pages: Any
) -> None:
    one, two = await importing(video_list, 1, 2)
    everything, chosen = (
        await pages(alice, app=RESYNCS_OFTEN),
        await pages(alice, app=RESYNCS_OFTEN),
    )
    await chosen.ask(action="subscribe", video_ids=[one.pk])
    await everything.quiet()
    await chosen.quiet()
    await move(one, Stage.METADATA, publish=False)
    await in_thread(ImportBatch.objects.update)(state="paused")
    since = time.monotonic()
    for page in (everything, chosen):
        await page.until(
            lambda page=page: page.of(one) and page.batches()[-1]["state"] == "paused",
            seconds=IN_TIME,
        )
    assert time.monotonic() - since < IN_TIME
    assert everything.of(two) == []  # nothing happened to it, so nothing is said


async def test_a_session_that_ends_closes_its_sockets(
    alice: Any, bob: Any, video_list: VideoList
) -> None:
    carol = await in_thread(person)("carol")
    clients = [Client() for _ in range(4)]
    sockets: list[Page] = []
    for client, user in zip(clients, (alice, alice, bob, carol), strict=True):
        await in_thread(client.force_login)(user)
        cookie = (
            f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
        )
        sockets.append(Page(cookie.encode(), app=RESYNCS_OFTEN))
        assert await sockets[-1].open()

    def end_three() -> None:
        clients[1].post("/accounts/logout/")
        bob.set_password("another one entirely")
        bob.save()
        get_user_model().objects.filter(pk=carol.pk).update(is_active=False)

    await in_thread(end_three)()
    for page in sockets[1:]:
        ended = await page.socket.receive_output(timeout=IN_TIME)
        assert ended == {"type": "websocket.close", "code": 4401} | {
            name: ended[name] for name in ended.keys() - {"type", "code"}
        }
    (video,) = await importing(video_list, 1)
    await move(video, Stage.METADATA)
    await sockets[0].until(lambda: sockets[0].of(video))
    for page in sockets:
        await page.socket.disconnect(timeout=5)
    assert sockets[1].of(video) == []


async def test_a_page_whose_sending_failed_is_closed(
    alice: Any, caplog: pytest.LogCaptureFixture
) -> None:
    page = Page(await in_thread(cookies_of)(alice), app=NEVER_RESYNCS)
    assert await page.open()
    ended = await page.socket.receive_output(timeout=5)
    assert (ended["type"], ended["code"]) == ("websocket.close", 1011)
    await page.socket.disconnect(timeout=5)
    assert [
        record.levelname for record in caplog.records if record.name.startswith("importer.live.")
    ] == ["ERROR"]


@pytest.mark.slow
async def test_without_redis_a_page_opens_and_is_right_by_the_database(
    alice: Any,
    video_list: VideoList,
    pages: Any,
    settings: Any,
    redis_process: RedisProcess,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "enrichment.channel_layer")

    def said():
        records = [record for record in caplog.records if record.name == "enrichment.channel_layer"]
        return [record.levelname for record in records]

    settings.REDIS_URL = redis_process.url
    redis_process.kill()
    (video,) = await importing(video_list, 1)
    page = await pages(alice, app=RESYNCS_OFTEN)
    await page.until(page.batches, seconds=2)
    await move(video, Stage.METADATA)
    await page.until(lambda: page.of(video), seconds=IN_TIME)
    redis_process.start()
    async with asyncio.timeout(5):
        while "INFO" not in said():
            await page.read(timeout=0.05)
    await move(video, Stage.CAPTIONS)
    await page.until(lambda: len(page.of(video)) == 2, seconds=1)  # heard, not read
    redis_process.kill()
    await move(video, Stage.CHAPTERS)
    await page.until(lambda: len(page.of(video)) == 3, seconds=IN_TIME)
    assert said() == ["WARNING", "INFO", "WARNING"]  # not a line a second


async def test_a_closed_page_leaves_nothing_behind(alice: Any) -> None:
    before = asyncio.all_tasks()
    several = [Page(await in_thread(cookies_of)(alice)) for _ in range(3)]
    for page in several:
        assert await page.open()
    for page in several:
        await page.socket.disconnect(timeout=5)
    async with asyncio.timeout(5):
        while any(not task.done() for task in asyncio.all_tasks() - before):
            await asyncio.sleep(0.01)


@pytest.mark.slow
async def test_a_page_of_many_imports_does_not_hold_up_the_others(
    alice: Any, video_list: VideoList, pages: Any
) -> None:
    await in_thread(start)(video_list, *range(3000))
    page = await pages(alice)
    await page.until(page.batches)
    await page.quiet()
    assert len(page.frames) == 1  # the import; nothing happened to its videos yet
    assert len(json.dumps(page.frames)) < 1000


async def test_somebody_who_gets_an_account_later_hears_too(pages: Any) -> None:
    late = await in_thread(person)("late")
    video_list = await in_thread(VideoList.objects.create)(owner=late, name="Late")
    page = await pages(late)
    (video,) = await importing(video_list, 1)
    await page.until(page.batches)
    await move(video, Stage.METADATA)
    await page.until(lambda: page.of(video))


@pytest.mark.parametrize(
    "event",
    [
        b"\xc1 this is no MessagePack",
        {"type": "video.changed"},
        {"type": "video.changed", "video_id": [], "version": "x"},
        {"type": "of.another.version"},
        {"no": "type"},
        ["a", "list"],
    ],
)
async def test_unreadable_event_leaves_pages_hearing(
    alice: Any, video_list: VideoList, pages: Any, event: Any, clean_redis: Any
) -> None:
    page = await pages(alice)
    (video,) = await importing(video_list, 1)
    await page.until(page.batches)
    layer: Any = get_channel_layer()
    body = event if isinstance(event, bytes) else layer.serialize(event)
    group = events.user_group(await in_thread(lambda: video_list.owner_id)())
    assert await in_thread(clean_redis.publish)(f"{layer.prefix}__group__{group}", body) == 1
    await move(video, Stage.METADATA)
    await page.until(lambda: page.of(video), seconds=1)  # heard, not read


async def test_page_hears_its_own_user_only(
    alice: Any, bob: Any, video_list: VideoList, pages: Any
) -> None:
    page = await pages(alice)
    layer: Any = get_channel_layer()
    await pages(bob)
    bob_id = int((await in_thread(get_user_model().objects.get)(username="bob")).pk)
    assert len(layer.groups) == 2
    await in_thread(events.publish_imports)([bob_id])
    await page.quiet(0.5)
    assert page.frames == []


async def test_page_opens_while_redis_is_frozen(
    alice: Any, video_list: VideoList, pages: Any, settings: Any, redis_process: RedisProcess
) -> None:
    settings.REDIS_URL = redis_process.url
    redis_process.freeze()
    try:
        (video,) = await importing(video_list, 1)
        page = await pages(alice, app=RESYNCS_OFTEN)
        await page.until(page.batches, seconds=3)
        await move(video, Stage.METADATA, publish=False)
        await page.until(lambda: page.of(video), seconds=IN_TIME + 1)
    finally:
        redis_process.thaw()
