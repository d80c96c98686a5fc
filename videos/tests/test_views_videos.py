"""A video's page."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from videos.cues import Cue, to_rows
from videos.description import Part, parts_of
from videos.models import Chapter, Transcript, VideoList
from videos.stages import Stage
from videos.tests.library import add_video

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


def test_it_shows_chapters_and_a_transcript_to_ask_for(page: Client, video_list: VideoList) -> None:
    video = add_video(
        video_list, duration=200, description="See https://example.org/a?b=1&c=2, at 1:30."
    )
    Chapter.objects.create(video=video, number=1, start=0, end=90, title="The wheel")
    Transcript.objects.create(
        video=video,
        source="manual",
        language="en",
        cues=to_rows([Cue(0, 2, "One."), Cue(9.5, 12, "Two.")]),
    )
    html = page.get(video.get_absolute_url()).content.decode()
    assert "The wheel" in html
    assert "<title>The wheel</title></rect>" in html
    assert 'data-seek="90"' in html
    assert 'href="https://example.org/a?b=1&amp;c=2"' in html
    text = page.get(
        reverse("video_transcript", args=[video.pk]), headers={"HX-Request": "true"}
    ).content.decode()
    assert '<span data-t="9.5">Two. </span>' in text
    assert text.count("<p>") == 2


def test_a_video_that_failed_says_why(page: Client, video_list: VideoList) -> None:
    video = add_video(video_list, stage=Stage.ERROR)
    html = page.get(video.get_absolute_url()).content.decode()
    assert "This video is private." in html
    assert "<h1>Private video</h1>" in html
    assert f"<span>{video.youtube_id}</span>" in html
    assert "data-play" not in html


def test_there_is_no_transcript_page_without_a_transcript(
    page: Client, video_list: VideoList
) -> None:
    video = add_video(video_list)
    assert page.get(reverse("video_transcript", args=[video.pk])).status_code == 404


def test_links_and_times_of_a_description_are_found() -> None:
    assert list(parts_of("0:00 Start\n(https://a.example/x_(y)) 9:59:59 end", 60)) == [
        Part("0:00", seconds=0),
        Part(" Start\n("),
        Part("https://a.example/x_(y)", link="https://a.example/x_(y)"),
        Part(") 9:59:59 end"),
    ]
    (quoted,) = [part.link for part in parts_of("「https://a.example/x」。", None) if part.link]
    assert quoted == "https://a.example/x"
    assert [part.text for part in parts_of("nothing here", None)] == ["nothing here"]
