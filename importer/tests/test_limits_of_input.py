"""MAX_BATCH_LINES, however addresses come in: all are kept, and those beyond it as over the
limit.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from importer.following import services as following
from importer.following.models import Follow
from importer.imports.models import ImportItem, Source, Verdict
from importer.imports.plans import ImportPlan, plan_import
from importer.intake.uploads import plan_uploads, preview_uploads, read_uploads
from importer.parsing import parse_lines
from tests.interleaving import meet
from tests.people import rest
from videos.models import VideoList
from videos.tests.library import video_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
LIMIT = 4


@pytest.fixture(autouse=True)
def small(settings: Any) -> None:
    settings.MAX_BATCH_LINES = LIMIT


def urls(count: int, *, a_line: int = 1) -> str:
    words = [f"https://youtu.be/{video_id(n)}" for n in range(count)]
    lines = [" ".join(words[n : n + a_line]) for n in range(0, count, a_line)]
    return "\n".join(lines)


def planned(video_list: VideoList, text: str, limit: int | None = None) -> ImportPlan:
    return plan_import(
        owner=video_list.owner,
        video_list=video_list,
        lines=parse_lines(text),
        source=Source.WEB,
        limit=limit,
    )


def by_service(video_list: VideoList, text: str, limit: int | None = None) -> None:
    planned(video_list, text, limit).start()


def files(text: str, *names: str) -> Any:
    return read_uploads((name, io.BytesIO(text.encode())) for name in names or ("a.txt",))


def upload(owner: Any, video_list: VideoList | None, uploads: Any) -> None:
    plans = plan_uploads(owner=owner, video_list=video_list, files=uploads, source=Source.WEB)
    for plan in plans:
        plan.start()


def by_file(video_list: VideoList, text: str) -> None:
    upload(video_list.owner, video_list, files(text))


def by_paste(video_list: VideoList, text: str) -> None:
    client = Client()
    client.force_login(video_list.owner)
    client.post(reverse("import_create", args=[video_list.pk]), {"text": text})


def by_rest(video_list: VideoList, text: str) -> None:
    address = f"/api/lists/{video_list.pk}/videos/batch"
    rest(video_list.owner).post(address, {"text": text}, content_type="application/json")


WAYS: dict[str, Callable[[VideoList, str], None]] = {
    "service": by_service,
    "larger limit": lambda video_list, text: by_service(video_list, text, limit=10**6),
    "file": by_file,
    "paste": by_paste,
    "rest": by_rest,
}


@pytest.mark.parametrize("a_line", [1, 3], ids=["one a line", "three a line"])
@pytest.mark.parametrize("way", WAYS)
def test_what_is_beyond_the_limit_is_kept(video_list: VideoList, way: str, a_line: int) -> None:
    """It counts addresses, not lines."""
    WAYS[way](video_list, urls(LIMIT + 1, a_line=a_line))
    verdicts = list(ImportItem.objects.order_by("number").values_list("verdict", flat=True))
    assert verdicts == [Verdict.NEW] * LIMIT + [Verdict.OVER_LIMIT]
    assert video_list.entries.count() == LIMIT


def test_a_smaller_limit_holds(video_list: VideoList) -> None:
    by_service(video_list, urls(3), limit=2)
    assert video_list.entries.count() == 2


@pytest.mark.parametrize("a_line", [1, 3], ids=["one a line", "three a line"])
def test_a_preview_says_the_same(video_list: VideoList, a_line: int) -> None:
    text = urls(LIMIT + 1, a_line=a_line)
    pasted = planned(video_list, text).preview()
    (given,) = preview_uploads(owner=video_list.owner, video_list=video_list, files=files(text))
    for preview in (pasted, given.preview):
        assert (preview.videos, preview.over_limit) == (LIMIT, 1)


@pytest.mark.parametrize("a_line", [1, 3], ids=["one a line", "three a line"])
def test_two_files_for_one_list_share_the_limit(video_list: VideoList, a_line: int) -> None:
    upload(video_list.owner, video_list, files(urls(3, a_line=a_line), "a.txt", "b.txt"))
    assert ImportItem.objects.filter(verdict=Verdict.OVER_LIMIT).count() == 2


def test_a_file_fills_no_deleted_list(alice: Any) -> None:
    """A list of its name that was deleted stays deleted, and gets nothing."""
    deleted = VideoList.objects.create(owner=alice, name="talks")
    VideoList.objects.update(deleted_at="2026-01-01T00:00Z")
    upload(alice, None, files(urls(1), "talks.txt"))
    assert not deleted.entries.exists()
    assert VideoList.objects.owned_by(alice).get(name="talks").entries.count() == 1


def test_follows_are_counted_over_all_lists(video_list: VideoList, monkeypatch: Any) -> None:
    monkeypatch.setattr(following, "MAX_FOLLOWS", 2)
    other = VideoList.objects.create(owner=video_list.owner, name="Other")
    for number, where in enumerate((video_list, other)):
        following.add_follow(video_list=where, text=f"https://www.youtube.com/@clocks{number}")
    with pytest.raises(following.NotFollowed):
        following.add_follow(video_list=other, text="https://www.youtube.com/@clocks9")


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("sqlite" in connection.settings_dict["ENGINE"], reason="one writer")
def test_two_follows_at_once_share_the_limit(video_list: VideoList, monkeypatch: Any) -> None:
    """Also from two lists: the limit is the user's."""
    monkeypatch.setattr(following, "MAX_FOLLOWS", 1)
    other = VideoList.objects.create(owner=video_list.owner, name="Other")

    def follow(where: VideoList) -> None:
        following.add_follow(video_list=where, text="https://www.youtube.com/@clocks")

    errors = meet(lambda: follow(video_list), lambda: follow(other))
    assert [type(error) for error in errors] == [following.NotFollowed]
    assert Follow.objects.count() == 1
