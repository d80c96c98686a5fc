"""Whatever is done to the videos of a narrowed list: exactly what was ticked changes, and undo
brings back the state before.
"""

import json
import random
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.people import person
from tests.tiers import examples
from videos.causes import Cause
from videos.models import Change, ListEntry, Tag, Video, VideoList
from videos.stages import PROGRESS, Stage
from videos.tests.library import video_id

HTMX = {"HX-Request": "true"}
WORDS = ("anchor", "balance", "crown", "escapement", "jewel")
TAGS = ("important", "later")
ACTIONS = ("remove", "move", "copy", "move to new", "copy to new", "tag", "untag")

AGAIN = ("retry", "refresh", "captions only")
COMPLETE: dict[str, Any] = {
    "import_stage": Stage.COMPLETE,
    "import_progress": PROGRESS[Stage.COMPLETE],
}
FAILED: dict[str, Any] = {"import_stage": Stage.ERROR, "error_cause": Cause.NETWORK}
MOVES = ("move", "copy", "move to new", "copy to new")


def library(owner: Any) -> list[VideoList]:
    """Three lists with 200 videos, some in two of them, with notes and tags."""
    chance = random.Random(7)
    videos = Video.objects.bulk_create(
        Video(
            youtube_id=video_id(n),
            title=f"{chance.choice(WORDS)} {chance.choice(WORDS)} {n}",
            channel=chance.choice(WORDS),
            duration=chance.randrange(60, 3000),
            **chance.choice((COMPLETE, COMPLETE, FAILED)),
        )
        for n in range(200)
    )
    tags = [Tag.objects.create(owner=owner, name=name) for name in TAGS]
    lists = [VideoList.objects.create(owner=owner, name=name) for name in "ABC"]
    for video in videos:
        for video_list in chance.sample(lists, chance.choice((1, 1, 2))):
            entry = ListEntry.objects.create(
                video_list=video_list,
                video=video,
                position=video_list.reserve_positions(1),
                note=chance.choice(("", f"note on {video.pk}")),
            )
            entry.tags.set(chance.sample(tags, chance.randrange(3)))
    return lists


Entry = tuple[int, str, Any, frozenset[str]]


def state(lists: list[VideoList]) -> dict[tuple[int, int], Entry]:
    """The whole library: of each entry place, note, time and tags."""
    entries = ListEntry.objects.filter(video_list__in=lists).prefetch_related("tags")
    return {
        (entry.video_list_id, entry.video_id): (
            entry.position,
            entry.note,
            entry.added_at,
            frozenset(tag.name for tag in entry.tags.all()),
        )
        for entry in entries
    }


NARROWINGS = st.fixed_dictionaries(
    {},
    optional={
        "q": st.sampled_from(WORDS),
        "channel": st.sampled_from(WORDS),
        "length": st.sampled_from(["short", "medium", "long"]),
        "tag": st.sampled_from(TAGS),
        "sort": st.sampled_from(["oldest", "title", "longest"]),
    },
)


class TestUndo(TestCase):
    owner: Any
    lists: list[VideoList]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.owner = person("alice")
        cls.lists = library(cls.owner)

    def new_lists(self) -> list[VideoList]:
        return list(VideoList.objects.filter(name="Quite new"))

    def act(self, action: str, here: VideoList, there: VideoList, ids: list[int], tag: str) -> str:
        """Do as the page's bar does; the address of the undo it offers, or ""."""
        data: dict[str, Any] = {"ids": ",".join(map(str, ids))}
        address = "entry_remove"
        if action in MOVES:
            address = "entry_move"
            data["to"] = there.pk
        if action in {"tag", "untag"}:
            address = "entry_tag"
        if action in {"move to new", "copy to new"}:
            data |= {"to": "new", "new_list": "Quite new"}
        if action in {"copy", "copy to new"}:
            data["copy"] = "1"
        if action in {"tag", "untag"}:
            data["tag"] = tag
        if action == "untag":
            data["take"] = "1"
        response = self.client.post(reverse(address, args=[here.pk]), data, headers=HTMX)
        assert response.status_code == 200
        found = re.search(r'action="(/changes/\d+/undo/)"', response.content.decode())
        return found[1] if found else ""

    @settings(max_examples=examples(40, 20))
    @given(
        action=st.sampled_from(ACTIONS),
        narrowing=NARROWINGS,
        where=st.permutations(range(3)),
        tag=st.sampled_from([*TAGS, "quite new"]),
        ticks=st.none() | st.randoms(use_true_random=False),
    )
    def test_action_changes_only_the_ticked_and_undo_reverts(
        self, action: str, narrowing: dict[str, str], where: list[int], tag: str, ticks: Any
    ) -> None:
        self.client.force_login(self.owner)
        here, there = self.lists[where[0]], self.lists[where[1]]
        before = state(self.lists)
        tags_before = set(Tag.objects.values_list("name", flat=True))
        ids = self.client.get(reverse("entry_ids", args=[here.pk]), narrowing).json()["ids"]
        if ticks is not None and ids:
            ids = ticks.sample(ids, ticks.randint(1, len(ids)))

        undo = self.act(action, here, there, ids, tag)

        after = state([*self.lists, *self.new_lists()])
        assert bool(self.new_lists()) == bool(ids and action in {"move to new", "copy to new"})
        ticked = set(ids)
        changed = {key for key in before | after if before.get(key) != after.get(key)}
        touched = {here.pk, there.pk} if action in MOVES else {here.pk}
        touched |= {new.pk for new in self.new_lists()}
        assert {list_id for list_id, _ in changed} <= touched
        assert {pk for _, pk in changed} <= ticked
        left = {pk for list_id, pk in after if list_id == here.pk}
        if action in {"remove", "move", "move to new"}:
            assert left.isdisjoint(ticked)
        else:
            assert ticked <= left
        if undo:
            self.client.post(undo, headers=HTMX)
        assert state(self.lists) == before
        assert self.new_lists() == []
        assert set(Tag.objects.values_list("name", flat=True)) == tags_before

    @settings(max_examples=examples(20, 10))
    @given(
        action=st.sampled_from(AGAIN),
        narrowing=NARROWINGS,
        where=st.sampled_from(range(3)),
        ticks=st.none() | st.randoms(use_true_random=False),
    )
    def test_another_attempt_is_for_the_ticked_alone(
        self, action: str, narrowing: dict[str, str], where: int, ticks: Any
    ) -> None:
        self.client.force_login(self.owner)
        here = self.lists[where]
        before = state(self.lists)
        ids = self.client.get(reverse("entry_ids", args=[here.pk]), narrowing).json()["ids"]
        if ticks is not None and ids:
            ids = ticks.sample(ids, ticks.randint(1, len(ids)))
        chosen = Video.objects.filter(pk__in=ids)
        expected = {
            "retry": chosen.filter(import_stage=Stage.ERROR),
            "refresh": chosen,
            "captions only": chosen.filter(import_stage=Stage.COMPLETE),
        }
        wanted = set(expected[action].values_list("pk", flat=True))

        data = {"ids": ",".join(map(str, ids))}
        address = "entries_refresh"
        if action == "retry":
            address = "entries_retry"
        if action == "captions only":
            data["captions"] = "1"
        response = self.client.post(reverse(address, args=[here.pk]), data, headers=HTMX)

        assert response.status_code == 200
        assert set(Video.objects.exclude(job=None).values_list("pk", flat=True)) == wanted
        assert state(self.lists) == before

    @settings(max_examples=examples(20, 10))
    @given(
        narrowing=NARROWINGS,
        where=st.sampled_from(range(3)),
        ticks=st.none() | st.randoms(use_true_random=False),
    )
    def test_export_holds_the_ticked_alone(
        self, narrowing: dict[str, str], where: int, ticks: Any
    ) -> None:
        self.client.force_login(self.owner)
        here = self.lists[where]
        before = state(self.lists)
        ids = self.client.get(reverse("entry_ids", args=[here.pk]), narrowing).json()["ids"]
        if ticks is not None and ids:
            ids = ticks.sample(ids, ticks.randint(1, len(ids)))
        assume(ids)  # with nothing ticked the whole list is exported
        data = {"ids": ",".join(map(str, ids)), "format": "json"}
        response = self.client.post(reverse("entry_export", args=[here.pk]), data)
        exported = {row["youtube_id"] for row in json.loads(response.getvalue())["videos"]}
        wanted = Video.objects.filter(pk__in=ids).values_list("youtube_id", flat=True)
        assert exported == set(wanted)
        assert state(self.lists) == before


@pytest.mark.slow
@pytest.mark.django_db
def test_ten_thousand_entries_with_long_notes_come_back(
    client: Client, video_list: VideoList
) -> None:
    """100 MB of notes, which no form and no session could carry."""
    count = 10_000
    videos = Video.objects.bulk_create(
        [Video(youtube_id=video_id(n), import_stage=Stage.CREATED) for n in range(count)]
    )
    for start in range(0, count, 500):
        ListEntry.objects.bulk_create(
            ListEntry(
                video_list=video_list, video=video, position=video.pk, note=f"{video.pk} " * 1400
            )
            for video in videos[start : start + 500]
        )
    notes = dict(video_list.entries.values_list("video", "note"))
    client.force_login(video_list.owner)
    ids = client.get(reverse("entry_ids", args=[video_list.pk])).json()["ids"]
    response = client.post(
        reverse("entry_remove", args=[video_list.pk]),
        {"ids": ",".join(map(str, ids))},
        headers=HTMX,
    )
    assert not video_list.entries.exists()
    undo = reverse("change_undo", args=[Change.objects.get().pk])
    assert undo in response.content.decode().split("data-testid")[1]
    assert client.post(undo).status_code == 302
    assert dict(video_list.entries.values_list("video", "note")) == notes
