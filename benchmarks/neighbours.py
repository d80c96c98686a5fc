"""How long do a user's writes take while another one imports ten times 10,000 lines?

That one sends them over four connections, as fast as the server of a default installation takes
them.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.installation import PATIENT_START
from tests.standins import video_id
from tests.standins.process import StandInProcess
from tests.system import Caller, started

Row = tuple[str, str, str]

IMPORTS, LINES, CONNECTIONS = 10, 10_000, 4
BETWEEN_WRITES = 0.1  # seconds


def import_all(mallory: Caller, list_id: int, began: int) -> tuple[float, int]:
    """Send the imports, each again as long as it is refused. Return seconds and refusals."""

    def send(number: int) -> int:
        first = began + number * LINES
        urls = [f"https://youtu.be/{video_id(n)}" for n in range(first, first + LINES)]
        refused = 0
        path = f"/api/lists/{list_id}/videos/batch"
        while True:
            answer = mallory.call("POST", path, json={"urls": urls})
            if answer.status_code == 201:
                return refused
            assert answer.status_code in (429, 503), answer.text
            refused += 1
            time.sleep(0.2)

    start = time.monotonic()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        refusals = sum(pool.map(send, range(IMPORTS)))
    return time.monotonic() - start, refusals


def write_until(done: threading.Event, alice: Caller) -> list[float]:
    """Make lists until the other is done. Return the seconds that each took."""
    took = []
    while not done.is_set():
        start = time.monotonic()
        answer = alice.call("POST", "/api/lists", json={"name": "Clocks"})
        took.append(time.monotonic() - start)
        assert answer.status_code == 201, answer.text
        done.wait(BETWEEN_WRITES)
    return took


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        with (
            StandInProcess(folder / "standin") as youtube,
            started(folder, youtube, {"GROQ_API_KEY": ""}, start_seconds=PATIENT_START) as system,
        ):
            alice, mallory = system.alice(), system.another()
            quiet = threading.Event()
            timer = threading.Timer(5, quiet.set)
            timer.start()
            alone = write_until(quiet, alice)
            list_id = mallory.new_list()
            done = threading.Event()
            with ThreadPoolExecutor(1) as pool:
                writing = pool.submit(write_until, done, alice)
                try:
                    seconds, refusals = import_all(mallory, list_id, began=1_000_000)
                finally:
                    done.set()
                beside = writing.result()
    return [
        (
            f"neighbours: p95 of {len(beside)} writes beside 10 x 10,000 lines",
            f"{p95(beside) * 1000:.0f} ms",
            f"{p95(alone) * 1000:.0f} ms alone, longest {max(beside) * 1000:.0f}; at most 500",
        ),
        (
            "neighbours: the ten imports",
            f"{seconds:.1f} s",
            f"{refusals} times asked to wait",
        ),
    ]
