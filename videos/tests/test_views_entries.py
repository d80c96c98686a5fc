"""What can be done with the chosen videos of a list."""

import csv
import io
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.markup import squeeze
from videos.models import Change, ListEntry, Tag, VideoList
from videos.selection import remove_with_undo
from videos.services import remove_entries
from videos.tests.library import add_video

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def page(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


def undo_address(response: Any) -> str:
    """Where the toast or message of this answer sends its "Undo"."""
    found = re.search(r'action="(/changes/\d+/undo/)"', response.content.decode())
    assert found
    return found[1]


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
    here = f"http://testserver{video_list.get_absolute_url()}"
    response = page.post(undo_address(response), headers=HTMX | {"HX-Current-URL": here})
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
    response = page.post(
        reverse("entry_remove", args=[video_list.pk]), {"video": video.pk}, follow=True
    )
    html = page.post(undo_address(response), follow=True).content.decode()
    assert "Undone." in html
    assert video_list.entries.get().note == "look"


def test_undo_of_somebody_else_is_refused(client: Client, bob: Any, video_list: VideoList) -> None:
    change = remove_with_undo(video_list=video_list, video_ids=[add_video(video_list).pk])
    client.force_login(bob)

    client.post(reverse("change_undo", args=[change.pk]))

    assert not ListEntry.objects.exists()


def test_undo_works_once_and_for_a_day(page: Client, video_list: VideoList) -> None:
    old, undone = add_video(video_list, 1), add_video(video_list, 2)
    change = remove_with_undo(video_list=video_list, video_ids=[old.pk])
    Change.objects.filter(pk=change.pk).update(created_at=timezone.now() - timedelta(hours=25))
    html = page.post(reverse("change_undo", args=[change.pk]), follow=True).content.decode()
    assert "That can no longer be undone." in html

    again = remove_with_undo(video_list=video_list, video_ids=[undone.pk])
    url = reverse("change_undo", args=[again.pk])
    page.post(url)
    remove_entries(video_list=video_list, video_ids=[undone.pk])
    page.post(url)
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
    facets = page.get(reverse("list_facets", args=[video_list.pk])).content.decode()
    assert "<span>Pendulum</span> <span>2</span>" in squeeze(facets)
    page.post(url, {"video": [first.pk, second.pk], "tag": "Pendulum", "take": "1"})
    assert not Tag.objects.exists()


def test_tags_and_notes_come_back_and_go_along_when_copied(
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
    page.post(undo_address(response))
    for entry in ListEntry.objects.all():
        assert (entry.note, [tag.name for tag in entry.tags.all()]) == ("look", ["one", "two"])
    assert ListEntry.objects.count() == 2


def test_a_note_at_an_impossible_id_is_not_found(page: Client, video_list: VideoList) -> None:
    for video_id in (2**63, int("9" * 4_000)):
        address = f"/lists/{video_list.pk}/videos/{video_id}/note/"
        assert page.post(address, {"note": "look"}).status_code == 404


@pytest.mark.parametrize(
    "name",
    ["entry_remove", "entry_move", "entry_export", "entries_retry", "entry_tag"],
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


def test_select_all_gets_the_ids_the_filters_show(page: Client, video_list: VideoList) -> None:
    for number in range(1, 70):
        add_video(video_list, number, title=f"Clock {number}")
    url = reverse("entry_ids", args=[video_list.pk])
    assert len(page.get(url).json()["ids"]) == 69
    assert len(page.get(url, {"q": "Clock 69"}).json()["ids"]) == 1


def test_live_search_keeps_the_rest_of_the_page_in_step(
    page: Client, video_list: VideoList
) -> None:
    add_video(video_list, 1, title="Anker")
    add_video(video_list, 2, title="Unruh")
    query = {"q": "anker"}
    html = page.get(video_list.get_absolute_url(), query, headers=HTMX).content.decode()
    parts = re.findall(r'id="(results|facets|arrange)"', html)
    assert parts == ["results", "facets", "arrange"]
    assert "?q=anker&amp;sort=title" in html
    assert "?q=anker&amp;stage=complete" in html
    facets = page.get(reverse("list_facets", args=[video_list.pk]), query).content.decode()
    assert "1 of 2 videos" in facets


def test_recent_changes_are_listed_and_undone(
    page: Client, alice: Any, video_list: VideoList
) -> None:
    video = add_video(video_list)
    target = VideoList.objects.create(owner=alice, name="Target")
    page.post(reverse("entry_move", args=[video_list.pk]), {"video": video.pk, "to": target.pk})
    html = page.get(reverse("change_list"))
    assert f"1 video moved from “{video_list.name}” to “Target”" in html.content.decode()

    page.post(undo_address(html))

    assert [entry.video_list for entry in ListEntry.objects.all()] == [video_list]
    assert "/undo/" not in page.get(reverse("change_list")).content.decode()
