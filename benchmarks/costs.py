"""What an act costs, so that two figures of different minutes can be compared.

Costs are processor time, of this process and of PostgreSQL's for its connection (on this machine,
Linux). After each round a yardstick is timed, a piece of work that is always the same: neither what
else a machine does nor that its processor is slower for some minutes must look like growth.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from django.test.utils import CaptureQueriesContext

Act = Callable[[], object]

ROUNDS = 20


@dataclass(frozen=True)
class Cost:
    """Medians of one act, in seconds and as a multiple of the yardstick beside each round, and how
    many queries it asked.
    """

    seconds: float
    in_yardsticks: float
    queries: int


def measure(act: Act) -> Cost:
    """The median of some rounds, after one that warms; fewer of what takes seconds."""
    act()
    with CaptureQueriesContext(connection) as asked:
        began = time.perf_counter()
        act()
        first = time.perf_counter() - began
    queries = len(asked)  # now: the next request empties what was kept
    rounds = ROUNDS if first < 0.5 else 3
    times = []
    in_yardsticks = []
    for _ in range(rounds):
        began = spent()
        act()
        acted = spent()
        yardstick()
        times.append(acted - began)
        in_yardsticks.append((acted - began) / (spent() - acted))
    return Cost(statistics.median(times), statistics.median(in_yardsticks), queries)


def yardstick() -> None:
    """A few milliseconds of the kind of work that a page is."""
    numbers = {f"number {number}": [number] * 3 for number in range(2_000)}
    json.loads(json.dumps(numbers))


def spent() -> float:
    """Seconds of processor time so far, of this process and of the database's for it."""
    own = time.process_time()
    if connection.vendor == "sqlite":
        return own
    connection.ensure_connection()
    server: int = connection.connection.info.backend_pid
    nanoseconds = Path(f"/proc/{server}/schedstat").read_text().split()[0]
    return own + int(nanoseconds) / 1e9
