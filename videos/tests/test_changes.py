"""Acting on some of a library changes what was chosen and nothing else, and undo brings it back."""

import random
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from videos.changes import (
    KEPT_CHANGES,
    NotUndoable,
    purge_changes,
    recent_changes,
    undo_change,
)
from videos.models import Change, ChangedEntry, ListEntry, Tag, Video, VideoList
from videos.selection import (
    copy_entries,
    move_entries,
    move_to_new_list,
    note_entry,
    remove_with_undo,
    tag_entries,
    untag_entries,
)
from videos.tests.library import add_video, video_id

pytestmark = pytest.mark.django_db

WORDS = ("anker", "unruh", "spirale", "pendel")
QUERIES = (
    "",
    "q=anker",
    "q=unruh&stage=complete",
    "length=short",
    "tag=red",
    "sort=title&q=pendel",
)


def snapshot(owner: Any) -> list[tuple[Any, ...]]:
    """Every entry of the person's lists with all that a person sees of it."""
    entries = ListEntry.objects.filter(video_list__owner=owner).prefetch_related("tags")
    return [
        (
            entry.video_list_id,
            entry.position,
            entry.video_id,
            entry.note,
            entry.added_at,
            sorted(tag.name for tag in entry.tags.all()),
        )
        for entry in entries.order_by("video_list", "position")
    ]


@pytest.fixture
def library(alice: Any) -> list[VideoList]:
    """200 videos in three lists that overlap, with notes and tags."""
    chance = random.Random(7)
    lists = [VideoList.objects.create(owner=alice, name=f"List {n}") for n in range(3)]
    tags = [Tag.objects.create(owner=alice, name=name) for name in ("red", "blue")]
    for number in range(200):
        for video_list in chance.sample(lists, chance.choice((1, 1, 2))):
            add_video(
                video_list,
                number,
                title=f"{chance.choice(WORDS)} {number}",
                duration=chance.choice((60, 600, 5000)),
                note=chance.choice(("", f"note {number}")),
            )
    for entry in ListEntry.objects.all():
        entry.tags.set(chance.sample(tags, chance.randrange(3)))
    return lists


def shown_videos(client: Client, video_list: VideoList, query: str) -> list[int]:
    """The videos that the page with this query offers to tick."""
    page = client.get(f"{video_list.get_absolute_url()}?{query}").context["page"]
    return [card.video.pk for card in page.cards]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_actions_change_what_was_chosen_and_undo_all(
    client: Client, alice: Any, library: list[VideoList], seed: int
) -> None:
    client.force_login(alice)
    chance = random.Random(seed)
    for _turn in range(5):
        video_list, target = chance.sample(library, 2)
        query = chance.choice(QUERIES)
        shown = shown_videos(client, video_list, query)
        everything = chance.random() < 0.5
        data: dict[str, Any] = {"all": "1", "query": query}
        if not everything:
            data = {"video": chance.sample(shown, min(len(shown), 5)), "query": query}
        action, extra = chance.choice(
            (
                ("entry_remove", {}),
                ("entry_move", {"to": target.pk}),
                ("entry_move", {"to": target.pk, "copy": "1"}),
                ("entry_tag", {"tag": "red"}),
                ("entry_tag", {"tag": "green"}),
                ("entry_tag", {"tag": "red", "take": "1"}),
            )
        )
        before = snapshot(alice)
        ids_url = reverse("entry_ids", args=[video_list.pk])
        selected = len(client.get(f"{ids_url}?{query}").json()["ids"])

        client.post(reverse(action, args=[video_list.pk]), data | extra)

        chosen = set(data.get("video", []))
        if everything:
            assert Change.objects.latest("pk").count <= selected
        else:
            changed = {row[2] for row in set_of(before) ^ set_of(snapshot(alice))}
            assert changed <= chosen
        client.post(reverse("change_undo", args=[Change.objects.latest("pk").pk]))
        assert snapshot(alice) == before


def set_of(rows: list[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    return {(*row[:5], tuple(row[5])) for row in rows}


def test_all_of_a_narrowed_list_leaves_the_rest(
    client: Client, alice: Any, library: list[VideoList]
) -> None:
    client.force_login(alice)
    before = snapshot(alice)
    url = reverse("entry_remove", args=[library[0].pk])

    client.post(url, {"all": "1", "query": "q=anker"}, headers={"HX-Request": "true"})

    removed = set_of(before) - set_of(snapshot(alice))
    titles = Video.objects.in_bulk([row[2] for row in removed]).values()
    assert removed
    assert all("anker" in video.title for video in titles)
    assert {row[0] for row in removed} == {library[0].pk}


@pytest.mark.parametrize("copy", [True, False])
def test_videos_go_to_a_list_made_for_them(alice: Any, video_list: VideoList, copy: bool) -> None:
    """On top and in their order, with notes and tags; the list goes with the undo."""
    first, second, third = [add_video(video_list, n, note=f"note {n}") for n in range(3)]
    tag_entries(video_list=video_list, video_ids=[second.pk], name="red")
    change = move_to_new_list(
        video_list=video_list, name="New", video_ids=[first.pk, second.pk], copy=copy
    )
    target = VideoList.objects.get(name="New")
    assert (change.target, change.made_target, change.count) == (target, True, 2)
    entries = target.entries.order_by("-position")
    assert list(entries.values_list("video", "note", "tags__name")) == [
        (second.pk, "note 1", "red"),
        (first.pk, "note 0", None),
    ]
    left = {first.pk, second.pk, third.pk} if copy else {third.pk}
    assert set(video_list.entries.values_list("video", flat=True)) == left

    undo_change(owner=alice, change_id=change.pk)

    assert not VideoList.objects.filter(name="New").exists()
    assert video_list.entries.count() == 3
    change.refresh_from_db()
    assert (change.target, change.undone_at is None) == (None, False)


def test_videos_leave_for_a_new_list_unless_copied(video_list: VideoList) -> None:
    video = add_video(video_list, 1)
    change = move_to_new_list(video_list=video_list, name="New", video_ids=[video.pk])
    assert change.kind == Change.Kind.MOVED
    assert not video_list.entries.exists()


def test_what_came_back_by_itself_is_not_doubled(alice: Any, video_list: VideoList) -> None:
    """A video that was removed and added again stays where it is now."""
    back, other = add_video(video_list, 1, note="old"), add_video(video_list, 2)
    change = remove_with_undo(video_list=video_list, video_ids=[back.pk, other.pk])
    add_video(video_list, 1, note="new")

    undo_change(owner=alice, change_id=change.pk)

    entries = video_list.entries.order_by("-position")
    assert list(entries.values_list("video", "note")) == [(back.pk, "new"), (other.pk, "")]


def test_no_list_is_made_for_nothing(video_list: VideoList, bob: Any) -> None:
    foreign = add_video(VideoList.objects.create(owner=bob, name="Bob's"), 9)
    change = move_to_new_list(video_list=video_list, name="New", video_ids=[foreign.pk])
    assert (change.count, change.target) == (0, None)
    assert not VideoList.objects.filter(name="New").exists()


@pytest.mark.parametrize("act", [move_entries, copy_entries])
def test_what_a_list_has_stays_where_it_is(alice: Any, video_list: VideoList, act: Any) -> None:
    target = VideoList.objects.create(owner=alice, name="Target")
    both, new = add_video(video_list, 1, note="from here"), add_video(video_list, 2)
    add_video(target, 1, note="there before")
    add_video(target, 3)
    act(video_list=video_list, target=target, video_ids=[both.pk, new.pk])
    entries = target.entries.order_by("-position")
    assert list(entries.values_list("video__youtube_id", "note")) == [
        (video_id(2), ""),
        (video_id(3), ""),
        (video_id(1), "there before"),
    ]


def test_a_tag_goes_with_its_last_entry(alice: Any, video_list: VideoList) -> None:
    videos = [add_video(video_list, number) for number in range(3)]
    ids = [video.pk for video in videos]
    assert tag_entries(video_list=video_list, video_ids=ids[:2], name="red").count == 2
    assert tag_entries(video_list=video_list, video_ids=ids, name="red").count == 3
    assert Tag.objects.get().entries.count() == 3
    assert untag_entries(video_list=video_list, video_ids=ids[:2], name="red").count == 2
    assert Tag.objects.get().entries.count() == 1
    assert untag_entries(video_list=video_list, video_ids=ids, name="red").count == 1
    assert not Tag.objects.exists()
    assert untag_entries(video_list=video_list, video_ids=ids, name="red").count == 0


def test_no_tag_is_made_for_nothing(video_list: VideoList) -> None:
    assert tag_entries(video_list=video_list, video_ids=[], name="red").count == 0
    assert not Tag.objects.exists()


def test_a_note_replaces_all_of_an_entrys_tags(video_list: VideoList) -> None:
    video, other = add_video(video_list, 1), add_video(video_list, 2)
    tag_entries(video_list=video_list, video_ids=[video.pk, other.pk], name="shared")
    tag_entries(video_list=video_list, video_ids=[video.pk], name="alone")
    entry = video_list.entries.get(video=video)
    note_entry(entry=entry, note="see 0:42", tags=["new"])
    entry.refresh_from_db()
    assert (entry.note, [tag.name for tag in entry.tags.all()]) == ("see 0:42", ["new"])
    assert set(Tag.objects.values_list("name", flat=True)) == {"shared", "new"}


def test_undo_of_a_move_keeps_a_copy_that_was_noted_since(
    alice: Any, video_list: VideoList
) -> None:
    kept, taken = add_video(video_list, 1), add_video(video_list, 2)
    target = VideoList.objects.create(owner=alice, name="Target")
    change = move_entries(video_list=video_list, target=target, video_ids=[kept.pk, taken.pk])
    target.entries.filter(video=kept).update(note="written since")

    undo_change(owner=alice, change_id=change.pk)

    assert video_list.entries.count() == 2
    assert [entry.note for entry in target.entries.all()] == ["written since"]


@pytest.mark.slow
def test_large_notes_come_back_exactly(alice: Any, video_list: VideoList) -> None:
    videos = Video.objects.bulk_create(
        Video(youtube_id=f"v{number:010}") for number in range(1_000)
    )
    ListEntry.objects.bulk_create(
        ListEntry(video_list=video_list, video=video, position=place, note=f"{place}" * 2_500)
        for place, video in enumerate(videos, 1)
    )
    before = snapshot(alice)
    change = remove_with_undo(video_list=video_list, video_ids=[video.pk for video in videos])
    assert not ListEntry.objects.exists()

    undo_change(owner=alice, change_id=change.pk)

    assert snapshot(alice) == before


def test_changes_are_purged_after_a_day(alice: Any, video_list: VideoList) -> None:
    remove_with_undo(video_list=video_list, video_ids=[add_video(video_list, 1).pk])
    purge_changes(timezone.now() + timedelta(hours=23))
    assert ChangedEntry.objects.count() == 1

    purge_changes(timezone.now() + timedelta(hours=25))

    assert not ChangedEntry.objects.exists()


def test_what_can_be_undone_no_more_is_purged(alice: Any, video_list: VideoList) -> None:
    """At that very moment too."""
    change = remove_with_undo(video_list=video_list, video_ids=[add_video(video_list, 1).pk])
    end = change.created_at + KEPT_CHANGES
    assert recent_changes(alice, now=end - timedelta(seconds=1)).exists()
    assert not recent_changes(alice, now=end).exists()
    purge_changes(end)
    assert not Change.objects.exists()


def test_recent_changes_are_the_latest_first(alice: Any, video_list: VideoList) -> None:
    """Without those that changed nothing, and those of a list that was deleted."""
    first, second = [
        remove_with_undo(video_list=video_list, video_ids=[add_video(video_list, number).pk])
        for number in range(2)
    ]
    nothing = remove_with_undo(video_list=video_list, video_ids=[])
    now = timezone.now()
    assert list(recent_changes(alice, now=now)) == [second, first]
    with pytest.raises(NotUndoable):
        undo_change(owner=alice, change_id=nothing.pk)
    VideoList.objects.update(deleted_at=now)
    assert not recent_changes(alice, now=now).exists()


@pytest.mark.parametrize(("hours", "undone"), [(23, True), (25, False)])
def test_a_change_can_be_undone_for_a_day(
    alice: Any, video_list: VideoList, hours: int, undone: bool
) -> None:
    change = remove_with_undo(video_list=video_list, video_ids=[add_video(video_list, 1).pk])
    later = timezone.now() + timedelta(hours=hours)
    if undone:
        undo_change(owner=alice, change_id=change.pk, now=later)
    else:
        with pytest.raises(NotUndoable):
            undo_change(owner=alice, change_id=change.pk, now=later)
    assert video_list.entries.exists() == undone


def test_a_change_is_undone_once_and_by_its_owner(
    alice: Any, bob: Any, video_list: VideoList
) -> None:
    change = remove_with_undo(video_list=video_list, video_ids=[add_video(video_list, 1).pk])
    with pytest.raises(NotUndoable):
        undo_change(owner=bob, change_id=change.pk)
    undo_change(owner=alice, change_id=change.pk)
    with pytest.raises(NotUndoable):
        undo_change(owner=alice, change_id=change.pk)


@pytest.mark.parametrize("act", [move_entries, copy_entries])
def test_a_list_brought_into_itself_stays(alice: Any, video_list: VideoList, act: Any) -> None:
    video = add_video(video_list, 1, note="kept")
    before = snapshot(alice)
    change = act(video_list=video_list, target=video_list, video_ids=[video.pk])
    assert (snapshot(alice), change.count) == (before, 0)


@pytest.mark.parametrize("theirs", [False, True], ids=["deleted", "anothers"])
def test_an_undo_brings_ones_own_tag_back(
    alice: Any, bob: Any, video_list: VideoList, theirs: bool
) -> None:
    """Also when the tag was deleted meanwhile, and never the tag of that name of somebody else."""
    video = add_video(video_list, 1)
    if theirs:
        Tag.objects.create(owner=bob, name="red")
    tag = Tag.objects.create(owner=alice, name="red")
    video_list.entries.get().tags.add(tag)
    change = remove_with_undo(video_list=video_list, video_ids=[video.pk])
    tag.delete()
    undo_change(owner=alice, change_id=change.pk)
    (back,) = video_list.entries.get().tags.all()
    assert (back.owner, back.name) == (alice, "red")


def test_a_removal_and_its_undo_make_the_list_the_latest(video_list: VideoList) -> None:
    video = add_video(video_list, 1)
    long_ago = timezone.now() - timedelta(days=9)
    VideoList.objects.update(updated_at=long_ago)
    change = remove_with_undo(video_list=video_list, video_ids=[video.pk])
    assert VideoList.objects.get().updated_at > long_ago
    VideoList.objects.update(updated_at=long_ago)
    undo_change(owner=video_list.owner, change_id=change.pk)
    assert VideoList.objects.get().updated_at > long_ago


def test_an_undo_deletes_no_list_that_was_there(alice: Any, video_list: VideoList) -> None:
    """Also when it is empty again."""
    target = VideoList.objects.create(owner=alice, name="Target")
    video = add_video(video_list, 1)
    change = move_entries(video_list=video_list, target=target, video_ids=[video.pk])
    undo_change(owner=alice, change_id=change.pk)
    assert VideoList.objects.filter(pk=target.pk).exists()
    assert not target.entries.exists()


def test_a_made_list_stays_with_what_came_since(alice: Any, video_list: VideoList) -> None:
    video = add_video(video_list, 1)
    change = move_to_new_list(video_list=video_list, name="New", video_ids=[video.pk])
    target = VideoList.objects.get(name="New")
    add_video(target, 2)
    undo_change(owner=alice, change_id=change.pk)
    assert [entry.video.youtube_id for entry in target.entries.all()] == [video_id(2)]


def test_an_undo_takes_a_tag_from_the_chosen_alone(alice: Any, video_list: VideoList) -> None:
    """The tag goes when nothing else has it."""
    before, chosen = add_video(video_list, 1), add_video(video_list, 2)
    tag_entries(video_list=video_list, video_ids=[before.pk], name="red")
    for video, name in ((chosen, "red"), (before, "blue")):
        change = tag_entries(video_list=video_list, video_ids=[video.pk], name=name)
        undo_change(owner=alice, change_id=change.pk)
    tagged = ListEntry.objects.exclude(tags=None).values_list("video", "tags__name")
    assert list(tagged) == [(before.pk, "red")]
    assert [tag.name for tag in Tag.objects.all()] == ["red"]


def test_an_undo_finds_a_tag_deleted_meanwhile(alice: Any, video_list: VideoList) -> None:
    video = add_video(video_list, 1)
    change = tag_entries(video_list=video_list, video_ids=[video.pk], name="red")
    Tag.objects.all().delete()
    undo_change(owner=alice, change_id=change.pk)
    assert not Tag.objects.exists()
