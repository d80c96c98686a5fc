"""How SQLite, PostgreSQL and Redis are connected to.

A network may swallow everything without a word: a cable is pulled, a firewall forgets a connection.
Unless told otherwise a program then waits for a quarter of an hour, or for ever, and a server keeps
what it had locked. Here each end finds out in half a minute, well within a lease (90 s).
"""

import socket
from collections.abc import Mapping
from typing import Any

import dj_database_url

CONNECT = 5  # seconds until a server that does not answer counts as away
# Seconds of silence until the other end is asked whether it is there, between two such questions,
# and how many stay without an answer before the connection is lost.
IDLE, INTERVAL, COUNT = 10, 5, 4
UNANSWERED = 30_000  # milliseconds that sent data may stay without an answer from the other machine
# A host that is cut off in the middle of a transaction holds its locks for so long, in seconds:
# shorter than a lease, so what is free by then can be taken.
HALF_A_TRANSACTION = 60
BROKER_READ = 5  # seconds Celery waits for an answer; BRPOP's comes after one

SQLITE = {
    "timeout": 20,  # seconds a writer waits for another writer
    # a transaction that will write takes the lock at its start, so it never fails half-way
    "transaction_mode": "IMMEDIATE",
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
        "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-4000;"
    ),
}

# What the server does for each session of ours; it looks after dead clients, too.
SESSION = {
    "idle_in_transaction_session_timeout": f"{HALF_A_TRANSACTION}s",
    "tcp_keepalives_idle": IDLE,
    "tcp_keepalives_interval": INTERVAL,
    "tcp_keepalives_count": COUNT,
}


def database(url: str, *, pooled: bool) -> dict[str, Any]:
    """Django's entry for this database.

    `pooled`: it is reached through PgBouncer, which gives a session to each transaction alone.
    """
    # a cursor of the server's would have to outlast its transaction
    entry: dict[str, Any] = dict(dj_database_url.parse(url, disable_server_side_cursors=pooled))
    if entry["ENGINE"].endswith("sqlite3"):
        entry["OPTIONS"] = SQLITE
    else:
        entry["OPTIONS"] = postgresql(entry.get("OPTIONS", {}), pooled=pooled)
    return entry


def postgresql(given: Mapping[str, Any], *, pooled: bool = False) -> dict[str, Any]:
    """libpq's options; those `given` in DATABASE_URL come first.

    `pooled`: no session is changed, since PgBouncer gives it to others, too.
    """
    options: dict[str, Any] = {
        "connect_timeout": CONNECT,
        "keepalives_idle": IDLE,
        "keepalives_interval": INTERVAL,
        "keepalives_count": COUNT,
        "tcp_user_timeout": UNANSWERED,
    }
    if not pooled:
        options["options"] = session_options()
    return options | dict(given)


def session_options() -> str:
    options = []
    for name, value in SESSION.items():
        options.append(f"-c {name}={value}")
    return " ".join(options)


def redis_keepalive(url: str) -> dict[str, Any]:
    """redis-py's options for a connection that waits without a limit of its own."""
    if url.startswith("unix://"):
        return {}
    numbers = {
        "TCP_KEEPIDLE": IDLE,
        "TCP_KEEPINTVL": INTERVAL,
        "TCP_KEEPCNT": COUNT,
        "TCP_USER_TIMEOUT": UNANSWERED,
    }
    return {"socket_keepalive": True, "socket_keepalive_options": known_options(numbers)}


def known_options(numbers: dict[str, int]) -> dict[int, int]:
    """Return the options the system has; macOS lacks some."""
    known = {}
    for name, number in numbers.items():
        if hasattr(socket, name):
            known[getattr(socket, name)] = number
    return known


def broker(url: str) -> dict[str, Any]:
    """Celery's transport options for a Redis that falls silent: kombu drops a connection on which
    nothing came for `health_check_interval` seconds.
    """
    return {
        "socket_connect_timeout": 2,
        "socket_timeout": BROKER_READ,
        "health_check_interval": IDLE,
        **redis_keepalive(url),
    }
