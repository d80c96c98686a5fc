"""One installation as a person starts it: `make run` in a data folder and on a port of its own."""

import contextlib
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
from django.conf import settings

STOP_SECONDS = 10.0
START_SECONDS = 60.0  # a busy machine's; the figure itself is in `make bench`
PATIENT_START = 180.0  # for what runs beside everything else and measures something else
CONFIGURED = (
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "DJANGO_SUPERUSER_USERNAME",
    "DJANGO_SUPERUSER_PASSWORD",
    "DJANGO_SUPERUSER_EMAIL",
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], bool], seconds: float = START_SECONDS) -> float:
    """Seconds it took until the condition held.

    Asked less often the longer it takes: to ask costs what is waited for its processor.
    """
    began = time.monotonic()
    pause = 0.02
    while not condition():
        assert time.monotonic() - began < seconds, f"it took longer than {seconds:g} s"
        time.sleep(pause)
        pause = min(pause * 1.3, 0.3)
    return time.monotonic() - began


def outside() -> dict[str, str]:
    """The environment without what makes this process a test: an installation has the product's own
    settings.
    """
    ours = ("DJANGO_SETTINGS_MODULE", "PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST")
    return {name: value for name, value in os.environ.items() if name not in ours}


class Installation:
    """One data folder and port; started and stopped as a person would."""

    def __init__(
        self,
        data_dir: Path,
        environ: Mapping[str, str] | None = None,
        *,
        start_seconds: float = START_SECONDS,
        target: str = "run",
    ) -> None:
        """`start_seconds`: how long a start may take; `target`: what `make` is asked for."""
        self.data_dir = data_dir
        self.start_seconds = start_seconds
        self.target = target
        self.port = free_port()
        own = {
            "DATA_DIR": str(data_dir),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "ALLOWED_HOSTS": "",
            "DEBUG": "",
        }
        # Given but empty counts as not given, also where a developer's `.env` says something else.
        self.environ = {**outside(), **dict.fromkeys(CONFIGURED, ""), **own, **(environ or {})}
        self.output = data_dir.with_suffix(".output")
        self.make: subprocess.Popen[bytes] | None = None
        self.started_in = 0.0  # seconds until everything answered

    def run(self) -> None:
        """Starts it on a terminal of its own, and waits until everything answers."""
        controller, terminal = pty.openpty()
        with self.output.open("wb") as output:
            self.make = subprocess.Popen(
                ["make", "--no-print-directory", self.target],
                cwd=settings.BASE_DIR,
                env=self.environ,
                stdin=terminal,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        os.close(terminal)
        os.close(controller)
        self.started_in = wait_for(self.is_well_or_over, self.start_seconds)
        assert self.make.poll() is None, f"it ended while it started:\n{self.said()[-3000:]}"

    def run_again(self) -> None:
        """Starts it, if the last test ended it."""
        if self.make is None or self.make.poll() is not None:
            self.run()

    def refuse(self) -> str:
        """What it says when it cannot start; it must say so at once, in one line of its own."""
        command = [sys.executable, "manage.py", "quickstart"]
        done = subprocess.run(
            command,
            cwd=settings.BASE_DIR,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
        assert done.returncode == 1
        return done.stdout + done.stderr

    def health(self) -> dict[str, str]:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/healthz", timeout=10
            ) as answer:
                return dict(json.load(answer))
        except (urllib.error.URLError, OSError):
            return {}

    def is_well(self) -> bool:
        return self.health() == {"database": "ok", "redis": "ok", "worker": "ok"}

    def is_well_or_over(self) -> bool:
        assert self.make is not None
        return self.make.poll() is not None or self.is_well()

    def find_supervisor(self) -> psutil.Process | None:
        """None while the data are still being prepared, and when it has ended."""
        assert self.make is not None
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self.make.pid).children():
                if "config.supervisor" in child.cmdline():
                    return child
        return None

    def supervisor(self) -> psutil.Process:
        found = self.find_supervisor()
        assert found is not None, f"there is no supervisor:\n{self.said()[-3000:]}"
        return found

    def parts(self) -> dict[str, psutil.Process]:
        names = {"redis-server": "redis", "celery": "worker", "config.server": "web"}
        found: dict[str, psutil.Process] = {}
        for child in self.supervisor().children():
            with contextlib.suppress(psutil.Error):  # it has just ended
                command = " ".join(child.cmdline())
                found |= {names[word]: child for word in names if word in command}
        return found

    def stop(self, number: signal.Signals, *, group: bool = False) -> float:
        """Signals `make` (or, as Ctrl-C does, everything in the terminal's foreground).

        Seconds until it has ended.
        """
        assert self.make is not None
        began = time.monotonic()
        if group:
            os.killpg(self.make.pid, number)
        else:
            self.make.send_signal(number)
        self.make.wait(timeout=30)
        return time.monotonic() - began

    def end(self) -> None:
        """For a test's end, however it went."""
        if self.make and self.make.poll() is None:
            self.stop(signal.SIGTERM)

    def left_over(self) -> list[str]:
        """Every process of the machine that belongs to this data folder."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                belongs = process.environ().get("DATA_DIR") == str(self.data_dir) or str(
                    self.data_dir
                ) in " ".join(process.cmdline())
                if belongs and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(" ".join(process.cmdline()))
        return found

    def said(self) -> str:
        return self.output.read_text()
