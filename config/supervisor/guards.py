"""What must be true before anything is started; each failure is one line that says what to do."""

import errno
import fcntl
import os
import socket
from collections.abc import Iterable
from pathlib import Path


class StartError(Exception):
    """Its text is for the person at the terminal."""


def hold_lock(data_dir: Path) -> int:
    """Claims a data folder for this process and whatever it becomes by exec.

    The lock ends with the process, however it ends.
    """
    try:
        lock = os.open(data_dir / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        raise StartError(
            f"{data_dir} cannot be written. "
            "Make it writable, or choose another folder: DATA_DIR=… make run"
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.read(lock, 20).decode() or "unknown"
        raise StartError(
            f"Sammelwerk already runs on {data_dir} (process {holder}). "
            "Stop that one, or choose another folder: DATA_DIR=… make run"
        ) from None
    sign_lock(lock)
    return lock


def sign_lock(lock: int) -> None:
    os.ftruncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
    os.set_inheritable(lock, True)


def keep_private(files: Iterable[Path]) -> None:
    """Take these files of ours from everybody else's eyes, which an earlier version left open."""
    for file in files:
        if file.stat().st_uid == os.geteuid():
            file.chmod(0o600)


def check_port(host: str, port: int) -> None:
    """Tries the web server's address by listening there for a moment."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE:
                raise StartError(
                    f"Port {port} is in use. "
                    f"Stop what listens there, or choose another: PORT={port + 1} make run"
                ) from None
            raise StartError(
                f"{host}:{port} cannot be listened on ({problem.strerror}). "
                "HOST and PORT choose another address."
            ) from None


def make_private(folder: Path) -> None:
    """The folder of a socket that needs no password: nobody else may reach it.

    StartError when it belongs to somebody else, or is a link that leads anywhere.
    """
    if not folder.is_symlink():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise StartError(
            f"{folder} belongs to another user. Choose a shorter DATA_DIR, or remove that folder."
        )
    folder.chmod(0o700)
