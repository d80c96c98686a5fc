"""Nobody learns from the search what others have, not by a result, a count or a missing word."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tiers import examples
from videos.models import ListEntry, Tag, Video, VideoList
from videos.search.finding import Found, find
from videos.search.tests.spoken import say, undone

pytestmark = pytest.mark.django_db

WORDS = ["clock", "clocks", "clockwork", "spring", "gear", "tower", "東京", "größe"]
TEXT = st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join)
# Of each video: what is said, its title, Alice's note and tag, Bob's note and tag; None: it is in
# no list of theirs. "deleted": it is in a list that they deleted.
OWN = st.one_of(st.none(), st.just("deleted"), st.tuples(TEXT, TEXT))
LIBRARY = st.lists(st.tuples(TEXT, TEXT, OWN, OWN), min_size=1, max_size=4)
ASKED = ["clock", "spring gear", '"clock spring"', "spring -gear", "wer", "clo*", "größe 東京"]


def library_of(user: Any, name: str) -> dict[str, VideoList]:
    return {
        "kept": VideoList.objects.create(owner=user, name=name),
        "deleted": VideoList.objects.create(
            owner=user, name=name, deleted_at="2026-01-01T00:00:00Z"
        ),
    }


def put(lists: dict[str, VideoList], video: Video, own: Any) -> None:
    """Put a video into a person's list, with a note and a tag of theirs."""
    if own is None:
        return
    if own == "deleted":
        note, tag, video_list = "clock spring", "gear", lists["deleted"]
    else:
        note, tag = own
        video_list = lists["kept"]
    entry = ListEntry.objects.create(
        video_list=video_list, video=video, position=video_list.reserve_positions(1), note=note
    )
    if tag:
        row, _ = Tag.objects.get_or_create(owner=video_list.owner, name=tag[:50])
        entry.tags.add(row)


def seen(answer: Found, names: dict[int, int]) -> Any:
    """Everything that an answer says, with the videos by their number instead of their id."""
    videos = [
        (names[one.video_id], one.moments, one.places, one.hits, one.seconds)
        for one in answer.videos
    ]
    return (
        videos,
        answer.total,
        answer.is_exact,
        answer.next_offset,
        answer.missing,
        answer.notices,
    )


def fill(library: Any, *, with_others: bool) -> tuple[Any, dict[str, VideoList], dict[int, int]]:
    """Make a library with or without all that Bob alone has. Return Alice, Bob's lists, and the
    number of each video by its id.
    """
    alice = get_user_model().objects.create_user("alice")
    bob = get_user_model().objects.create_user("bob")
    hers = library_of(alice, "hers")
    his = library_of(bob, "his")
    somebody = VideoList.objects.create(owner=bob, name="import")
    names = {}
    for number, (said, title, own, others) in enumerate(library):
        is_hers = own is not None and own != "deleted"
        if not is_hers and not with_others:
            continue
        video = say(somebody, number, said, title=title)
        names[video.pk] = number
        ListEntry.objects.filter(video=video).delete()
        put(hers, video, own)
        if with_others:
            put(his, video, others)
    return alice, his, names


def answers(library: Any, *, with_others: bool) -> list[Any]:
    """Alice's answers in a library, with or without all that Bob alone has."""
    alice, _, names = fill(library, with_others=with_others)
    return [seen(find(alice, typed, limit=3), names) for typed in ASKED]


@pytest.mark.timeout(600)  # seconds; PostgreSQL on a busy machine
@given(library=LIBRARY)
@settings(max_examples=examples(100, 10), suppress_health_check=[HealthCheck.too_slow])
def test_answers_are_the_same_without_others(library: Any) -> None:
    with undone():
        with_bob = answers(library, with_others=True)
    with undone():
        without = answers(library, with_others=False)
    assert with_bob == without
