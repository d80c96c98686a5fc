"""Who gets in: every REST address walked by nobody, by a closed account, with a wrong token; the
token call; the throttles.
"""

from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.test.client import MULTIPART_CONTENT
from rest_framework.authentication import SessionAuthentication

from config import api
from importer.imports.models import ImportBatch
from importer.tests.ledger import start
from tests.people import PASSWORD, rest
from tests.tiers import examples
from videos.api.requests import PerCaller
from videos.api.views import ListsView
from videos.models import ApiToken, VideoList
from videos.tokens import find_token

pytestmark = pytest.mark.django_db
OPEN = {"token", "schema", "docs"}
ROUTES = sorted({str(pattern.pattern) for pattern in api.urlpatterns if pattern.name} - OPEN)
METHODS = ("get", "post", "put", "patch", "delete")
BODIES = (b'{"a": "\\u0000"}', b"\xff", b"", b"[]", b"x" * 100)


def address(route: str, pk: int = 1) -> str:
    for name in ("<int:pk>", "<int:list_id>", "<int:video_id>"):
        route = route.replace(name, str(pk))
    return f"/api/{route}"


def test_every_address_answers_the_same_with_a_slash() -> None:
    """So what is tried without the slash need not be tried with it."""
    callbacks = {str(pattern.pattern): pattern.callback for pattern in api.urlpatterns}
    for route in (*ROUTES, *OPEN):
        plain, twin = callbacks[route], callbacks[f"{route}/"]
        assert plain.view_class is twin.view_class, route  # type: ignore[attr-defined]
        assert plain.initkwargs | {"schema": None} == twin.initkwargs, route  # type: ignore[attr-defined]


@pytest.mark.parametrize("route", ROUTES)
def test_nobody_gets_in(video_list: VideoList, charlie: Any, route: str) -> None:
    batch = start(video_list, 1)
    closed, wrong = rest(charlie), Client(headers={"authorization": "Token 0123456789"})
    left = Client()
    left.force_login(charlie)  # a session from before the account was closed
    for client in (
        Client(),
        closed,
        wrong,
        left,
        Client(headers={"authorization": "Token"}),
        Client(headers={"authorization": "Token \xff"}),
    ):
        for method in METHODS:
            answer = getattr(client, method)(address(route), {}, content_type="application/json")
            assert (answer.status_code, answer.json().keys()) == (401, {"detail"}), method
    batch.refresh_from_db()
    assert batch.state == "running"


@pytest.mark.parametrize("route", ROUTES)
def test_whoever_asks_with_whatever_gets_a_plain_answer(
    alice: Any, video_list: VideoList, route: str
) -> None:
    client = rest(alice)
    for where in (address(route), address(route, 10**25)):
        for method in METHODS:
            for body in BODIES[: examples(len(BODIES), 2)]:
                answer = client.generic(
                    method.upper(), where, body, content_type="application/json"
                )
                assert answer.status_code in (200, 201, 204, 400, 404, 405, 409), (
                    method,
                    where,
                    body,
                )
                if answer.status_code >= 400:
                    assert isinstance(answer.json(), dict)


@pytest.mark.parametrize(
    "where", ["/api/", "/api/nothing", "/api/lists/x/videos", "/api/imports/1/explode"]
)
def test_an_address_that_leads_nowhere_says_so_plainly(where: str) -> None:
    answer = Client().get(where)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not found."})
    posted = Client(enforce_csrf_checks=True).post(where)
    assert (posted.status_code, posted.json()) == (404, {"detail": "Not found."})


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("kind", ["application/json", MULTIPART_CONTENT])
def test_it_gives_a_token_for_a_password(alice: Any, slash: str, kind: str) -> None:
    answer = Client().post(
        f"/api/token{slash}", {"username": "alice", "password": PASSWORD}, content_type=kind
    )
    assert answer.status_code == 200
    token = answer.json()["token"]
    assert find_token(token).owner == alice  # type: ignore[union-attr]
    assert Client(headers={"authorization": f"Token {token}"}).get("/api/lists").status_code == 200


@pytest.mark.parametrize(
    "login",
    [
        {},
        {"username": "alice"},
        {"username": "alice", "password": "wrong"},
        {"username": "charlie", "password": PASSWORD},
        {"username": "a\0", "password": PASSWORD},
        {"username": ["alice"], "password": {}},
        {"username": "alice", "password": None},
    ],
)
def test_it_gives_no_token_for_anything_else(
    alice: Any, charlie: Any, login: dict[str, Any]
) -> None:
    answer = Client().post("/api/token", login, content_type="application/json")
    assert answer.status_code == 400
    assert "token" not in answer.json()
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("by", ["name", "address"])
def test_the_twenty_first_attempt_of_an_hour_is_refused(alice: Any, by: str) -> None:
    """Of one name, from wherever it comes, and of one address, whoever it says it is."""
    codes = []
    for attempt in range(21):
        client = Client(headers={"x-forwarded-for": f"203.0.113.{attempt}"})
        name = "alice"
        if by == "name":
            client = Client(REMOTE_ADDR=f"203.0.113.{attempt}")
        else:
            name = f"nobody{attempt}"
        codes.append(
            client.post(
                "/api/token",
                {"username": name, "password": "no"},
                content_type="application/json",
            ).status_code
        )
    assert codes == [400] * 20 + [429]
    refused = Client().post(
        "/api/token", {"username": "alice", "password": PASSWORD}, content_type="application/json"
    )
    assert (refused.status_code, refused.json().keys()) == (429, {"detail"})
    wait = int(refused["Retry-After"])
    assert (wait > 3000) == (by == "address"), "a name waits for seconds, an address for its hour"


def test_a_refused_caller_does_not_slow_another(alice: Any, bob: Any) -> None:
    class Few(PerCaller):
        rate = "30/min"
        clock = 1_000_000_010.0

        def timer(self) -> float:
            return self.clock

    view = ListsView.as_view(
        throttle_classes=(Few,), authentication_classes=(SessionAuthentication,)
    )

    def ask(user: Any) -> Any:
        request = RequestFactory().get("/api/lists")
        request.user = user
        return view(request)

    answers = [ask(alice) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert answers[-1]["Retry-After"] == "10"  # the next minute of that clock
    assert ask(bob).status_code == 200
    Few.clock += 60
    assert ask(alice).status_code == 200


def test_every_call_is_throttled() -> None:
    for pattern in api.urlpatterns:
        if pattern.name:
            assert PerCaller in pattern.callback.initkwargs["throttle_classes"]  # type: ignore[attr-defined]


def test_nothing_is_imported_by_a_caller_without_a_csrf_token(
    alice: Any, video_list: VideoList
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post(f"/api/lists/{video_list.pk}/videos", {"url": "dQw4w9WgXcQ"})
    assert (answer.status_code, ImportBatch.objects.count()) == (403, 0)
