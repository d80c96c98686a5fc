"""What the supervisor makes of what `/healthz` says, by a clock of the test's own. The parts are
real processes.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.supervisor.plan import Health, Part, Plan
from config.supervisor.slot import CALM, POLITE, SILENCE, Slot
from config.supervisor.supervisor import HEARTBEAT_SECONDS, Supervisor, has_heartbeat

START = 1_000.0
LATE = START + SILENCE + 1
WELL = {"web": "ok", "redis": "ok", "worker": "ok"}
SILENT = {**WELL, "worker": "down"}


class Judged:
    """A supervisor with one part, the worker, whose process does nothing."""

    def __init__(self, folder: Path, script: str = "exec sleep 60") -> None:
        self.heartbeat = folder / "heartbeat"
        part = Part(
            "worker",
            "The worker",
            ("sleep", "60"),
            needs=("redis",),
            heartbeat_file=str(self.heartbeat),
        )
        plan = Plan(str(folder), "http://here", Health("127.0.0.1", 1, {}), (part,), environ={})
        self.said: list[str] = []
        self.supervisor = Supervisor(plan, say=self.said.append)
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


def test_a_part_that_ignores_the_question_is_killed(tmp_path: Path) -> None:
    one = Judged(tmp_path, "trap '' TERM; echo ready; sleep 60 & wait; wait")
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
