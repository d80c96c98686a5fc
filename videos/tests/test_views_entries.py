"""What can be done with the chosen videos of a list."""

import csv
import io
import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from videos.models import ListEntry, Tag, VideoList
from videos.tests.library import add_video

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def page(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


def content(response: Any) -> str:
    return b"".join(response.streaming_content).decode()


def test_what_was_removed_comes_back_where_it_was(page: Client, video_list: VideoList) -> None:
    videos = [add_video(video_list, n, note=f"note {n}") for n in range(1, 5)]
    before = list(
        video_list.entries.order_by("position").values_list("video", "position", "note", "added_at")
    )
    response = page.post(
        reverse("entry_remove", args=[video_list.pk]),
        {"video": [videos[0].pk, videos[2].pk]},
        headers=HTMX,
    )
    assert json.loads(response.headers["HX-Trigger"])["entries-removed"] == {
        "ids": [videos[0].pk, videos[2].pk]
    }
    assert video_list.entries.count() == 2
    undo = re.search(r'name="undo" value="([^"]+)"', response.content.decode())
    assert undo
    response = page.post(
        reverse("entry_restore", args=[video_list.pk]), {"undo": undo[1]}, headers=HTMX
    )
    assert 'id="results"' in response.content.decode()
    assert (
        list(
            video_list.entries.order_by("position").values_list(
                "video", "position", "note", "added_at"
            )
        )
        == before
    )


def test_what_was_removed_comes_back_without_javascript_too(
    page: Client, video_list: VideoList
) -> None:
    video = add_video(video_list, note="look")
    html = page.post(
        reverse("entry_remove", args=[video_list.pk]), {"video": video.pk}, follow=True
    ).content.decode()
    undo = re.search(r'name="undo" value="([^"]+)"', html)
    assert undo
    html = page.post(
        reverse("entry_restore", args=[video_list.pk]), {"undo": undo[1]}, follow=True
    ).content.decode()
    assert "1 video is back." in html
    assert video_list.entries.get().note == "look"


@pytest.mark.parametrize("undo", ["", "nonsense", "eyJhIjoxfQ:1:x"])
def test_nothing_is_restored_from_a_text_that_is_not_ours(
    page: Client, video_list: VideoList, undo: str
) -> None:
    page.post(reverse("entry_restore", args=[video_list.pk]), {"undo": undo})
    assert not video_list.entries.exists()


def test_one_lists_undo_is_not_anothers(page: Client, alice: Any, video_list: VideoList) -> None:
    video = add_video(video_list)
    other = VideoList.objects.create(owner=alice, name="Other")
    response = page.post(
        reverse("entry_remove", args=[video_list.pk]), {"video": video.pk}, headers=HTMX
    )
    undo = re.search(r'name="undo" value="([^"]+)"', response.content.decode())
    assert undo
    page.post(reverse("entry_restore", args=[other.pk]), {"undo": undo[1]})
    assert not ListEntry.objects.exists()


def test_all_means_what_the_filters_show(page: Client, video_list: VideoList) -> None:
    for n in range(1, 80):
        add_video(video_list, n, duration=100 if n % 2 else 5000)
    page.post(reverse("entry_remove", args=[video_list.pk]), {"all": "1", "query": "length=short"})
    assert set(video_list.entries.values_list("video__duration", flat=True)) == {5000}


def test_videos_are_moved_or_copied_in_their_order(
    page: Client, alice: Any, video_list: VideoList
) -> None:
    first, second, third = (add_video(video_list, n) for n in (1, 2, 3))
    target = VideoList.objects.create(owner=alice, name="Target")
    add_video(target, 3)
    url = reverse("entry_move", args=[video_list.pk])
    page.post(url, {"video": [first.pk, second.pk, third.pk], "to": target.pk, "copy": "1"})
    assert list(target.entries.order_by("-position").values_list("video", flat=True)) == [
        second.pk,
        first.pk,
        third.pk,
    ]
    assert video_list.entries.count() == 3
    page.post(url, {"video": [first.pk], "to": target.pk})
    assert video_list.entries.count() == 2
    assert target.entries.count() == 3


def test_nothing_is_moved_to_a_list_of_somebody_else(
    page: Client, bob: Any, video_list: VideoList
) -> None:
    video = add_video(video_list)
    theirs = VideoList.objects.create(owner=bob, name="Theirs")
    assert (
        page.post(
            reverse("entry_move", args=[video_list.pk]), {"video": video.pk, "to": theirs.pk}
        ).status_code
        == 404
    )
    assert not theirs.entries.exists()


def test_tags_are_given_found_and_taken_away(
    page: Client, alice: Any, video_list: VideoList
) -> None:
    first, second = add_video(video_list, 1), add_video(video_list, 2)
    url = reverse("entry_tag", args=[video_list.pk])
    page.post(url, {"video": [first.pk, second.pk], "tag": " Pendulum "})
    html = page.get(video_list.get_absolute_url(), {"tag": "Pendulum"}).content.decode()
    assert html.count('data-testid="video-card"') == 2
    assert (
        "<span>Pendulum</span><span>2</span>"
        in page.get(reverse("list_facets", args=[video_list.pk])).content.decode()
    )
    page.post(url, {"video": [first.pk, second.pk], "tag": "Pendulum", "take": "1"})
    assert not Tag.objects.exists()


def test_tags_and_notes_come_back_with_what_was_removed_and_go_along_when_copied(
    page: Client, alice: Any, video_list: VideoList
) -> None:
    video = add_video(video_list)
    target = VideoList.objects.create(owner=alice, name="Target")
    page.post(
        reverse("entry_note", args=[video_list.pk, video.pk]),
        {"note": "look", "tags": "one, two,, one"},
    )
    page.post(
        reverse("entry_move", args=[video_list.pk]),
        {"video": video.pk, "to": target.pk, "copy": "1"},
    )
    response = page.post(
        reverse("entry_remove", args=[video_list.pk]), {"video": video.pk}, headers=HTMX
    )
    undo = re.search(r'name="undo" value="([^"]+)"', response.content.decode())
    assert undo
    page.post(reverse("entry_restore", args=[video_list.pk]), {"undo": undo[1]})
    for entry in ListEntry.objects.all():
        assert (entry.note, [tag.name for tag in entry.tags.all()]) == ("look", ["one", "two"])
    assert ListEntry.objects.count() == 2


@pytest.mark.parametrize(
    "name",
    ["entry_remove", "entry_move", "entry_export", "entry_restore", "entries_retry", "entry_tag"],
)
def test_a_list_of_somebody_else_is_not_there(
    client: Client, bob: Any, video_list: VideoList, name: str
) -> None:
    client.force_login(bob)
    add_video(video_list)
    assert client.post(reverse(name, args=[video_list.pk]), {"all": "1"}).status_code == 404
    assert video_list.entries.count() == 1


def test_the_chosen_videos_are_exported(page: Client, video_list: VideoList) -> None:
    add_video(video_list, 1, title="=HYPERLINK(1)")
    chosen = add_video(video_list, 2, note="look at 3:20")
    url = reverse("entry_export", args=[video_list.pk])
    rows = list(
        csv.DictReader(
            io.StringIO(content(page.post(url, {"format": "csv"})).removeprefix("\ufeff"))
        )
    )
    assert [row["title"] for row in rows] == ["Video 2", "'=HYPERLINK(1)"]
    exported = json.loads(content(page.post(url, {"format": "json", "video": chosen.pk})))
    assert [(row["youtube_id"], row["note"]) for row in exported["videos"]] == [
        (chosen.youtube_id, "look at 3:20")
    ]
    assert (
        json.loads(content(page.post(url, {"format": "json", "all": "1", "query": "stage=error"})))[
            "videos"
        ]
        == []
    )
