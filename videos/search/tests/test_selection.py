"""What can be done with found videos that are in several lists."""

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


def content(response: Any) -> bytes:
    return b"".join(response.streaming_content)


@pytest.fixture
def page(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def second(alice: Any) -> VideoList:
    return VideoList.objects.create(owner=alice, name="Second")


@pytest.fixture
def lists(video_list: VideoList, second: VideoList) -> tuple[VideoList, VideoList]:
    """Videos 1 and 2 in the first list, 2 and 3 in the second one."""
    for number in (1, 2):
        add_video(video_list, number, note=f"note {number}")
    for number in (2, 3):
        add_video(second, number)
    return video_list, second


def state() -> list[tuple[Any, ...]]:
    """Every entry with its note and tags."""
    rows = ListEntry.objects.order_by("video_list", "video")
    return list(rows.values_list("video_list", "video", "position", "note", "tags__name"))


def ids_of(*numbers: int) -> str:
    videos = ListEntry.objects.filter(video__youtube_id__in=[f"v{n:010}" for n in numbers])
    return ",".join(str(pk) for pk in sorted(set(videos.values_list("video", flat=True))))


def undo(page: Client, response: Any) -> Any:
    found = re.search(r'action="(/search/undo/\?changes=[\d,]+)"', response.content.decode())
    assert found
    here = "http://testserver/search/?q=x"
    return page.post(found[1], headers=HTMX | {"HX-Current-URL": here})


def test_remove_takes_videos_out_of_all_lists(page: Client, lists: Any) -> None:
    before = state()
    chosen = [int(pk) for pk in ids_of(1, 2).split(",")]
    response = page.post(reverse("found_remove"), {"ids": ids_of(1, 2)}, headers=HTMX)
    assert "2 videos removed from all lists." in response.content.decode()
    gone = json.loads(response.headers["HX-Trigger"])["entries-removed"]["ids"]
    assert gone == chosen
    assert ListEntry.objects.count() == 1

    response = undo(page, response)

    assert response.headers["HX-Redirect"] == "/search/?q=x"
    assert state() == before


def test_tag_and_untag_reach_every_list(page: Client, lists: Any) -> None:
    before = state()
    chosen = {"ids": ids_of(2, 3), "tag": " later "}
    response = page.post(reverse("found_tag"), chosen, headers=HTMX)
    assert "2 videos are tagged “later”." in response.content.decode()
    assert Tag.objects.get().entries.count() == 3
    taken = page.post(reverse("found_tag"), chosen | {"take": "1"}, headers=HTMX)
    assert "removed from 2 videos" in taken.content.decode()
    assert Tag.objects.count() == 0
    undo(page, taken)
    assert Tag.objects.get().entries.count() == 3
    undo(page, response)
    assert state() == before


def test_a_tag_needs_a_name(page: Client, lists: Any) -> None:
    response = page.post(reverse("found_tag"), {"ids": ids_of(1), "tag": " "}, headers=HTMX)
    assert "A tag needs a name." in response.content.decode()
    assert Tag.objects.count() == 0


def test_move_gathers_videos_and_undo_spreads_them(page: Client, lists: Any) -> None:
    first, second = lists
    before = state()
    chosen = {"ids": ids_of(1, 2), "to": second.pk}
    response = page.post(reverse("found_move"), chosen, headers=HTMX)
    assert "2 videos are now in “Second”." in response.content.decode()
    assert (first.entries.count(), second.entries.count()) == (0, 3)
    undo(page, response)
    assert state() == before


def test_move_to_a_new_list_is_undone_with_the_list(page: Client, lists: Any) -> None:
    before = state()
    chosen = {"ids": ids_of(1, 2, 3), "to": "new", "new_list": "Third"}
    response = page.post(reverse("found_move"), chosen, headers=HTMX)
    assert "3 videos are now in “Third”." in response.content.decode()
    assert VideoList.objects.get(name="Third").entries.count() == 3
    undo(page, response)
    assert state() == before
    assert not VideoList.objects.filter(name="Third").exists()


def test_no_new_list_without_a_name_or_videos(page: Client, lists: Any) -> None:
    for chosen in ({"ids": ids_of(1), "new_list": " "}, {"ids": "", "new_list": "Third"}):
        page.post(reverse("found_move"), {**chosen, "to": "new"}, headers=HTMX)
    assert VideoList.objects.count() == 2


def test_copy_keeps_videos_where_they_are(page: Client, lists: Any) -> None:
    first, second = lists
    chosen = {"ids": ids_of(1, 2), "to": second.pk, "copy": "1"}
    response = page.post(reverse("found_move"), chosen, headers=HTMX)
    assert "is now in “Second” too" in response.content.decode()
    assert (first.entries.count(), second.entries.count()) == (2, 3)


def test_export_has_each_video_once(page: Client, lists: Any) -> None:
    form = {"ids": ids_of(1, 2, 3), "format": "csv"}
    response = page.post(reverse("found_export"), form)
    text = content(response).decode("utf-8-sig")
    titles = [row["title"] for row in csv.DictReader(io.StringIO(text))]
    assert sorted(titles) == ["Video 1", "Video 2", "Video 3"]
    response = page.post(reverse("found_export"), form | {"format": "json"})
    assert len(json.loads(content(response))["videos"]) == 3


def test_nobody_acts_on_lists_of_others(client: Client, bob: Any, lists: Any) -> None:
    client.force_login(bob)
    mine = VideoList.objects.create(owner=bob, name="Mine")
    before = state()
    for name in ("found_remove", "found_tag", "found_move"):
        form = {"ids": ids_of(1, 2, 3), "tag": "x", "to": mine.pk}
        client.post(reverse(name), form, headers=HTMX)
    assert state() == before
    response = client.post(reverse("found_export"), {"ids": ids_of(1, 2, 3)})
    assert b"Video 1" not in content(response)
    assert client.post(reverse("found_move"), {"ids": "1", "to": lists[0].pk}).status_code == 404


def test_undo_of_one_part_undoes_nothing(page: Client, lists: Any) -> None:
    response = page.post(reverse("found_remove"), {"ids": ids_of(2)}, headers=HTMX)
    left = state()
    found = re.search(r"changes=(\d+),(\d+)", response.content.decode())
    assert found
    page.post(reverse("change_undo", args=[found[2]]))
    again = state()
    assert again != left
    response = page.post(reverse("search_undo") + f"?changes={found[1]},{found[2]}", headers=HTMX)
    assert "can no longer be undone" in response.content.decode()
    assert state() == again


def test_undo_of_one_list_shows_the_search_anew(page: Client, lists: Any) -> None:
    first, _second = lists
    address = reverse("entry_remove", args=[first.pk])
    response = page.post(address, {"ids": ids_of(1)}, headers=HTMX)
    found = re.search(r'action="(/changes/\d+/undo/)"', response.content.decode())
    assert found
    here = f"http://testserver/search/?q=x&list={first.pk}"
    response = page.post(found[1], headers=HTMX | {"HX-Current-URL": here})
    assert response.headers["HX-Redirect"] == f"/search/?q=x&list={first.pk}"


def test_an_action_without_javascript_leads_back(page: Client, lists: Any) -> None:
    form = {"video": ids_of(1), "next": "/search/?q=clock"}
    response = page.post(reverse("found_remove"), form)
    assert response.headers["Location"] == "/search/?q=clock"
