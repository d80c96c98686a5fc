"""What the limiter answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

Reason = Literal["rate", "budget", "slots", "reserve", "open", "probe", "unavailable"]
Breaker = Literal["closed", "open", "half_open"]


class Permit(NamedTuple):
    """Leave for one piece of work on one lane, until its lease ends."""

    lane: str  # "youtube:direct", "youtube:<short hash of the proxy>", "groq"
    token: str  # unique among those in flight; also the lease's name
    probe: bool  # the one call that decides whether an open breaker closes
    # no place is left beside it: asking for another is in vain until one comes back
    last: bool


@dataclass(frozen=True)
class Denied:
    """Not now.

    `wait` is in seconds: before that, asking again is in vain; `unavailable` means that Redis
    cannot be asked.
    """

    wait: float
    reason: Reason


@dataclass(frozen=True)
class LaneStatus:
    """A lane at one moment, for people."""

    lane: str
    delay: float  # seconds between two permits now
    base_delay: float  # seconds between two permits when nothing slows the lane
    tokens: float  # permits that could start at once
    budget_left: float  # videos, for Groq seconds of audio, within the hour that slides
    in_flight: int
    breaker: Breaker
    open_until: datetime | None  # aware; when the breaker asks again
    epoch: int
    available: bool  # False: Redis is away, the figures are what the database remembers
    wait: float = 0.0  # seconds until a person's video may be asked for; 0: at once
    reason: Reason | None = None  # why it has to wait
    bulk_wait: float = 0.0  # the same for an item of a large import, which leaves the reserve alone
    bulk_reason: Reason | None = None
    hold: float = 0.0  # seconds of demand until a rate that was cut climbs again
    climb: float = 0.0  # seconds in which it doubles then; 0 when it was not cut
    nudged: bool = False  # it met YouTube's limit while it climbed, so it will again
