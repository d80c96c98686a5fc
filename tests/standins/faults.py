"""Trouble on demand: rules that make a stand-in answer wrongly, late or not at all."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from tests.standins.failures import Failure

Act = Literal[
    "status",
    "hang",
    "reset",
    "cut",
    "slow",
    "empty",
    "hollow",
    "html",
    "garbled",
    "captcha",
    "consent",
    "verdict",
    "refusal",
    "riddle",
]
ACTS = frozenset(
    {
        "status",
        "hang",
        "reset",
        "cut",
        "slow",
        "empty",
        "hollow",
        "html",
        "garbled",
        "captcha",
        "consent",
        "verdict",
        "refusal",
        "riddle",
    }
)


@dataclass(frozen=True)
class Fault:
    """One rule: what to do, and to which requests.

    What: `status` answers `status` (with `retry_after` seconds and `location`, if given, as
    headers); `hang` never answers; `reset` cuts the connection; `cut` sends half an answer; `slow`
    waits `delay` seconds and then answers as usual (several add up); `empty` is 200 with no body;
    `hollow` is 200 with JSON that has nothing of what was asked for; `html` is 200 with a page;
    `garbled` is a page whose data cannot be read; `captcha` and `consent` are YouTube's pages;
    `verdict` says `failure` about any video, as a bot check does; `refusal` says `reason` with the
    playability `playability` about any video, words of the test's own; `riddle` answers in a shape
    that yt-dlp's own code does not expect.

    To which: the kinds, the `client`s (of a player request, WEB, VISIONOS, ANDROID; of nothing
    else), the video ids and ways out named (one, several, or all when empty), from `after` seconds
    after it was added, for
    `lasts` seconds (again `every` so many seconds), and `times` times at most. With `quota`, only
    what goes beyond so many such requests per `window` seconds and way out.
    """

    act: Act
    kind: str | Sequence[str] = ()
    client: str | Sequence[str] = ()
    video_id: str | Sequence[str] = ()
    way: int | Sequence[int] = ()
    after: float = 0
    lasts: float | None = None
    every: float | None = None
    times: int | None = None
    status: int = 429
    retry_after: int | None = None
    location: str = ""
    delay: float = 0
    failure: Failure | None = None
    playability: str = "UNPLAYABLE"
    reason: str = ""
    quota: int | None = None
    window: float = 3600

    def __post_init__(self) -> None:
        if self.act not in ACTS:
            raise ValueError(f"no such act: {self.act}")
        if self.act == "verdict" and self.failure is None:
            raise ValueError("a verdict needs its failure")

    @classmethod
    def of_json(cls, values: Mapping[str, Any]) -> Fault:
        known = {field.name for field in fields(cls)}
        if unknown := set(values) - known:
            raise ValueError(f"not part of a fault: {', '.join(sorted(unknown))}")
        failure = values.get("failure")
        return cls(**{**values, "failure": Failure(failure) if failure else None})

    def __str__(self) -> str:
        detail = {
            "status": str(self.status),
            "verdict": str(self.failure),
            "slow": f"{self.delay} s",
        }.get(self.act)
        return f"{self.act} {detail}" if detail else self.act


class Rule:
    """A fault in force. `hits`: how often it struck."""

    def __init__(self, fault: Fault, now: float, remove: Callable[[Rule], None]) -> None:
        self.fault = fault
        self.hits = 0
        self.ended = threading.Event()
        self._since = now + fault.after
        self._passed: dict[int, deque[float]] = {}
        self._remove = remove

    def remove(self) -> None:
        """Ends it; what hangs because of it is let go."""
        self.ended.set()
        self._remove(self)

    def strikes(
        self, kind: str, video_id: str | None, way: int, now: float, client: str = ""
    ) -> bool:
        """Whether it applies to this request. Counts it."""
        fault = self.fault
        if not (
            _names(fault.kind, kind)
            and _names(fault.client, client)
            and _names(fault.video_id, video_id)
            and _names(fault.way, way)
            and self._in_force(now)
        ):
            return False
        if fault.quota is not None and self._within_quota(way, now):
            return False
        self.hits += 1
        return True

    def _in_force(self, now: float) -> bool:
        fault = self.fault
        if fault.times is not None and self.hits >= fault.times:
            return False
        elapsed = now - self._since
        if fault.every is not None and elapsed >= 0:
            elapsed %= fault.every
        return elapsed >= 0 and (fault.lasts is None or elapsed < fault.lasts)

    def _within_quota(self, way: int, now: float) -> bool:
        passed = self._passed.setdefault(way, deque())
        while passed and passed[0] <= now - self.fault.window:
            passed.popleft()
        if len(passed) >= (self.fault.quota or 0):
            return False
        passed.append(now)
        return True


@dataclass(frozen=True)
class Trouble:
    """What the rules make of one request: so many seconds' delay, then the rule that decides the
    answer, if any.
    """

    delay: float
    rule: Rule | None


class Faults:
    """The rules of one stand-in. The one added last decides; a delay comes on top."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rules: list[Rule] = []

    def add(self, fault: Fault) -> Rule:
        rule = Rule(fault, self._clock(), self._discard)
        with self._lock:
            self._rules.append(rule)
        return rule

    def status(self, status: int, **match: Any) -> Rule:
        return self.add(Fault("status", status=status, **match))

    def hang(self, **match: Any) -> Rule:
        return self.add(Fault("hang", **match))

    def reset(self, **match: Any) -> Rule:
        return self.add(Fault("reset", **match))

    def slow(self, seconds: float, **match: Any) -> Rule:
        return self.add(Fault("slow", delay=seconds, **match))

    def empty(self, **match: Any) -> Rule:
        return self.add(Fault("empty", **match))

    def verdict(self, failure: Failure, **match: Any) -> Rule:
        return self.add(Fault("verdict", failure=failure, **match))

    def quota(self, requests: int, window: float, act: Act = "status", **match: Any) -> Rule:
        """So many requests pass per `window` seconds and way out; beyond it 429, or what `act` and
        the rest say.
        """
        return self.add(Fault(act, quota=requests, window=window, **match))

    def meet(self, kind: str, video_id: str | None, way: int, client: str = "") -> Trouble:
        """Decides about one request."""
        now = self._clock()
        delay = 0.0
        with self._lock:
            for rule in reversed(self._rules):
                if not rule.strikes(kind, video_id, way, now, client):
                    continue
                if rule.fault.act != "slow":
                    return Trouble(delay, rule)
                delay += rule.fault.delay
        return Trouble(delay, None)

    @property
    def rules(self) -> list[Rule]:
        with self._lock:
            return list(self._rules)

    def clear(self) -> None:
        """Ends every rule; what hangs is let go."""
        for rule in self.rules:
            rule.remove()

    def _discard(self, rule: Rule) -> None:
        with self._lock:
            if rule in self._rules:
                self._rules.remove(rule)


def _names(wanted: str | int | Sequence[str] | Sequence[int], value: str | int | None) -> bool:
    if isinstance(wanted, str | int):
        return wanted == value
    return not wanted or value in wanted
