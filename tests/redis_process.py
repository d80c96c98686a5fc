"""A redis-server on a unix socket, without TCP and without persistence, that a test may start,
freeze and kill.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import redis
from django.conf import settings

from enrichment.embedded_redis import find_redis_server

START_TIMEOUT = 10.0  # seconds


def redis_binary() -> str:
    """The server that the embedded default runs; a test may name another in TEST_REDIS_SERVER."""
    return os.environ.get("TEST_REDIS_SERVER") or find_redis_server()


class RedisProcess:
    """A redis-server that a test may freeze, kill and start again. Nothing survives a kill."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.url = f"unix://{socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.socket.parent.mkdir(parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        options = [
            "--port",
            "0",
            "--unixsocket",
            str(self.socket),
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            str(self.socket.parent),
        ]
        self._process = subprocess.Popen(
            [redis_binary(), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for_redis(self.url)

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL, also of a frozen one; gone when this returns."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None, "this Redis was not started"
        os.kill(self._process.pid, number)


def wait_for_redis(url: str) -> None:
    """Returns when the server answers; raises its last error after START_TIMEOUT."""
    deadline = time.monotonic() + START_TIMEOUT
    with contextlib.closing(redis.Redis.from_url(url)) as client:
        while True:
            try:
                client.ping()
            except redis.RedisError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return


def forget_test_keys(client: redis.Redis) -> None:
    """Remove what the tests wrote, and only that: the server may be somebody else's."""
    if keys := list(client.scan_iter(f"{settings.REDIS_PREFIX}*", count=1000)):
        client.delete(*keys)
