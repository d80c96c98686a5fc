"""What a person does about captions on the pages."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from enrichment.models import EnrichmentJob
from enrichment.services import keep_transcript
from tests.markup import squeeze
from videos.cues import Cue
from videos.models import Transcript, Video, VideoList
from videos.preferences import choose_languages
from videos.stages import CaptionsSource, Stage
from videos.tests.library import add_video
from videos.transcripts import LARGEST

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
HTMX = {"HX-Request": "true"}
VTT = (
    b"WEBVTT\n\n00:01.000 --> 00:02.000\n<script>alert(1)</script>One\n\n"
    b"00:02.000 --> 00:03.000\nTwo\n"
)
SRT = "\ufeff1\r\n00:00:01,000 --> 00:00:02,000\r\nGrüezi\r\n"


@pytest.fixture
def page(client: Client, alice: Any) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def video(video_list: VideoList) -> Video:
    video = add_video(video_list)
    Transcript.objects.create(
        video=video, source="auto", language="en", cues=[[0, 1, "What was there"]]
    )
    return video


def upload(page: Client, video: Video, content: bytes, language: str = "", **options: Any) -> Any:
    given = {"file": SimpleUploadedFile("x.vtt", content), "language": language}
    return page.post(reverse("transcript_upload", args=[video.pk]), given, **options)


def rows_of(video: Video) -> Any:
    return Transcript.objects.get(video=video).cues


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        (VTT, ["alert(1)One", "Two"]),
        (SRT.encode(), ["Grüezi"]),
        (SRT.encode("utf-16"), ["Grüezi"]),
        (SRT.removeprefix("\ufeff").encode("cp1252"), ["Grüezi"]),
    ],
    ids=["vtt", "srt", "utf-16", "windows"],
)
def test_a_file_of_ones_own_takes_the_place_of_what_there_is(
    page: Client, video: Video, content: bytes, texts: list[str]
) -> None:
    response = upload(page, video, content, "Deutsch", follow=True)
    assert [row[2] for row in rows_of(video)] == texts
    html = response.content.decode()
    assert "Own upload · de" in squeeze(html)
    assert "Fetch captions again" not in html
    video.refresh_from_db()
    assert video.captions_source == CaptionsSource.MANUAL


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no text with times"),
        (b"just a letter\n\nto a friend", "not a subtitle file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not a subtitle file"),
        (b"WEBVTT\n\nNOTE nothing\n", "no text with times"),
        (b"WEBVTT\n" + b"x" * LARGEST, "too large"),
    ],
    ids=["empty", "prose", "picture", "no cues", "too large"],
)
def test_what_cannot_be_read_is_said_and_changes_nothing(
    page: Client, video: Video, content: bytes, said: str
) -> None:
    for headers in ({}, HTMX):
        answer = upload(page, video, content, headers=headers)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert rows_of(video) == [[0, 1, "What was there"]]


def test_upload_begins_with_the_language_of_what_is_there(
    page: Client, alice: Any, video: Video
) -> None:
    address = reverse("transcript_upload", args=[video.pk])
    choose_languages(user=alice, codes=["de"])
    response: Any = page.get(address)
    assert response.context["form"]["language"].value() == "en"
    Transcript.objects.all().delete()
    response = page.get(address)
    assert response.context["form"]["language"].value() == "de"


def test_a_language_that_is_none_is_said(page: Client, video: Video) -> None:
    assert (
        "“Klingonisch!” is no language" in upload(page, video, VTT, "Klingonisch!").content.decode()
    )


def test_somebody_elses_upload_is_called_that(page: Client, bob: Any, video: Video) -> None:
    Transcript.objects.all().delete()
    add_video(VideoList.objects.create(owner=bob, name="Bob's"))
    keep_transcript(user=bob, video=video, language="", cues=[Cue(0, 1, "Bob's words")])
    html = page.get(video.get_absolute_url()).content.decode()
    assert "Uploaded by somebody else" in html
    assert reverse("transcript_upload", args=[video.pk]) not in html
    told = upload(page, video, VTT, follow=True).content.decode()
    assert "Other people have this video too" in told
    assert rows_of(video) == [[0, 1, "Bob's words"]]
    bob.delete()
    html = page.get(video.get_absolute_url()).content.decode()
    assert "Uploaded </span>" in squeeze(html), "by nobody who is still here"
    assert reverse("transcript_upload", args=[video.pk]) in html


def test_a_transcript_is_removed_after_a_question(page: Client, video: Video) -> None:
    address = reverse("transcript_remove", args=[video.pk])
    assert "Remove the transcript?" in page.get(address).content.decode()
    assert Transcript.objects.exists()
    html = page.post(address, follow=True).content.decode()
    assert "There is no transcript of this video." in html
    assert not Transcript.objects.exists()
    assert page.get(address).status_code == 404


def test_captions_again_is_a_button_of_its_own_beside_refresh(page: Client, video: Video) -> None:
    html = page.get(video.get_absolute_url()).content.decode()
    assert html.index(reverse("video_refresh", args=[video.pk])) < html.index(
        "Fetch captions again"
    )
    told = page.post(reverse("video_captions", args=[video.pk]), follow=True).content.decode()
    assert "YouTube is asked again for the captions." in told
    assert EnrichmentJob.objects.get().video_id == video.pk
    video.refresh_from_db()
    assert video.import_stage == Stage.COMPLETE


@pytest.mark.parametrize("captions", ["", "1"])
def test_many_are_looked_at_again_at_once(
    page: Client, video_list: VideoList, captions: str
) -> None:
    chosen = [add_video(video_list, n) for n in (1, 2, 3)]
    add_video(video_list, 4, stage=Stage.METADATA)
    everything = {"all": "1", "query": "", "captions": captions}
    told = page.post(
        reverse("entries_refresh", args=[video_list.pk]), everything, follow=True
    ).content.decode()
    assert "YouTube is asked again about 3 videos." in told
    assert set(EnrichmentJob.objects.values_list("video_id", flat=True)) == {
        video.pk for video in chosen
    }
    assert Video.objects.filter(described_at=None).count() == 4, "no video here was ever described"


@pytest.mark.parametrize("name", ["video_captions", "transcript_upload", "transcript_remove"])
def test_a_video_one_does_not_see_is_not_there(
    client: Client, bob: Any, video: Video, name: str
) -> None:
    client.force_login(bob)
    assert client.post(reverse(name, args=[video.pk])).status_code == 404
    assert Transcript.objects.exists()


def test_a_list_one_does_not_own_is_not_there(
    client: Client, bob: Any, video: Video, video_list: VideoList
) -> None:
    client.force_login(bob)
    assert (
        client.post(reverse("entries_refresh", args=[video_list.pk]), {"all": "1"}).status_code
        == 404
    )
    assert not EnrichmentJob.objects.exists()
