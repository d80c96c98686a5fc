"""Lists that anybody with the address reads: the feed, the page, and how their owner makes them."""

from typing import Any
from xml.etree import ElementTree

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from videos.api.requests import PerCaller
from videos.models import ListEntry, ListShare, VideoList
from videos.sharing import share_list
from videos.stages import Stage
from videos.tests.library import add_video
from videos.views.shares import FEED_SIZE, PAGE_SIZE

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"
KINDS = ["feed", "page"]


def address_of(video_list: VideoList, kind: str) -> str:
    share = share_list(video_list=video_list, kind=kind)
    return reverse({"feed": "feed", "page": "shared_list"}[kind], args=[share.token])


def titles(feed: bytes) -> list[str]:
    entries = ElementTree.fromstring(feed).iter(f"{ATOM}entry")
    return [entry.findtext(f"{ATOM}title", "") for entry in entries]


@pytest.mark.parametrize("kind", KINDS)
def test_a_stranger_reads_complete_videos_only(
    client: Client, video_list: VideoList, bob: Any, kind: str
) -> None:
    add_video(video_list, 1, title="A train of gears", channel="Clocks & Co", note="my note")
    add_video(video_list, 2, stage=Stage.ERROR, title="Private one")
    add_video(video_list, 3, stage=Stage.METADATA, title="Not yet")
    add_video(VideoList.objects.create(owner=bob, name="Bob's"), 4, title="Bob's video")
    ListEntry.objects.update(file_title="From my file")
    text = client.get(address_of(video_list, kind)).content.decode()
    assert "A train of gears" in text
    assert "Clocks &amp; Co" in text
    assert "https://www.youtube.com/watch?v=v0000000001" in text
    for hidden in ("my note", "Private one", "Not yet", "Bob", "From my file", "alice"):
        assert hidden not in text


def test_a_stranger_reads_words_for_a_missing_title(client: Client, video_list: VideoList) -> None:
    add_video(video_list, 1, title="")
    text = client.get(address_of(video_list, "page")).content.decode()
    assert "Title unknown</a>" in text
    assert "<small>v0000000001</small>" in text


def test_the_feed_is_atom_with_the_newest_first(client: Client, video_list: VideoList) -> None:
    for number in range(FEED_SIZE + 2):
        add_video(video_list, number, title=f"Video {number}")
    answer = client.get(address_of(video_list, "feed"))
    assert answer["Content-Type"].startswith("application/atom+xml")
    assert titles(answer.content) == [f"Video {n}" for n in range(FEED_SIZE + 1, 1, -1)]


def test_the_page_goes_on_below_its_last_video(client: Client, video_list: VideoList) -> None:
    for number in range(PAGE_SIZE + 1):
        add_video(video_list, number, title=f"Video {number}.")
    address = address_of(video_list, "page")
    first = client.get(address)
    assert "Video 1." in first.content.decode()
    assert "Video 0." not in first.content.decode()
    rest = client.get(address, {"before": first.context["following"]}).content.decode()
    assert "Video 0." in rest
    assert "Video 1." not in rest


def test_an_empty_list_says_so(client: Client, video_list: VideoList) -> None:
    assert "There are no videos here yet." in (
        client.get(address_of(video_list, "page")).content.decode()
    )
    assert titles(client.get(address_of(video_list, "feed")).content) == []


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_keeps_it_or_finds_it(client: Client, video_list: VideoList, kind: str) -> None:
    answer = client.get(address_of(video_list, kind))
    assert "no-store" in answer["Cache-Control"]
    assert "noindex" in answer["X-Robots-Tag"]
    assert answer["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("kind", KINDS)
def test_a_removed_address_leads_nowhere(
    client: Client, video_list: VideoList, alice: Any, kind: str
) -> None:
    address = address_of(video_list, kind)
    owner = Client()
    owner.force_login(alice)
    owner.post(reverse("list_share", args=[video_list.pk]), {"kind": kind, "remove": "1"})
    assert client.get(address).status_code == 404
    assert address_of(video_list, kind) != address
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_a_deleted_list_is_not_read(client: Client, video_list: VideoList, kind: str) -> None:
    address = address_of(video_list, kind)
    VideoList.objects.update(deleted_at=timezone.now())
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_a_closed_account_is_not_read(client: Client, video_list: VideoList, kind: str) -> None:
    address = address_of(video_list, kind)
    get_user_model().objects.update(is_active=False)
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_does_not_open_the_other(client: Client, video_list: VideoList, kind: str) -> None:
    share = share_list(video_list=video_list, kind=kind)
    other = {"feed": "shared_list", "page": "feed"}[kind]
    assert client.get(reverse(other, args=[share.token])).status_code == 404


@pytest.mark.usefixtures("clean_redis")
def test_a_stranger_cannot_try_addresses_for_ever(client: Client) -> None:
    rate = PerCaller()
    for _ in range(rate.num_requests):
        rate.take_of_address("127.0.0.1")
    assert client.get("/shared/guess/").status_code == 429


def test_the_owner_makes_and_removes_addresses(
    client: Client, video_list: VideoList, alice: Any
) -> None:
    client.force_login(alice)
    dialog = reverse("list_share", args=[video_list.pk])
    assert dialog in client.get(video_list.get_absolute_url()).content.decode()
    assert client.get(dialog).status_code == 200
    assert not ListShare.objects.exists()
    assert client.post(dialog, {"kind": "page"}).headers["Location"] == dialog
    shown = client.post(dialog, {"kind": "page"}, headers={"HX-Request": "true"}).content.decode()
    share = ListShare.objects.get()
    assert f"http://testserver/shared/{share.token}/" in shown
    client.post(dialog, {"kind": "page", "remove": "1"})
    assert not ListShare.objects.exists()
    assert client.post(dialog, {"kind": "nonsense"}).status_code == 404


def test_somebody_else_shares_nothing(client: Client, video_list: VideoList, bob: Any) -> None:
    client.force_login(bob)
    assert (
        client.post(reverse("list_share", args=[video_list.pk]), {"kind": "page"}).status_code
        == 404
    )
    assert not ListShare.objects.exists()


@pytest.mark.parametrize("address", ["/shared/a%00b/", "/feeds/a%00b/"])
@pytest.mark.django_db
def test_an_address_that_no_database_holds_is_none(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404
