"""What Linux offers so that no process outlives the supervisor.

Elsewhere these do nothing, and process groups have to do.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def adopt_orphans() -> None:
    """From now on, what a dying child leaves behind becomes this process's child, to be seen and
    ended.
    """
    if _libc:
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_with_parent(parent: int) -> Callable[[], None]:
    """For the new process to call before it runs its program: it is killed when `parent` dies, even
    by SIGKILL.

    Not only asked to end: nobody would be left to see that it does.
    """
    libc = _libc  # loaded before the fork; nothing is imported in the child

    def ask_for_signal() -> None:
        if libc:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:  # it died before the request was in place
                os._exit(1)

    return ask_for_signal


def living_children() -> list[int]:
    """Return the ids of child processes, adopted ones too; [] where the system cannot tell."""
    try:
        listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    except OSError:
        return []
    return list(map(int, listed.split()))
