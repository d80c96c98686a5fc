"""Many open pages in a process of their own: `python -m benchmarks.open_pages`.

The first line it reads says which pages (`Asked`), and it answers a line when all are open. The
second says when each video was finished, by the database's row, and since when that counts
(`Finished`); it answers with what the pages heard (`Heard`), and ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from array import array
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

SYNC = json.dumps({"action": "sync"})
OPENED_AT_ONCE = 20
FINAL = ("complete", "error")


@dataclass(frozen=True)
class Asked:
    """One page. `video_ids`: its cards, None: it names none; `reads`: takes what it is sent."""

    login: str  # the key of a session
    video_ids: list[int] | None = None
    reads: bool = True


@dataclass(frozen=True)
class Finished:
    """Seconds since 1970. What ended before `since` was over before the pages were open."""

    since: float
    videos: dict[str, float]


@dataclass(frozen=True)
class Heard:
    """What all pages heard together. `p50`, `p95` and `latest`: seconds from the moment in the
    video's row until its last frame was there, of each page and video.
    """

    frames: int
    messages: int
    finals: int
    again: int  # last frames that a page had already
    closed: int  # pages whose socket did not stay open, those that read nothing not counted
    p50: float
    p95: float
    latest: float


@dataclass
class Page:
    """When one page heard of the end of each video, by the video's number in `numbers`."""

    socket: ClientConnection
    arrivals: array[float] = field(default_factory=lambda: array("d"))
    frames: int = 0
    messages: int = 0
    again: int = 0
    is_closed: bool = False

    async def listen(self, numbers: dict[int, int]) -> None:
        try:
            async for text in self.socket:
                self.take(str(text), numbers, time.time())
        except ConnectionClosed:
            pass
        self.is_closed = True

    def take(self, text: str, numbers: dict[int, int], now: float) -> None:
        number, finals = read(text)
        self.messages += 1
        self.frames += number
        for video_id in finals:
            at = numbers.setdefault(video_id, len(numbers))
            if at >= len(self.arrivals):
                self.arrivals.extend([0.0] * (at + 1 - len(self.arrivals)))
            if self.arrivals[at]:
                self.again += 1
            else:
                self.arrivals[at] = now


@lru_cache(maxsize=64)
def read(text: str) -> tuple[int, list[int]]:
    """How many frames there are, and the videos that are at an end. Many pages are sent the same
    text, and this process must not be what is slow.
    """
    frames: Any = json.loads(text)
    if isinstance(frames, dict):
        frames = [frames]
    return len(frames), [frame["video_id"] for frame in frames if frame.get("stage") in FINAL]


async def open_page(url: str, asked: Asked, stack: AsyncExitStack) -> Page:
    address = url.replace("http", "ws", 1) + "/ws/progress"
    headers = {"Cookie": f"sessionid={asked.login}", "Origin": url, "Accept-Language": "en"}
    opening = connect(
        address,
        additional_headers=headers,
        proxy=None,
        open_timeout=60,
        close_timeout=1,
        ping_interval=None,
        compression=None,
        max_queue=1024 if asked.reads else 1,  # beyond that nothing is read from the network
    )
    socket = await stack.enter_async_context(opening)
    if asked.video_ids is not None:
        await socket.send(json.dumps({"action": "subscribe", "video_ids": asked.video_ids}))
    if asked.reads:
        await socket.send(SYNC)
    return Page(socket)


async def listen_until(url: str, wanted: list[Asked]) -> tuple[list[Page], dict[int, int]]:
    """Open the pages, and listen until another line is there to be read."""
    numbers: dict[int, int] = {}
    pages: list[Page] = []
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as listening:
        tasks = []
        for first in range(0, len(wanted), OPENED_AT_ONCE):
            some = wanted[first : first + OPENED_AT_ONCE]
            opened = await asyncio.gather(*(open_page(url, asked, stack) for asked in some))
            for page, asked in zip(opened, some, strict=True):
                if asked.reads:
                    pages.append(page)
                    tasks.append(listening.create_task(page.listen(numbers)))
        print("open", flush=True)
        await asyncio.to_thread(sys.stdin.readline)  # the order to end
        for task in tasks:
            task.cancel()
    return pages, numbers


def heard(pages: list[Page], numbers: Mapping[int, int], finished: Finished) -> Heard:
    delays: list[float] = []
    finals = 0
    for page in pages:
        for video_id, at in numbers.items():
            if at >= len(page.arrivals) or not page.arrivals[at]:
                continue
            finals += 1
            ended = finished.videos.get(str(video_id), 0.0)
            if ended >= finished.since:
                delays.append(page.arrivals[at] - ended)
    delays.sort()
    last = len(delays) - 1
    return Heard(
        frames=sum(page.frames for page in pages),
        messages=sum(page.messages for page in pages),
        finals=finals,
        again=sum(page.again for page in pages),
        closed=sum(page.is_closed for page in pages),
        p50=delays[last // 2] if delays else 0.0,
        p95=delays[last * 95 // 100] if delays else 0.0,
        latest=delays[last] if delays else 0.0,
    )


def main() -> None:
    asked = json.loads(sys.stdin.readline())
    wanted = [Asked(**page) for page in asked["pages"]]
    pages, numbers = asyncio.run(listen_until(asked["url"], wanted))
    finished = Finished(**json.loads(sys.stdin.readline()))
    print(json.dumps(asdict(heard(pages, numbers, finished))), flush=True)


if __name__ == "__main__":
    main()
