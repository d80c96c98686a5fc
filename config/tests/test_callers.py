"""Whose a request is, known without asking the database: only what really exists counts."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from config.callers import COOKIE, MOST_REMEMBERED, STRANGER, Callers, callers, hint_for
from config.server import MEGABYTE, MOST_OF_ALL, MOST_OF_ONE, MOST_OF_STRANGERS, Bodies
from tests.people import PASSWORD
from videos.tokens import create_token


def cookies(**values: str) -> list[tuple[bytes, bytes]]:
    text = "; ".join(f"{name}={value}" for name, value in values.items())
    return [(b"cookie", text.encode())]


def token(text: str) -> list[tuple[bytes, bytes]]:
    return [(b"authorization", f"Token {text}".encode())]


def cookies_of(client: Client) -> list[tuple[bytes, bytes]]:
    return cookies(**{name: morsel.value for name, morsel in client.cookies.items()})


@pytest.mark.parametrize(
    "headers",
    [
        [],
        cookies(sessionid="abc"),
        cookies(sessionid="abc", known="1"),
        cookies(sessionid="abc", known="1-" + 40 * "0"),
        cookies(sessionid="abc", known="\u00b2-" + 40 * "0"),
        cookies(sessionid="abc", known="9" * 5000 + "-0"),
        cookies(sessionid="other", known=hint_for("abc", 1)),
        cookies(sessionid="", known=hint_for("", 1)),
        token(""),
        token("\ud7ff"),
        [(b"authorization", b"Basic YTpi")],
        [(b"cookie", b"\xff" * 20_000)],
    ],
)
def test_what_was_made_up_is_a_strangers(headers: Any) -> None:
    assert Callers().user_of(headers) == STRANGER


def test_a_hint_counts_beside_its_own_session() -> None:
    headers = cookies(sessionid="abc", known=hint_for("abc", 7))
    known = Callers()
    assert known.user_of(headers) == 7

    known.forget("abc")
    assert known.user_of(headers) == STRANGER
    known.learn("abc", 7)
    assert known.user_of(headers) == 7


def test_what_is_remembered_is_bounded() -> None:
    known = Callers()
    for number in range(MOST_REMEMBERED + 10):
        known.learn(f"session {number}", 1)
    assert len(known._seen) == MOST_REMEMBERED


@pytest.mark.django_db
def test_a_session_counts_from_login_to_logout(alice: Any) -> None:
    client = Client()
    client.post(reverse("login"), {"username": "alice", "password": PASSWORD})
    headers = cookies_of(client)
    assert callers.user_of(headers) == alice.pk
    assert Callers().user_of(headers) == alice.pk, "a server that just started knows it too"
    assert client.cookies[COOKIE]["httponly"]

    client.post(reverse("logout"))
    assert callers.user_of(headers) == STRANGER
    assert not client.cookies[COOKIE].value


@pytest.mark.django_db
def test_a_session_that_ended_elsewhere_counts_once(alice: Any) -> None:
    client = Client()
    client.force_login(alice)
    client.get(reverse("list_index"))
    headers = cookies_of(client)
    client.session.flush()

    client.cookies.load(headers[0][1].decode())
    client.get(reverse("list_index"))
    assert callers.user_of(headers) == STRANGER


@pytest.mark.django_db
def test_a_token_counts_until_it_is_removed(alice: Any) -> None:
    made = create_token(owner=alice, name="mine", days=None)
    fresh = Callers()
    assert fresh.user_of(token(made.text)) == STRANGER
    fresh.read_tokens()
    assert fresh.user_of(token(made.text)) == alice.pk

    client = Client(headers={"authorization": f"Token {made.text}"})
    assert client.get(reverse("api_lists")).status_code == 200
    assert callers.user_of(token(made.text)) == alice.pk
    made.row.delete()
    assert client.get(reverse("api_lists")).status_code == 401
    assert callers.user_of(token(made.text)) == STRANGER


@pytest.mark.django_db
def test_a_strangers_request_asks_no_database(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        callers.user_of(cookies(sessionid="x" * 32, known="1-" + 40 * "0"))
        callers.user_of(token("0" * 40))


def test_bodies_of_one_leave_room_for_others() -> None:
    bodies = Bodies()
    assert bodies.take(1, MOST_OF_ONE)
    assert not bodies.take(1, 1)
    assert bodies.take(STRANGER, MOST_OF_STRANGERS)
    assert not bodies.take(STRANGER, 1)
    left = MOST_OF_ALL - MOST_OF_ONE - MOST_OF_STRANGERS
    assert not bodies.take(2, left + MEGABYTE)
    assert bodies.take(2, left)

    bodies.give_back(1, MOST_OF_ONE)
    assert bodies.take(1, 1)
