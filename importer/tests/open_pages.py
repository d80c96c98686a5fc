"""Open pages for tests: a socket on the real ASGI application, what it asked and heard, and what
moves meanwhile.
"""

import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async as in_thread
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.db.models import F
from django.test import Client
from django.utils import timezone

from config.asgi import application
from enrichment import events
from importer.live.feeds import FRAME_INTERVAL
from importer.tests.ledger import start
from videos.models import Video, VideoList
from videos.preferences import audience
from videos.stages import FINISHED, PROGRESS, Stage

ORIGIN = b"http://localhost"
Headers = list[tuple[bytes, bytes]]


def cookies_of(user: Any, **more: str) -> bytes:
    client = Client()
    client.force_login(user)
    values = {settings.SESSION_COOKIE_NAME: client.session.session_key, **more}
    return "; ".join(f"{name}={value}" for name, value in values.items()).encode()


class Socket(WebsocketCommunicator):
    """Channels' own keeps database connections open while it waits, for tests inside a transaction;
    these close as in production.
    """

    send_input = ApplicationCommunicator.send_input
    receive_output = ApplicationCommunicator.receive_output


class Page:
    """An open page: what it asked and every frame it was sent."""

    def __init__(
        self,
        cookies: bytes = b"",
        *,
        origin: bytes = ORIGIN,
        headers: Headers | None = None,
        path: str = "/ws/progress",
        app: Any = application,
    ) -> None:
        given = [
            (b"host", b"localhost"),
            (b"origin", origin),
            (b"cookie", cookies),
            *(headers or []),
        ]
        self.socket: Any = Socket(app, path, headers=given)
        self.frames: list[dict[str, Any]] = []
        self.arrivals: list[float] = []

    async def open(self) -> bool:
        connected, self.code = await self.socket.connect(timeout=5)
        return bool(connected)

    async def ask(self, **request: Any) -> None:
        await self.socket.send_json_to(request)

    async def read(self, timeout: float = 2.0) -> bool:
        """Take the next message. False when none came."""
        if await self.socket.receive_nothing(timeout=timeout, interval=0.01):
            return False
        news = await self.socket.receive_json_from(timeout=1)
        self.arrivals.append(time.monotonic())
        self.frames += news if isinstance(news, list) else [news]
        return True

    async def until(self, seen: Callable[[], Any], seconds: float = 3.0) -> None:
        give_up = time.monotonic() + seconds
        while not seen():
            left = give_up - time.monotonic()
            assert left > 0, f"not within {seconds} s: {self.frames}"
            await self.read(timeout=left)

    async def quiet(self, seconds: float = 2 * FRAME_INTERVAL) -> None:
        """Read until nothing comes for a while: a frame would have had its turn twice."""
        while await self.read(timeout=seconds):
            pass

    def of(self, video: Video) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame.get("video_id") == video.pk]

    def batches(self) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["type"] == "import_batch"]

    def errors(self) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["type"] == "error"]


@pytest.fixture
async def pages() -> AsyncIterator[Callable[..., Any]]:
    """Opens pages, and closes them at the end."""
    opened: list[Page] = []

    async def open_page(user: Any, **options: Any) -> Page:
        page = Page(await in_thread(cookies_of)(user), **options)
        assert await page.open()
        opened.append(page)
        return page

    yield open_page
    for page in opened:
        await page.socket.disconnect(timeout=5)


@in_thread
def move(video: Video, stage: Stage, *, cause: str = "", publish: bool = True) -> None:
    """What a worker does: write the stage, commit, publish."""
    progress = PROGRESS.get(stage, 0)
    ended = timezone.now() if stage in FINISHED else None
    Video.objects.filter(pk=video.pk).update(
        import_stage=stage,
        import_progress=progress,
        error_cause=cause,
        version=F("version") + 1,
        finished_at=ended,
    )
    video.refresh_from_db()
    if publish:
        events.publish_video(video, audience(video.pk).user_ids)


@in_thread
def importing(video_list: VideoList, *numbers: int) -> list[Video]:
    batch = start(video_list, *numbers)
    return [
        item.video for item in batch.items.select_related("video").order_by("number") if item.video
    ]


# Who gets in
