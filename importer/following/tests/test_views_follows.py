"""The pages and REST calls of what a list follows, and of a user's webhook."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from importer.following.models import Follow, FollowedVideo
from importer.imports.models import Expansion, ImportBatch, Source
from importer.webhooks.models import Delivery, Webhook
from tests.markup import squeeze
from tests.people import rest
from videos.models import VideoList
from videos.tests.library import add_video

pytestmark = pytest.mark.django_db
PLAYLIST = "PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8Ps"
JSON = "application/json"


@pytest.fixture
def page(alice: Any) -> Client:
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def follow(video_list: VideoList) -> Follow:
    return Follow.objects.create(
        video_list=video_list,
        kind="playlist",
        source=PLAYLIST,
        title="Clocks of Vienna",
        next_at=timezone.now(),
    )


@pytest.mark.parametrize("end", ["", "check/", "end/"])
def test_the_address_of_ones_own_list_opens_nothing_of_anothers(
    bob: Any, follow: Follow, end: str
) -> None:
    own = VideoList.objects.create(owner=bob, name="Bob's")
    visitor = Client()
    visitor.force_login(bob)
    assert visitor.post(f"/lists/{own.pk}/follows/{follow.pk}/{end}", {}).status_code in (404, 405)
    assert visitor.get(f"/lists/{own.pk}/follows/{follow.pk}/{end}").status_code in (404, 405)
    for method, below in (
        ("get", ""),
        ("patch", ""),
        ("delete", ""),
        ("post", "/check"),
        ("get", "/gone"),
    ):
        address = f"/api/lists/{own.pk}/follows/{follow.pk}{below}"
        assert getattr(rest(bob), method)(address, content_type=JSON).status_code == 404, address
    assert Follow.objects.get().next_at == follow.next_at


# Pages --------------------------------------------------------------------------------------------


def test_a_form_follows_and_imports(page: Client, video_list: VideoList) -> None:
    answer = page.post(
        f"/lists/{video_list.pk}/follows/", {"address": PLAYLIST, "every_hours": "168"}, follow=True
    )
    assert "Existing videos are being imported." in answer.text
    assert Follow.objects.get().every_hours == 168
    assert (ImportBatch.objects.get().source, Expansion.objects.count()) == (Source.WEB, 1)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"address": "https://youtu.be/dQw4w9WgXcQ", "every_hours": "24"},
        {"address": PLAYLIST, "every_hours": "5"},
    ],
)
def test_a_form_that_says_nothing_keeps_what_was_typed(
    page: Client, video_list: VideoList, form: dict[str, str]
) -> None:
    answer = page.post(f"/lists/{video_list.pk}/follows/", form)
    assert (answer.status_code, Follow.objects.count()) == (422, 0)
    assert form.get("address", "") in answer.text
    assert 'class="mistake"' in answer.text


def test_the_page_says_what_has_gone(page: Client, video_list: VideoList, follow: Follow) -> None:
    here, elsewhere = add_video(video_list, 1, title="A lost clock"), "gone0000000"
    FollowedVideo.objects.create(
        follow=follow, youtube_id=here.youtube_id, gone_since=timezone.now()
    )
    FollowedVideo.objects.create(
        follow=follow, youtube_id=elsewhere, gone_since=timezone.now(), gone_cause="private"
    )
    Follow.objects.update(checked_at=timezone.now())
    assert "2 videos no longer available" in page.get(f"/lists/{video_list.pk}/follows/").text
    text = page.get(f"/lists/{video_list.pk}/follows/{follow.pk}/").text
    for words in (
        "A lost clock",
        "No longer in the playlist since",
        "This video is private.",
        "Private video",
        f"<small>{elsewhere}</small>",
        "in none of your lists",
    ):
        assert words in text
    assert "A lost clock" in page.get(f"/lists/{video_list.pk}/").text  # and it stays


def test_buttons_look_now_and_end(page: Client, video_list: VideoList, follow: Follow) -> None:
    Follow.objects.update(next_at=timezone.now() + timedelta(days=1))
    assert (
        "in a moment"
        in page.post(f"/lists/{video_list.pk}/follows/{follow.pk}/check/", follow=True).text
    )
    assert Follow.objects.get().next_at <= timezone.now()
    assert (
        "stay in the list"
        in page.post(f"/lists/{video_list.pk}/follows/{follow.pk}/end/", follow=True).text
    )
    assert not Follow.objects.exists()


def test_the_pages_take_few_queries(
    page: Client, video_list: VideoList, follow: Follow, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        video = add_video(video_list, number)
        FollowedVideo.objects.create(
            follow=follow, youtube_id=video.youtube_id, gone_since=timezone.now()
        )
        Follow.objects.create(
            video_list=video_list, kind="playlist", source=f"PL{number}", next_at=timezone.now()
        )
    webhook = Webhook.objects.create(owner=video_list.owner, address="https://example.org/")
    for _ in range(12):
        Delivery.objects.create(
            webhook=webhook,
            event="import.finished",
            batch=ImportBatch.objects.create(**batch_of(video_list)),
        )
    for address in (
        f"/lists/{video_list.pk}/follows/",
        f"/lists/{video_list.pk}/follows/{follow.pk}/",
        "/settings/webhook/",
    ):
        with django_assert_max_num_queries(12):
            assert page.get(address).status_code == 200


def batch_of(video_list: VideoList) -> dict[str, Any]:
    return {
        "owner": video_list.owner,
        "video_list": video_list,
        "source": Source.WEB,
        "limit": 1,
        "state": "cancelled",
    }


def test_a_webhook_is_kept_tested_shown_and_removed(page: Client, alice: Any) -> None:
    answer = page.post("/settings/webhook/", {"address": "https://hooks.example/x"}, follow=True)
    webhook = Webhook.objects.get()
    assert (webhook.owner, webhook.secret in answer.text) == (alice, True)
    assert "Not tried yet" in page.post("/settings/webhook/test/", follow=True).text
    Delivery.objects.update(
        outcome="answered", status=503, attempts=1, next_at=None, tried_at=timezone.now()
    )
    assert "The receiver refused it. (503)" in squeeze(page.get("/settings/webhook/").text)
    assert "Nothing is sent any more." in page.post("/settings/webhook/remove/", follow=True).text
    assert not Webhook.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ftp://example.org/",
        "http://127.0.0.1/",
        "javascript:alert(1)",
        "https://user:pw@example.org/",
    ],
)
def test_a_webhook_to_nowhere_is_refused_in_plain_words(page: Client, address: str) -> None:
    answer = page.post("/settings/webhook/", {"address": address})
    assert (answer.status_code, Webhook.objects.count()) == (422, 0)
    assert 'class="mistake"' in answer.text


def test_without_a_webhook_its_buttons_do_nothing(page: Client) -> None:
    for button in ("test", "remove"):
        assert page.post(f"/settings/webhook/{button}/", follow=True).status_code == 200


# REST ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slash", ["", "/"])
def test_rest_follows_changes_checks_and_ends(
    alice: Any, video_list: VideoList, slash: str
) -> None:
    client, where = rest(alice), f"/api/lists/{video_list.pk}/follows"
    made = client.post(f"{where}{slash}", {"url": PLAYLIST, "every_hours": 6}, content_type=JSON)
    assert (made.status_code, made.json()["kind"], made.json()["every_hours"]) == (
        201,
        "playlist",
        6,
    )
    one = f"{where}/{made.json()['id']}"
    assert (
        client.get(f"{where}{slash}").json()
        == [made.json()]
        == [client.get(f"{one}{slash}").json()]
    )
    assert (
        client.patch(f"{one}{slash}", {"every_hours": 168}, content_type=JSON).json()["every_hours"]
        == 168
    )
    assert client.post(f"{one}/check{slash}").status_code == 202
    Follow.objects.update(checked_at=timezone.now())
    assert client.post(f"{one}/check{slash}").status_code == 409
    assert client.get(f"{one}/gone{slash}").json()["results"] == []
    assert (client.delete(f"{one}{slash}").status_code, Follow.objects.count()) == (204, 0)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": "https://youtu.be/dQw4w9WgXcQ"},
        {"url": 7},
        {"url": PLAYLIST, "every_hours": "\ud800"},
        {"url": PLAYLIST, "every_hours": 1},
        {"url": ""},
    ],
)
def test_rest_says_why_it_does_not_follow(
    alice: Any, video_list: VideoList, body: dict[str, Any]
) -> None:
    answer = rest(alice).post(f"/api/lists/{video_list.pk}/follows", body, content_type=JSON)
    assert (answer.status_code, Follow.objects.count()) == (400, 0)
    assert answer.json().keys() <= {"url", "every_hours"}


@pytest.mark.parametrize("slash", ["", "/"])
def test_rest_sets_tests_lists_and_removes_a_webhook(alice: Any, bob: Any, slash: str) -> None:
    client = rest(alice)
    assert client.get(f"/api/webhook{slash}").status_code == 404
    kept = client.put(f"/api/webhook{slash}", {"url": "https://hooks.example/x"}, content_type=JSON)
    assert (kept.status_code, client.get(f"/api/webhook{slash}").json()) == (200, kept.json())
    assert client.post(f"/api/webhook/test{slash}").status_code == 202
    assert client.post(f"/api/webhook/test{slash}").status_code == 409
    assert [
        row["event"] for row in client.get(f"/api/webhook/deliveries{slash}").json()["results"]
    ] == ["test"]
    assert rest(bob).get(f"/api/webhook/deliveries{slash}").json()["results"] == []
    assert client.put(
        f"/api/webhook{slash}", {"url": "http://10.0.0.1/"}, content_type=JSON
    ).json().keys() == {"url"}
    assert client.delete(f"/api/webhook{slash}").status_code == 204
    assert client.delete(f"/api/webhook{slash}").status_code == 404


def test_all_follows_stand_on_one_page(page: Client, follow: Follow, bob: Any) -> None:
    theirs = VideoList.objects.create(owner=bob, name="Bob's")
    Follow.objects.create(
        video_list=theirs, kind="channel", source="@secret", next_at=timezone.now()
    )
    follow.cause = "private"
    follow.save()
    html = page.get("/follows/").content.decode()
    assert "Clocks of Vienna" in html
    assert "This video is private." in html or 'class="mistake"' in html
    assert "secret" not in html


def test_filters_are_kept_and_mistakes_said(page: Client, follow: Follow, bob: Any) -> None:
    address = f"/lists/{follow.video_list_id}/follows/{follow.pk}/filters/"
    assert page.post(address, {"shortest": "-1"}).status_code == 422
    answer = page.post(
        address, {"title_words": "clock", "shortest": "5", "without_shorts": "on"}, follow=True
    )
    assert "It counts from the next check on." in answer.content.decode()
    follow.refresh_from_db()
    assert (follow.title_words, follow.shortest, follow.longest) == ("clock", 5, None)
    assert follow.without_shorts
    visitor = Client()
    visitor.force_login(bob)
    assert visitor.post(address, {}).status_code == 404


@pytest.mark.usefixtures("clean_redis")
def test_import_dialog_follows_what_it_imports(page: Client, video_list: VideoList) -> None:
    data = {
        "text": f"https://www.youtube.com/playlist?list={PLAYLIST}\nhttps://youtu.be/v0000000001",
        "video_list": video_list.pk,
    }
    preview = page.post("/import/preview/", data).content.decode()
    assert 'name="follow"' in preview
    page.post("/import/", data)
    assert not Follow.objects.exists()
    html = page.post("/import/", data | {"follow": "1"}, follow=True).content.decode()
    assert "1 playlist or channel is followed." in html
    assert Follow.objects.get().source == PLAYLIST
    page.post("/import/", data | {"follow": "1"}, follow=True)
    assert Follow.objects.count() == 1
