"""A stand-in as a process of its own, so that its work does not weigh on what is being measured."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

STATE_FILE = "standins.json"
_START_SECONDS = 20
_STOP_SECONDS = 10


class StandInProcess:
    """Runs `python -m tests.standins` until the block ends.

    `state` is what `standins.json` says: `proxies`, `ca_file`, `groq`, `api_key`, `control`, `pid`.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        file = folder / STATE_FILE
        file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "tests.standins", "--state", str(folder), *options]
        self._process = subprocess.Popen(
            command, cwd=Path(__file__).parents[2], stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + _START_SECONDS
        while not file.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"the stand-ins did not start: {self._process.returncode}")
            time.sleep(0.02)
        self.state: dict[str, Any] = json.loads(file.read_text())

    @property
    def environment(self) -> dict[str, str]:
        """The product's settings that lead to both."""
        return {
            "YOUTUBE_PROXY": ",".join(self.state["proxies"]),
            "YOUTUBE_CA_FILE": self.state["ca_file"],
            "GROQ_BASE_URL": self.state["groq"],
            "GROQ_API_KEY": self.state["api_key"],
        }

    def control(self, method: str, path: str, body: object | None = None) -> Any:
        """Calls `/_control/…` and returns what it answers. HTTPError for anything but 200."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.state['control']}/_control/{path}", data, method=method
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def stop(self) -> int:
        """Ends it, and returns its exit code."""
        if self._process.poll() is None:
            self._process.terminate()
        return self._process.wait(_STOP_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
