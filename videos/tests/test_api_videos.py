"""GET /api/videos/{id} and GET /api/videos/{id}/transcript."""

from typing import Any

import pytest

from tests.people import rest
from videos.models import Chapter, Transcript, Video, VideoList
from videos.tests.library import add_video

pytestmark = pytest.mark.django_db
SPOKEN = [[0.0, 1.5, "The escapement"], [1.5, 3661.25, "=ticks & <tocks>"]]


@pytest.fixture
def video(video_list: VideoList) -> Video:
    video = add_video(video_list, description="0:00 Start")
    Chapter.objects.create(video=video, number=2, start=30, end=60, title="Springs")
    Chapter.objects.create(video=video, number=1, start=0, end=30, title="Wheels")
    return video


@pytest.fixture
def transcript(video: Video) -> Transcript:
    return Transcript.objects.create(video=video, source="manual", language="en", cues=SPOKEN)


def test_it_shows_a_video_with_its_chapters_in_order(
    alice: Any, video: Video, django_assert_num_queries: Any
) -> None:
    client = rest(alice)
    with django_assert_num_queries(3):
        answer = client.get(f"/api/videos/{video.pk}").json()
    assert (answer["description"], answer["import_stage"]) == ("0:00 Start", "complete")
    assert [(c["number"], c["start"], c["end"], c["title"]) for c in answer["chapters"]] == [
        (1, 0, 30, "Wheels"),
        (2, 30, 60, "Springs"),
    ]


@pytest.mark.parametrize("part", ["", "/transcript"])
def test_it_shows_only_what_hangs_on_a_list_of_the_callers(
    alice: Any, bob: Any, video: Video, transcript: Transcript, part: str
) -> None:
    address = f"/api/videos/{video.pk}{part}"
    assert rest(bob).get(address).status_code == 404
    add_video(VideoList.objects.create(owner=bob, name="Bob's"))
    assert rest(bob).get(address).status_code == 200
    VideoList.objects.filter(owner=alice).delete()
    assert rest(alice).get(address).status_code == 404


@pytest.mark.parametrize("part", ["", "/transcript", "/retry"])
@pytest.mark.parametrize("number", ["0", "9" * 25, "9" * 5000, "-1", "x", "1.5"])
def test_it_answers_404_for_an_id_that_is_none(alice: Any, number: str, part: str) -> None:
    method = rest(alice).post if part == "/retry" else rest(alice).get
    answer = method(f"/api/videos/{number}{part}")
    assert (answer.status_code, answer.json().keys()) == (404, {"detail"})


def test_it_answers_404_while_there_is_no_transcript(alice: Any, video: Video) -> None:
    for wanted in ("json", "vtt", "srt", "txt"):
        answer = rest(alice).get(f"/api/videos/{video.pk}/transcript?format={wanted}")
        assert (answer.status_code, answer.json().keys()) == (404, {"detail"})


def test_it_shows_the_transcript(alice: Any, video: Video, transcript: Transcript) -> None:
    for address in (
        f"/api/videos/{video.pk}/transcript",
        f"/api/videos/{video.pk}/transcript/?format=json",
    ):
        answer = rest(alice).get(address).json()
        assert (answer["source"], answer["language"]) == ("manual", "en")
        assert answer["cues"] == [
            {"start": start, "end": end, "text": text} for start, end, text in SPOKEN
        ]


@pytest.mark.parametrize(
    ("wanted", "kind", "parts"),
    [
        (
            "vtt",
            "text/vtt",
            [
                "WEBVTT",
                "00:00:00.000 --> 00:00:01.500",
                "01:01:01.250",
                "=ticks &amp; &lt;tocks&gt;",
            ],
        ),
        ("srt", "application/x-subrip", ["1\n00:00:00,000 --> 00:00:01,500", "The escapement"]),
        ("txt", "text/plain", ["The escapement", "=ticks & <tocks>"]),
    ],
)
def test_it_downloads_the_transcript(
    alice: Any, video: Video, transcript: Transcript, wanted: str, kind: str, parts: list[str]
) -> None:
    answer = rest(alice).get(
        f"/api/videos/{video.pk}/transcript?format={wanted}", headers={"accept": kind}
    )
    assert answer["Content-Type"] == f"{kind}; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="{video.youtube_id}.{wanted}"'
    text = answer.content.decode().replace("\r\n", "\n")
    assert all(part in text for part in parts), text


@pytest.mark.parametrize("wanted", ["pdf", "", "%00"])
def test_it_refuses_a_format_it_does_not_write(
    alice: Any, video: Video, transcript: Transcript, wanted: str
) -> None:
    answer = rest(alice).get(f"/api/videos/{video.pk}/transcript?format={wanted}")
    assert (answer.status_code, list(answer.json())) == (400, ["format"])
