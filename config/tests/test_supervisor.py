"""The supervisor with small programs in place of Redis, worker and web server."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from config.supervisor.plan import Health, Part, Plan

HEALTHY_WEB = """
import http.server, sys
class Web(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"web": "ok"}')
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Web).serve_forever()
"""
STUBBORN = "trap '' TERM; echo $$ > {0}/stubborn; sleep 600 & sleep 600"
RUNAWAY = "setsid sleep 601 & sleep 602"
WAIT = 10.0


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Supervised:
    """A supervisor in a process of its own, with everything below it."""

    def __init__(self, folder: Path, *scripts: str, first: tuple[Part, ...] = ()) -> None:
        port = free_port()
        web = Part("web", "The web server", (sys.executable, "-c", HEALTHY_WEB, str(port)))
        parts = (
            *first,
            web,
            *(
                Part(f"part{n}", f"Part {n}", ("sh", "-c", script), stop_seconds=0.3)
                for n, script in enumerate(scripts)
            ),
        )
        plan = Plan(str(folder), "http://here", Health("127.0.0.1", port, {}), parts, environ={})
        command = [sys.executable, "-m", "config.supervisor"]
        self.process = subprocess.Popen(
            command, env=plan.to_environ(), cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True
        )
        self.said: list[str] = []
        self.below: set[psutil.Process] = set()

    def wait_for_line(self, words: str) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if words in line:
                self.below |= set(psutil.Process(self.process.pid).children(recursive=True))
                return
        pytest.fail(f"never said {words!r}, but {self.said}")

    def running(self, words: str) -> list[psutil.Process]:
        found = []
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended
                found += [child] if words in " ".join(child.cmdline()) else []
        return found

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        with contextlib.suppress(psutil.NoSuchProcess):
            self.below |= set(psutil.Process(self.process.pid).children(recursive=True))
        self.process.send_signal(number)
        return self.process.wait(WAIT)

    def left_over(self) -> list[psutil.Process]:
        return [
            process
            for process in self.below
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        ]


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Callable[..., Supervised]]:
    started: list[Supervised] = []

    def start(*scripts: str, first: tuple[Part, ...] = ()) -> Supervised:
        started.append(Supervised(tmp_path, *scripts, first=first))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.stop()
        assert one.process.stdout is not None
        one.process.stdout.close()
        for process in one.left_over():
            process.kill()


def test_it_leaves_nothing_behind_when_a_part_refuses_to_end(
    supervised: Callable[..., Supervised], tmp_path: Path
) -> None:
    one = supervised(STUBBORN.format(tmp_path))
    one.wait_for_line("Ready")
    wait_for((tmp_path / "stubborn").exists)

    assert one.stop() == 0
    assert one.left_over() == []


def test_it_ends_what_left_its_process_group(supervised: Callable[..., Supervised]) -> None:
    one = supervised(RUNAWAY)
    one.wait_for_line("Ready")
    wait_for(lambda: bool(one.running("sleep 601")))
    one.running("sh -c")[0].kill()  # its runaway child is an orphan now

    one.wait_for_line("Part 0 was killed")
    assert one.stop() == 0
    assert one.left_over() == []


def test_it_starts_a_killed_part_again_and_ends_what_it_left(
    supervised: Callable[..., Supervised],
) -> None:
    one = supervised("sleep 603 & sleep 604")
    one.wait_for_line("Ready")
    wait_for(lambda: bool(one.running("sleep 604")))
    first = {process.pid for process in one.running("sleep 60")}
    one.running("sh -c")[0].kill()

    wait_for(
        lambda: len({process.pid for process in one.running("sleep 60")} - first) == 3
    )  # the shell and its two
    wait_for(lambda: not any(psutil.pid_exists(pid) for pid in first))


@pytest.mark.slow
def test_it_stops_everything_when_a_part_cannot_be_started(
    supervised: Callable[..., Supervised],
) -> None:
    one = supervised("echo the reason; exit 3")
    one.wait_for_line("Part 0 cannot be started: the reason")

    assert one.process.wait(WAIT) == 1
    assert one.left_over() == []


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells a process of its parent's death"
)
def test_its_parts_end_when_it_is_killed(supervised: Callable[..., Supervised]) -> None:
    one = supervised("exec sleep 605")
    one.wait_for_line("Ready")

    one.stop(signal.SIGKILL)

    wait_for(lambda: one.left_over() == [])


PROVIDER = "trap 'echo provider >> {0}/ends; exit' TERM; touch {0}/ready; sleep 600 & wait"
USER = "trap 'test -e {0}/ends || sleep 0.2; echo user >> {0}/ends; exit' TERM; sleep 600 & wait"


def test_what_others_need_is_stopped_last(
    supervised: Callable[..., Supervised], tmp_path: Path
) -> None:
    """A worker that ends wants to write to Redis what it did."""
    ready = str(tmp_path / "ready")
    shell = ("sh", "-c", PROVIDER.format(tmp_path))
    redis = Part("redis", "Redis", shell, ready_file=ready, stop_seconds=2.0)
    one = supervised(USER.format(tmp_path), first=(redis,))
    one.wait_for_line("Ready")
    assert one.stop() == 0
    assert (tmp_path / "ends").read_text().split() == ["user", "provider"]


def test_its_plan_survives_the_way_through_the_environment() -> None:
    part = Part(
        "redis", "Redis", ("redis-server", "--port", "0"), ready_file="/x", needs=("database",)
    )
    plan = Plan(
        "/data",
        "http://here",
        Health("::1", 80, {"Host": "here"}),
        (part,),
        {"A": "b"},
        once_ready=("true",),
    )
    environ = plan.to_environ()

    assert Plan.from_environ(environ) == plan
    assert environ == dict(os.environ)
