"""Where a person was in a video, and what they have watched."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from videos.models import Video, VideoList, Viewing
from videos.queries import with_neighbours
from videos.stages import Stage
from videos.tests.library import add_video

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


def keep(client: Client, video: Video, **data: Any) -> Any:
    return client.post(reverse("video_position", args=[video.pk]), data)


def html_of(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_next_visit_goes_on_where_one_was(page: Client, video_list: VideoList) -> None:
    video = add_video(video_list, duration=600)
    assert keep(page, video, seconds=125).status_code == 204
    html = html_of(page, video.get_absolute_url())
    assert 'data-start="125"' in html
    assert "From 2:05" in html
    assert 'data-start="30"' in html_of(page, video.get_absolute_url() + "?t=30")


@pytest.mark.parametrize(("seconds", "start"), [(9, 0), (10, 10), (569, 569), (570, 0)])
def test_beginning_and_end_begin_anew(
    page: Client, video_list: VideoList, seconds: int, start: int
) -> None:
    video = add_video(video_list, duration=600)
    keep(page, video, seconds=seconds)
    assert f'data-start="{start}"' in html_of(page, video.get_absolute_url())
    assert (Viewing.objects.get().watched_at is not None) == (seconds == 570)


def test_watched_is_said_and_taken_back(page: Client, video_list: VideoList) -> None:
    video = add_video(video_list, duration=600)
    keep(page, video, watched="1")
    assert "Mark as not watched" in html_of(page, video.get_absolute_url())
    assert 'class="seen"' in html_of(page, video_list.get_absolute_url())
    keep(page, video, watched="0")
    assert "Mark as watched" in html_of(page, video.get_absolute_url())
    assert 'class="seen"' not in html_of(page, video_list.get_absolute_url())


def test_list_is_filtered_by_what_was_watched(page: Client, video_list: VideoList) -> None:
    videos = [add_video(video_list, n, duration=600) for n in range(3)]
    keep(page, videos[0], seconds=100)
    keep(page, videos[1], watched="1")
    address = video_list.get_absolute_url()
    for choice, shown in (("begun", [0]), ("yes", [1]), ("no", [0, 2])):
        html = html_of(page, f"{address}?watched={choice}")
        found = [n for n, video in enumerate(videos) if f'data-video-id="{video.pk}"' in html]
        assert found == shown, choice


def test_one_persons_position_is_no_others(page: Client, video_list: VideoList, bob: Any) -> None:
    video = add_video(video_list, duration=600)
    keep(page, video, seconds=100)
    theirs = VideoList.objects.create(owner=bob, name="Bob's")
    theirs.entries.create(video=video, position=1)
    visitor = Client()
    visitor.force_login(bob)
    assert 'data-start="0"' in html_of(visitor, video.get_absolute_url())
    assert "seen-part" not in html_of(visitor, theirs.get_absolute_url())


@pytest.mark.parametrize("seconds", ["", "-1", "x", "9999999"])
def test_nonsense_is_refused(page: Client, video_list: VideoList, seconds: str) -> None:
    assert keep(page, add_video(video_list), seconds=seconds).status_code == 400
    assert not Viewing.objects.exists()


def test_video_of_somebody_else_is_not_there(page: Client, bob: Any) -> None:
    video = add_video(VideoList.objects.create(owner=bob, name="Bob's"))
    assert keep(page, video, seconds=5).status_code == 404


def test_video_page_leads_to_its_neighbours(page: Client, video_list: VideoList) -> None:
    first = add_video(video_list, 1, title="First")
    add_video(video_list, 2, stage=Stage.ERROR)
    middle = add_video(video_list, 3, title="Middle")
    last = add_video(video_list, 4, title="Last")
    entry = video_list.entries.get(video=middle)
    found: Any = with_neighbours(video_list.entries.filter(pk=entry.pk)).get()
    assert (found.previous_video, found.next_video) == (last.pk, first.pk)
    html = html_of(page, f"{middle.get_absolute_url()}?list={video_list.pk}")
    assert f'href="{video_list.get_absolute_url()}"' in html
    assert f'href="{first.get_absolute_url()}?list={video_list.pk}"' in html
    assert 'rel="prev"' in html_of(page, first.get_absolute_url())
    assert 'rel="next"' not in html_of(page, first.get_absolute_url())


def test_list_one_came_from_is_the_one_to_go_back_to(
    page: Client, alice: Any, video_list: VideoList
) -> None:
    video = add_video(video_list)
    second = VideoList.objects.create(owner=alice, name="Second")
    second.entries.create(video=video, position=1)
    html = html_of(page, f"{video.get_absolute_url()}?list={second.pk}")
    assert "← Second" in html
    assert "← Clocks" in html_of(page, f"{video.get_absolute_url()}?list=99999")
