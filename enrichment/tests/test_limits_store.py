"""What a lane knows after Redis lost everything, and what it does while Redis is away."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from enrichment.limits import AdaptiveRateLimiter, Denied, Permit, store
from enrichment.models import LaneState
from enrichment.tests.limits_bench import Bench, denied, granted, impatient_client, throttle
from tests.installation import wait_for
from tests.redis_process import RedisProcess, forget_test_keys

pytestmark = pytest.mark.django_db


@pytest.fixture
def bench(clean_redis: redis.Redis) -> Bench:
    return Bench(clean_redis)


def lose_memory(bench: Bench) -> None:
    forget_test_keys(bench.client)


def test_a_first_start_has_its_burst_and_leaves_a_row(bench: Bench) -> None:
    limiter = bench.lane(max_concurrent=5, burst=5)
    assert all(isinstance(limiter.acquire(), Permit) for _ in range(5))
    assert LaneState.objects.get(lane=limiter.lane).delay == 2.0


def test_there_is_no_burst_after_redis_lost_its_memory(bench: Bench) -> None:
    limiter = bench.lane(max_concurrent=50, burst=5)
    for _ in range(5):
        granted(limiter.acquire())
    for _ in range(3):
        lose_memory(bench)
        assert denied(limiter.acquire()) == Denied(2.0, "rate")
    bench.clock.advance(2.0)
    granted(limiter.acquire())
    assert denied(limiter.acquire()).reason == "rate"


def test_an_open_breaker_is_still_open_and_goes_on_doubling(bench: Bench) -> None:
    limiter = bench.lane()
    throttle(limiter)
    until = limiter.state().open_until
    assert until is not None
    lose_memory(bench)
    state = limiter.state()
    assert state.open_until is not None
    assert abs(state.open_until - until) < timedelta(milliseconds=1)
    answer = denied(limiter.acquire())
    assert answer.reason == "open"
    lose_memory(bench)
    bench.clock.advance(answer.wait)
    denied(limiter.acquire())
    bench.clock.advance(4)
    probe = granted(limiter.acquire())
    assert probe.probe
    limiter.on_failure(probe, is_rate_limit=True)
    assert 60 <= denied(limiter.acquire()).wait <= 66


def test_a_slower_pace_is_not_forgotten(bench: Bench) -> None:
    limiter = bench.lane()
    throttle(limiter, times=1)
    delay = limiter.state().delay
    assert 1.5 * 2 <= delay <= 2 * 2
    lose_memory(bench)
    assert limiter.state().delay == delay
    denied(limiter.acquire())
    assert limiter.state().delay == delay


def test_a_closed_breaker_is_remembered_as_closed(bench: Bench) -> None:
    limiter = bench.lane()
    throttle(limiter)
    bench.clock.advance(denied(limiter.acquire()).wait)
    limiter.on_success(granted(limiter.acquire()))
    assert LaneState.objects.get(lane=limiter.lane).open_until is None
    throttle_row = LaneState.objects.get(lane=limiter.lane)
    assert throttle_row.delay == limiter.state().delay


def test_what_is_remembered_promises_nothing(bench: Bench) -> None:
    """While Redis is away nothing could start at once; an hour is never more than used up."""
    limiter = bench.lane(3, 2.0, burst=4, hourly_budget=10)
    fresh = limiter.remembered()
    assert (fresh.tokens, fresh.budget_left, fresh.wait, fresh.reason) == (4.0, 10, 0.0, None)
    store.save(limiter.lane, delay=7.0, open_until=0, window=0, spent=12)
    status = limiter.remembered()
    assert (status.tokens, status.budget_left, status.delay) == (0.0, 0, 7.0)
    assert (status.in_flight, status.epoch, status.breaker) == (0, 0, "closed")
    assert (status.wait, status.bulk_wait, status.available) == (0.0, 0.0, False)


def test_a_remembered_ban_says_how_long_it_lasts(bench: Bench) -> None:
    limiter = bench.lane()
    until = time.time() + 600
    store.save(limiter.lane, delay=2.0, open_until=until, window=600, spent=0)
    status = limiter.remembered()
    assert (status.breaker, status.reason, status.bulk_reason) == ("open", "open", "open")
    assert 590 < status.wait <= 600
    assert status.bulk_wait == status.wait
    store.save(limiter.lane, delay=2.0, open_until=until - 700, window=600, spent=0)
    assert (limiter.remembered().breaker, limiter.remembered().wait) == ("half_open", 0.0)


def test_an_outage_is_logged_once(
    bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nobody = impatient_client(f"unix://{tmp_path}/nobody.sock", 1.0)
    limiter = AdaptiveRateLimiter(lane="test:away", redis=nobody)
    for _ in range(3):
        assert denied(limiter.acquire()).reason == "unavailable"
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_places_are_freed_by_one_thread(tmp_path: Path) -> None:
    """However many there are; by another one when that is gone, as in a process that forked."""
    nobody = impatient_client(f"unix://{tmp_path}/nobody.sock", 1.0)
    limiter = AdaptiveRateLimiter(lane="test:away", redis=nobody)
    denied(limiter.acquire())
    first = limiter._freeing
    denied(limiter.acquire())
    assert limiter._freeing is first
    limiter._freeing = threading.Thread()
    denied(limiter.acquire())
    assert limiter._freeing.is_alive()


def test_closing_by_hand_reaches_the_database(bench: Bench) -> None:
    limiter = bench.lane()
    throttle(limiter)
    lose_memory(bench)
    limiter.close_breaker()
    assert LaneState.objects.get(lane=limiter.lane).open_until is None
    assert denied(limiter.acquire()).reason == "rate"


def test_without_redis_and_row_it_begins_with_the_defaults(bench: Bench) -> None:
    limiter = bench.lane()
    throttle(limiter)
    lose_memory(bench)
    LaneState.objects.all().delete()
    assert not granted(limiter.acquire()).probe


def test_what_the_hour_has_cost_is_not_forgotten_but_for_a_tenth(bench: Bench) -> None:
    limiter = bench.lane(clock=None, base_delay=0.0, hourly_budget=100)
    for _ in range(57):
        limiter.on_success(granted(limiter.acquire()))
    lose_memory(bench)
    granted(limiter.acquire())
    assert limiter.state().budget_left == 49
    LaneState.objects.filter(lane=limiter.lane).update(
        updated_at=timezone.now() - timedelta(hours=1)
    )
    lose_memory(bench)
    granted(limiter.acquire())
    assert limiter.state().budget_left == 99


def test_an_answer_from_before_the_loss_counts_for_nothing(bench: Bench) -> None:
    limiter = bench.lane()
    old = [granted(limiter.acquire()) for _ in range(3)]
    lose_memory(bench)
    bench.clock.advance(10)
    denied(limiter.acquire())
    for permit in old:
        limiter.on_failure(permit, is_rate_limit=True)
    assert limiter.state().breaker == "closed"
    assert not limiter.renew(old[0])


def test_of_two_seeds_at_once_the_first_counts(bench: Bench) -> None:
    limiter = bench.lane()
    throttle(limiter)
    slower = store.load_seed("of another process", 2.0)  # a first start: it would bring the burst
    assert slower is not None
    lose_memory(bench)
    assert denied(limiter.acquire()).reason == "open"
    limiter._run(limiter._scripts.seed, json.dumps(slower))
    assert denied(limiter.acquire()).reason == "open"


def test_a_believed_ban_is_at_most_an_hour_away(bench: Bench) -> None:
    limiter = bench.lane()
    LaneState.objects.create(
        lane=limiter.lane,
        delay=2.0,
        open_until=datetime.fromtimestamp(bench.clock.now + 90_000, UTC),
        window=30,
    )
    assert denied(limiter.acquire()).wait == pytest.approx(3600)


def test_permits_that_go_well_never_touch_the_database(bench: Bench) -> None:
    limiter = bench.lane()
    limiter.on_success(granted(limiter.acquire()))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        for _ in range(20):
            bench.clock.advance(2)
            permit = granted(limiter.acquire())
            limiter.renew(permit)
            limiter.on_success(permit)
        limiter.state()
    assert len(queries) == 0


def test_it_is_closed_while_redis_is_down_and_goes_on_by_itself(
    redis_process: RedisProcess,
) -> None:
    client = impatient_client(redis_process.url, 0.3)
    limiter = Bench(client).lane(clock=None)
    permit = granted(limiter.acquire())
    redis_process.kill()
    assert denied(limiter.acquire()).reason == "unavailable"
    limiter.on_success(permit)
    limiter.on_failure(permit, is_rate_limit=True)
    limiter.cancel(permit)
    limiter.abandon(permit.token)
    limiter.close_breaker()
    assert not limiter.renew(permit)
    assert not limiter.state().available
    redis_process.start()
    answers = [limiter.acquire(), limiter.acquire()]
    assert denied(answers[-1]).reason == "rate"  # and no burst: the row is still there
    client.close()


def test_questions_that_lay_in_a_frozen_redis_take_no_place(redis_process: RedisProcess) -> None:
    client = impatient_client(redis_process.url, 0.1)
    limiter = Bench(client).lane(clock=None, base_delay=0.0, hourly_budget=1000)
    limiter.on_success(granted(limiter.acquire()))
    redis_process.freeze()
    asked = time.monotonic()
    while time.monotonic() < asked + 0.5:
        assert denied(limiter.acquire()).reason == "unavailable"
    while (
        time.monotonic() < asked + 0.5 + 1.6
    ):  # until the last of them is older than its asker's patience
        time.sleep(0.05)
    redis_process.thaw()
    assert limiter.state().in_flight == 0
    client.close()


def test_permits_that_ended_while_redis_was_frozen_come_back(
    redis_process: RedisProcess,
) -> None:
    client = impatient_client(redis_process.url, 0.1)
    limiter = Bench(client).lane(3, 0.0, clock=None, hourly_budget=1000)
    permits = [granted(limiter.acquire()) for _ in range(3)]
    redis_process.freeze()
    for permit in permits:
        limiter.renew(permit)
        limiter.on_success(permit)
    redis_process.thaw()
    wait_for(lambda: limiter.state().in_flight == 0, 10)
    client.close()


def test_a_redis_whose_clock_differs_is_believed(bench: Bench) -> None:
    limiter = bench.lane(clock=None)
    limiter._ahead += 86_400
    granted(limiter.acquire())
    limiter._ahead -= 86_400
    granted(limiter.acquire())


def test_workers_whose_clocks_are_apart_share_one_pace(bench: Bench) -> None:
    """100 s apart: Redis's clock decides, so both together get what there is, and no more."""
    early = bench.lane(clock=None, lane="test:apart")
    late = bench.lane(clock=None, lane="test:apart")
    early._ahead -= 50
    late._ahead += 50
    for limiter in (early, late, early):
        granted(limiter.acquire())
    assert denied(late.acquire()).reason == "slots"
    assert early.state().in_flight == late.state().in_flight == 3


def test_without_database_and_state_the_lane_is_closed(bench: Bench) -> None:
    limiter = bench.lane()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE enrichment_lanestate RENAME TO elsewhere")
    assert denied(limiter.acquire()).reason == "unavailable"
