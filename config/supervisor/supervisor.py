"""The loop: start what should run, look after it, end it all."""

import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from config.supervisor import health, linux, processes
from config.supervisor.plan import Part, Plan
from config.supervisor.slot import Slot

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STARTING, RUNNING = 0.2, 5.0  # seconds between two looks at the health
SLOW_START = 60.0  # seconds, then a line says what is missing


HEARTBEAT_SECONDS = 30.0  # how long one heartbeat counts


def has_heartbeat(part: Part) -> bool:
    """Whether the part touched its file lately. By the wall clock, as files have it."""
    if not part.heartbeat_file:
        return False
    try:
        touched = Path(part.heartbeat_file).stat().st_mtime
    except OSError:
        return False
    return abs(time.time() - touched) < HEARTBEAT_SECONDS


def cannot_be_judged(part: Part, report: dict[str, str]) -> bool:
    """Whether the report leaves the part out, or something that it needs is down."""
    if part.name not in report:
        return True
    for need in part.needs:
        if report.get(need) != "ok":
            return True
    return False


def say_on_terminal(line: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be gone; the installation is not
        print(line, flush=True)  # noqa: T201


class Supervisor:
    """Keeps a plan's parts running until a stop signal comes or one of them cannot be started.

    `run` answers the exit code: 0 after a stop signal, 1 when a part is hopeless. When it returns,
    no child is left.
    """

    def __init__(self, plan: Plan, say: Callable[[str], None] = say_on_terminal) -> None:
        self.plan = plan
        self.say = say
        self.slots = list(map(Slot, plan.parts))
        self.stopping = False
        self.in_a_hurry = False
        self.ready = False
        self.began = time.monotonic()
        self.next_look = 0.0
        self.wake, self._waker = socket.socketpair()

    def run(self) -> int:
        self._listen_for_signals()
        linux.adopt_orphans()
        try:
            while not self.stopping:
                if hopeless := self._tick(time.monotonic()):
                    self._explain(hopeless)
                    return 1
                self._sleep(self._pause())
            return 0
        finally:
            self._stop()

    def _pause(self) -> float:
        """How long to sleep between two rounds, in seconds: short while parts are starting."""
        if self.ready:
            return 1.0
        return 0.1

    # signals --------------------------------------------------------------------------------------

    def _listen_for_signals(self) -> None:
        self._waker.setblocking(False)
        self.wake.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        for number in STOP_SIGNALS:
            signal.signal(number, self._on_stop_signal)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # its only use is to wake the loop
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    def _on_stop_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.in_a_hurry = self.stopping
        self.stopping = True

    def _sleep(self, seconds: float) -> None:
        """Until something happens, `seconds` at most."""
        select.select([self.wake], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            self.wake.recv(4096)

    # life -----------------------------------------------------------------------------------------

    def _tick(self, now: float) -> Slot | None:
        """One round. Answers the slot that cannot be kept running, if there is one."""
        self._note_ends(now)
        self._start_due(now)
        if now >= self.next_look:
            self._look(now)
            self.next_look = time.monotonic() + self._until_next_look()
        return self._hopeless_slot()

    def _until_next_look(self) -> float:
        if self.ready:
            return RUNNING
        return STARTING

    def _hopeless_slot(self) -> Slot | None:
        for slot in self.slots:
            if slot.is_hopeless:
                return slot
        return None

    def _note_ends(self, now: float) -> None:
        ended = processes.reap()
        for slot in self.slots:
            if slot.pid in ended:
                self._note_end(slot, ended[slot.pid], now)

    def _note_end(self, slot: Slot, code: int, now: float) -> None:
        # A worker's pool does not outlive it.
        processes.signal_group(slot.pid, signal.SIGKILL)
        slot.note_end(code, now)
        if not self.stopping and not slot.is_hopeless:
            reason = self._reason(slot, code)
            self.say(f"{slot.part.title} {reason}. Starting it again.")

    def _reason(self, slot: Slot, code: int) -> str:
        """Why a part is gone, for the person who looks on; a signal's number is negative."""
        if code < 0:
            return "was killed"
        return f"ended with code {code}: {processes.last_line(self._log(slot))}"

    def _start_due(self, now: float) -> None:
        """Start what is due; a part waits until those before it are ready."""
        for slot in self.slots:
            if not slot.pid and now >= slot.start_at:
                self._start(slot, now)
            if not slot.part.is_ready():
                return

    def _start(self, slot: Slot, now: float) -> None:
        if slot.part.ready_file:
            Path(slot.part.ready_file).unlink(missing_ok=True)
        slot.note_start(self._spawn(slot), now)

    def _spawn(self, slot: Slot) -> int:
        environ = {**os.environ, **self.plan.environ}
        if slot.part.heartbeat_file:
            environ["HEARTBEAT_FILE"] = slot.part.heartbeat_file
        return processes.spawn(slot.part.argv, log=self._log(slot), environ=environ)

    def _log(self, slot: Slot) -> Path:
        return self.plan.logs / f"{slot.part.name}.log"

    # health ---------------------------------------------------------------------------------------

    def _look(self, now: float) -> None:
        report = health.ask(self.plan.health) or {"web": "down"}
        self._judge(report, now)
        if not self.ready:
            self._say_when_ready(report, now)
        for slot in self.slots:
            processes.keep_log_short(self._log(slot))

    def _judge(self, report: dict[str, str], now: float) -> None:
        """End what has given no sign of life for long; `_note_ends` then starts it again.

        A sign of life is a good health report or, from a part that is merely busy, its heartbeat.
        """
        for slot in self.slots:
            if report.get(slot.part.name) == "ok":
                slot.note_well(now)
            elif cannot_be_judged(slot.part, report) or has_heartbeat(slot.part):
                slot.well = now
            elif slot.is_silent(now):
                self._ask_to_end(slot, now)
            elif slot.ignores_the_question(now):
                processes.signal_group(slot.pid, signal.SIGKILL)

    def _ask_to_end(self, slot: Slot, now: float) -> None:
        self.say(f"{slot.part.title} gives no sign of life.")
        slot.note_silence(now)
        processes.signal_group(slot.pid, signal.SIGTERM)

    def _say_when_ready(self, report: dict[str, str], now: float) -> None:
        down = [name for name, state in report.items() if state == "down"]
        if not down:
            self._be_ready()
        elif now - self.began > SLOW_START:
            self.say(f"Not ready yet: {', '.join(down)}. Technical logs: {self.plan.logs}")
            self.began = now

    def _be_ready(self) -> None:
        self.ready = True
        self.say(f"Ready: {self.plan.address}")
        self.say(f"Ctrl-C stops it. Technical logs: {self.plan.logs}")
        if self.plan.once_ready:
            self._spawn_once()

    def _spawn_once(self) -> None:
        environ = {**os.environ, **self.plan.environ}
        log = self.plan.logs / "once.log"
        processes.spawn(self.plan.once_ready, log=log, environ=environ)

    # end ------------------------------------------------------------------------------------------

    def _explain(self, slot: Slot) -> None:
        self.say(f"{slot.part.title} cannot be started: {processes.last_line(self._log(slot))}")
        self.say(f"Stopping everything. What it said is in {self._log(slot)}")

    def _stop(self) -> None:
        """Redis last, as the others hand their work back to it; then whatever is left, with no
        choice. In all it stays below 10 s.
        """
        started = time.monotonic()
        self.stopping = True
        self.say("Stopping.")
        self._stop_group(self._running(providers=False))
        self._stop_group(self._running(providers=True))
        processes.end_all_children(1.0)
        self.say(f"Stopped after {time.monotonic() - started:.1f} s.")

    def _running(self, *, providers: bool) -> list[Slot]:
        """Return running slots that others wait for, or the rest."""
        running = []
        for slot in self.slots:
            if slot.pid and bool(slot.part.ready_file) == providers:
                running.append(slot)
        return running

    def _stop_group(self, slots: list[Slot]) -> None:
        """Asks politely, and ends what has not gone in its time.

        Answers when all are gone; a second Ctrl-C is not polite.
        """
        began = now = time.monotonic()
        longest = max((slot.part.stop_seconds for slot in slots), default=0.0)
        for slot in slots:
            processes.signal_group(slot.pid, signal.SIGTERM)
        while any(slot.pid for slot in slots) and now - began < longest + 0.5:
            self._sleep(0.05)
            now = time.monotonic()
            self._note_ends(now)
            self._kill_late(slots, now - began)

    def _kill_late(self, slots: list[Slot], seconds: float) -> None:
        """`seconds`: since they were asked."""
        for slot in slots:
            if slot.pid and (self.in_a_hurry or seconds > slot.part.stop_seconds):
                processes.signal_group(slot.pid, signal.SIGKILL)
