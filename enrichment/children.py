"""Programs that a process begins and waits for: they are killed when it dies, however it dies.

Only Linux offers that; elsewhere such a program ends when it is done.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with(parent: int) -> None:
    """Let this process be killed when `parent`, which began it, dies."""
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the request was in place
        os._exit(1)


def run(
    command: Sequence[str], *, seconds: float, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, and return its output as text. Raises subprocess.TimeoutExpired,
    having killed it, after so many seconds. `options` are those of `subprocess.run`.
    """
    # Safe beside threads: before its program the child calls functions that are there already.
    return subprocess.run(  # noqa: S603  our own programs
        command,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        preexec_fn=partial(end_with, os.getpid()),
        **options,
    )
