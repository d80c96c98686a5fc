"""Refusing requests beyond what the server can work on, instead of making everybody wait.

Strangers share a few places, and each person we know has a few; more of theirs wait for their turn,
and beyond that they are refused. So what one sends never keeps the others waiting. `/healthz` is
never refused, so that a busy server is not taken for a dead one; many who ask share an answer.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from config.callers import STRANGER, callers

MOST = 64  # requests worked on at once, of everybody together
MOST_OF_STRANGERS = 4  # of all strangers together; a third of a second's work on two small cores
MOST_OF_ONE = 4  # of one person; a browser sends six, of which two wait a moment
MOST_WAITING = 64  # of one person, or of all strangers
RETRY_AFTER = 5  # seconds
# Seconds until somebody is refused. Whoever asks again at once, against what the refusal says, else
# keeps the server busy with refusing: with 100 connections for four fifths of its time.
REFUSED_AFTER = 0.25
HEALTH = ("/healthz", "/healthz/")
HEALTH_KEPT = 0.5  # seconds for which an answer of /healthz is given again
HEALTH_STATUSES = (200, 503)  # answers of its own, unlike those about a wrong Host header

BUSY = b"The server is busy. Please try again in a few seconds.\n"
BUSY_HEADERS = (
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"retry-after", str(RETRY_AFTER).encode()),
)

Messages = list[dict[str, Any]]


class Line:
    """The requests of one person, or of all strangers: those worked on, and those that wait."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.turns = asyncio.Semaphore(most)
        self.count = 0  # both kinds

    @property
    def is_full(self) -> bool:
        return self.count >= self.most + MOST_WAITING


class LoadShedding:
    """An ASGI application in front of the one that answers HTTP."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self.under_way = 0
        self.lines: dict[int, Line] = {}
        self.health: Messages = []
        self.health_until = 0.0  # by the monotonic clock
        self.asking_health = asyncio.Lock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] in HEALTH:
            await self.answer_health(scope, receive, send)
            return
        user_id = callers.user_of(scope["headers"])
        line = self.lines.setdefault(user_id, Line(most_of(user_id)))
        if line.is_full:
            await refuse(send)
            return
        async with self.turn_in(line, user_id):
            await self.answer(scope, receive, send)

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the request on, or refuse it when MOST are under way."""
        if self.under_way >= MOST:
            await refuse(send)
            return
        self.under_way += 1
        try:
            await self.application(scope, receive, send)
        finally:
            self.under_way -= 1

    @asynccontextmanager
    async def turn_in(self, line: Line, user_id: int) -> AsyncIterator[None]:
        """Wait until it is this request's turn."""
        line.count += 1
        try:
            async with line.turns:
                yield
        finally:
            line.count -= 1
            if not line.count:
                del self.lines[user_id]

    async def answer_health(self, scope: Any, receive: Any, send: Any) -> None:
        """Ask the application, or give the answer that others were given just now."""
        async with self.asking_health:
            if time.monotonic() < self.health_until:
                messages = self.health
            else:
                messages = await self.ask_health(scope, receive)
        for message in messages:
            await send(message)

    async def ask_health(self, scope: Any, receive: Any) -> Messages:
        messages: Messages = []

        async def keep(message: dict[str, Any]) -> None:
            messages.append(message)

        await self.application(scope, receive, keep)
        if messages and messages[0]["status"] in HEALTH_STATUSES:
            self.health = messages
            self.health_until = time.monotonic() + HEALTH_KEPT
        return messages


def most_of(user_id: int) -> int:
    if user_id == STRANGER:
        return MOST_OF_STRANGERS
    return MOST_OF_ONE


async def refuse(send: Any) -> None:
    await asyncio.sleep(REFUSED_AFTER)
    await send({"type": "http.response.start", "status": 503, "headers": list(BUSY_HEADERS)})
    await send({"type": "http.response.body", "body": BUSY})
