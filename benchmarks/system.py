"""A whole installation against the stand-in: answers, requests, the worker's CPU, memory, pages."""

from __future__ import annotations

import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from django.conf import settings

from tests.installation import wait_for
from tests.standins import video_id
from tests.standins.process import StandInProcess
from tests.system import EAGER, Caller, System, started

Row = tuple[str, str, str]

REAL_PAGE = 900_000  # bytes; a recorded watch page is about a megabyte


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        with StandInProcess(folder / "standin", "--page-weight", str(REAL_PAGE)) as youtube:
            with started(
                folder, youtube, {**EAGER, "GROQ_API_KEY": ""}
            ) as system:  # the default, and the bare loop transcribes nothing
                alice = system.alice()
                found = [memory_idle(system)]
                found += cpu_per_video(system, youtube, alice)
                found += requests_per_video(system, youtube, alice)
                found.append(single_answers(alice))
                found.append(large_batch(system, alice))
                found += pages(system, alice)
                found.append(second_start(system))
            with started(folder / "default", youtube, {"GROQ_API_KEY": ""}) as system:
                found.append(five_pasted(system))
            with started(
                folder / "steady", youtube, {**EAGER, "YOUTUBE_BASE_DELAY": "0.1"}
            ) as system:
                found.append(memory_importing(system))
    return found


def tree(system: System) -> list[psutil.Process]:
    supervisor = system.supervisor()
    return [supervisor, *supervisor.children(recursive=True)]


def proportional_memory(system: System) -> float:
    """MB of all processes, shared pages counted once (PSS)."""
    total = 0
    for process in tree(system):
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            continue
    return total / 1e6


def memory_idle(system: System) -> Row:
    return (
        "memory: idle, all processes (PSS)",
        f"{proportional_memory(system):.0f} MB",
        "at most 400 MB",
    )


def second_start(system: System) -> Row:
    system.stop(signal.SIGTERM)
    system.run()
    return (
        "make run: the second start, until everything answers",
        f"{system.started_in:.1f} s",
        "at most 5 s",
    )


def memory_importing(system: System) -> Row:
    alice = system.alice()
    alice.add(alice.new_list(), [video_id(200_000 + n) for n in range(1000)])
    readings: list[float] = []

    def enough() -> bool:
        readings.append(proportional_memory(system))
        return len(readings) >= 40

    wait_for(enough, 120)
    return (
        "memory: importing 1,000, all processes (PSS), highest",
        f"{max(readings):.0f} MB",
        "at most 600 MB",
    )


def worker_cpu(system: System) -> float:
    """CPU seconds the worker's processes have used so far."""
    worker = system.parts()["worker"]
    return sum(
        sum(process.cpu_times()[:2]) for process in (worker, *worker.children(recursive=True))
    )


def cpu_per_video(system: System, youtube: StandInProcess, alice: Caller) -> list[Row]:
    """A worker's whole CPU for 200 videos, against a bare loop of the same calls for the same
    videos. Two rounds each, in turns.
    """
    ours, bare = [], []
    for turn in range(3):
        ids = [video_id(10_000 + turn * 1000 + n) for n in range(200)]
        command = [
            sys.executable,
            "-m",
            "benchmarks.bare",
            youtube.state["proxies"][0],
            youtube.state["ca_file"],
            *ids,
        ]
        done = subprocess.run(
            command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
        )
        bare.append(float(done.stdout))
        before = worker_cpu(system)
        alice.finished(alice.add(alice.new_list(), ids)["batch"], 120)
        ours.append(worker_cpu(system) - before)
    one, base = statistics.median(ours) / 200, statistics.median(bare) / 200
    return [
        (
            "worker: CPU per video",
            f"{one * 1000:.1f} ms",
            f"{one / base:.2f} x a bare loop of the same calls ({base * 1000:.1f} ms); at most 1.5",
        )
    ]


def five_pasted(system: System) -> Row:
    """From the paste until all five are complete, at the pace of the settings as they come."""
    alice = system.alice()
    list_id = alice.new_list()
    began = time.perf_counter()
    alice.finished(alice.add(list_id, [video_id(60_000 + n) for n in range(5)])["batch"])
    return (
        "five pasted videos: until all are complete",
        f"{time.perf_counter() - began:.1f} s",
        "at most 3 s",
    )


def requests_per_video(system: System, youtube: StandInProcess, alice: Caller) -> list[Row]:
    bob = system.another()
    ids = [video_id(20_000 + n) for n in range(100)]
    before = len(youtube.control("GET", "calls?service=youtube"))
    batches = [(caller, caller.add(caller.new_list(), ids)["batch"]) for caller in (alice, bob)]
    for caller, batch in batches:
        caller.finished(batch, 120)
    calls = [
        call["video_id"] for call in youtube.control("GET", f"calls?service=youtube&since={before}")
    ]
    most = max(calls.count(one) for one in ids)
    return [
        (
            "requests: 100 videos wanted by two users at once",
            f"{len(calls)}",
            f"{most} for one video; at most 3",
        )
    ]


def single_answers(alice: Caller) -> Row:
    """200 calls while the worker has 300 other videos to do."""
    alice.add(alice.new_list(), [video_id(30_000 + n) for n in range(300)])
    list_id, seconds = alice.new_list(), []
    for n in range(200):
        began = time.perf_counter()
        answer = alice.call(
            "POST",
            f"/api/lists/{list_id}/videos",
            json={"url": f"https://youtu.be/{video_id(40_000 + n)}"},
        )
        seconds.append(time.perf_counter() - began)
        assert answer.status_code == 201
    p95 = statistics.quantiles(seconds, n=20)[-1]
    return (
        "POST …/videos: p95 of 200 while a worker is busy",
        f"{p95 * 1000:.0f} ms",
        f"median {statistics.median(seconds) * 1000:.0f} ms; at most 100 ms",
    )


def large_batch(system: System, alice: Caller) -> Row:
    urls = [f"https://www.youtube.com/watch?v={video_id(50_000 + n)}" for n in range(10_000)]
    list_id = alice.new_list("large")
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        alice.add(list_id, urls)
        seconds.append(time.perf_counter() - began)
    return (
        "POST …/videos/batch: 10,000 addresses",
        f"{seconds[0]:.2f} s",
        f"again {seconds[1]:.2f} s; at most 2 s",
    )


def pages(system: System, alice: Caller) -> list[Row]:
    """The list page over HTTP, by a signed-in browser, lists of 100 and 10,000 in turns."""
    lists = {call["name"]: call["id"] for call in alice.call("GET", "/api/lists").json()}
    small = alice.new_list("small")
    alice.add(small, [video_id(50_000 + n) for n in range(100)])
    browser = alice.browser()

    def ask(list_id: int) -> float:
        return browser.get(f"{system.url}/lists/{list_id}/", timeout=30).elapsed.total_seconds()

    pairs = [(ask(small), ask(lists["large"])) for _ in range(30)]
    few, many = (statistics.median(pair[i] for pair in pairs) for i in (0, 1))
    return [
        (
            "list page: 10,000 videos",
            f"{many * 1000:.0f} ms",
            f"{many / few:.2f} x one of 100 ({few * 1000:.0f} ms); at most 1.5",
        )
    ]
