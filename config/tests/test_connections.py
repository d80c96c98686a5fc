"""That connections notice when the other machine falls silent: the options reach the sockets."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.db import connection
from kombu import Connection

from config import connections
from tests.faults.relay import Relay
from tests.redis_process import RedisProcess

linux = pytest.mark.skipif(sys.platform != "linux", reason="others have not all of the options")
postgresql = pytest.mark.skipif(
    not os.environ.get("DATABASE_URL", "").startswith("postgres"), reason="it is about PostgreSQL"
)


@pytest.fixture
def redis_url(redis_process: RedisProcess) -> Iterator[str]:
    """A Redis that is reached over TCP."""
    relay = Relay(str(redis_process.socket))
    yield f"redis://127.0.0.1:{relay.port}/0"
    relay.stop()


def patience(descriptor: int) -> tuple[int, ...]:
    """Whether the kernel asks, after how many seconds, how often and how many times, and for how
    many milliseconds it waits for what was sent.
    """
    with socket.socket(fileno=os.dup(descriptor)) as own:
        names = ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")
        options = [getattr(socket, name) for name in names]
        return (
            own.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
            *(own.getsockopt(socket.IPPROTO_TCP, option) for option in options),
        )


EXPECTED = (1, 10, 5, 4, 30_000)


@linux
@postgresql
@pytest.mark.django_db
def test_postgresql_is_given_up_and_gives_us_up() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("1min",)
        cursor.execute("SHOW tcp_keepalives_idle")
        assert cursor.fetchone() == ("10",)
    assert patience(connection.connection.fileno()) == EXPECTED


def test_database_url_has_the_last_word() -> None:
    given = connections.postgresql({"options": "", "connect_timeout": "9"})
    assert (given["options"], given["connect_timeout"]) == ("", "9")
    assert given["tcp_user_timeout"] == connections.UNANSWERED


@pytest.mark.parametrize("pooled", [False, True])
def test_a_pooled_session_is_not_changed(pooled: bool) -> None:
    """PgBouncer refuses a client that names options of the session, and gives the cursors of one
    to another.
    """
    entry = connections.database("postgresql://somebody@pgbouncer:6432/name", pooled=pooled)
    assert ("options" in entry["OPTIONS"]) is not pooled
    assert entry["DISABLE_SERVER_SIDE_CURSORS"] is pooled


@linux
def test_the_broker_is_given_up(redis_url: str) -> None:
    with Connection(redis_url, transport_options=connections.broker(redis_url)) as broker:
        channel: Any = broker.default_channel
        client = channel.client
        client.ping()
        used = client.connection_pool.get_connection()
        assert patience(used._sock.fileno()) == EXPECTED
        assert used.socket_timeout == connections.BROKER_READ
        client.connection_pool.release(used)


@linux
def test_a_subscription_is_given_up(redis_url: str) -> None:
    client = redis.Redis.from_url(redis_url, **connections.redis_keepalive(redis_url))
    with client.pubsub() as pubsub:
        pubsub.subscribe("anything")
        assert patience(pubsub.connection._sock.fileno()) == EXPECTED
    client.close()


def test_a_unix_socket_needs_none() -> None:
    assert connections.redis_keepalive("unix:///tmp/redis.sock") == {}
