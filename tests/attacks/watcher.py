"""What an attack does to the others: asked from outside, while it runs."""

from __future__ import annotations

import contextlib
import stat
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import psutil
import requests

from tests.attacks.target import Target

PAUSE = 0.25  # seconds between two questions
PATIENCE = 30.0  # seconds for an answer
LONGEST_PAGE = 1.0  # seconds, p95
MOST_MEMORY = 250.0  # MB
MOST_DISK = 100.0  # MB


@dataclass
class Seen:
    health: Counter[int] = field(default_factory=Counter)
    health_times: list[float] = field(default_factory=list)
    pages: Counter[int] = field(default_factory=Counter)
    page_times: list[float] = field(default_factory=list)
    memory: float = 0.0  # MB, the most
    disk: float = 0.0  # MB in temporary files, the most
    pids: set[int] = field(default_factory=set)
    connections: int = 0  # of PostgreSQL, more than before, after the attack

    def p95(self) -> float:
        if not self.page_times:
            return PATIENCE
        ordered = sorted(self.page_times)
        return ordered[int(0.95 * (len(ordered) - 1))]

    def reasons(self) -> list[str]:
        """What did not hold; empty when everything did."""
        found = []
        if set(self.health) - {200, 503}:
            found.append("/healthz did not answer")
        if len(self.pids) != 1:
            found.append("the web server was ended")
        if self.p95() > LONGEST_PAGE:
            found.append("the other's page")
        if set(self.pages) - {200}:
            found.append("the other was refused")
        if self.memory > MOST_MEMORY:
            found.append("memory")
        if self.disk > MOST_DISK:
            found.append("disk")
        if self.connections > 0:
            found.append("database connections")
        return found


class Watcher:
    """Asks /healthz and another person's list again and again, each in a thread of its own."""

    def __init__(self, target: Target, page: str) -> None:
        self.target = target
        self.page = page
        self.seen = Seen()
        self.over = threading.Event()
        self.threads = [
            threading.Thread(target=work, daemon=True)
            for work in (self.ask_health, self.ask_page, self.look_at_machine)
        ]
        self.connections = target.database_connections()

    def __enter__(self) -> Watcher:
        self.target.session_of(self.target.other)
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while not self.has_seen_all() and any(thread.is_alive() for thread in self.threads):
            self.over.wait(PAUSE)  # a refusal may be over before the first question
        self.over.set()
        for thread in self.threads:
            thread.join(PATIENCE + 5)
        after = self.target.database_connections()
        if after is not None and self.connections is not None:
            self.seen.connections = max(0, after - self.connections - 20)

    def has_seen_all(self) -> bool:
        return bool(self.seen.pages and self.seen.health and self.seen.pids)

    def ask_health(self) -> None:
        while not self.over.wait(PAUSE):
            status, seconds = self.ask(requests.Session(), "/healthz")
            self.seen.health[status] += 1
            self.seen.health_times.append(seconds)

    def ask_page(self) -> None:
        browser = self.target.session_of(self.target.other)
        while not self.over.wait(PAUSE):
            status, seconds = self.ask(browser, self.page)
            self.seen.pages[status] += 1
            self.seen.page_times.append(seconds)

    def ask(self, browser: requests.Session, path: str) -> tuple[int, float]:
        """The status, 0 for none, and how long it took in seconds."""
        browser.trust_env = False
        began = time.monotonic()
        try:
            answer = browser.get(self.target.url + path, timeout=PATIENCE, allow_redirects=False)
            status = answer.status_code
        except requests.RequestException:
            status = 0
        return status, time.monotonic() - began

    def look_at_machine(self) -> None:
        process = None
        while not self.over.wait(PAUSE):
            with contextlib.suppress(psutil.Error):
                if process is None or not process.is_running():
                    process = self.target.web_server()
                if process is None:
                    self.seen.pids.add(0)
                    continue
                self.seen.pids.add(process.pid)
                self.seen.memory = max(self.seen.memory, process.memory_info().rss / 2**20)
                self.seen.disk = max(self.seen.disk, unlinked_files(process.pid) / 2**20)


def unlinked_files(pid: int) -> int:
    """How many bytes of the disk a process holds in temporary files that have no name (Linux)."""
    size = 0
    for opened in Path(f"/proc/{pid}/fd").glob("*"):
        with contextlib.suppress(OSError):
            found = opened.stat()
            if stat.S_ISREG(found.st_mode) and not found.st_nlink:
                size += found.st_blocks * 512
    return size
