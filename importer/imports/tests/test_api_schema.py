"""GET /api/schema and /api/docs."""

import re
from contextlib import closing
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from config.api import schema_text

CALLS = {  # the contract's, and `front`
    "/api/token": {"post"},
    "/api/lists": {"get", "post"},
    "/api/lists/{id}": {"get", "patch", "delete"},
    "/api/lists/{list_id}/videos": {"get", "post"},
    "/api/lists/{list_id}/videos/{video_id}": {"delete"},
    "/api/lists/{list_id}/videos/batch": {"post"},
    "/api/lists/{list_id}/follows": {"get", "post"},
    "/api/lists/{list_id}/follows/{id}": {"get", "patch", "delete"},
    "/api/lists/{list_id}/follows/{id}/check": {"post"},
    "/api/lists/{list_id}/follows/{id}/gone": {"get"},
    "/api/search": {"get"},
    "/api/webhook": {"get", "put", "delete"},
    "/api/webhook/test": {"post"},
    "/api/webhook/deliveries": {"get"},
    "/api/imports": {"get"},
    "/api/imports/{id}": {"get"},
    "/api/imports/{id}/items": {"get"},
    "/api/imports/{id}/pause": {"post"},
    "/api/imports/{id}/resume": {"post"},
    "/api/imports/{id}/cancel": {"post"},
    "/api/imports/{id}/retry": {"post"},
    "/api/imports/{id}/front": {"post"},
    "/api/videos/{id}": {"get"},
    "/api/videos/{id}/retry": {"post"},
    "/api/videos/{id}/refresh": {"post"},
    "/api/videos/{id}/captions": {"post"},
    "/api/videos/{id}/transcript": {"get", "put", "delete"},
}


def schema() -> Any:
    answer = Client().get("/api/schema", headers={"accept": "application/json"})
    assert answer.status_code == 200
    return answer.json()


def test_it_is_valid_and_without_a_warning() -> None:
    options = [
        "--validate",
        "--fail-on-warn",
        "--generator-class",
        "config.api_schema.Generator",
        "--file",
        "/dev/null",
    ]
    call_command("spectacular", *options, stdout=StringIO(), stderr=StringIO())


@pytest.mark.slow
@pytest.mark.django_db
def test_it_is_made_once_for_all_who_ask(client: Client) -> None:
    """It takes a second, and anybody may ask."""
    schema_text.cache_clear()
    for number in range(5):
        for language in ("de", "en", f"x{number}"):
            headers = {"accept": f"a/{number}, */*", "accept-language": language}
            answer = client.get(f"/api/schema?lang=x{number}&page={number}", headers=headers)
            assert answer.status_code == 200
    assert schema_text.cache_info().misses == 2


@pytest.mark.django_db
def test_it_names_each_call_once() -> None:
    paths = schema()["paths"]
    assert {
        path: set(calls) & {"get", "post", "patch", "put", "delete"}
        for path, calls in paths.items()
    } == CALLS


@pytest.mark.django_db
def test_each_call_says_how_it_is_refused() -> None:
    for path, calls in schema()["paths"].items():
        for call in calls.values():
            assert "429" in call["responses"]
            assert path == "/api/token" or "401" in call["responses"]
            assert "{" not in path or "404" in call["responses"]


@pytest.mark.django_db
@pytest.mark.parametrize("slash", ["", "/"])
def test_its_page_runs_under_a_local_policy(slash: str) -> None:
    page = Client().get(f"/api/docs{slash}")
    policy = dict(part.split(" ", 1) for part in page["Content-Security-Policy"].split("; "))
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self' 'unsafe-inline'"
    text = page.content.decode()
    assert not re.findall(r"<script(?![^>]* src=)", text)
    linked = re.findall(r"""(?:src|href)="([^"]+)""", text)
    assert linked
    for address in linked:
        assert address.startswith("/")
        with closing(Client().get(address.replace("&amp;", "&"))) as part:
            assert part.status_code == 200, address


@pytest.mark.django_db
def test_its_page_has_a_theme_and_a_way_back(client: Client, alice: Any) -> None:
    client.force_login(alice)
    client.cookies["theme"] = "dark"
    html = client.get("/api/docs").content.decode()
    assert 'data-theme="dark"' in html
    assert f'href="{reverse("settings")}"' in html
    assert 'name="viewport"' in html


@pytest.mark.django_db
def test_other_pages_keep_the_strict_policy() -> None:
    assert "unsafe" not in Client().get("/accounts/login/")["Content-Security-Policy"]
