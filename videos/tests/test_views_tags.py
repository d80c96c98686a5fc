"""Tags as a whole: suggested, renamed, merged, deleted."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from videos.changes import undo_change
from videos.models import Change, Tag, VideoList
from videos.selection import tag_entries
from videos.tests.library import add_video

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


def tagged(video_list: VideoList, name: str, *numbers: int) -> Tag:
    ids = [add_video(video_list, n).pk for n in numbers]
    tag_entries(video_list=video_list, video_ids=ids, name=name)
    return Tag.objects.get(owner=video_list.owner, name=name)


def names_of(video_list: VideoList) -> list[list[str]]:
    entries = video_list.entries.order_by("position").prefetch_related("tags")
    return [[tag.name for tag in entry.tags.all()] for entry in entries]


def test_names_are_suggested_to_their_owner_only(
    page: Client, video_list: VideoList, bob: Any
) -> None:
    tagged(video_list, "clocks", 1)
    Tag.objects.create(owner=bob, name="secret")
    html = page.get(reverse("tag_names")).content.decode()
    assert 'value="clocks"' in html
    assert "secret" not in html


def test_tag_is_renamed_everywhere(page: Client, video_list: VideoList) -> None:
    tag = tagged(video_list, "clocks", 1, 2)
    html = page.post(
        reverse("tag_rename", args=[tag.pk]), {"name": "watches"}, follow=True
    ).content.decode()
    assert "The tag is now “watches”." in html
    assert names_of(video_list) == [["watches"], ["watches"]]


def test_merging_asks_first(page: Client, video_list: VideoList) -> None:
    clocks = tagged(video_list, "clocks", 1, 2)
    tag_entries(
        video_list=video_list, video_ids=[video_list.entries.earliest("pk").video_id], name="old"
    )
    old = Tag.objects.get(name="old")
    address = reverse("tag_rename", args=[old.pk])
    answer = page.post(address, {"name": "clocks"})
    assert answer.status_code == 409
    assert "Merge “old” with “clocks”?" in answer.content.decode()
    assert names_of(video_list) == [["clocks", "old"], ["clocks"]]
    page.post(address, {"name": "clocks", "merge": "1"})
    assert names_of(video_list) == [["clocks"], ["clocks"]]
    assert list(Tag.objects.all()) == [clocks]


def test_deleted_tag_can_be_had_back(page: Client, video_list: VideoList) -> None:
    tag = tagged(video_list, "clocks", 1, 2)
    page.post(reverse("tag_delete", args=[tag.pk]))
    assert names_of(video_list) == [[], []]
    change = Change.objects.latest("pk")
    undo_change(owner=video_list.owner, change_id=change.pk)
    assert names_of(video_list) == [["clocks"], ["clocks"]]


def test_tag_of_somebody_else_is_not_there(page: Client, bob: Any) -> None:
    theirs = Tag.objects.create(owner=bob, name="secret")
    for name in ("tag_rename", "tag_delete"):
        assert page.post(reverse(name, args=[theirs.pk]), {"name": "x"}).status_code == 404
    assert Tag.objects.get().name == "secret"
    assert "secret" not in page.get(reverse("tag_list")).content.decode()


def test_tag_page_lists_tags_with_their_counts(page: Client, video_list: VideoList) -> None:
    assert "No tags yet" in page.get(reverse("tag_list")).content.decode()
    tagged(video_list, "clocks", 1, 2)
    html = page.get(reverse("tag_list")).content.decode()
    assert 'value="clocks"' in html
    assert "2 videos" in html


def test_cards_show_their_tags(page: Client, video_list: VideoList) -> None:
    tagged(video_list, "read & think", 1)
    html = page.get(video_list.get_absolute_url()).content.decode()
    assert f'<a href="{video_list.get_absolute_url()}?tag=read%20%26%20think">' in html
