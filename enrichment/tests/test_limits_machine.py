"""The scripts under any order of calls, kills, losses of memory and steps of the clock."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import pytest
import redis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from enrichment.limits import Denied, Permit
from enrichment.tests.limits_bench import Bench
from tests.tiers import examples

PLACES, DELAY, BURST, BUDGET, LEASE = 3, 2.0, 5, 40, 90.0


@dataclass
class Grant:
    permit: Permit
    epoch: int  # the breaker's
    at: float  # in time that passed
    cost: int
    until: float


class LaneMachine(RuleBasedStateMachine):
    """Time that passed is the sum of the clock's steps forward: a step back must give nothing
    away.
    """

    bench: Bench

    def __init__(self) -> None:
        super().__init__()
        self.clock = type(self.bench.clock)()
        self.limiter = self.bench.lane(
            PLACES, DELAY, burst=BURST, hourly_budget=BUDGET, lease=LEASE, clock=self.clock
        )
        self.passed = 0.0
        self.epoch_of_memory = 0
        self.grants: list[Grant] = []
        self.out: list[Grant] = []

    @rule(bulk=st.booleans(), cost=st.sampled_from([1, 1, 1, 3]), times=st.integers(1, 8))
    def acquire(self, bulk: bool, cost: int, times: int) -> None:
        for _ in range(times):
            answer = self.limiter.acquire(bulk=bulk, cost=cost)
            if isinstance(answer, Permit):
                grant = Grant(
                    answer, self.limiter.state().epoch, self.passed, cost, self.passed + LEASE
                )
                self.grants.append(grant)
                self.out.append(grant)
            else:
                assert answer.wait > 0

    @precondition(lambda self: self.out)
    @rule(
        data=st.data(),
        outcome=st.sampled_from(["success", "throttled", "nothing", "dead", "unused"]),
        retry_after=st.sampled_from([None, 3.0, 90.0]),
    )
    def end(self, data: st.DataObject, outcome: str, retry_after: float | None) -> None:
        grant = self.out.pop(data.draw(st.integers(0, len(self.out) - 1)))
        match outcome:
            case "success":
                self.limiter.on_success(grant.permit)
            case "dead":
                self.limiter.abandon(grant.permit.token)
            case "unused":
                self.limiter.cancel(grant.permit)
                self.grants.remove(grant)
            case _:
                self.limiter.on_failure(
                    grant.permit, is_rate_limit=outcome == "throttled", retry_after=retry_after
                )

    @precondition(lambda self: self.out)
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        grant = data.draw(st.sampled_from(self.out))
        if self.limiter.renew(grant.permit):
            grant.until = self.passed + LEASE

    @rule(seconds=st.sampled_from([0.1, 1.0, 2.0, 7.0, 33.0, 90.0, 700.0, 3600.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.passed += seconds

    @rule(seconds=st.sampled_from([0.5, 30.0, 3600.0]))
    def clock_steps_back(self, seconds: float) -> None:
        self.clock.advance(-seconds)

    @rule()
    def redis_loses_its_memory(self) -> None:
        self.bench.client.delete(self.limiter.key, f"{self.limiter.key}:hour")
        # whose calls are out is lost with it; none of them may ask again, since renewing fails
        self.out.clear()
        self.grants_before_loss = len(self.grants)

    @rule()
    def a_person_closes_the_breaker(self) -> None:
        self.limiter.close_breaker()

    @rule()
    def patience_is_rewarded(self) -> None:
        """Whoever waits as long as told gets a permit within a few questions, whatever happened
        before.
        """
        for _ in range(12):
            answer = self.limiter.acquire(bulk=True)
            if isinstance(answer, Permit):
                self.limiter.cancel(answer)
                return
            wait = max(answer.wait, LEASE if answer.reason in {"slots", "probe"} else 0)
            self.clock.advance(wait)
            self.passed += wait
        raise AssertionError(f"still {answer}")

    @invariant()
    def no_window_exceeds_burst_and_rate(self) -> None:
        recent = self.grants[-40:]
        for (i, first), (j, last) in combinations(enumerate(recent), 2):
            assert j - i + 1 <= BURST + (last.at - first.at) / DELAY + 1e-3

    @invariant()
    def no_hour_exceeds_the_budget(self) -> None:
        remembered = self.grants[getattr(self, "grants_before_loss", 0) :]
        for i, first in enumerate(remembered):
            assert (
                sum(grant.cost for grant in remembered[i:] if grant.at - first.at < 3600) <= BUDGET
            )

    @invariant()
    def never_more_out_than_places_and_never_two_probes(self) -> None:
        alive = [grant for grant in self.out if grant.until > self.passed]
        assert len(alive) <= PLACES
        epoch = max((grant.epoch for grant in alive), default=0)
        assert sum(grant.permit.probe and grant.epoch == epoch for grant in alive) <= 1


@pytest.mark.django_db
def test_no_order_of_events_breaks_a_promise(clean_redis: redis.Redis) -> None:
    LaneMachine.bench = Bench(clean_redis)
    run_state_machine_as_test(
        LaneMachine,
        settings=settings(
            max_examples=examples(60),
            stateful_step_count=50,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


def test_a_step_of_the_clock_back_neither_frees_nor_freezes(
    clean_redis: redis.Redis, db: None
) -> None:
    bench = Bench(clean_redis)
    limiter = bench.lane(max_concurrent=10, burst=5)
    for _ in range(5):
        assert isinstance(limiter.acquire(), Permit)
    bench.clock.advance(-3600)
    assert limiter.acquire() == Denied(2.0, "rate")
    bench.clock.advance(2)
    assert isinstance(limiter.acquire(), Permit)
    assert limiter.acquire() == Denied(2.0, "rate")
    bench.clock.advance(3600)
    taken = [isinstance(limiter.acquire(), Permit) for _ in range(6)]
    assert taken == [True] * 5 + [False]
