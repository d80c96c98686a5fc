"""The limiter: what one decision costs next to a bare script, and whether it holds under many
processes that are killed.

`python -m benchmarks.limiter` prints the table; `rows()` gives it to a larger one.
"""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import os
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import redis

    from enrichment.limits import AdaptiveRateLimiter

Row = tuple[str, str, str]  # what, the figure, what it is compared with

ROUNDS = 4000  # interleaved pairs: the median moves by under 2 % from run to run


@dataclass(frozen=True)
class Load:
    """Demand without end from many processes, some of which are killed while they hold permits."""

    processes: int = 8
    threads: int = 8
    seconds: float = 60.0
    kill_every: float = 1.0
    max_concurrent: int = 12
    delay: float = 0.05  # seconds
    burst: int = 5
    lease: float = 2.0  # seconds
    longest_hold: float = 0.4  # seconds; each permit is held for a random part of it


@dataclass(frozen=True)
class Grant:
    """One permit on the machine's monotonic clock: asked for, received, ended (None: its holder was
    killed).
    """

    asked: float
    received: float
    ended: float | None


@dataclass(frozen=True)
class Outcome:
    grants: tuple[Grant, ...]
    share: float  # admitted of burst + rate x time
    violations: int  # windows that hold more than burst + rate x window
    most_in_flight: int
    killed_holders: int
    last_place_back: float  # seconds after the end until no place was held


def median_costs(
    client: redis.Redis, limiter: AdaptiveRateLimiter, rounds: int = ROUNDS
) -> tuple[float, float, float]:
    """Median seconds of a bare `EVALSHA return 1`, of an acquire, and of the on_success that
    follows, taken in turns.
    """
    from enrichment.limits import Permit

    bare = str(client.script_load("return 1"))
    bares, acquires, releases = [], [], []
    for _ in range(rounds):
        start = time.perf_counter()
        client.evalsha(bare, 0)
        asked = time.perf_counter()
        permit = limiter.acquire()
        granted = time.perf_counter()
        assert isinstance(permit, Permit), permit
        limiter.on_success(permit)
        released = time.perf_counter()
        bares.append(asked - start)
        acquires.append(granted - asked)
        releases.append(released - granted)
    return statistics.median(bares), statistics.median(acquires), statistics.median(releases)


def hammer(make_limiter: Callable[[], AdaptiveRateLimiter], load: Load, log: Path) -> Outcome:
    """Run the load. The lane must be known to Redis already: the processes have no database."""
    context = multiprocessing.get_context("fork")
    stop = time.monotonic() + load.seconds

    def start() -> multiprocessing.process.BaseProcess:
        process = context.Process(
            target=_ask_until, args=(make_limiter, stop, load, log), daemon=True
        )
        process.start()
        return process

    log.touch()
    processes = [start() for _ in range(load.processes)]
    while time.monotonic() + load.kill_every < stop:
        time.sleep(load.kill_every)
        victim = random.randrange(len(processes))
        processes[victim].kill()
        processes[victim].join()
        processes[victim] = start()
    for process in processes:
        process.join()
    ended = time.monotonic()
    limiter = make_limiter()
    while limiter.state().in_flight:
        time.sleep(0.02)
    return judge(_read(log), load, last_place_back=time.monotonic() - ended)


def judge(grants: list[Grant], load: Load, *, last_place_back: float) -> Outcome:
    time_span = max(grant.received for grant in grants) - grants[0].asked
    return Outcome(
        grants=tuple(grants),
        share=len(grants) / (load.burst + time_span / load.delay),
        violations=sum(_crowded(grants[i : i + 200], load) for i in range(len(grants))),
        most_in_flight=_most_in_flight(grants, load),
        killed_holders=sum(grant.ended is None for grant in grants),
        last_place_back=last_place_back,
    )


def _crowded(grants: list[Grant], load: Load) -> bool:
    """Whether some window that begins with the first of these surely holds too many: all of them
    were granted within it.
    """
    start = grants[0].asked
    ends = sorted(grant.received for grant in grants)
    return any(
        count > load.burst + (end - start) / load.delay + 1e-3 for count, end in enumerate(ends, 1)
    )


def _most_in_flight(grants: list[Grant], load: Load) -> int:
    """The most permits that were surely out at one moment; none is out longer than its lease,
    however long its holder takes.
    """
    steps = [(grant.received, 1) for grant in grants]
    steps += [(min(grant.ended or math.inf, grant.asked + load.lease), -1) for grant in grants]
    out = most = 0
    for _, step in sorted(steps):
        out += step
        most = max(most, out)
    return most


def _ask_until(
    make_limiter: Callable[[], AdaptiveRateLimiter], stop: float, load: Load, log: Path
) -> None:
    limiter = make_limiter()
    file = os.open(log, os.O_WRONLY | os.O_APPEND)
    threads = [
        threading.Thread(target=_ask, args=(limiter, stop, load, file), daemon=True)
        for _ in range(load.threads)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _ask(limiter: AdaptiveRateLimiter, stop: float, load: Load, file: int) -> None:
    """One line for each grant and one for its end, written at once, so a kill loses at most an
    end.
    """
    from enrichment.limits import Permit

    while (asked := time.monotonic()) < stop:
        answer = limiter.acquire()
        if not isinstance(answer, Permit):
            time.sleep(answer.wait)
            continue
        os.write(file, f"{answer.token} {asked!r} {time.monotonic()!r}\n".encode())
        time.sleep(random.uniform(0, load.longest_hold))
        os.write(file, f"{answer.token} {time.monotonic()!r}\n".encode())
        limiter.on_success(answer)


def _read(log: Path) -> list[Grant]:
    """All grants in the order in which they were asked for."""
    begun: dict[str, tuple[float, float]] = {}
    ended: dict[str, float] = {}
    for line in log.read_text().splitlines():
        token, *times = line.split()
        if len(times) == 2:
            begun[token] = (float(times[0]), float(times[1]))
        else:
            ended[token] = float(times[0])
    return sorted(
        (Grant(*times, ended.get(token)) for token, times in begun.items()),
        key=lambda grant: grant.asked,
    )


@contextlib.contextmanager
def _ground() -> Iterator[tuple[redis.Redis, Path]]:
    """A Redis and a folder of this run alone, and a database that has the lanes' table."""
    import redis
    from django.core.management import call_command
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    from tests.redis_process import RedisProcess

    with tempfile.TemporaryDirectory() as folder:
        process = RedisProcess(Path(folder) / "redis.sock")
        process.start()
        call_command("migrate", verbosity=0)
        try:
            yield (
                redis.Redis.from_url(process.url, socket_timeout=1, retry=Retry(NoBackoff(), 0)),
                Path(folder),
            )
        finally:
            process.kill()


def rows(load: Load | None = None) -> list[Row]:
    """The table's rows. Django must be set up; takes as long as the load (a minute)."""
    from enrichment.limits import AdaptiveRateLimiter, Permit
    from enrichment.models import LaneState

    load = load or Load()
    with _ground() as (client, folder):
        LaneState.objects.filter(lane__startswith="bench:").delete()
        quick = AdaptiveRateLimiter(
            64, 0.0001, lane="bench:cost", burst=100_000, hourly_budget=10_000_000, redis=client
        )
        bare, acquire, release = median_costs(client, quick)

        def make() -> AdaptiveRateLimiter:
            return AdaptiveRateLimiter(
                load.max_concurrent,
                load.delay,
                lane="bench:load",
                burst=load.burst,
                hourly_budget=10**6,
                lease=load.lease,
                redis=client,
            )

        if isinstance(first := make().acquire(), Permit):  # now Redis knows the lane
            make().cancel(first)
        outcome = hammer(make, load, folder / "grants")
        LaneState.objects.filter(lane__startswith="bench:").delete()
    crowd = (
        f"{load.processes} processes x {load.threads} threads, {load.seconds:g} s, "
        f"{outcome.killed_holders} holders killed"
    )
    return [
        (
            "limiter: acquire",
            f"{acquire * 1e6:.0f} µs",
            f"{acquire / bare:.2f} x EVALSHA return 1 ({bare * 1e6:.0f} µs); at most 1.5",
        ),
        (
            "limiter: on_success",
            f"{release * 1e6:.0f} µs",
            f"{release / bare:.2f} x EVALSHA return 1; at most 1.5",
        ),
        (
            "limiter: admitted",
            f"{len(outcome.grants)}",
            f"{outcome.share:.1%} of burst + rate x time ({crowd}); 99 to 100 %",
        ),
        ("limiter: windows above burst + rate x window", f"{outcome.violations}", "0"),
        ("limiter: most in flight", f"{outcome.most_in_flight}", f"at most {load.max_concurrent}"),
        (
            "limiter: last killed holder's place back",
            f"{outcome.last_place_back:.2f} s",
            f"lease of {load.lease:g} s",
        ),
    ]


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    for what, figure, compared in rows():
        print(f"{what:<48} {figure:>10}   {compared}")


if __name__ == "__main__":
    main()
