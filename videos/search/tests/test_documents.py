"""The index as rows: written, replaced, mended, rebuilt; and what a killed rebuild leaves."""

from itertools import zip_longest
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from videos.models import SearchDocument, SearchState, Transcript, Video, VideoList
from videos.search import building, documents
from videos.search.finding import find
from videos.tests.library import add_video

pytestmark = pytest.mark.django_db


@pytest.fixture
def video_list(alice: Any) -> VideoList:
    return VideoList.objects.create(owner=alice, name="Clocks")


def add(video_list: VideoList, number: int, text: str) -> Video:
    video = add_video(video_list, number, finished_at=timezone.now())
    Transcript.objects.create(video=video, source="auto", language="de", cues=[[0, 2, text]])
    return video


def found(owner: Any, words: str) -> list[int]:
    return sorted(one.video_id for one in find(owner, words).videos)


def test_words_are_in_the_index_once_and_in_order() -> None:
    made = documents.words_of(documents.Texts(title="Uhr", spoken=["die Uhr", "die Uhr"])).split()
    assert made == sorted(set(made))
    assert {"uhr", "die", "¹uhr", "⁴die⁴uhr"} <= set(made)


def test_postgresql_keeps_a_word_once_for_all_its_marks() -> None:
    spoken = ["uhr das uhrwerk ticken"] * documents.SAID_OFTEN + ["zifferblatt"]
    content = documents.words_of(documents.Texts(title="Uhr", spoken=spoken))
    assert documents.as_lines(content).split("\n") == [
        "¹uhr",
        "das ticken uhr",
        "zifferblatt",
        "uhrwerk",
        "uhr⁴das",
    ]


@pytest.mark.parametrize(
    "spoken",
    [
        [],
        ["a"],
        ["die uhr"],
        ["in the end of the day in a box of it"],
        ["zifferblatt"],
        ["die uhr tickt"] * documents.SAID_OFTEN,
        ["das uhrwerk"] * documents.SAID_OFTEN,
        ["das uhrwerk am zifferblatt, die uhr"] * documents.SAID_OFTEN + ["armbanduhr 東京タワー"],
    ],
)
@pytest.mark.parametrize("is_of_before", [False, True])
@pytest.mark.skipif(
    "sqlite" in connection.settings_dict["ENGINE"], reason="FTS5 is given the words themselves"
)
def test_postgresql_indexes_exactly_the_words(spoken: list[str], is_of_before: bool) -> None:
    content = documents.words_of(documents.Texts(spoken=spoken))
    kept = documents.as_lines(content)
    if is_of_before:
        kept = content
    with connection.cursor() as cursor:
        cursor.execute("SELECT tsvector_to_array(search_tokens(%s))", [kept])
        (indexed,) = cursor.fetchone()
    assert sorted(indexed) == sorted(content.split())


def test_a_document_is_replaced_as_a_whole(alice: Any, video_list: VideoList) -> None:
    video = add(video_list, 1, "alt")
    documents.reindex(video.pk)
    Transcript.objects.filter(video=video).update(cues=[[0, 2, "neu"]])
    documents.reindex(video.pk)
    assert (found(alice, "alt"), found(alice, "neu")) == ([], [video.pk])
    assert SearchDocument.objects.count() == 1


def test_missing_and_old_documents_are_mended(alice: Any, video_list: VideoList) -> None:
    one, other = add(video_list, 1, "eins"), add(video_list, 2, "zwei")
    documents.reindex(one.pk)
    Transcript.objects.filter(video=one).update(cues=[[0, 2, "uno"]])
    Video.objects.filter(pk=one.pk).update(version=7)
    assert building.mend(seconds=30) == 2
    assert (found(alice, "uno"), found(alice, "zwei")) == ([one.pk], [other.pk])
    assert building.mend(seconds=30) == 0


def test_an_unfinished_video_is_not_missed(video_list: VideoList) -> None:
    add_video(video_list, 1, finished_at=None)
    assert building.mend(seconds=30) == 0
    assert building.building() is None


def test_the_first_building_says_how_far_it_is(video_list: VideoList) -> None:
    for number in range(3):
        add(video_list, number, "tick")
    documents.reindex(Video.objects.earliest("pk").pk)
    assert building.building() == building.Building(1, 3)
    building.mend(seconds=0)
    assert building.building() is not None
    building.mend(seconds=30)
    assert building.building() is None


def test_a_new_tokenizer_makes_all_documents_anew(
    video_list: VideoList, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(video_list, 1, "tick")
    building.mend(seconds=30)
    SearchDocument.objects.update(tokenizer=0)
    SearchState.objects.update(tokenizer=0)
    assert building.building() == building.Building(0, 1)
    assert building.mend(seconds=30) == 1


@pytest.mark.slow
def test_a_rebuild_goes_on_after_each_kill(alice: Any, video_list: VideoList) -> None:
    """Stopped three times; meanwhile everything is found."""
    videos = [add(video_list, number, f"tick both w{number}") for number in range(70)]
    building.mend(seconds=60)
    Transcript.objects.update(cues=[[0, 2, "tack both"]])
    looked_at: list[int] = []
    for _kill in range(3):
        step = next(building.rebuild())
        looked_at.append(step.done)
        assert find(alice, "both", limit=1).videos
    rest = [step.done for step in building.rebuild()]
    assert looked_at == [20, 40, 60]
    assert rest == [70]
    assert SearchDocument.objects.count() == len(videos)
    assert not found(alice, "tick")
    assert len(find(alice, "tack", limit=100).videos) == len(videos)


@pytest.mark.slow
def test_two_rebuilds_at_once_share_the_work(alice: Any, video_list: VideoList) -> None:
    for number in range(90):
        add(video_list, number, "tick")
    building.mend(seconds=60)
    one, other = building.rebuild(), building.rebuild()
    seen = [step.done for pair in zip_longest(one, other) for step in pair if step]
    assert seen == [20, 40, 60, 80, 90]
    assert documents.state().rebuilt == 0
    assert len(find(alice, "tick", limit=100).videos) == 90
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT rowid FROM search_fts WHERE search_fts MATCH 'tick'")
            assert len(cursor.fetchall()) == 90
            cursor.execute("INSERT INTO search_fts (search_fts) VALUES ('integrity-check')")


@pytest.mark.slow
def test_a_rebuild_makes_what_is_missing_anywhere(alice: Any, video_list: VideoList) -> None:
    """A complete index that lost documents behind the first slice of videos."""
    count = building.AT_ONCE + 5
    videos = [add(video_list, number, "tick") for number in range(count)]
    building.mend(seconds=60)
    SearchDocument.objects.filter(video__in=videos[-3:]).delete()
    steps = list(building.rebuild())
    assert steps[-2:] == [building.Building(count - 3, count), building.Building(count, count)]
    assert SearchDocument.objects.count() == count


def test_a_rebuild_without_any_document_says_how_far_it_is(video_list: VideoList) -> None:
    for number in range(30):
        add(video_list, number, "tick")
    steps = list(building.rebuild())
    assert steps == [building.Building(20, 30), building.Building(30, 30)]
    assert documents.is_complete()


def test_tidying_needs_nothing_to_be_there(alice: Any, video_list: VideoList) -> None:
    building.tidy()
    video = add(video_list, 1, "tick")
    documents.reindex(video.pk)
    building.tidy()
    assert found(alice, "tick") == [video.pk]


def test_a_document_that_says_the_same_stays(video_list: VideoList) -> None:
    video = add(video_list, 1, "tick")
    documents.reindex(video.pk)
    before = SearchDocument.objects.get().pk
    Video.objects.filter(pk=video.pk).update(version=3)
    documents.reindex(video.pk)
    assert (SearchDocument.objects.get().pk, SearchDocument.objects.get().version) == (before, 3)


def test_a_video_somebody_else_changes_is_left_to_them(
    video_list: VideoList, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = add(video_list, 1, "tick")
    texts = documents.texts_of(video.pk)
    Video.objects.filter(pk=video.pk).update(version=3)
    monkeypatch.setattr(documents, "texts_of", lambda video_id: texts)
    documents.reindex(video.pk)
    assert not SearchDocument.objects.exists()
