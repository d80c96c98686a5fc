"""Requests beyond what the server can work on are refused, strangers' first."""

import asyncio
import json
from typing import Any

import pytest

from config import shedding
from config.cache import JsonSerializer
from config.callers import callers
from config.shedding import (
    MOST,
    MOST_OF_ONE,
    MOST_OF_STRANGERS,
    MOST_WAITING,
    LoadShedding,
)

STRANGER: dict[str, Any] = {"path": "/accounts/login/", "headers": []}
HEALTH: dict[str, Any] = {"path": "/healthz", "headers": []}


def somebody(user_id: int) -> dict[str, Any]:
    """A request of a person whose session was seen."""
    session = f"session-of-{user_id}"
    callers.learn(session, user_id)
    return {"path": "/", "headers": [(b"cookie", f"x=1; sessionid={session}".encode())]}


class Server:
    """The middleware in front of an application that answers when it is allowed to."""

    def __init__(self) -> None:
        self.answer = asyncio.Event()
        self.shedding = LoadShedding(self.application)
        self.statuses: list[int] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.asked = 0

    async def application(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        await self.answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.statuses.append(message["status"])

    async def ask(self, scope: dict[str, Any], times: int = 1) -> None:
        for _ in range(times):
            request = self.shedding(scope, None, self.send)
            self.tasks.append(asyncio.create_task(request))
        for _ in range(4):  # into the lock and the semaphore, or through a refusal
            await asyncio.sleep(0)

    async def finish(self) -> list[int]:
        self.answer.set()
        await asyncio.gather(*self.tasks)
        return self.statuses


@pytest.fixture(autouse=True)
def refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shedding, "REFUSED_AFTER", 0)


async def test_who_asks_again_at_once_is_refused_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refusing is work, too: so much of it that a flood would leave no time for the others."""
    monkeypatch.setattr(shedding, "REFUSED_AFTER", 0.1)
    server = Server()
    loop = asyncio.get_running_loop()
    began = loop.time()
    await server.ask(STRANGER, MOST_OF_STRANGERS + MOST_WAITING + 2)
    await asyncio.gather(*server.tasks[-2:])
    assert server.statuses == [503, 503]
    assert loop.time() - began >= 0.1
    await server.finish()


async def test_strangers_wait_and_are_refused_before_known_people() -> None:
    server = Server()
    await server.ask(STRANGER, MOST_OF_STRANGERS + MOST_WAITING + 3)
    assert server.statuses == [503, 503, 503]
    assert server.shedding.under_way == MOST_OF_STRANGERS

    places = MOST - MOST_OF_STRANGERS
    for user_id in range(1, places + 3):
        await server.ask(somebody(user_id))
    assert server.statuses == [503] * 5
    assert (await server.finish()).count(503) == 5
    assert server.shedding.under_way == 0


async def test_a_made_up_session_or_token_is_a_strangers() -> None:
    made_up = [
        (b"cookie", b"sessionid=abcdefghijklmnopqrstuvwxyz012345; known=1-0123456789"),
        (b"authorization", b"Token 0123456789abcdef0123456789abcdef01234567"),
    ]
    server = Server()
    await server.ask({"path": "/", "headers": made_up}, MOST_OF_STRANGERS + 3)
    assert server.shedding.under_way == MOST_OF_STRANGERS
    await server.finish()


async def test_health_is_never_refused_and_asked_once_for_many() -> None:
    server = Server()
    await server.ask(STRANGER, MOST_OF_STRANGERS + MOST_WAITING)
    await server.ask(HEALTH, 100)
    assert server.asked == MOST_OF_STRANGERS + 1

    statuses = await server.finish()
    assert statuses.count(200) == MOST_OF_STRANGERS + MOST_WAITING + 100


async def test_an_answer_about_a_wrong_host_is_not_given_to_others() -> None:
    statuses = iter((400, 200))

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": next(statuses), "headers": []})

    seen: list[int] = []

    async def send(message: dict[str, Any]) -> None:
        seen.append(message["status"])

    shedding = LoadShedding(application)
    for _ in range(3):
        await shedding(HEALTH, None, send)
    assert seen == [400, 200, 200]


async def test_one_person_waits_and_keeps_nobody_waiting() -> None:
    server = Server()
    await server.ask(somebody(1), MOST_OF_ONE + MOST_WAITING + 2)
    assert server.statuses == [503, 503]
    assert server.shedding.under_way == MOST_OF_ONE

    await server.ask(somebody(2), MOST_OF_ONE)
    assert server.shedding.under_way == 2 * MOST_OF_ONE

    assert (await server.finish()).count(200) == 2 * MOST_OF_ONE + MOST_WAITING
    assert (server.shedding.under_way, server.shedding.lines) == (0, {})


async def test_a_request_that_failed_gives_its_place_back() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError

    shedding = LoadShedding(broken)
    with pytest.raises(RuntimeError):
        await shedding(somebody(1), None, None)
    assert shedding.under_way == 0


def test_what_redis_holds_is_never_run() -> None:
    serializer = JsonSerializer()
    assert serializer.loads(serializer.dumps([1, 2.5, "é"])) == [1, 2.5, "é"]
    assert serializer.dumps(5) == b"5", "Redis counts it up"
    with pytest.raises(json.JSONDecodeError):
        serializer.loads(b"cos\nsystem\n(S'true'\ntR.")
