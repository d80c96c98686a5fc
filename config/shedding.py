"""Refusing requests beyond what the server can work on, at once, instead of making everybody wait.

Strangers are refused first and people we know last; `/healthz` never, so that a busy server is not
taken for a dead one. One person has a few requests worked on at a time, and more of theirs wait:
what one sends never keeps the others waiting.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from config.callers import STRANGER, callers

MOST_OF_STRANGERS = 16  # requests under way at once; about a second's work on two small cores
MOST = 64  # of everybody together
MOST_OF_ONE = 6  # of one person; as many as a browser sends
MOST_WAITING_OF_ONE = 64
RETRY_AFTER = 5  # seconds
ALWAYS = ("/healthz", "/healthz/")

BUSY = b"The server is busy. Please try again in a few seconds.\n"


class Person:
    """The requests of one person that are worked on, and those that wait for their turn."""

    def __init__(self) -> None:
        self.turns = asyncio.Semaphore(MOST_OF_ONE)
        self.count = 0  # both kinds


class LoadShedding:
    """An ASGI application in front of the one that answers HTTP."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self.under_way = 0
        self.people: dict[int, Person] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] in ALWAYS:
            await self.application(scope, receive, send)
            return
        user_id = callers.user_of(scope["headers"])
        if user_id == STRANGER:
            await self.answer(MOST_OF_STRANGERS, scope, receive, send)
            return
        if self.count_of(user_id) >= MOST_OF_ONE + MOST_WAITING_OF_ONE:
            await refuse(send)
            return
        async with self.turn_of(user_id):
            await self.answer(MOST, scope, receive, send)

    async def answer(self, most: int, scope: Any, receive: Any, send: Any) -> None:
        """Pass the request on, or refuse it when `most` are under way."""
        if self.under_way >= most:
            await refuse(send)
            return
        self.under_way += 1
        try:
            await self.application(scope, receive, send)
        finally:
            self.under_way -= 1

    def count_of(self, user_id: int) -> int:
        person = self.people.get(user_id)
        if person is None:
            return 0
        return person.count

    @asynccontextmanager
    async def turn_of(self, user_id: int) -> AsyncIterator[None]:
        """Wait until fewer than MOST_OF_ONE of this person's requests are worked on."""
        person = self.people.setdefault(user_id, Person())
        person.count += 1
        try:
            async with person.turns:
                yield
        finally:
            person.count -= 1
            if not person.count:
                del self.people[user_id]


async def refuse(send: Any) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"retry-after", str(RETRY_AFTER).encode()),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": BUSY})
