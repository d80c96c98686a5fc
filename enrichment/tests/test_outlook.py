"""When all will be done: compared with what the limiter itself lets through, on a clock that the
test moves.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from enrichment import limits
from enrichment.limits import AdaptiveRateLimiter, Permit
from enrichment.outlook import Outlook, Pause, outlook
from enrichment.tests.limits_bench import Bench, throttle
from tests.redis_process import RedisProcess

pytestmark = pytest.mark.django_db


def run(bench: Bench, limiter: AdaptiveRateLimiter, count: int) -> list[float]:
    """When each of so many videos was begun."""
    begun: list[float] = []
    while len(begun) < count:
        answer = limiter.acquire(bulk=True)
        if isinstance(answer, Permit):
            begun.append(bench.clock.now)
            limiter.on_success(answer)
        else:
            bench.clock.advance(answer.wait)
    return begun


@pytest.mark.slow
@pytest.mark.parametrize(
    ("count", "delay", "budget"),
    [(100, 2.0, 300), (400, 2.0, 300), (1000, 2.0, 300), (700, 1.0, 600), (60, 20.0, 300)],
)
def test_the_estimate_knows_the_hours_budget(
    clean_redis: redis.Redis, count: int, delay: float, budget: int
) -> None:
    """Looked at every tenth of the way, and at half-time above all."""
    bench = Bench(clean_redis)
    begun = run(bench, bench.lane(3, delay, hourly_budget=budget, lane="test:truth"), count)
    start, total = begun[0], begun[-1] - begun[0]
    again = Bench(clean_redis)
    again.clock.now = start
    limiter = again.lane(3, delay, hourly_budget=budget)
    done = 0
    for tenth in range(1, 10):
        moment = start + total * tenth / 10
        reached = sum(at <= moment for at in begun)
        run(again, limiter, reached - done)
        done, again.clock.now = reached, moment
        answer = limiter.acquire(bulk=True)
        wait = 0.0 if isinstance(answer, Permit) else answer.wait
        if isinstance(answer, Permit):
            limiter.cancel(answer)
        now = datetime.fromtimestamp(moment, UTC)
        rules, left = limiter.rules, int(limiter.state().budget_left)
        paused = None
        if wait >= 10 and delay < 10:
            paused = Pause(now + timedelta(seconds=wait), "budget")
        view = Outlook(
            pause=paused,
            large_pause=paused,
            pace=1 / delay,
            left=left,
            hourly=budget,
            reserve=rules.reserve_budget,
        )
        estimate = view.seconds_left(count - done, pace=1 / delay, large=True, now=now)
        assert estimate == pytest.approx(total - (moment - start), rel=0.2, abs=60), tenth


def test_without_a_pace_and_without_a_pause_nothing_can_be_said() -> None:
    now = datetime.fromtimestamp(1_800_000_000, UTC)
    moving = Outlook(pause=None, large_pause=None, pace=0.5, left=300, hourly=300, reserve=30)
    assert moving.seconds_left(10, pace=None, large=False, now=now) is None
    ban = Pause(now + timedelta(seconds=30), "open")
    banned = Outlook(pause=ban, large_pause=ban, pace=0.5, left=300, hourly=300, reserve=30)
    assert banned.seconds_left(10, pace=None, large=False, now=now) == 30 + 10 * 2


def test_a_frozen_redis_is_waited_for_once_for_all_lanes(
    settings: Any, redis_process: RedisProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = redis_process.url
    settings.YOUTUBE_PROXY = ["http://one:1", "http://two:2", "http://three:3"]
    assert len(limits.youtube_states()) == 3
    asked: list[str] = []
    ask = redis.Redis.execute_command

    def note_and_ask(client: redis.Redis, *command: Any, **options: Any) -> Any:
        if threading.current_thread() is threading.main_thread():  # places are freed in another
            asked.append(str(command[0]))
        return ask(client, *command, **options)

    monkeypatch.setattr(redis.Redis, "execute_command", note_and_ask)
    redis_process.freeze()
    try:
        view = outlook()
    finally:
        redis_process.thaw()
    assert len(asked) == 1, asked
    assert (view.pause, view.hourly) == (None, 3 * settings.YOUTUBE_HOURLY_BUDGET)


def test_pause_is_the_lanes_own_and_ends_with_it(clean_redis: redis.Redis) -> None:
    """A breaker that was closed by hand leaves no word of the pause behind."""
    limiter = limits.youtube_lanes()[0].limiter
    throttle(limiter)
    banned = outlook().pause
    assert banned is not None
    assert banned.reason == "open"
    limiter.close_breaker()
    assert outlook().pause is None


def test_pause_says_that_the_hour_is_used_up(clean_redis: redis.Redis, settings: Any) -> None:
    """Large imports leave the reserve alone, so they wait before people do."""
    settings.YOUTUBE_HOURLY_BUDGET = 100
    limiter = limits.youtube_lanes()[0].limiter
    assert isinstance(limiter.acquire(cost=95), Permit)
    view = outlook()
    assert view.pause is None
    assert view.large_pause is not None
    assert (view.large_pause.reason, view.large_pause.is_budget) == ("reserve", True)
    assert isinstance(limiter.acquire(cost=5), Permit)
    used_up = outlook().pause
    assert used_up is not None
    assert used_up.reason == "budget"
