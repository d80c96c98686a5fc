"""Starting and ending programs as whole groups: a worker and everything it forked are one thing
here.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from config.supervisor import linux
from enrichment.children import end_with

LOG_BYTES = 2_000_000  # a part's log never takes more than twice this


def spawn(argv: tuple[str, ...], *, log: Path, environ: Mapping[str, str]) -> int:
    """Starts a program in a session of its own, so that Ctrl-C in the terminal reaches only the
    supervisor. Answers its process id.
    """
    log.parent.mkdir(mode=0o700, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603  the plan's own programs
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environ,
            start_new_session=True,
            preexec_fn=partial(end_with, os.getpid()),  # safe: the supervisor has one thread
        )
    process.returncode = 0  # `reap` collects it, not this object
    return process.pid


def signal_group(leader: int, number: signal.Signals) -> None:
    """Signals everything in a part's process group; nothing happens when it is gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def reap() -> dict[int, int]:
    """Process id -> exit code (negative: the signal) of every child that ended since the last call,
    adopted orphans included.
    """
    ended = {}
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                break
            ended[pid] = os.waitstatus_to_exitcode(status)
    return ended


def end_all_children(seconds: float) -> None:
    """Kills and collects whatever is still there, for as long as it takes or `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        reap()
        children = linux.living_children()
        if not children:
            return
        kill_all(children)
        time.sleep(0.02)


def kill_all(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def keep_log_short(log: Path) -> None:
    """Moves a long log to `.1`.

    The part goes on writing to the same file, which it opened for appending, so nobody is told.
    """
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > LOG_BYTES:
            shutil.copyfile(log, log.with_suffix(".log.1"))
            os.truncate(log, 0)


def last_line(log: Path) -> str:
    """The last line that is not blank, for the person who wonders why a part ended."""
    for line in reversed(end_of(log).splitlines()):
        if line.strip():
            return line.strip()[:200]
    return ""


def end_of(log: Path) -> str:
    """The last 4000 bytes."""
    with log.open("rb") as lines:
        lines.seek(max(0, log.stat().st_size - 4000))
        return lines.read().decode(errors="replace")
