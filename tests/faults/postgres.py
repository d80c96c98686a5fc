"""A PostgreSQL of this test alone, that may be restarted at any moment."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.installation import free_port


def find_binaries() -> Path | None:
    """The folder with `initdb` and `pg_ctl`; None when there is no PostgreSQL here."""
    if on_path := shutil.which("initdb"):
        return Path(on_path).parent
    return max(
        (binary.parent for binary in Path("/usr/lib/postgresql").glob("*/bin/initdb")), default=None
    )


class PostgresProcess:
    """A cluster in a folder of its own, on a free port of the loopback.

    Durable: a commit that was answered survives a crash.
    """

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._as_user = (
            ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        )  # it refuses to run as root
        self._folder = Path(tempfile.mkdtemp(prefix="fault-postgres-"))
        if self._as_user:
            shutil.chown(self._folder, "postgres")
        self.port = free_port()
        self._run(
            "initdb",
            "--pgdata",
            str(self._data),
            "--username",
            "postgres",
            "--auth",
            "trust",
            "--encoding",
            "UTF8",
            "--no-sync",
        )
        self._control("start")

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def restart(self) -> None:
        """As after a crash: every connection is cut at once, nothing is written down in order."""
        self._control("restart", "--mode", "immediate")

    def stop(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            self._control("stop", "--mode", "immediate")
        shutil.rmtree(self._folder)

    def _control(self, action: str, *options: str) -> None:
        server = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        self._run(
            "pg_ctl",
            "--pgdata",
            str(self._data),
            "--wait",
            "--log",
            str(self._folder / "log"),
            *options,
            "--options",
            server,
            action,
        )

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as_user, str(self._binaries / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", timeout=60)
