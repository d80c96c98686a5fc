"""The page of all videos, over all lists of a person."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from tests.markup import squeeze
from tests.tiers import some_first
from videos import queries, sidebar
from videos.causes import Cause
from videos.models import ListEntry, Tag, Video, VideoList
from videos.stages import Stage
from videos.tests.library import add_video, video_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def second(alice: Any) -> VideoList:
    return VideoList.objects.create(owner=alice, name="Second")


def ids_on(client: Client, query: str = "") -> list[int]:
    html = client.get(reverse("video_list") + query).content.decode()
    return [int(found) for found in re.findall(r'data-video-id="(\d+)"', html)]


def test_view_is_remembered_for_all_videos(page: Client, video_list: VideoList) -> None:
    add_video(video_list)
    for query, view in (("", "grid"), ("?view=table", "table"), ("", "table"), ("?view=x", "grid")):
        html = page.get(reverse("video_list") + query).content.decode()
        assert f'class="{view}"' in squeeze(html)


def test_it_shows_all_lists_newest_first(
    page: Client, video_list: VideoList, second: VideoList, bob: Any
) -> None:
    one = add_video(video_list, 1)
    two = add_video(second, 2)
    add_video(VideoList.objects.create(owner=bob, name="Bob's"), 3)
    assert ids_on(page) == [two.pk, one.pk]
    assert ids_on(page, "?sort=oldest") == [one.pk, two.pk]
    html = page.get(reverse("video_list")).content.decode()
    assert "Second</a>" in html
    assert 'name="video"' not in html


def test_deleted_list_is_out_of_sight(
    page: Client, video_list: VideoList, second: VideoList
) -> None:
    add_video(second, 2)
    page.post(reverse("list_delete", args=[second.pk]))
    assert ids_on(page) == []


def test_filters_narrow_it(page: Client, video_list: VideoList, second: VideoList) -> None:
    short = add_video(video_list, 1, duration=60)
    long = add_video(second, 2, duration=3000)
    assert ids_on(page, "?length=long") == [long.pk]
    assert ids_on(page, "?q=Video+1") == [short.pk]


LENGTHS = {0: "short", 299: "short", 300: "medium", 1200: "medium", 1201: "long"}


@pytest.mark.parametrize(("seconds", "length"), LENGTHS.items())
def test_each_length_is_in_one_filter(
    page: Client, video_list: VideoList, seconds: int, length: str
) -> None:
    video = add_video(video_list, 1, duration=seconds)
    found = [name for name in ("short", "medium", "long") if ids_on(page, f"?length={name}")]
    assert found == [length]
    assert ids_on(page, f"?length={length}") == [video.pk]


def test_pages_go_on_where_the_last_one_ended(page: Client, video_list: VideoList) -> None:
    videos = [add_video(video_list, n).pk for n in range(130)]
    seen: list[int] = []
    query = ""
    while True:
        html = page.get(reverse("video_list") + query).content.decode()
        seen += [int(found) for found in re.findall(r'data-video-id="(\d+)"', html)]
        following = next_page(html)
        if following is None:
            break
        query = following
    assert seen == videos[::-1]


ORDERS: dict[str, Callable[[Video], Any]] = {
    "title": lambda video: video.title.lower(),
    "title-z": lambda video: video.title.lower(),
    "channel": lambda video: video.channel.lower(),
    "longest": lambda video: video.duration or 0,
    "shortest": lambda video: video.duration or 0,
    "published": lambda video: video.published_at or date(1970, 1, 1),
}


@pytest.mark.parametrize("narrowed", ["", "&q=clock"], ids=["all", "narrowed"])
@pytest.mark.parametrize("share", [2, queries.LARGE_SHARE], ids=["a small share", "a large one"])
@pytest.mark.parametrize("sort", some_first(list(ORDERS), 1))
def test_every_order_goes_on_over_all_pages(
    page: Client,
    video_list: VideoList,
    second: VideoList,
    bob: Any,
    monkeypatch: pytest.MonkeyPatch,
    sort: str,
    share: float,
    narrowed: str,
) -> None:
    """Also where many are equal, and for a video in two lists."""
    monkeypatch.setattr(queries, "LARGE_SHARE", share)
    theirs = VideoList.objects.create(owner=bob, name="Bob's")
    fill_in_many_orders([video_list, second, theirs])
    mine = ListEntry.objects.exclude(video_list=theirs).select_related("video")
    expected = sorted(
        ((ORDERS[sort](entry.video), entry.video_id, entry.pk) for entry in mine),
        reverse=sort in ("title-z", "longest", "published"),
    )
    seen: list[int] = []
    query: str | None = f"?sort={sort}{narrowed}"
    while query is not None:
        html = page.get(reverse("video_list") + query).content.decode()
        seen += [int(found) for found in re.findall(r'data-video-id="(\d+)"', html)]
        query = next_page(html)
    assert seen == [video_id for _, video_id, _ in expected]


def fill_in_many_orders(lists: Sequence[VideoList]) -> None:
    """Videos with few different values, every third in each of the lists, the others in one."""
    for number in range(150):
        video = add_video(
            lists[number % 2 * (number % len(lists))],
            number,
            title=f"Clock {'aB'[number % 2]}",
            channel=f"{'Xyz'[number % 3]}",
            duration=None if number % 5 == 0 else number % 7,
            published_at=None if number % 4 == 0 else date(2020, 1, 1 + number % 3),
        )
        if number % 3 == 0:
            for other in lists:
                ListEntry.objects.get_or_create(
                    video_list=other, video=video, defaults={"position": 10_000 + number}
                )


def next_page(html: str) -> str | None:
    following = re.search(r'class="more"[^>]* href="(\?[^"]+)"', html)
    if following is None:
        return None
    return following[1].replace("&amp;", "&")


@pytest.mark.parametrize(
    "before",
    ["", "~", "x~1", "x~1-", "x~-1", "x~1-x", "x\0~1-1", "x~1-1-1", "x~99999999999999999999-1"],
)
@pytest.mark.parametrize("sort", ["title", "longest", "published"])
def test_unreadable_place_shows_an_end(
    page: Client, video_list: VideoList, sort: str, before: str
) -> None:
    video = add_video(video_list)
    shown = ids_on(page, f"?{urlencode({'sort': sort, 'before': before})}")
    assert shown == ([] if before else [video.pk])


def test_failures_are_counted_by_cause(
    page: Client, video_list: VideoList, second: VideoList
) -> None:
    for number in (1, 2):
        add_video(video_list, number, stage=Stage.ERROR, error_cause=Cause.PRIVATE)
    add_video(second, 3, stage=Stage.ERROR, error_cause=Cause.NETWORK)
    html = page.get(reverse("video_facets")).content.decode()
    assert "<b>2</b> This video is private." in squeeze(html)
    assert html.count('name="cause"') == 2
    assert "3 videos" in html


def test_a_cause_leads_to_its_videos(
    page: Client, video_list: VideoList, second: VideoList
) -> None:
    private = add_video(video_list, 1, stage=Stage.ERROR, error_cause=Cause.PRIVATE)
    add_video(second, 2, stage=Stage.ERROR, error_cause=Cause.NETWORK)
    add_video(second, 3)
    failures = squeeze(page.get(reverse("video_facets")).content.decode())
    assert f'href="{reverse("video_list")}?cause=private"' in failures
    assert ids_on(page, "?cause=private") == [private.pk]
    shown = squeeze(page.get(reverse("video_list") + "?cause=private").content.decode())
    assert re.search(r'class="narrowings".*?This video is private\..*?</ul>', shown)
    assert len(ids_on(page, "?cause=no-such-cause")) == 3


def test_facets_count_all_lists(page: Client, video_list: VideoList, second: VideoList) -> None:
    add_video(video_list, 1, duration=60)
    add_video(second, 2, duration=3000)
    html = page.get(reverse("video_facets") + "?length=long").content.decode()
    assert "1 of 2 videos" in html


@pytest.mark.usefixtures("clean_redis")
def test_retry_takes_one_cause_of_all_lists(
    page: Client, video_list: VideoList, second: VideoList, bob: Any
) -> None:
    add_video(video_list, 1, stage=Stage.ERROR, error_cause=Cause.NETWORK)
    add_video(second, 2, stage=Stage.ERROR, error_cause=Cause.NETWORK)
    add_video(second, 3, stage=Stage.ERROR, error_cause=Cause.PRIVATE)
    theirs = VideoList.objects.create(owner=bob, name="Bob's")
    add_video(theirs, 4, stage=Stage.ERROR, error_cause=Cause.NETWORK)
    answer = page.post(reverse("videos_retry"), {"cause": Cause.NETWORK}, follow=True)
    assert "2 videos are tried again." in answer.content.decode()
    again = Video.objects.filter(import_stage=Stage.CREATED).values_list("youtube_id", flat=True)
    assert sorted(again) == [video_id(1), video_id(2)]


def test_cost_does_not_grow_with_lists(
    page: Client, alice: Any, django_assert_max_num_queries: Any
) -> None:
    for n in range(12):
        add_video(VideoList.objects.create(owner=alice, name=f"{n}"), n)
    with django_assert_max_num_queries(12):
        assert len(ids_on(page)) == 12


def test_counts_and_causes_come_without_javascript(
    page: Client, video_list: VideoList, second: VideoList
) -> None:
    add_video(video_list, 1)
    failed = add_video(second, 2, import_stage=Stage.ERROR, error_cause=Cause.PRIVATE)
    plain = squeeze(page.get(reverse("video_list")).content.decode())
    assert "Show counts and what could not be imported" in plain
    assert "This video is private.</a>" not in plain
    html = squeeze(page.get(reverse("video_list") + "?counts=1&stage=error").content.decode())
    assert "1 of 2 videos" in html
    assert "<span>Not imported</span> <span>1</span>" in html
    assert "Try 1 video again" in html
    assert f'data-video-id="{failed.pk}"' in html
    assert "hx-swap-oob" not in html


def test_counts_of_a_list_come_without_javascript(page: Client, video_list: VideoList) -> None:
    add_video(video_list, 1)
    html = page.get(video_list.get_absolute_url()).content.decode()
    assert "?counts=1" in html
    html = squeeze(page.get(video_list.get_absolute_url() + "?counts=1").content.decode())
    assert "<span>Complete</span> <span>1</span>" in html
    assert "Show counts" not in html


def test_filters_of_too_many_videos_have_no_counts(
    page: Client, video_list: VideoList, second: VideoList, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the page asks for later is not asked for again and again when no counts come."""
    add_video(video_list, 1, channel="Sundials", duration=60)
    add_video(video_list, 2, channel="Watches", duration=60)
    add_video(second, 3, channel="Watches", stage=Stage.ERROR, error_cause=Cause.PRIVATE)
    entry = ListEntry.objects.get(video__channel="Sundials")
    entry.tags.add(Tag.objects.create(owner=video_list.owner, name="old"))
    address = reverse("video_facets")
    assert "<span>Complete</span> <span>2</span>" in squeeze(page.get(address).content.decode())
    monkeypatch.setattr(sidebar, "COUNTED_AT_MOST", 2)
    monkeypatch.setattr(sidebar, "NEWEST", 2)
    html = squeeze(page.get(address).content.decode())
    for name in ("Complete", "Watches", "old"):
        assert f"<span>{name}</span> <span></span>" in html
    assert "Sundials" not in html
    assert "3 videos" in html
    assert "<b>1</b> This video is private." in html
    assert "load, recount" not in html
