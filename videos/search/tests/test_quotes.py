"""A moment as a quote."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from videos.cues import Cue, to_rows
from videos.models import Transcript, Video, VideoList
from videos.search.quotes import seconds_from, spoken_between
from videos.tests.library import add_video

pytestmark = pytest.mark.django_db
CUES = [Cue(0, 2, "One\nline."), Cue(2.5, 4, "Two <b>."), Cue(300, 301, "Far.")]


@pytest.fixture
def page(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def spoken(video_list: VideoList) -> Video:
    video = add_video(video_list, title="Clocks", channel="Lea")
    Transcript.objects.create(video=video, source="manual", language="en", cues=to_rows(CUES))
    return video


def address(video: Video, **query: str) -> str:
    return reverse("quote_detail", args=[video.pk], query=query)


def test_a_quote_has_the_words_between_its_seconds(spoken: Video) -> None:
    transcript = spoken.transcript
    assert spoken_between(transcript, 0, 4) == "One line. Two <b>."
    assert spoken_between(transcript, 2.5, 4) == "Two <b>."
    assert spoken_between(transcript, 0, 1000) == "One line. Two <b>."
    assert spoken_between(transcript, 3, None) == "Two <b>."
    assert spoken_between(transcript, 5, 9) == ""


def test_a_quote_page_has_every_form(page: Client, spoken: Video) -> None:
    html = page.get(address(spoken, start="0", end="4")).content.decode()
    for words in ("One line. Two &lt;b&gt;.", "@misc{", "(Lea, n.d., 0:00)", "motion_picture"):
        assert words in html
    part = page.get(address(spoken, start="0"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "One line." in part


@pytest.mark.parametrize("start", ["", "x", "-1", "nan", "inf", "9" * 400, "200"])
def test_a_quote_of_nothing_is_not_found(page: Client, spoken: Video, start: str) -> None:
    assert page.get(address(spoken, start=start, end="200.5")).status_code == 404


def test_a_quote_of_somebody_elses_video_is_not_found(
    client: Client, bob: Any, spoken: Video
) -> None:
    client.force_login(bob)
    assert client.get(address(spoken, start="0", end="4")).status_code == 404


def test_seconds_are_finite_and_not_negative() -> None:
    assert seconds_from("12.5") == 12.5
    for text in ("-1", "nan", "inf", "1e999", "", "١x"):
        assert seconds_from(text) is None
