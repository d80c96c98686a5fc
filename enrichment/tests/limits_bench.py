"""What the tests of the limiter share: a clock that a test moves, and lanes on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from enrichment.limits import AdaptiveRateLimiter, Denied, Permit

_names = count()


@dataclass
class Clock:
    """Seconds since 1970, moved by hand."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Bench:
    """Makes lanes of their own on one Redis and one clock."""

    client: redis.Redis
    clock: Clock = field(default_factory=Clock)

    def lane(
        self, max_concurrent: int = 3, base_delay: float = 2.0, **rules: Any
    ) -> AdaptiveRateLimiter:
        own: dict[str, Any] = {
            "lane": f"test:{next(_names)}",
            "redis": self.client,
            "clock": self.clock,
        }
        return AdaptiveRateLimiter(max_concurrent, base_delay, **own | rules)


def impatient_client(url: str, seconds: float) -> redis.Redis:
    """A client that waits so long for an answer, and like the product's asks nothing twice."""
    return redis.Redis.from_url(
        url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=Retry(NoBackoff(), 0)
    )


def granted(answer: Permit | Denied) -> Permit:
    assert isinstance(answer, Permit), answer
    return answer


def denied(answer: Permit | Denied) -> Denied:
    assert isinstance(answer, Denied), answer
    return answer


def throttle(
    limiter: AdaptiveRateLimiter, times: int = 3, retry_after: float | None = None
) -> None:
    """That many calls at once, each answered with a throttle."""
    for permit in [granted(limiter.acquire()) for _ in range(times)]:
        limiter.on_failure(permit, is_rate_limit=True, retry_after=retry_after)
