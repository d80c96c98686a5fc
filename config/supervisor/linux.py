"""What Linux offers so that no process outlives the supervisor.

Elsewhere these do nothing, and process groups have to do.
"""

import ctypes
import os
import sys
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def adopt_orphans() -> None:
    """From now on, what a dying child leaves behind becomes this process's child, to be seen and
    ended.
    """
    if _libc:
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def living_children() -> list[int]:
    """Return the ids of child processes, adopted ones too; [] where the system cannot tell."""
    try:
        listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    except OSError:
        return []
    return list(map(int, listed.split()))
