"""Every address, asked with hostile values in its path, its query, its form and its JSON: never an
error of ours. `test_system.py` asks a running installation, and counts its connections.

The addresses come from the resolver, and the names of parameters from what the address itself
reads, so that new ones are tried by themselves. In the suite each parameter gets one of the values,
always the same, and all of them together get some. With FAULTS=full each gets each.
"""

from __future__ import annotations

import json
import logging
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from django.contrib.auth.models import User
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpRequest, QueryDict
from django.test import Client

from tests.addresses import PART, address, routes_once
from tests.faults.scale import FULL
from tests.people import rest
from tests.test_every_door import alices_own, everything

pytestmark = pytest.mark.slow
MEGABYTES_10 = 10 * 2**20
DEEP = 100_000  # brackets, one in the other

# As bytes, since that is what travels: not all of it is text.
VALUES: dict[str, bytes] = {
    "nul": b"a\x00b",
    "digits": b"9" * 5_000,
    "too large": str(2**63).encode(),
    "negative": b"-1",
    "not finite": b"1e999",
    "superscript": "²".encode(),
    "arabic digits": "١٢".encode(),
    "surrogate": b"\xed\xa0\x80",
    "no text": b"\xff\xfe\x00",
    "nested": b"[" * 2_000,
    "brackets": b'{"a":[{"a":',
    "pattern": b"%_\\'\"*(+)?[",
    "pieces": b"~1,~,1~1,,1~",
    "moment": b"9999-99-99T99:99:99Z",
    "controls": b"\x01\x1f\x7f\r\n\x0b",
    "empty": b"",
}
JSON_VALUES: dict[str, str] = {
    "nul": r'"a\u0000b"',
    "surrogate": r'"\ud800"',
    "digits": f'"{"9" * 5_000}"',
    "number": "9" * 4_000,
    "too large": str(2**63),
    "negative": "-1",
    "not finite": "1e999",
    "no number": "NaN",
    "nothing": "null",
    "yes": "true",
    "lists": "[[[[]]], [1, null], {}]",
    "object": r'{"a": {"\u0000": [null]}}',
    "nested": "[" * 500 + "]" * 500,
    "texts": r'["\u0000", "\udfff", "", null, 1, true, 1.5, {}]',
}
BODIES: dict[str, tuple[bytes, str]] = {
    "deep": (b"[" * DEEP, "application/json"),
    "deep and closed": (b'{"a":' * DEEP + b"1" + b"}" * DEEP, "application/json"),
    "large": (b'{"name": "' + b"x" * MEGABYTES_10 + b'"}', "application/json"),
    "large form": (b"name=" + b"x" * MEGABYTES_10, "application/x-www-form-urlencoded"),
    "many fields": (b"a=1&" * 30_000, "application/x-www-form-urlencoded"),
    "no text": (b"\xff\xfe\x00", "application/json"),
    "unknown charset": (b"name=a", "application/x-www-form-urlencoded; charset=klingon"),
    "no boundary": (b"x", "multipart/form-data"),
    "cut off": (b"--x\r\nContent-Disposition: form-data", "multipart/form-data; boundary=x"),
    "unknown": (b"x", "\x01/\xff"),
}
METHODS = ("POST", "PUT", "PATCH", "DELETE")
FORM = "application/x-www-form-urlencoded"
# The first ends the session; the others answer 503, as no worker runs here.
LEFT_OUT = {"accounts/logout/", "healthz", "healthz/"}


class Noted(QueryDict):
    """What a request brought; it notes which names are asked for."""

    names: set[Any] = set()  # of a copy that Django makes, nobody's

    @classmethod
    def of(cls, given: QueryDict, names: set[Any]) -> Noted:
        noted = cls(mutable=True)
        noted.names = names
        for name in given:
            noted.setlist(name, given.getlist(name))
        return noted

    def __getitem__(self, name: str) -> Any:
        self.names.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.names.add(str(name))
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().get(name, default)

    def getlist(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().getlist(name, default)


@dataclass
class Asked:
    """Which names the requests so far asked for, while `is_noting`."""

    is_noting: bool = False
    names: set[Any] = field(default_factory=set)


asked_for = Asked()


def note_names(get_response: Any) -> Any:
    """Stand last among the middleware, and note what a view asks of its query and form."""

    def middleware(request: HttpRequest) -> Any:
        if not asked_for.is_noting:
            return get_response(request)
        request.GET = Noted.of(request.GET, asked_for.names)  # type: ignore[assignment]
        if request.method == "POST" and request.content_type != "application/json":
            request.POST = Noted.of(request.POST, asked_for.names)  # type: ignore[assignment]
        return get_response(request)

    return middleware


def quoted(value: bytes) -> str:
    return quote_from_bytes(value, safe="")


def query_of(names: list[str], value: bytes) -> str:
    return "&".join(f"{quoted(name.encode())}={quoted(value)}" for name in names)


def json_of(names: list[str], value: str) -> str:
    return "{" + ", ".join(f"{json.dumps(name)}: {value}" for name in names) + "}"


def values_for(route: str, name: str, values: dict[str, Any]) -> list[str]:
    """The names of the values that this parameter of the address is given."""
    if FULL:
        return list(values)
    number = zlib.crc32(f"{route} {name}".encode())
    return [list(values)[number % len(values)]]


def method_for(route: str, name: str) -> str:
    """The method with which the suite tries this parameter by itself."""
    return METHODS[zlib.crc32(f"{name} {route}".encode()) % len(METHODS)]


def values_for_all(route: str, what: str, values: dict[str, Any]) -> list[str]:
    """The names of the values that all parameters of the address are given at once.

    In the suite a third of them, each address another third; a few of them in the admin, whose
    pages are Django's own, and cost most.
    """
    step = 3
    if FULL:
        step = 1
    elif route.startswith("admin/"):
        step = 8
    first = zlib.crc32(f"{route} {what}".encode()) % step
    return list(values)[first::step]


class Walk:
    """Asks one installation, in this process, and keeps what was no good answer."""

    def __init__(self, ids: dict[str, Any]) -> None:
        alice = User.objects.get(username="alice")
        User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
        self.ids = ids
        self.everything = everything(ids)
        self.page = Client(raise_request_exception=False)
        self.page.force_login(alice)
        self.api = rest(alice)
        self.api.raise_request_exception = False
        self.tried = 0
        self.failed: list[str] = []

    def ask(self, what: str, method: str, where: str, body: Any = b"", kind: str = FORM) -> None:
        """Ask, and take back whatever the address changed."""
        client = self.page
        if where.startswith("/api/"):
            client = self.api
        self.tried += 1
        caches["shared"].clear()  # otherwise most of it would be refused as too often
        with transaction.atomic():
            answer: Any = client.generic(method, where, body, content_type=kind)
            if answer.streaming:
                answer.getvalue()
            transaction.set_rollback(True)
        if answer.status_code >= 500:
            self.failed.append(f"{method} {where[:120]} with {what}: {answer.status_code}")

    def names_of(self, route: str) -> list[str]:
        """The names that the address asks for, found by asking it for something ordinary."""
        where = address(route, self.ids)
        asked_for.names.clear()
        asked_for.is_noting = True
        self.ask("nothing", "GET", where)
        if route.startswith("api/"):
            self.ask("everything", "POST", where, json.dumps(self.everything), "application/json")
            asked_for.names |= set(self.everything)
        else:
            ordinary = query_of(sorted(self.everything), b"1")
            self.ask("everything", "POST", where, ordinary)
        asked_for.is_noting = False
        names = {name for name in asked_for.names if isinstance(name, str)}
        return sorted(names)

    def walk(self, route: str) -> None:
        names = self.names_of(route)
        where = address(route, self.ids)
        for value in values_for_all(route, "page", VALUES):
            self.ask_page(where, names, value)
        for name in self.names_tried_alone(route, names):
            for value in values_for(route, name, VALUES):
                self.ask_page(where, [name], value)
        for value, where in self.hostile_paths(route):
            self.ask(value, "GET", where)
            self.ask(value, "POST", where)
        if route.startswith("api/"):
            self.walk_json(route, names)
        for body in values_for(route, "body", BODIES):
            content, kind = BODIES[body]
            self.ask(body, "POST", address(route, self.ids), content, kind)

    def names_tried_alone(self, route: str, names: list[str]) -> list[str]:
        if route.startswith("admin/") and not FULL:
            return []
        return names

    def ask_page(self, where: str, names: list[str], value: str) -> None:
        query = query_of(names, VALUES[value])
        self.ask(f"{value} in {names}", "GET", f"{where}?{query}")
        self.ask(f"{value} in {names}", "POST", where, query)

    def walk_json(self, route: str, names: list[str]) -> None:
        where = address(route, self.ids)
        for method in METHODS:
            for value in values_for_all(route, method, JSON_VALUES):
                self.ask_json(method, where, names, value)
            for name in names:
                for value in values_for(route, f"{method} {name}", JSON_VALUES):
                    if method == method_for(route, name) or FULL:
                        self.ask_json(method, where, [name], value)

    def ask_json(self, method: str, where: str, names: list[str], value: str) -> None:
        body = json_of(names, JSON_VALUES[value])
        self.ask(f"{value} in {names}", method, where, body, "application/json")

    def hostile_paths(self, route: str) -> Iterator[tuple[str, str]]:
        """The address with each of its parts replaced by each value."""
        for part in sorted({found[1] for found in PART.finditer(route)}):
            for value in values_for_all(route, part, VALUES):
                hostile = quoted(VALUES[value])
                there = self.ids | {part: hostile}
                if part == "pk":  # `address` takes its value by the kind of address
                    there = dict.fromkeys(self.ids, hostile)
                yield f"{value} for {part}", address(route, there)


@pytest.fixture
def walk(db: None, clean_redis: Any, settings: Any, caplog: Any) -> Walk:
    caplog.set_level(logging.CRITICAL)  # a line for each refusal would cost more than the refusal
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.note_names"]
    return Walk(alices_own())


@pytest.mark.timeout(0 if FULL else 900)
def test_no_value_is_an_error_of_ours(walk: Walk) -> None:
    for route in routes_once():
        if route not in LEFT_OUT:
            walk.walk(route)
    assert "\n".join(walk.failed) == ""
    assert walk.tried > 2_500


def test_no_body_is_an_error_of_ours(walk: Walk) -> None:
    """Addresses of each kind: a form, files, REST, a file that is REST, and the login."""
    list_id = walk.ids["list_id"]
    for where in (
        "/import/",
        "/import/preview/",
        "/accounts/login/",
        f"/lists/{list_id}/remove/",
        f"/videos/{walk.ids['video_id']}/transcript/edit/",
        "/admin/importer/importbatch/bulk/",
        "/api/lists",
        f"/api/lists/{list_id}/videos/batch",
        f"/api/videos/{walk.ids['video_id']}/transcript",
        "/api/token",
    ):
        for body, (content, kind) in BODIES.items():
            for method in ("POST", "PUT"):
                walk.ask(body, method, where, content, kind)
    assert walk.failed == []


def test_no_file_name_is_an_error_of_ours(walk: Walk) -> None:
    names = ["a\x00b.csv", "é\u202e.csv", "../../etc/passwd", "x" * 5_000 + ".zip", "", "\r\n.txt"]
    for name in names:
        file = SimpleUploadedFile("a.csv", b"https://youtu.be/dQw4w9WgXcQ\n\x00\xff")
        file._name = name  # type: ignore[attr-defined]  # the setter would clean it
        for where in ("/import/", "/import/preview/"):
            answer = walk.page.post(where, {"text": "a\x00", "files": [file]})
            assert answer.status_code < 500, (where, name)
