"""Many open pages on one web process while videos are imported: how late their frames are, what the
process needs, and what other pages take meanwhile.

First 500 pages of 25 people, of whom SOCKETS_SHARING (5) import the same SOCKETS_IMPORT (10,000)
videos as fast as the worker can, so that each frame goes to all of their pages. Then 100 people
with a library of SOCKETS_LIBRARY (1,000) videos and a page each, ten of whom import SOCKETS_EACH
(1,000) of their own at ten videos a second (SOCKETS_DELAY), which is 120 times what YouTube lets
through. SOCKETS_PAGES and SOCKETS_PEOPLE make either smaller, SOCKETS_CASES=people leaves out the
other.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
from django.conf import settings

from benchmarks.open_pages import Asked, Finished, Heard
from tests.installation import PATIENT_START
from tests.standins import video_id
from tests.standins.process import StandInProcess
from tests.system import EAGER, MAKE_PEOPLE, PASSWORD, Caller, System, started

Row = tuple[str, str, str]

PAGES = int(os.environ.get("SOCKETS_PAGES", "500"))
PAGES_OF_ONE = 20  # a person has no more sockets in one process
SHARING = int(os.environ.get("SOCKETS_SHARING", "5"))  # people who import the same
IMPORT = int(os.environ.get("SOCKETS_IMPORT", "10000"))
PEOPLE = int(os.environ.get("SOCKETS_PEOPLE", "100"))
IMPORTING = 10  # of those
EACH = int(os.environ.get("SOCKETS_EACH", "1000"))  # videos of each of their imports
LIBRARY = int(os.environ.get("SOCKETS_LIBRARY", "1000"))  # finished videos of each person
DELAY = os.environ.get("SOCKETS_DELAY", "0.1")  # seconds between two of their videos
CARDS = 60  # of a page that says which it shows
QUIET = 20.0  # seconds
BETWEEN_REQUESTS = 0.1  # seconds
BETWEEN_LOOKS = 5.0  # seconds between two looks at the imports, each as dear as a page
LONGEST = 1800.0  # seconds of one import
CASES = os.environ.get("SOCKETS_CASES", "pages,people").split(",")
NO_GROQ = {**EAGER, "GROQ_API_KEY": ""}

# Run in Django's shell of the installation.
FILL = """
from django.contrib.auth.models import User
from benchmarks.million import add_list
for user in User.objects.filter(username__in={names!r}):
    add_list(user, "Library", videos={videos}, is_finished=True)
"""
FINISHED = """
import json
from datetime import timedelta
from django.utils import timezone
from videos.models import Video
rows = Video.objects.filter(finished_at__gt=timezone.now() - timedelta(hours=2))
ended = {pk: at.timestamp() for pk, at in rows.values_list("pk", "finished_at")}
print("finished:" + json.dumps(ended))
"""
COUNT_TRANSACTIONS = """
SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()
"""


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        with StandInProcess(folder / "standin") as youtube:
            for case in CASES:
                act, environ = ACTS[case]
                with started(folder / case, youtube, environ, start_seconds=PATIENT_START) as one:
                    yield from act(one)


# the two cases ------------------------------------------------------------------------------------


def many_pages(system: System) -> Iterator[Row]:
    people = make_people(system, -(-PAGES // PAGES_OF_ONE))
    ids = [video_id(n) for n in range(IMPORT)]
    imports = Imports(people[:SHARING], [ids] * SHARING)
    shown = imports.shown(0)
    logins = [person.login for person in people for _ in range(PAGES_OF_ONE)][:PAGES]
    pages = [
        Asked(login, shown if number % 5 == 1 else None, reads=number > 0)
        for number, login in enumerate(logins)
    ]
    found = measure(system, imports, people, pages)
    yield from figures(f"{PAGES} pages", found, imports, pages)
    if system.environ["DATABASE_URL"]:
        yield (
            f"{PAGES} pages: transactions of a quiet page in four seconds",
            f"{found.transactions / len(pages) * 4 / QUIET:.2f}",
            "at most 1; not counted on SQLite",
        )


def many_people(system: System) -> Iterator[Row]:
    people = make_people(system, PEOPLE)
    names = [person.name for person in people]
    fill = FILL.format(names=names, videos=LIBRARY)
    system.manage("shell", "-c", fill, timeout=LONGEST)
    first = 1_000_000
    ids = [[video_id(first + EACH * n + each) for each in range(EACH)] for n in range(IMPORTING)]
    imports = Imports(people[:IMPORTING], ids)
    pages = []
    for number, person in enumerate(people):
        shown = None
        if number < IMPORTING and number % 2:
            shown = imports.shown(number)
        pages.append(Asked(person.login, shown))
    found = measure(system, imports, people, pages)
    yield from figures(f"{PEOPLE} people", found, imports, pages)
    yield (
        f"{PEOPLE} people: the last of {IMPORTING} imports when the first ends",
        f"{100 * imports.last_at_first_end:.0f} %",
        f"at least 90; apart by {100 * imports.widest:.0f} % at most on the way",
    )


@dataclass(frozen=True)
class Measured:
    """Memory in bytes: before there were pages, with all of them, and after the imports."""

    heard: Heard
    memory: tuple[int, int, int]
    opened_in: float  # seconds
    transactions: int  # within QUIET, that pages asked for
    cpu: float  # part of one core
    imported_in: float  # seconds
    alone: list[float]  # seconds of ordinary pages while nothing is imported
    meanwhile: list[float]


def measure(system: System, imports: Imports, people: list[Caller], pages: list[Asked]) -> Measured:
    web = Web(system)
    idle = web.memory()
    without = web.transactions_in(QUIET)
    opening = time.monotonic()
    with OpenPages(system.url, pages) as opened:
        opened_in = time.monotonic() - opening
        time.sleep(QUIET)  # what pages ask when they open is over
        with_pages = web.memory()
        transactions = web.transactions_in(QUIET) - without
        alone = request_pages_for(QUIET, system.url, people)
        web.start()
        began = time.time()
        done = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            requests = pool.submit(request_pages, system.url, people, done)
            try:
                imported_in = imports.run()
            finally:
                done.set()
        cpu = web.cpu_share()
        memory = (idle, with_pages, web.memory())
        heard = opened.end(Finished(began, finished_videos(system)))
    return Measured(
        heard, memory, opened_in, transactions, cpu, imported_in, alone, requests.result()
    )


def figures(name: str, found: Measured, imports: Imports, pages: list[Asked]) -> Iterator[Row]:
    heard = found.heard
    idle, with_pages, at_the_end = (size / 1e6 for size in found.memory)
    yield (
        f"{name}: delay of the last frame of a video, p95",
        f"{heard.p95:.2f} s",
        f"median {heard.p50:.2f}, longest {heard.latest:.2f}; at most 1 s",
    )
    yield (
        f"{name}: last frames that came",
        f"{heard.finals}",
        f"of {imports.expected(pages)}; {heard.again} twice; {heard.frames} frames in "
        f"{heard.messages} messages, {heard.closed} pages closed",
    )
    yield (
        f"{name}: memory of the web process, each page",
        f"{1000 * (with_pages - idle) / len(pages):.0f} kB",
        f"{idle:.0f} MB without, {with_pages:.0f} with, {at_the_end:.0f} at the end",
    )
    yield (
        f"{name}: CPU of the web process while importing",
        f"{100 * found.cpu:.0f} %",
        f"{imports.videos} videos in {found.imported_in:.0f} s; opened in {found.opened_in:.1f} s",
    )
    yield (
        f"{name}: p95 of {len(found.meanwhile)} ordinary pages meanwhile",
        f"{p95(found.meanwhile) * 1000:.0f} ms",
        f"median {statistics.median(found.meanwhile) * 1000:.0f}; at most 300; "
        f"{p95(found.alone) * 1000:.0f} before, median {statistics.median(found.alone) * 1000:.0f}",
    )


ACTS = {
    "pages": (many_pages, NO_GROQ),
    "people": (many_people, {**NO_GROQ, "YOUTUBE_BASE_DELAY": DELAY}),
}


# its parts ----------------------------------------------------------------------------------------


def make_people(system: System, count: int) -> list[Caller]:
    said = system.manage("shell", "-c", MAKE_PEOPLE.format(password=PASSWORD, count=count))
    people = json.loads(said.partition("people:")[2])
    return [Caller(system.url, name, token, login) for name, token, login in people]


def finished_videos(system: System) -> dict[str, float]:
    said = system.manage("shell", "-c", FINISHED)
    return dict(json.loads(said.partition("finished:")[2]))


def p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


class Imports:
    """One import of each person, paused until `run`."""

    def __init__(self, people: list[Caller], ids: list[list[str]]) -> None:
        self.people = people
        self.each = len(ids[0])
        self.videos = len({one for some in ids for one in some})
        self.lists = [person.new_list() for person in people]
        self.batches = []
        for person, list_id, some in zip(people, self.lists, ids, strict=True):
            # As addresses: of the bare ids a few look like words.
            addresses = [f"https://youtu.be/{one}" for one in some]
            batch = person.add(list_id, addresses)["batch"]
            person.call("POST", f"/api/imports/{batch}/pause")
            self.batches.append(batch)
        self.last_at_first_end = 0.0  # part of the import that is done
        self.widest = 0.0  # largest difference between two imports on the way, as such a part

    def shown(self, number: int) -> list[int]:
        """The videos of the cards that a page with this import's list shows."""
        path = f"/api/lists/{self.lists[number]}/videos?page_size={CARDS}"
        return [entry["id"] for entry in self.people[number].call("GET", path).json()["results"]]

    def expected(self, pages: Sequence[Asked]) -> int:
        """How many ends of videos these pages should hear of together."""
        importing = {person.login for person in self.people}
        number = 0
        for page in pages:
            if page.reads and page.login in importing:
                number += self.each if page.video_ids is None else len(page.video_ids)
        return number

    def run(self) -> float:
        """Resume all, and wait for their ends. Return the seconds it took."""
        began = time.monotonic()
        for person, batch in zip(self.people, self.batches, strict=True):
            person.call("POST", f"/api/imports/{batch}/resume")
        while True:
            done = self.parts_done()
            if not self.last_at_first_end:
                self.widest = max(self.widest, max(done) - min(done))
                if max(done) == 1:
                    self.last_at_first_end = min(done)
            if min(done) == 1:
                return time.monotonic() - began
            assert time.monotonic() - began < LONGEST, done
            time.sleep(BETWEEN_LOOKS)

    def parts_done(self) -> list[float]:
        parts = []
        for person, batch in zip(self.people, self.batches, strict=True):
            progress = person.progress(batch)
            assert "done" in progress, progress
            parts.append(progress["done"] / progress["total"])
        return parts


class OpenPages:
    """The pages in a process of their own, so that what they do does not delay what is measured."""

    def __init__(self, url: str, pages: list[Asked]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.open_pages"],
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.write({"url": url, "pages": [asdict(page) for page in pages]})

    def write(self, message: object) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def __enter__(self) -> OpenPages:
        assert self.process.stdout
        assert self.process.stdout.readline() == "open\n"
        return self

    def end(self, finished: Finished) -> Heard:
        assert self.process.stdout
        self.write("end")
        self.write(asdict(finished))
        return Heard(**json.loads(self.process.stdout.readline()))

    def __exit__(self, *exc: object) -> None:
        self.process.kill()
        self.process.wait()


class Web:
    """The web process of an installation, and the transactions of its database."""

    def __init__(self, system: System) -> None:
        self.process = system.parts()["web"]
        self.database = system.environ["DATABASE_URL"]
        self.start()

    def memory(self) -> int:
        """Bytes that are the process's own."""
        return int(self.process.memory_full_info().uss)

    def start(self) -> None:
        self.began, self.used = time.monotonic(), sum(self.process.cpu_times()[:2])

    def cpu_share(self) -> float:
        """The part of one core that it took since `start`."""
        used = sum(self.process.cpu_times()[:2]) - self.used
        return float(used) / (time.monotonic() - self.began)

    def transactions_in(self, seconds: float) -> int:
        """Of all the installation; a query outside of a transaction is one of its own."""
        before = self._transactions()
        time.sleep(seconds)
        return self._transactions() - before

    def _transactions(self) -> int:
        if not self.database:
            return 0
        with psycopg.connect(self.database) as database:
            row = database.execute(COUNT_TRANSACTIONS).fetchone()
        assert row
        return int(row[0])


def request_pages_for(seconds: float, url: str, people: list[Caller]) -> list[float]:
    done = threading.Event()
    timer = threading.Timer(seconds, done.set)
    timer.start()
    return request_pages(url, people, done)


def request_pages(url: str, people: list[Caller], done: threading.Event) -> list[float]:
    """Look at people's lists, one after the other. Return the seconds that each page took."""
    browsers = [(person.browser(), person.call("GET", "/api/lists").json()) for person in people]
    took = []
    number = 0
    while not done.is_set():
        browser, lists = browsers[number % len(browsers)]
        path = f"/lists/{lists[0]['id']}/" if lists and number % 2 else "/"
        start = time.monotonic()
        answer = browser.get(url + path, timeout=60)
        took.append(time.monotonic() - start)
        assert answer.status_code == 200, answer.text
        number += 1
        done.wait(BETWEEN_REQUESTS)
    return took
