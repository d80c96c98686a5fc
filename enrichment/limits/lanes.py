"""Which lanes there are: one for each way out to YouTube, one for Groq."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings

from enrichment.limits.limiter import AdaptiveRateLimiter
from enrichment.limits.permits import Denied, LaneStatus, Permit

GROQ_CONCURRENT = 2  # uploads at once: one hides the other's latency, more would only queue at Groq
GROQ_DELAY = 3.0  # seconds between two requests: 20 a minute on Groq's free plan
GROQ_BURST = 3  # requests: one audio's first chunks
GROQ_LEASE = 300.0  # seconds: a 20 MB upload over a slow line and its transcription


@dataclass(frozen=True)
class Lane:
    """One outside resource. `proxy` is the way out to YouTube, "" for the machine's own address."""

    name: str
    proxy: str
    limiter: AdaptiveRateLimiter


def youtube_lanes() -> tuple[Lane, ...]:
    """One lane for each entry of YOUTUBE_PROXY, or the one of the machine's own address.

    Made once per process and settings.
    """
    return _youtube_lanes(
        tuple(dict.fromkeys(settings.YOUTUBE_PROXY)) or ("",),
        settings.YOUTUBE_MAX_CONCURRENT,
        settings.YOUTUBE_BASE_DELAY,
        settings.YOUTUBE_BURST,
        settings.YOUTUBE_HOURLY_BUDGET,
    )


def youtube_states(lanes: Sequence[Lane] | None = None) -> list[LaneStatus]:
    """Each way out as it is now (None: all of them), one round trip each.

    A Redis that is away or frozen costs the wait for the first one only.
    """
    states: list[LaneStatus] = []
    for candidate in youtube_lanes() if lanes is None else lanes:
        answers = not states or states[-1].available
        states.append(candidate.limiter.state() if answers else candidate.limiter.remembered())
    return states


def groq_lane() -> Lane:
    """Groq: `cost` is seconds of audio; what one hour takes is GROQ_AUDIO_SECONDS_PER_HOUR (7,200
    on the free plan).
    """
    return _groq_lane(settings.GROQ_AUDIO_SECONDS_PER_HOUR)


def lane(name: str) -> Lane:
    """The lane of a permit. LookupError when its proxy was removed meanwhile."""
    for candidate in (*youtube_lanes(), groq_lane()):
        if candidate.name == name:
            return candidate
    raise LookupError(f"There is no lane {name}")


def acquire_youtube(*, bulk: bool, holder: str = "") -> Permit | Denied:
    """A permit of any way out: the one whose last permit (of this process) is oldest is asked
    first. One round trip per way out asked.

    When none grants: the answer of the one that is worth asking again first.
    """
    denials = []
    lanes = youtube_lanes()
    for candidate in sorted(lanes, key=lambda one: _granted.get(one.name, 0.0)):
        answer = candidate.limiter.acquire(bulk=bulk, holder=holder)
        if isinstance(answer, Permit):
            _granted[candidate.name] = time.monotonic()
            if len(lanes) > 1:
                return answer._replace(last=False)  # another way out may have a place
            return answer
        denials.append(answer)
    return min(denials, key=lambda denied: denied.wait)


def abandon_youtube(holder: str) -> None:
    """Who asked under this name is known to be dead: its place is free now, on whichever way out it
    was.
    """
    for candidate in youtube_lanes():
        candidate.limiter.abandon(holder)


_granted: dict[
    str, float
] = {}  # lane -> when this process last got a permit of it, on the monotonic clock


@lru_cache(maxsize=8)
def _youtube_lanes(
    proxies: tuple[str, ...], concurrent: int, delay: float, burst: int, budget: int
) -> tuple[Lane, ...]:
    lanes = []
    for proxy in proxies:
        name = _lane_name(proxy)
        limiter = AdaptiveRateLimiter(
            concurrent, delay, lane=name, burst=burst, hourly_budget=budget
        )
        lanes.append(Lane(name, proxy, limiter))
    return tuple(lanes)


@lru_cache(maxsize=8)
def _groq_lane(budget: int) -> Lane:
    limiter = AdaptiveRateLimiter(
        GROQ_CONCURRENT,
        GROQ_DELAY,
        lane="groq",
        burst=GROQ_BURST,
        hourly_budget=budget,
        reserve=(0, 0.0),
        lease=GROQ_LEASE,
    )
    return Lane("groq", "", limiter)


def _lane_name(proxy: str) -> str:
    """A proxy's address may hold a password, so its name is a digest."""
    return (
        f"youtube:{hashlib.sha256(proxy.encode()).hexdigest()[:8]}" if proxy else "youtube:direct"
    )
