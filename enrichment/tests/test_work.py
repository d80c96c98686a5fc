"""What is still being done for a video, on its card and its page."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from enrichment.models import EnrichmentJob, Work
from videos.models import Transcript, Video, VideoList
from videos.stages import CaptionsSource, Stage
from videos.tests.library import add_video

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


def job_of(video: Video, **fields: Any) -> EnrichmentJob:
    return EnrichmentJob.objects.create(video=video, rank=1, **fields)


def html_of(page: Client, address: str, **headers: str) -> str:
    return page.get(address, headers=headers).content.decode()


def card_of(page: Client, video_list: VideoList, video: Video) -> str:
    found = re.search(
        rf'<article[^>]*data-video-id="{video.pk}".*?</article>',
        html_of(page, video_list.get_absolute_url()),
        re.DOTALL,
    )
    assert found
    return found.group()


@pytest.mark.parametrize(
    ("done", "said"), [(0, "part 1 of 8"), (2, "part 3 of 8"), (8, "part 8 of 8")]
)
def test_the_part_that_is_being_transcribed_is_named(
    page: Client, video_list: VideoList, done: int, said: str
) -> None:
    video = add_video(video_list, stage=Stage.METADATA, title="Long", channel="Clocks")
    job_of(video, work=Work.TRANSCRIBE, parts_done=done, parts_total=8)
    for html in (card_of(page, video_list, video), html_of(page, video.get_absolute_url())):
        assert f"Transcribing, {said}" in html
        assert "Clocks" not in html or "<main" in html, "the card has no room for both"


def test_nothing_is_said_while_no_part_is_known(page: Client, video_list: VideoList) -> None:
    video = add_video(video_list, stage=Stage.METADATA, title="Long")
    job_of(video, work=Work.TRANSCRIBE)
    assert "Fetching captions" in card_of(page, video_list, video)
    assert "Transcribing" not in html_of(page, video.get_absolute_url())


def test_captions_to_come_are_announced_until_they_are_here(
    page: Client, video_list: VideoList
) -> None:
    video = add_video(video_list, captions_source=CaptionsSource.NONE)
    job = job_of(video)
    assert "Captions come later" in card_of(page, video_list, video)
    waiting = html_of(page, video.get_absolute_url())
    assert "The captions come later by themselves." in waiting
    assert 'hx-trigger="every 30s"' in waiting
    Transcript.objects.create(video=video, source="manual", language="de", cues=[[0, 1, "Da"]])
    Video.objects.update(captions_source=CaptionsSource.MANUAL)
    job.delete()
    assert 'data-testid="no-captions"' not in card_of(page, video_list, video)
    fragment = html_of(page, video.get_absolute_url(), **{"HX-Request": "true"})
    assert "The transcript is here." in fragment
    assert "hx-trigger" not in fragment


def test_a_video_that_has_none_says_only_that(page: Client, video_list: VideoList) -> None:
    video = add_video(video_list, captions_source=CaptionsSource.NONE)
    assert "Without captions" in card_of(page, video_list, video)
    html = html_of(page, video.get_absolute_url())
    assert "There is no transcript of this video." in html
    assert 'hx-trigger="every' not in html


def test_it_costs_no_query(page: Client, video_list: VideoList) -> None:
    for n in range(1, 6):
        add_video(video_list, n, stage=Stage.METADATA, title="x")

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            html_of(page, video_list.get_absolute_url())
        return len(seen)

    queries()
    without = queries()
    for video in Video.objects.all():
        job_of(video, work=Work.TRANSCRIBE, parts_done=1, parts_total=3)
    assert queries() == without


def test_the_page_of_a_video_takes_at_most_twelve_queries(
    page: Client, video_list: VideoList
) -> None:
    video = add_video(video_list, captions_source=CaptionsSource.NONE)
    job_of(video)
    for _ in range(2):
        with CaptureQueriesContext(connection) as seen:
            html_of(page, video.get_absolute_url())
        assert len(seen) <= 12
        Transcript.objects.get_or_create(video=video, source="auto", language="de", cues=[])
