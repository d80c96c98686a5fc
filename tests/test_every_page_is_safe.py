"""Every page, found by the resolver: nothing is changed without the page's own token, and no page
lets scripts or styles in that are not ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.addresses import address, routes_once
from tests.test_every_door import alices_own, everything, rows
from videos.tokens import create_token

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]

DOCS = "api/docs"  # Swagger's page styles itself
STRICT = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "frame-src": "https://www.youtube-nocookie.com",
}
ANSWERS_NOBODY = (403, 404, 405)


@pytest.fixture
def ids() -> dict[str, Any]:
    """One of everything, Alice's, who may do anything in the admin."""
    there = alices_own()
    User.objects.filter(username="alice").update(is_staff=True, is_superuser=True)
    return there


@pytest.fixture
def alice(ids: dict[str, Any]) -> User:
    return User.objects.get(username="alice")


def paths(ids: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for route in routes_once():
        if route != "accounts/logout/":
            yield route, address(route, ids)


def directives(answer: Any) -> dict[str, str]:
    parts = answer.headers.get("Content-Security-Policy", "").split(";")
    return dict(part.strip().partition(" ")[::2] for part in parts if part.strip())


@pytest.mark.slow
def test_no_page_lets_foreign_scripts_in(ids: dict[str, Any], alice: User) -> None:
    page = Client(raise_request_exception=False)
    page.force_login(alice)
    strict = 0
    for route, path in paths(ids):
        answer = page.get(path)
        if not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        expected = STRICT
        if route.rstrip("/") == DOCS:
            expected = STRICT | {"style-src": "'self' 'unsafe-inline'"}
        found = directives(answer)
        assert {name: found.get(name) for name in STRICT} == expected, path
        assert "unsafe" not in found["img-src"], path
        strict += 1
    assert strict > 60


@pytest.mark.slow
def test_nothing_is_posted_without_the_token(ids: dict[str, Any], alice: User) -> None:
    """By whoever makes the browser of somebody who is signed in send a form of theirs."""
    page = Client(enforce_csrf_checks=True, raise_request_exception=False)
    page.force_login(alice)
    before = rows()
    asked = everything(ids)
    for route, path in paths(ids):
        answer = page.post(path, asked)
        if route.startswith("api/"):
            assert answer.status_code in ANSWERS_NOBODY, path
        else:
            assert answer.status_code == 403, path
    for _route, path in paths(ids):
        answer = page.delete(path, asked, content_type="application/json")
        assert answer.status_code in ANSWERS_NOBODY, path
    assert rows() == before


def test_a_program_with_a_token_needs_no_form(ids: dict[str, Any], alice: User) -> None:
    """Otherwise the test above would prove nothing of REST."""
    token = create_token(owner=alice, name="program", days=None)
    api = Client(enforce_csrf_checks=True, headers={"authorization": f"Token {token.text}"})
    answer = api.post("/api/lists", {"name": "New"}, content_type="application/json")
    assert answer.status_code == 201
