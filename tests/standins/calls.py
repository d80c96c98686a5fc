"""What was asked of a stand-in, in order."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any


@dataclass
class Call:
    """One request.

    `at` and `ended` are on the monotonic clock, `wall` is Unix time; `ended` and `status` are None
    while it runs.

    `status` 0: no answer was sent (hang, reset). `fault`: what was done to it on purpose.
    """

    number: int
    at: float
    wall: float
    kind: str
    video_id: str | None
    way: int
    method: str
    url: str
    status: int | None = None
    ended: float | None = None
    fault: str | None = None


class CallLog:
    """A log that can be waited on.

    It says only what reached the stand-in, so it is the count of what YouTube would have seen.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._calls: list[Call] = []

    @property
    def calls(self) -> list[Call]:
        """All so far, in the order they came."""
        with self._changed:
            return list(self._calls)

    def begin(self, *, kind: str, video_id: str | None, way: int, method: str, url: str) -> Call:
        with self._changed:
            call = Call(
                len(self._calls) + 1,
                time.monotonic(),
                time.time(),
                kind,
                video_id,
                way,
                method,
                url,
            )
            self._calls.append(call)
            self._changed.notify_all()
        return call

    def end(self, call: Call, status: int, fault: str | None = None) -> None:
        with self._changed:
            call.status, call.ended, call.fault = status, time.monotonic(), fault
            self._changed.notify_all()

    def select(
        self,
        *,
        kind: str | Sequence[str] = (),
        video_id: str | None = None,
        way: int | None = None,
        status: int | None = None,
    ) -> list[Call]:
        """The calls that fit everything given."""
        with self._changed:
            return self._select(kind, video_id, way, status)

    def count(
        self,
        *,
        kind: str | Sequence[str] = (),
        video_id: str | None = None,
        way: int | None = None,
        status: int | None = None,
    ) -> int:
        return len(self.select(kind=kind, video_id=video_id, way=way, status=status))

    def wait(
        self,
        count: int,
        *,
        kind: str | Sequence[str] = (),
        video_id: str | None = None,
        way: int | None = None,
        status: int | None = None,
        timeout: float = 10,
    ) -> list[Call]:
        """Blocks until so many calls fit, and returns them.

        TimeoutError after `timeout` seconds.
        """
        with self._changed:
            if not self._changed.wait_for(
                lambda: len(self._select(kind, video_id, way, status)) >= count, timeout
            ):
                seen = Counter(call.kind for call in self._calls)
                raise TimeoutError(
                    f"{count} calls did not come within {timeout} s; came: {dict(seen)}"
                )
            return self._select(kind, video_id, way, status)

    def kinds(self) -> dict[str, int]:
        """How many calls of each kind."""
        return dict(Counter(call.kind for call in self.calls))

    def most_at_once(self, *, kind: str | Sequence[str] = (), way: int | None = None) -> int:
        """How many calls ran at the same time at most.

        A running call counts as running until now.
        """
        edges: list[tuple[float, int]] = []
        for call in self.select(kind=kind, way=way):
            edges += [(call.at, 1), (call.ended if call.ended is not None else float("inf"), -1)]
        most = running = 0
        for _, step in sorted(edges):
            running += step
            most = max(most, running)
        return most

    def gaps(self, *, kind: str | Sequence[str] = (), way: int | None = None) -> list[float]:
        """Seconds between the starts of one call and the next."""
        starts = [call.at for call in self.select(kind=kind, way=way)]
        return [later - earlier for earlier, later in pairwise(starts)]

    def reset(self) -> None:
        with self._changed:
            self._calls = []
            self._changed.notify_all()

    def as_json(self, since: int = 0) -> list[dict[str, Any]]:
        """The calls after number `since`."""
        return [asdict(call) for call in self.calls[since:]]

    def _select(
        self, kind: str | Sequence[str], video_id: str | None, way: int | None, status: int | None
    ) -> list[Call]:
        kinds = (kind,) if isinstance(kind, str) else tuple(kind)
        wanted = (("video_id", video_id), ("way", way), ("status", status))
        return [
            call
            for call in self._calls
            if (not kinds or call.kind in kinds)
            and all(value is None or getattr(call, name) == value for name, value in wanted)
        ]
