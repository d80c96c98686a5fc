"""What the supervisor makes of what `/healthz` says, by a clock of the test's own. The parts are
real processes.
"""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.supervisor.plan import Health, Part, Plan
from config.supervisor.slot import CALM, POLITE, SILENCE, Slot
from config.supervisor.supervisor import (
    HEARTBEAT_SECONDS,
    RUNNING,
    SLOW_START,
    STARTING,
    Supervisor,
    has_heartbeat,
    say_on_terminal,
)

START = 1_000.0
LATE = START + SILENCE + 1
WELL = {"web": "ok", "redis": "ok", "worker": "ok"}
SILENT = {**WELL, "worker": "down"}


class Judged:
    """A supervisor with one part, the worker, whose process does nothing."""

    def __init__(
        self, folder: Path, script: str = "exec sleep 60", stop_seconds: float = 3.0
    ) -> None:
        self.heartbeat = folder / "heartbeat"
        part = Part(
            "worker",
            "The worker",
            ("sleep", "60"),
            stop_seconds=stop_seconds,
            needs=("redis",),
            heartbeat_file=str(self.heartbeat),
        )
        plan = Plan(str(folder), "http://here", Health("127.0.0.1", 1, {}), (part,), environ={})
        self.said: list[str] = []
        self.supervisor = Supervisor(plan, say=self.said.append)
        self.supervisor.wake.setblocking(False)  # as `run` does
        self.process = subprocess.Popen(
            ["sh", "-c", script], start_new_session=True, stdout=subprocess.PIPE, text=True
        )
        self.slot.note_start(self.process.pid, START)

    @property
    def slot(self) -> Slot:
        return self.supervisor.slots[0]

    def judge(self, report: dict[str, str], now: float) -> None:
        self.supervisor._judge(report, now)

    def code(self) -> int:
        """How the process ended."""
        return self.process.wait(10)

    def is_asked_to_end(self) -> bool:
        return bool(self.said)


@pytest.fixture
def judged(tmp_path: Path) -> Iterator[Judged]:
    one = Judged(tmp_path)
    yield one
    end(one)


def end(one: Judged) -> None:
    if one.process.poll() is None:
        os.killpg(one.process.pid, signal.SIGKILL)
    one.process.wait(10)
    assert one.process.stdout is not None
    one.process.stdout.close()
    one.supervisor.wake.close()
    one.supervisor._waker.close()


def test_a_silent_part_is_ended(judged: Judged) -> None:
    judged.judge(WELL, START + 1)
    judged.judge(SILENT, START + 1 + SILENCE)
    assert not judged.is_asked_to_end(), "not before its time"
    judged.judge(SILENT, LATE + 1)
    assert judged.said == ["The worker gives no sign of life."]
    assert judged.code() == -signal.SIGTERM


STUBBORN = "trap '' TERM; echo ready; sleep 60 & wait; wait"


def test_a_part_that_ignores_the_question_is_killed(tmp_path: Path) -> None:
    one = Judged(tmp_path, STUBBORN)
    assert one.process.stdout is not None
    one.process.stdout.readline()
    one.judge(SILENT, LATE)
    one.judge(SILENT, LATE + POLITE)
    assert one.process.poll() is None, "it has its time to end"
    one.judge(SILENT, LATE + POLITE + 1)
    assert one.code() == -signal.SIGKILL
    end(one)


NOBODYS_FAULT = {
    "redis is down": {**SILENT, "redis": "down"},
    "redis unknown": {"web": "ok", "worker": "down"},
    "web is down": {"web": "down"},
    "works": WELL,
}


@pytest.mark.parametrize("why", NOBODYS_FAULT)
def test_a_blameless_part_is_left_alone(judged: Judged, why: str) -> None:
    for step in range(5):
        judged.judge(NOBODYS_FAULT[why], START + step * (SILENCE + 1))
    assert not judged.is_asked_to_end()
    assert judged.process.poll() is None


def test_its_silence_begins_when_it_can_be_judged(judged: Judged) -> None:
    """While Redis was down nobody could know whether the worker lived."""
    judged.judge({**SILENT, "redis": "down"}, LATE)
    judged.judge(SILENT, LATE + SILENCE)
    assert not judged.is_asked_to_end()
    judged.judge(SILENT, LATE + SILENCE + 1)
    assert judged.is_asked_to_end()


def test_a_busy_part_with_a_heartbeat_lives(judged: Judged) -> None:
    judged.heartbeat.touch()
    judged.judge(SILENT, LATE)
    assert not judged.is_asked_to_end()
    old = judged.heartbeat.stat().st_mtime - HEARTBEAT_SECONDS - 1
    os.utime(judged.heartbeat, (old, old))
    assert not has_heartbeat(judged.slot.part)
    judged.judge(SILENT, LATE + SILENCE + 1)
    assert judged.is_asked_to_end()


def test_a_part_without_a_heartbeat_has_none(tmp_path: Path) -> None:
    assert not has_heartbeat(Part("web", "The web server", ("true",)))
    unwritten = tmp_path / "heartbeat"
    assert not has_heartbeat(Part("worker", "w", ("true",), heartbeat_file=str(unwritten)))
    unwritten.touch()
    assert has_heartbeat(Part("worker", "w", ("true",), heartbeat_file=str(unwritten)))


# What the first report says, and whether that is all well.
FIRST_REPORTS: dict[str, tuple[dict[str, str], bool]] = {
    "all": (WELL, True),
    "one is down": (SILENT, False),
    "youtube refuses": ({**WELL, "youtube": "refused"}, True),
}


@pytest.mark.parametrize("which", FIRST_REPORTS)
def test_it_is_ready_when_nothing_is_down(judged: Judged, which: str) -> None:
    report, is_ready = FIRST_REPORTS[which]
    judged.supervisor._say_when_ready(report, judged.supervisor.began + SLOW_START)
    assert judged.supervisor.ready == is_ready
    assert ("Ready: http://here" in judged.said) == is_ready
    assert bool(judged.said) == is_ready


def test_what_is_missing_is_said_once_a_minute(judged: Judged) -> None:
    began = judged.supervisor.began
    for seconds in (0.0, 1.0, SLOW_START, SLOW_START + 1, SLOW_START + 2, 2 * SLOW_START + 2):
        judged.supervisor._say_when_ready(SILENT, began + seconds)
    assert [line.partition(".")[0] for line in judged.said] == 2 * ["Not ready yet: worker"]
    assert not judged.supervisor.ready


@pytest.mark.parametrize(("ready", "pause"), [(True, 1.0), (False, 0.1)])
def test_it_looks_more_often_while_it_starts(judged: Judged, ready: bool, pause: float) -> None:
    judged.supervisor.ready = ready
    assert judged.supervisor._pause() == pause


@pytest.mark.parametrize(("ready", "pause"), [(True, RUNNING), (False, STARTING)])
def test_it_asks_for_the_health_now_and_then(
    judged: Judged, ready: bool, pause: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More often while parts are starting. The clock stands still."""
    judged.supervisor.ready = ready
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert judged.supervisor._tick(now) is None
    assert judged.supervisor.next_look == now + pause
    judged.supervisor.next_look = now + 1
    judged.supervisor._tick(now)
    assert judged.supervisor.next_look == now + 1, "it was not yet time"


def test_a_line_is_shown_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the terminal is a pipe."""
    shown = io.BytesIO()
    terminal = io.TextIOWrapper(shown)
    monkeypatch.setattr(sys, "stdout", terminal)
    say_on_terminal("Ready")
    assert shown.getvalue() == b"Ready\n"


def test_a_second_ctrl_c_is_in_a_hurry(judged: Judged) -> None:
    judged.supervisor._on_stop_signal(signal.SIGINT, None)
    assert (judged.supervisor.stopping, judged.supervisor.in_a_hurry) == (True, False)
    judged.supervisor._on_stop_signal(signal.SIGINT, None)
    assert (judged.supervisor.stopping, judged.supervisor.in_a_hurry) == (True, True)


@pytest.mark.parametrize(("code", "reason"), [(-9, "was killed"), (3, "ended with code 3: oh")])
def test_why_a_part_is_gone_is_said(judged: Judged, code: int, reason: str) -> None:
    log = judged.supervisor._log(judged.slot)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("first\noh\n")
    assert judged.supervisor._reason(judged.slot, code) == reason


def test_it_is_asked_once_within_minutes(judged: Judged) -> None:
    judged.judge(SILENT, LATE)
    judged.slot.note_end(0, LATE + 1)
    judged.slot.note_start(0, LATE + 2)
    judged.slot.pid = judged.process.pid
    judged.judge(SILENT, LATE + CALM)
    assert len(judged.said) == 1
    judged.judge(SILENT, LATE + CALM + 1)
    assert len(judged.said) == 2


def test_silence_from_the_start_is_a_failed_start(judged: Judged) -> None:
    judged.judge(SILENT, LATE)
    assert judged.slot.failed_starts == 1


def test_a_part_that_was_well_has_started(judged: Judged) -> None:
    judged.slot.failed_starts = 3
    judged.judge(WELL, START + 11)
    assert judged.slot.failed_starts == 0
    judged.judge(SILENT, START + 12 + SILENCE)
    assert judged.slot.failed_starts == 0


def test_a_part_that_is_not_running_is_not_judged(judged: Judged) -> None:
    judged.slot.pid = 0
    judged.judge(SILENT, LATE)
    assert not judged.is_asked_to_end()


# How long a part has to end, and whether somebody pressed Ctrl-C twice.
NO_MORE_TIME = {"its time is over": (0.1, False), "in a hurry": (5.0, True)}


@pytest.mark.parametrize("why", NO_MORE_TIME)
def test_a_part_that_does_not_stop_is_killed(tmp_path: Path, why: str) -> None:
    stop_seconds, in_a_hurry = NO_MORE_TIME[why]
    one = Judged(tmp_path, STUBBORN, stop_seconds)
    assert one.process.stdout is not None
    one.process.stdout.readline()
    one.supervisor.stopping, one.supervisor.in_a_hurry = True, in_a_hurry
    one.supervisor._stop_group([one.slot])
    one.code()
    end(one)


def test_a_part_that_stops_has_its_time(tmp_path: Path) -> None:
    """What it still does is done before the next parts are stopped."""
    one = Judged(tmp_path, "trap 'sleep 0.1; echo done; exit' TERM; echo ready; sleep 60 & wait")
    assert one.process.stdout is not None
    one.process.stdout.readline()
    one.supervisor.stopping = True
    one.supervisor._stop_group([one.slot])
    assert one.slot.pid == 0
    assert one.process.stdout.read() == "done\n"
    end(one)
