"""Lists of the administration count what they show, and say where there is more."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.markup import squeeze
from videos import admin_lists
from videos.models import Transcript, VideoList
from videos.stages import CaptionsSource
from videos.tests.library import add_video

pytestmark = pytest.mark.django_db

JOBS = "/admin/enrichment/enrichmentjob/"
VIDEOS = "/admin/videos/video/"
TRANSCRIPTS = "/admin/videos/transcript/"


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("operator"))
    return client


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> int:
    """How many rows are counted at most."""
    monkeypatch.setattr(admin_lists, "COUNTED_AT_MOST", 3)
    return 3


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return squeeze(answer.content.decode())


def test_a_list_says_how_many_rows_it_has(staff: Client, video_list: VideoList) -> None:
    add_video(video_list, 1)
    assert "1 video" in shown(staff, VIDEOS)
    add_video(video_list, 2)
    assert "2 videos" in shown(staff, VIDEOS)


def test_a_long_list_says_that_there_are_more(
    staff: Client, video_list: VideoList, counted: int
) -> None:
    for number in range(counted):
        add_video(video_list, number)
    assert "over" not in shown(staff, VIDEOS)
    add_video(video_list, counted)
    assert f"over {counted} videos" in shown(staff, VIDEOS)


def test_a_long_list_is_not_counted_to_its_end(staff: Client, counted: int) -> None:
    with CaptureQueriesContext(connection) as queries:
        shown(staff, VIDEOS)
    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
    assert len(counts) == 1
    assert f"LIMIT {counted + 1}" in counts[0]


def test_causes_are_offered_without_a_look_at_the_jobs(staff: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        html = shown(staff, JOBS)
    assert "?last_cause=throttled" in html
    assert "?last_cause=worker_died" in html
    assert [query for query in queries if "DISTINCT" in query["sql"]] == []


def test_languages_are_those_of_the_newest_transcripts(
    staff: Client, video_list: VideoList, counted: int
) -> None:
    for number, language in enumerate(["fr", "de", "en", "de"]):
        rows: dict[str, Any] = {"source": CaptionsSource.MANUAL, "cues": []}
        Transcript.objects.create(video=add_video(video_list, number), language=language, **rows)
    html = shown(staff, TRANSCRIPTS)
    assert html.count("?language=de") == 1
    assert "?language=en" in html
    assert "?language=fr" not in html
