"""The parts of the embedded default, from the settings.

The only module here that knows Django, Celery and Daphne.
"""

import sys

from django.conf import settings

from config.supervisor.plan import Health, Part, Plan
from enrichment.embedded_redis import redis_command

WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  compared, not bound


def redis_part(server: str) -> Part:
    return Part(
        "redis",
        "Redis",
        redis_command(server),
        ready_file=str(settings.REDIS_SOCKET),
        stop_seconds=1.0,
    )


def worker_part() -> Part:
    """One Celery worker with beat.

    It has no peers, so it neither gossips with them nor waits for them at its start.
    """
    alone = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    celery = (
        sys.executable,
        "-m",
        "celery",
        "--quiet",
        "-A",
        "config.celery",
        "worker",
        "--beat",
        "--loglevel",
        "WARNING",
        *alone,
    )
    return Part("worker", "The worker", celery, stop_seconds=6.5, needs=("redis", "database"))


def web_part() -> Part:
    options = (
        "--bind",
        settings.HOST,
        "--port",
        str(settings.PORT),
        "--verbosity",
        "0",
        "--no-server-name",
    )
    return Part(
        "web",
        "The web server",
        (sys.executable, "-m", "config.server", *options, "config.asgi:application"),
        heartbeat_file=str(settings.DATA_DIR / "web.heartbeat"),
    )


def health_address() -> Health:
    """Return how this machine asks for `/healthz`."""
    headers = {"Host": allowed_name()}
    if settings.BEHIND_TLS:
        headers["X-Forwarded-Proto"] = "https"
    return Health(local_host(), settings.PORT, headers)


def allowed_name() -> str:
    """Return a name that ALLOWED_HOSTS lets in."""
    for host in settings.ALLOWED_HOSTS:
        if host != "*":
            return host.lstrip(".")
    return "localhost"


def local_host() -> str:
    """Return where this machine reaches what HOST listens on."""
    return WILDCARDS.get(settings.HOST, settings.HOST)


def web_address() -> str:
    host = local_host()
    if ":" in host:
        host = f"[{host}]"
    return f"http://{host}:{settings.PORT}"


def embedded_plan(*, redis_server: str) -> Plan:
    """Redis (unless REDIS_URL names another), worker and web server."""
    redis = (redis_part(redis_server),) if settings.EMBEDDED_REDIS else ()
    environ = {
        # Celery: give running tasks a few seconds, then end, instead of waiting for all of them
        "REMAP_SIGTERM": "SIGQUIT",
        # quickstart has made those that depend on this machine; the others load every page into the
        # worker
        "CELERY_SKIP_CHECKS": "1",
        "MALLOC_ARENA_MAX": "2",  # fewer heaps in programs with threads
    }
    return Plan(
        data_dir=str(settings.DATA_DIR),
        address=web_address(),
        health=health_address(),
        parts=(*redis, worker_part(), web_part()),
        environ=environ,
    )
