"""What one person's sockets may ask for."""

import asyncio
from typing import Any

import pytest

from importer.live import rates
from importer.live.consumers import TOO_FAST
from importer.tests.open_pages import importing, move
from importer.tests.open_pages import pages as pages
from videos.models import VideoList
from videos.stages import Stage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_redis")]


async def test_a_socket_that_floods_is_closed(alice: Any, pages: Any) -> None:
    page = await pages(alice)
    for _ in range(3 * rates.FRAMES_A_SECOND):
        await page.ask(action="sync")
    closed: dict[str, Any] = {}
    async with asyncio.timeout(5):
        while closed.get("type") != "websocket.close":
            closed = await page.socket.receive_output(timeout=5)
    assert closed["code"] == TOO_FAST


async def test_syncs_at_once_are_answered_together(
    alice: Any, video_list: VideoList, pages: Any
) -> None:
    (video,) = await importing(video_list, 1)
    page = await pages(alice)
    await move(video, Stage.METADATA)
    await page.until(lambda: page.of(video))
    before = len(page.of(video))
    for _ in range(10):
        await page.ask(action="sync")
    await page.until(lambda: len(page.of(video)) > before)
    await page.quiet(0.5)
    assert len(page.of(video)) <= before + 2


@pytest.mark.slow
async def test_a_users_sockets_are_limited(alice: Any, bob: Any, pages: Any) -> None:
    for _ in range(rates.SOCKETS_OF_A_USER):
        await pages(alice)
    with pytest.raises(AssertionError):
        await pages(alice)
    await pages(bob)


async def test_a_closed_page_is_forgotten(alice: Any, pages: Any) -> None:
    page = await pages(alice)
    assert rates.open_sockets[alice.pk] == 1
    await page.socket.disconnect(timeout=5)
    assert alice.pk not in rates.open_sockets


def test_sockets_that_close_are_forgotten() -> None:
    assert rates.enter(-1)
    rates.leave(-1)
    assert -1 not in rates.open_sockets


def test_frames_are_counted_by_the_second() -> None:
    rate = rates.FrameRate()
    assert all(rate.take(10.0) for _ in range(rates.FRAMES_A_SECOND))
    assert not rate.take(10.9)
    assert rate.take(11.0)
