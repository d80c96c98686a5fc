"""A list's videos over REST are narrowed and ordered as on its page."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone

from tests.people import rest
from videos.causes import Cause
from videos.filters import FACETS, SORTS, Filters
from videos.models import Tag, VideoList
from videos.queries import entries_page
from videos.stages import CaptionsSource, Stage
from videos.tests.library import add_video, video_id
from videos.tests.test_api_list_videos import walk
from videos.viewings import mark_watched

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(video_list: VideoList) -> str:
    return f"/api/lists/{video_list.pk}/videos"


@pytest.fixture
def various(alice: Any, video_list: VideoList) -> None:
    """Videos of which each filter of the page shows some and leaves some out."""
    old = timezone.now() - timedelta(days=8)
    add_video(video_list, 1, duration=60, published_at=date(2020, 5, 1), title="b", channel="C")
    long = add_video(video_list, 2, duration=5000, published_at=date(2021, 5, 1), title="a")
    add_video(video_list, 3, duration=600, captions_source=CaptionsSource.WHISPER, channel="a")
    add_video(video_list, 4, stage=Stage.ERROR, error_cause=Cause.PRIVATE)
    add_video(video_list, 5, stage=Stage.CREATED)
    add_video(video_list, 6, captions_source=CaptionsSource.NONE, duration=None, title="")
    video_list.entries.filter(video=long).update(added_at=old)
    tagged = video_list.entries.get(video=long)
    tagged.tags.add(Tag.objects.create(owner=alice, name="Clocks"))
    mark_watched(user=alice, video=long, watched=True)


SAME = [
    *[f"{name}={value}" for name, (_, choices) in FACETS.items() for value in choices],
    *["channel=C", "tag=Clocks", "tag=none", "cause=private", "q=b", f"q={video_id(3)}"],
    *["captions=none&length=short", "tag=Clocks&watched=yes&added=month"],
]


@pytest.mark.usefixtures("various")
@pytest.mark.parametrize("query", SAME)
def test_it_is_narrowed_as_the_page_is(
    alice: Any, video_list: VideoList, address: str, query: str
) -> None:
    shown = entries_page(video_list, Filters.parse(QueryDict(query).dict()))
    rows = rest(alice).get(f"{address}?{query}").json()["results"]
    assert [row["id"] for row in rows] == [entry.video_id for entry in shown.entries]


@pytest.mark.usefixtures("various")
@pytest.mark.parametrize("sort", list(SORTS))
def test_it_has_the_orders_of_the_page(
    alice: Any, video_list: VideoList, address: str, sort: str
) -> None:
    shown = entries_page(video_list, Filters.parse({"sort": sort}))
    pages = walk(rest(alice), f"{address}?order={sort}&page_size=2")
    expected = [entry.video.youtube_id for entry in shown.entries]
    assert [one for page in pages for one in page] == expected
    assert walk(rest(alice), walk.last, "previous") == pages[::-1]  # type: ignore[attr-defined]
