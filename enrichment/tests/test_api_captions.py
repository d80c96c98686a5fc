"""POST /api/videos/{id}/refresh and /captions, PUT and DELETE /api/videos/{id}/transcript."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from enrichment.models import EnrichmentJob
from tests.people import rest
from videos.models import Transcript, Video, VideoList
from videos.stages import CaptionsSource, Stage
from videos.tests.library import add_video
from videos.transcripts import LARGEST

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
VTT = b"WEBVTT\n\n00:01.000 --> 00:02.000\nOne <b>word</b>\n"
SRT = b"1\n00:00:01,000 --> 00:00:02,000\nOne <b>word</b>\n"


@pytest.fixture
def video(video_list: VideoList) -> Video:
    return add_video(video_list)


def put(user: Any, video: Video, content: bytes, kind: str = "text/vtt", query: str = "") -> Any:
    return rest(user).put(f"/api/videos/{video.pk}/transcript{query}", content, content_type=kind)


@pytest.mark.parametrize("act", ["refresh", "captions"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_it_looks_again_at_a_complete_video(alice: Any, video: Video, act: str, slash: str) -> None:
    answer = rest(alice).post(f"/api/videos/{video.pk}/{act}{slash}")
    assert (answer.status_code, answer.json()["import_stage"]) == (200, "complete")
    assert EnrichmentJob.objects.get().video_id == video.pk


def test_a_refresh_tries_a_failed_video_again(alice: Any, video_list: VideoList) -> None:
    video = add_video(video_list, stage=Stage.ERROR)
    assert rest(alice).post(f"/api/videos/{video.pk}/refresh").json()["import_stage"] == "created"
    assert rest(alice).post(f"/api/videos/{video.pk}/captions").status_code == 409


@pytest.mark.parametrize("act", ["refresh", "captions"])
def test_a_video_that_is_being_imported_is_not_looked_at_again(
    alice: Any, video_list: VideoList, act: str
) -> None:
    video = add_video(video_list, stage=Stage.METADATA)
    answer = rest(alice).post(f"/api/videos/{video.pk}/{act}")
    assert (answer.status_code, answer.json().keys()) == (409, {"detail"})


@pytest.mark.parametrize(
    ("content", "kind"),
    [(VTT, "text/vtt"), (SRT, "application/x-subrip"), (SRT, "text/plain; charset=utf-8")],
)
def test_it_keeps_a_transcript(alice: Any, video: Video, content: bytes, kind: str) -> None:
    answer = put(alice, video, content, kind, "?language=de")
    kept = {
        "source": "manual",
        "language": "de",
        "uploaded": True,
        "cues": [{"start": 1.0, "end": 2.0, "text": "One word"}],
    }
    assert (answer.status_code, answer.json()) == (200, kept)
    assert rest(alice).get(f"/api/videos/{video.pk}/transcript").json() == kept
    assert (
        rest(alice).get(f"/api/videos/{video.pk}").json()["captions_source"]
        == CaptionsSource.MANUAL
    )
    assert rest(alice).post(f"/api/videos/{video.pk}/captions").status_code == 409


def test_it_keeps_a_transcript_from_a_form(alice: Any, video: Video) -> None:
    form = encode_multipart(
        BOUNDARY, {"file": SimpleUploadedFile("a.srt", SRT), "language": "pt-br"}
    )
    assert put(alice, video, form, MULTIPART_CONTENT).json()["language"] == "pt-BR"


@pytest.mark.parametrize(
    ("content", "kind", "status", "field"),
    [
        (b"a letter", "text/vtt", 400, "file"),
        (b"", "text/vtt", 400, "file"),
        (b"{}", "application/json", 400, "file"),
        (b"[1]", "application/json", 400, "file"),
        (b"x" * (LARGEST + 1), "text/vtt", 413, "detail"),
        (VTT, "image/png", 415, "detail"),
    ],
)
def test_it_refuses_what_is_no_transcript(
    alice: Any, video: Video, content: bytes, kind: str, status: int, field: str
) -> None:
    answer = put(alice, video, content, kind)
    assert (answer.status_code, list(answer.json())) == (status, [field])
    assert not Transcript.objects.exists()


def test_it_refuses_a_language_that_is_none(alice: Any, video: Video) -> None:
    assert list(put(alice, video, VTT, query="?language=!").json()) == ["language"]


def test_it_removes_a_transcript(alice: Any, video: Video) -> None:
    put(alice, video, VTT)
    assert rest(alice).delete(f"/api/videos/{video.pk}/transcript").status_code == 204
    assert rest(alice).delete(f"/api/videos/{video.pk}/transcript").status_code == 404
    assert EnrichmentJob.objects.get().video_id == video.pk, "YouTube's come back"


def test_what_others_have_too_stays(alice: Any, bob: Any, video: Video) -> None:
    put(alice, video, VTT)
    add_video(VideoList.objects.create(owner=bob, name="Bob's"))
    for answer in (put(bob, video, SRT), rest(bob).delete(f"/api/videos/{video.pk}/transcript")):
        assert (answer.status_code, answer.json().keys()) == (409, {"detail"})
    assert Transcript.objects.get().uploaded_by == alice


@pytest.mark.parametrize("number", ["0", "9" * 25, "x"])
def test_there_is_only_what_hangs_on_a_list_of_the_callers(
    alice: Any, bob: Any, video: Video, number: str
) -> None:
    put(alice, video, VTT)
    for user, pk in ((bob, video.pk), (alice, number)):
        client = rest(user)
        answers = [client.post(f"/api/videos/{pk}/{act}") for act in ("refresh", "captions")]
        answers += [
            client.delete(f"/api/videos/{pk}/transcript"),
            client.put(f"/api/videos/{pk}/transcript", VTT, content_type="text/vtt"),
        ]
        assert [answer.status_code for answer in answers] == [404] * 4
    assert Transcript.objects.get().uploaded_by == alice
