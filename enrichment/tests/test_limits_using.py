"""Using a permit: each end of the block is told to the lane once, and rightly."""

from __future__ import annotations

import threading

import pytest
import redis

from enrichment.errors import NetworkBlip, SourceError, Throttled, VideoVerdict
from enrichment.limits import AdaptiveRateLimiter, Permit, using
from enrichment.tests.limits_bench import Bench, denied, granted, impatient_client, throttle
from tests.installation import wait_for
from tests.redis_process import RedisProcess
from tests.tiers import some_first

pytestmark = pytest.mark.django_db


@pytest.fixture
def bench(clean_redis: redis.Redis) -> Bench:
    return Bench(clean_redis)


def probe_of(bench: Bench, limiter: AdaptiveRateLimiter) -> Permit:
    """The one permit of an open breaker whose pause is over."""
    throttle(limiter)
    bench.clock.advance(denied(limiter.acquire()).wait)
    probe = granted(limiter.acquire())
    assert probe.probe
    return probe


def fail_with(error: BaseException) -> None:
    raise error


def test_breaker_stays_open_when_nothing_was_asked(bench: Bench) -> None:
    limiter = bench.lane()
    with using(limiter, probe_of(bench, limiter)):
        pass
    state = limiter.state()
    assert (state.breaker, state.in_flight) == ("half_open", 0)
    assert granted(limiter.acquire()).probe, "the next one asks instead"


def test_unused_permit_costs_nothing_also_with_an_error(bench: Bench) -> None:
    limiter = bench.lane()
    limiter.cancel(granted(limiter.acquire()))
    before = limiter.state()
    with pytest.raises(KeyError), using(limiter, granted(limiter.acquire())):
        raise KeyError
    assert limiter.state() == before


def test_answer_closes_the_breaker(bench: Bench) -> None:
    limiter = bench.lane()
    with using(limiter, probe_of(bench, limiter)) as use:
        assert use.ask(lambda: "page") == "page"
    assert limiter.state().breaker == "closed"


def test_verdict_is_an_answer(bench: Bench) -> None:
    limiter = bench.lane()
    probe = probe_of(bench, limiter)
    with pytest.raises(VideoVerdict), using(limiter, probe) as use:
        use.ask(lambda: fail_with(VideoVerdict()))
    assert limiter.state().breaker == "closed"


def test_question_without_an_answer_says_nothing(bench: Bench) -> None:
    limiter = bench.lane()
    probe = probe_of(bench, limiter)
    with pytest.raises(ZeroDivisionError), using(limiter, probe) as use:
        use.ask(lambda: fail_with(ZeroDivisionError()))
    assert (limiter.state().breaker, limiter.state().in_flight) == ("half_open", 0)


@pytest.mark.parametrize("error", [Throttled(retry_after=40), NetworkBlip(retry_after=40)])
def test_error_about_us_slows_the_lane(bench: Bench, error: SourceError) -> None:
    limiter = bench.lane()
    with pytest.raises(SourceError), using(limiter, granted(limiter.acquire())) as use:
        use.ask(lambda: fail_with(error))
    assert limiter.state().breaker == "open"


def test_throttle_of_one_client_counts_for_it_alone(bench: Bench) -> None:
    limiter = bench.lane()
    permit = granted(limiter.acquire())
    with pytest.raises(Throttled), using(limiter, permit, about_us=(NetworkBlip,)) as use:
        use.ask(lambda: fail_with(Throttled(retry_after=40)))
    assert limiter.state().breaker == "closed"


def test_noted_throttle_opens_the_breaker(bench: Bench) -> None:
    limiter = bench.lane()
    with using(limiter, granted(limiter.acquire())) as use:
        use.ask(lambda: "nobody can read this")
        use.note_throttle(30.0)
    assert limiter.state().breaker == "open"


@pytest.mark.parametrize("stall", some_first([0.38, 0.5, 0.2, 0.34, 0.42, 1.0, 2.0], 2))
def test_stalled_redis_loses_no_place(redis_process: RedisProcess, stall: float) -> None:
    """Whoever gave up while Redis was frozen frees the place it may have been given, by its
    name.
    """
    client = impatient_client(redis_process.url, 0.3)
    limiter = AdaptiveRateLimiter(1, 0.0, lane="test:stall", redis=client)
    limiter.cancel(granted(limiter.acquire()))
    redis_process.freeze()
    thaw = threading.Timer(stall, redis_process.thaw)
    thaw.start()
    answer = limiter.acquire()
    thaw.join()
    if isinstance(answer, Permit):
        limiter.on_success(answer)
    wait_for(lambda: limiter.state().in_flight == 0, seconds=5)
    granted(limiter.acquire())
