"""The login: passwords cannot be guessed at any speed, and who knows theirs notices nothing of
it.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import resolve, reverse

from tests.markup import squeeze
from tests.people import PASSWORD
from videos.access import KEPT, MOST_KEPT, too_many_requests
from videos.api.requests import (
    PasswordsForName,
    PasswordsFromAddress,
    PerCaller,
    shared_cache,
)
from videos.browsers import COOKIE
from videos.models import VideoList

pytestmark = pytest.mark.django_db
HERE, ELSEWHERE = "203.0.113.9", "203.0.113.10"
FROM_ADDRESS, FOR_NAME = PasswordsFromAddress().num_requests, PasswordsForName().num_requests


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    for cache in (shared_cache(), caches["default"]):
        cache.clear()
    yield
    for cache in (shared_cache(), caches["default"]):
        cache.clear()


def attempt(name: str = "alice", password: str = "wrong", address: str = HERE, **more: Any) -> Any:
    headers = more.pop("headers", {})
    return Client(REMOTE_ADDR=address).post(
        reverse("login"), {"username": name, "password": password} | more, headers=headers
    )


def test_the_numbers_are_those_that_were_promised() -> None:
    assert (
        FROM_ADDRESS,
        FOR_NAME,
        PasswordsForName().duration,
        PasswordsFromAddress().duration,
    ) == (20, 10, 3600, 3600)


def test_one_name_is_tried_ten_times_an_hour_from_wherever(alice: Any, bob: Any) -> None:
    statuses = [attempt(address=f"203.0.113.{n}").status_code for n in range(FOR_NAME)]
    assert statuses == [200] * FOR_NAME
    for name in ("alice", "ALICE", "\uff41lice"):  # a wide a, which Django takes for an a
        assert attempt(name, PASSWORD, address=ELSEWHERE).status_code == 429
    assert attempt("bob", PASSWORD, address=ELSEWHERE).status_code == 302


def test_one_address_has_twenty_attempts_an_hour(alice: Any) -> None:
    statuses = [attempt(f"name{n}").status_code for n in range(FROM_ADDRESS)]
    assert statuses == [200] * FROM_ADDRESS
    assert attempt(password=PASSWORD).status_code == 429
    assert (
        attempt(password=PASSWORD, headers={"X-Forwarded-For": "198.51.100.7"}).status_code == 429
    )  # anybody can write that
    assert attempt(password=PASSWORD, address=ELSEWHERE).status_code == 302


def test_right_passwords_are_never_limited(alice: Any) -> None:
    assert {attempt(password=PASSWORD).status_code for _ in range(FROM_ADDRESS + 5)} == {302}
    assert [attempt().status_code for _ in range(FOR_NAME + 1)] == [200] * FOR_NAME + [429]


def test_strangers_tries_keep_no_known_browser_out(alice: Any, bob: Any) -> None:
    """Neither what they try for the name nor what they try from the same address."""
    known = Client(REMOTE_ADDR=HERE)
    form = {"username": "alice", "password": PASSWORD}
    assert known.post(reverse("login"), form).status_code == 302
    known.post(reverse("logout"))
    for n in range(FROM_ADDRESS + 2):
        attempt(password=f"guess {n}")
    assert attempt(password=PASSWORD).status_code == 429

    assert known.post(reverse("login"), form).status_code == 302


def test_a_known_browser_is_known_for_its_name_alone(alice: Any, bob: Any) -> None:
    browser = Client(REMOTE_ADDR=HERE)
    browser.post(reverse("login"), {"username": "alice", "password": PASSWORD})
    browser.post(reverse("logout"))
    for _ in range(FOR_NAME):
        attempt("bob")
    form = {"username": "bob", "password": PASSWORD}
    assert browser.post(reverse("login"), form).status_code == 429

    browser.cookies[COOKIE] = browser.cookies[COOKIE].value[:-1] + "x"
    for _ in range(FOR_NAME):
        attempt("alice", address=ELSEWHERE)
    form = {"username": "alice", "password": PASSWORD}
    assert browser.post(reverse("login"), form).status_code == 429


def test_a_stolen_browser_cookie_has_a_limit_too(alice: Any) -> None:
    browser = Client(REMOTE_ADDR=HERE)
    browser.post(reverse("login"), {"username": "alice", "password": PASSWORD})
    browser.post(reverse("logout"))
    form = {"username": "alice", "password": "wrong"}
    codes = [browser.post(reverse("login"), form).status_code for _ in range(FOR_NAME + 1)]
    assert codes == [200] * FOR_NAME + [429]
    assert attempt(password=PASSWORD, address=ELSEWHERE).status_code == 302


class Watched(PasswordsForName):
    """With a clock of its own."""

    time = 1_000_000.0

    def timer(self) -> float:
        return Watched.time


def test_delays_grow_and_nobody_is_shut_out() -> None:
    for _ in range(FOR_NAME):
        assert Watched().take_for_name("alice")
    delays = []
    for _ in range(6):
        refused = Watched()
        assert not refused.take_for_name("alice")
        delays.append(refused.wait())
        Watched.time += refused.wait()
        assert Watched().take_for_name("alice")
    assert delays == [30.0, 60.0, 120.0, 240.0, 480.0, 900.0]


def test_tries_at_the_same_moment_share_no_delay() -> None:
    for _ in range(FOR_NAME):
        Watched().take_for_name("bob")
    Watched.time += 30.0
    assert [Watched().take_for_name("bob") for _ in range(20)].count(True) == 1


def test_an_empty_form_is_no_attempt(alice: Any) -> None:
    assert {attempt("", "").status_code for _ in range(FROM_ADDRESS + 1)} == {200}
    assert {attempt(password="").status_code for _ in range(FROM_ADDRESS + 1)} == {200}
    assert attempt(password=PASSWORD).status_code == 302


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "That was tried too often. Please try again in 1 minute."),
        ("de", "Das war zu oft. Bitte versuche es in 1 Minute noch einmal."),
    ],
)
def test_it_is_said_plainly_and_only_the_password_is_lost(
    alice: Any, language: str, sentence: str
) -> None:
    for _ in range(FOR_NAME):
        attempt()
    answer = attempt(
        password="Geheimnis",
        next="/import/",
        kept="youtu.be/dQw4w9WgXcQ\n<b>",
        headers={"Accept-Language": language},
    )
    html = answer.content.decode()
    assert answer.status_code == 429
    assert 25 < int(answer.headers["Retry-After"]) <= 31
    assert sentence in html
    assert 'value="alice"' in html
    assert 'name="next" value="/import/"' in html
    assert 'name="kept" value="youtu.be/dQw4w9WgXcQ\n&lt;b&gt;"' in squeeze(html)
    assert "Geheimnis" not in html


def test_the_administration_counts_with_the_page(alice: Any) -> None:
    door, form = reverse("admin:login"), {"username": "alice", "password": PASSWORD}
    assert (
        Client().get(reverse("admin:index"), follow=True).redirect_chain[-1][0]
        == f"{door}?next=/admin/"
    )
    assert Client().post(door, form).headers["Location"] == reverse("admin:index")
    assert {
        Client().post(door, form | {"password": "wrong"}).status_code for _ in range(FOR_NAME)
    } == {200}
    assert [Client().post(where, form).status_code for where in (door, reverse("login"))] == [
        429,
        429,
    ]


def test_rest_and_page_count_wrong_passwords_together(alice: Any) -> None:
    def ask(password: str, address: str = HERE) -> int:
        form = {"username": "alice", "password": password}
        return (
            Client(REMOTE_ADDR=address)
            .post("/api/token", form, content_type="application/json")
            .status_code
        )

    for n in range(FOR_NAME):
        assert (ask("wrong", f"203.0.113.{n}"), ask(PASSWORD, f"203.0.113.{n}")) == (400, 200)
    assert attempt(password=PASSWORD).status_code == 429
    for n in range(FOR_NAME):
        assert ask("wrong", f"203.0.113.{n}") == 400
    assert (ask(PASSWORD, ELSEWHERE), ask("", ELSEWHERE)) == (429, 429)


def test_only_a_text_is_carried_through_the_login(client: Client, video_list: VideoList) -> None:
    """Anything else that was sent leads to the login, and then to where a page can be shown."""
    address = reverse("import_start")
    assert client.post(address, {"text": "https://youtu.be/x"}).status_code == 200
    assert client.post(address, {"text": ""})["Location"] == f"{reverse('login')}?next=/"
    assert client.post(address)["Location"] == f"{reverse('login')}?next=/"
    shown = client.get(video_list.get_absolute_url(), {"q": "clock"})
    assert shown["Location"].startswith(f"{reverse('login')}?next=/lists/")
    assert "q%3Dclock" in shown["Location"]


def test_a_part_of_a_page_leads_all_of_it_to_the_login(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/lists/?q=clock"}
    answer = client.get(reverse("banner"), headers=headers)
    assert answer["HX-Redirect"] == f"{reverse('login')}?next=/lists/%3Fq%3Dclock"
    headers.pop("HX-Current-URL")
    answer = client.get(reverse("banner"), headers=headers)
    assert answer["HX-Redirect"] == f"{reverse('login')}?next=/"


def test_pages_have_a_limit_for_each_user(alice: Any, bob: Any, video_list: VideoList) -> None:
    signed_in, another = Client(), Client()
    signed_in.force_login(alice)
    another.force_login(bob)
    address = video_list.get_absolute_url()
    assert signed_in.get(address).status_code == 200
    rate = PerCaller()
    while rate.take_of_user(alice.pk):
        rate.counter[0].incr(rate.counter[1], rate.num_requests - rate.count)
    refused = signed_in.get(address)
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 61
    assert another.get(address).status_code == 404


@pytest.mark.parametrize(("wait", "seconds"), [(0.0, "1"), (0.9, "1"), (59.5, "60")])
def test_who_waits_as_long_as_asked_is_not_refused(wait: float, seconds: str) -> None:
    """Whole seconds, so never fewer than there are to wait, and never none."""
    assert too_many_requests(wait)["Retry-After"] == seconds


def test_a_view_for_the_signed_in_keeps_its_name() -> None:
    """Error reports and profiles show it."""
    assert resolve(reverse("banner")).func.__name__ == "banner"


@pytest.mark.parametrize("step", ["asked to log in", "logged in"])
def test_a_kept_text_has_a_largest_size(alice: Any, video_list: VideoList, step: str) -> None:
    client, text = Client(), "x" * (MOST_KEPT + 1)
    if step == "logged in":
        client.post(reverse("login"), {"username": "alice", "password": PASSWORD, "kept": text})
        assert len(client.session[KEPT]) == MOST_KEPT
        return
    answer = client.post(reverse("import_create", args=[video_list.pk]), {"text": text})
    assert text[:-1] in answer.content.decode()
    assert text not in answer.content.decode()
