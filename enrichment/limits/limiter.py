"""The limiter of one lane: how often, how many at once, and whether at all an outside resource may
be asked.
"""

from __future__ import annotations

import json
import logging
import random
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import redis
from django.conf import settings
from django.utils import timezone
from redis.exceptions import RedisError

from enrichment.limits import store
from enrichment.limits.connection import redis_client
from enrichment.limits.permits import Breaker, Denied, LaneStatus, Permit, Reason
from enrichment.limits.rules import ASK_AGAIN, LONGEST_WINDOW, Rules
from enrichment.limits.scripts import Script, scripts_for

logger = logging.getLogger(__name__)

# permits of the burst, share of the hour: one to three single videos start at once in the middle of
# a large import
RESERVE = (3, 0.1)
# what Redis answers when it grants a permit
GRANTED = frozenset((b"granted", b"last", b"probe"))
# permits that the reserve always leaves: one to take, one so that a late question does not lose
# what accrues
SPARE_FOR_BULK = 2


class AdaptiveRateLimiter:
    """One lane, shared by every process through Redis.

    Each answer costs one round trip and never sleeps.

        match limiter.acquire():
            case Permit() as permit: ...        # ask YouTube, then on_success, on_failure or cancel
            case Denied(wait=seconds): ...      # come back later

    The defaults are for one guest address at YouTube: about 300 videos an hour before a ban (yt-dlp
    wiki). A permit that nobody ends is taken back when its lease (seconds) is over. While Redis is
    away nothing is granted and no method raises.

    In flight means by Redis's clock: when that leaps forward beyond a lease, the places of living
    holders are given away too.
    """

    def __init__(
        self,
        max_concurrent: int = 3,
        base_delay: float = 2.0,
        *,
        lane: str = "youtube:direct",
        burst: int = 5,
        hourly_budget: int = 300,
        reserve: tuple[int, float] = RESERVE,
        lease: float = 90.0,
        redis: redis.Redis | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """`redis` and `clock` (seconds since 1970, instead of Redis's own) are for tests and
        benchmarks.
        """
        if max_concurrent < 1 or burst < 1 or base_delay < 0 or hourly_budget < 0:
            raise ValueError(
                "A lane needs at least one place and a burst of one, "
                "and neither delay nor budget below zero."
            )
        self.lane = lane
        self.rules = Rules(
            max_concurrent=max_concurrent,
            base_delay=base_delay,
            burst=burst,
            hourly_budget=hourly_budget,
            reserve_tokens=max(0, min(reserve[0], burst - SPARE_FOR_BULK)),
            reserve_budget=int(hourly_budget * reserve[1]),
            lease_time=lease,
        )
        self.key = f"{settings.REDIS_PREFIX}lanes:{lane}"
        self._scripts = scripts_for(self.rules)
        self._redis = redis
        self._clock = clock
        self._away = False
        self._lock = threading.Lock()
        self._to_free: dict[str, float] = {}  # token -> when its lease ends, on the monotonic clock
        self._freeing: threading.Thread | None = None
        # what Redis's clock shows more than ours, until Redis says otherwise
        self._ahead = time.time() - time.monotonic()

    def acquire(self, *, bulk: bool = False, cost: int = 1, holder: str = "") -> Permit | Denied:
        """A permit, or how long to wait and why.

        `cost` counts against the hour (videos; for Groq seconds of audio).

        `bulk` leaves the reserve to people. A cost beyond the whole hour waits until the hour is
        empty: divide such work. `holder` (unique, one permit at a time) is the permit's token, for
        who must be able to `abandon` it without having seen it.
        """
        token = holder or secrets.token_hex(8)
        try:
            answer = self._ask_until_known(token, bulk, cost)
        except RedisError as error:
            # The question may have been answered after all, and nobody would ever use that place.
            self._free_later(token)
            return self._unavailable(error)
        self._away = False
        if answer in GRANTED:
            return Permit(self.lane, token, answer == b"probe", answer != b"granted")
        if b"wait" in answer:
            denied = Denied(**json.loads(answer))
            return replace(denied, wait=float(denied.wait))  # JSON has no way to write 2.0
        # Neither Redis nor the database knows the lane, or Redis lost its memory or froze between
        # two of our questions.
        return Denied(ASK_AGAIN, "unavailable")

    def on_success(self, permit: Permit) -> None:
        """The resource answered, whatever it said about the video: "this video is private" is a
        success.
        """
        self._end(permit.token, "success")

    def on_failure(
        self, permit: Permit, *, is_rate_limit: bool, retry_after: float | None = None
    ) -> None:
        """`is_rate_limit`: it was about us (429, bot check, blocked address).

        `retry_after` in seconds is honoured up to an hour.

        Other failures give the place back and say nothing.
        """
        outcome = "throttled" if is_rate_limit else "nothing"
        pause = min(max(retry_after or 0.0, 0.0), LONGEST_WINDOW)
        self._end(permit.token, outcome, pause, random.random())

    def cancel(self, permit: Permit) -> None:
        """The permit was not used: token and budget are given back."""
        self._end(permit.token, "unused")

    def abandon(self, token: str) -> None:
        """The holder is known to be dead: its place is free now, a dead probe's too. No verdict."""
        self._end(token, "nothing")

    def renew(self, permit: Permit) -> bool:
        """Renew the lease. False: it is lost, the breaker opened, or Redis is away."""
        try:
            return bool(self._run(self._scripts.renew, permit.token))
        except RedisError as error:
            self._unavailable(error)
            return False

    def close_breaker(self) -> None:
        """By hand, for a person who knows better. What was learnt about the pace stays."""
        row = store.load(self.lane)
        if row is not None:
            store.save(self.lane, delay=row.delay, open_until=0, window=0, spent=row.spent)
        try:
            self._run(self._scripts.close)
        except RedisError as error:
            self._unavailable(error)

    def state(self) -> LaneStatus:
        """The lane now, without changing it.

        When Redis does not know it or is away: what the database remembers (one query).
        """
        try:
            answer = self._run(self._scripts.state)
        except RedisError as error:
            self._unavailable(error)
            return self.remembered(available=False)
        if answer is None:
            return self.remembered(available=True)
        values = json.loads(answer)
        open_until = values.pop("open_until")
        return LaneStatus(
            lane=self.lane,
            base_delay=self.rules.base_delay,
            open_until=datetime.fromtimestamp(open_until, UTC) if open_until else None,
            available=True,
            **values,
        )

    def remembered(self, *, available: bool = False) -> LaneStatus:
        """What the database knows of the lane, Redis not being asked (one query)."""
        row = store.load(self.lane)
        now = timezone.now()
        open_until = row.open_until if row else None
        breaker: Breaker = "closed"
        wait = 0.0
        reason: Reason | None = None
        if open_until and open_until > now:
            breaker = "open"
            wait = (open_until - now).total_seconds()
            reason = "open"
        elif open_until:
            breaker = "half_open"
        return LaneStatus(
            lane=self.lane,
            delay=max(row.delay, self.rules.base_delay) if row else self.rules.base_delay,
            base_delay=self.rules.base_delay,
            tokens=0.0 if row else float(self.rules.burst),
            budget_left=max(self.rules.hourly_budget - (row.spent if row else 0), 0),
            in_flight=0,
            breaker=breaker,
            open_until=open_until,
            epoch=0,
            available=available,
            wait=wait,
            reason=reason,
            bulk_wait=wait,
            bulk_reason=reason,
        )

    @property
    def _client(self) -> redis.Redis:
        return self._redis if self._redis is not None else redis_client()

    def _run(self, script: Script, *question: str | float) -> Any:
        if self._clock is not None:
            return script.at(self._clock(), self._client, self.key, *question)
        return script(self._client, self.key, *question)

    def _ask_until_known(self, token: str, bulk: bool, cost: int) -> Any:
        """Ask once more when our clock was wrong, and once more after seeding an unknown lane."""
        answer = self._ask(token, bulk, cost)
        if b"time" in answer:
            # Its clock is not what we believed, or it was frozen.
            self._ahead = json.loads(answer)["time"] - time.monotonic()
            answer = self._ask(token, bulk, cost)
        if answer == b"unknown":
            seed = store.load_seed(self.lane, self.rules.base_delay)
            if seed is not None:
                self._run(self._scripts.seed, json.dumps(seed))
                answer = self._ask(token, bulk, cost)
        return answer

    def _ask(self, token: str, bulk: bool, cost: int) -> Any:
        asked_at = time.monotonic() + self._ahead
        if self._clock is not None:
            asked_at = 0.0
        return self._run(self._scripts.acquire, token, asked_at, cost, int(bulk))

    def _end(self, token: str, outcome: str, *throttled: float) -> None:
        """End a permit; while Redis does not answer, its place is freed later."""
        try:
            news = self._run(self._scripts.release, token, outcome, *throttled)
        except RedisError as error:
            self._unavailable(error)
            self._free_later(token)
            return
        if news is not None:
            store.save(self.lane, **json.loads(news))

    def _free_later(self, token: str) -> None:
        """Free this place by its name once Redis answers, from a thread that all such tokens of the
        lane share.
        """
        lost = time.monotonic() + self.rules.lease_time  # then the lease has ended by itself
        with self._lock:
            self._to_free[token] = lost
            if self._freeing is None or not self._freeing.is_alive():
                self._freeing = threading.Thread(
                    target=self._free_tokens, name="free places", daemon=True
                )
                self._freeing.start()

    def _free_tokens(self) -> None:
        """Try once a second until every token is freed or its lease has ended by itself."""
        while True:
            time.sleep(ASK_AGAIN)
            with self._lock:
                now = time.monotonic()
                self._to_free = {token: lost for token, lost in self._to_free.items() if lost > now}
                tokens = list(self._to_free)
                if not tokens:
                    self._freeing = None
                    return
            with suppress(RedisError):
                for token in tokens:
                    self._run(self._scripts.release, token, "nothing")
                    with self._lock:
                        self._to_free.pop(token, None)

    def _unavailable(self, error: RedisError) -> Denied:
        if not self._away:  # once for each outage, not every second
            logger.warning(
                "Redis cannot be asked about the lane %s: %s", self.lane, type(error).__name__
            )
        self._away = True
        return Denied(ASK_AGAIN, "unavailable")
