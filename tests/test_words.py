"""No technical word ever reaches a person: whatever YouTube answers, it is looked for on every page, in every answer and every frame."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from enrichment import jobs
from enrichment.models import EnrichmentJob
from enrichment.tests.pipeline_bench import Bench
from enrichment.tests.pipeline_bench import bench as bench
from importer import frames
from importer.models import Source
from importer.parsing import parse_many
from importer.services import start_import
from tests.people import rest
from tests.standins import Failure, YouTubeStandIn, video_id
from videos.models import Video, VideoList
from videos.stages import Stage

pytestmark = pytest.mark.django_db(transaction=True)

# JSON is missing on purpose: people export their lists in it.
TECHNICAL = re.compile(
    r"\b(https? ?\d|http error|4\d\d|5\d\d|yt[- ]?dlp|youtube-?transcript|groq|exception|traceback|timeout|timed out|proxy|ssl|errno"
    r"|extract(or|ed)?|response|captcha|bot|cookies?|sign in|retry-after|null|none|undefined|error|fehler|oops|ups)\b",
    re.IGNORECASE,
)
SAID = {"aria-label", "title", "placeholder", "alt", "data-message"}


class Said(HTMLParser):
    """What a page says to a person: its text, and the attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("script", "style")
        self.words += [value for name, value in attrs if name in SAID and value]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.words.append(data)


def technical(text: str, video: Video) -> list[str]:
    return [found.group() for found in TECHNICAL.finditer(text.replace(video.youtube_id, ""))]


def said_by(html: str) -> str:
    reader = Said()
    reader.feed(html)
    return " ".join(" ".join(reader.words).split())


def says(failure: Failure) -> Callable[[YouTubeStandIn], object]:
    return lambda youtube: youtube.catalogue.change(video_id(1), failure=failure)


def answers(status: int) -> Callable[[YouTubeStandIn], object]:
    return lambda youtube: youtube.faults.status(status)


FAULTS: dict[str, Callable[[YouTubeStandIn], object]] = {
    **{f"says {failure.value}": says(failure) for failure in Failure},
    **{f"answers {status}": answers(status) for status in (403, 404, 429, 500)},
    "cuts the connection": lambda youtube: youtube.faults.reset(),
    "answers nothing": lambda youtube: youtube.faults.empty(),
    "throttles captions": lambda youtube: youtube.faults.status(429, kind="timedtext"),
    "gives empty captions": lambda youtube: youtube.faults.empty(kind="timedtext"),
}


@pytest.mark.parametrize("trouble", FAULTS)
def test_whatever_youtube_does_people_read_plain_words(
    trouble: str, bench: Bench, alice: Any, video_list: VideoList, client: Client
) -> None:
    FAULTS[trouble](bench.youtube)
    report = start_import(owner=alice, video_list=video_list, lines=parse_many([video_id(1)]), source=Source.WEB)
    for _ in range(jobs.MAX_ATTEMPTS):
        if not EnrichmentJob.objects.exists() or Video.objects.get().import_stage == Stage.ERROR:
            break
        bench.hurry()
        bench.run()
    video = Video.objects.get()
    video.title = "Ein Titel"  # YouTube's own words are not ours to judge
    video.description = ""
    video.save(update_fields=["title", "description"])
    client.force_login(alice)
    for language in ("de", "en"):
        headers = {"accept-language": language}
        pages = [
            reverse("list_detail", args=[video_list.pk]),
            reverse("video_detail", args=[video.pk]),
            reverse("import_detail", args=[report.batch.pk]),
        ]
        for page in pages:
            answer = client.get(page, headers=headers)
            assert answer.status_code == 200
            assert technical(said_by(answer.content.decode()), video) == [], page
        caller = rest(alice)
        for path in (f"/api/videos/{video.pk}", f"/api/imports/{report.batch.pk}/items", f"/api/imports/{report.batch.pk}"):
            body = caller.get(path, headers=headers).json()
            assert technical(" ".join(sentences(body)), video) == [], path
        with translation.override(language):
            spoken = [frame["message"] or "" for frame in frames.video_frames(alice.pk, {video.pk})]
        assert technical(" ".join(spoken), video) == []


def sentences(body: Any) -> list[str]:
    """The texts of an answer that are meant for people."""
    if isinstance(body, dict):
        return [
            text
            for key, value in body.items()
            if key in ("message", "reason", "summary", "detail") or not isinstance(value, str)
            for text in sentences(value)
        ]
    if isinstance(body, list):
        return [text for value in body for text in sentences(value)]
    return [body] if isinstance(body, str) else []


def test_the_words_are_noticed() -> None:
    """The guard itself: what it is there for is found in a page and in an answer."""
    video = Video(youtube_id=video_id(1))
    assert technical(said_by('<p title="HTTP Error 429">x</p><script>error</script>'), video) == ["HTTP Error", "429"]
    assert technical(" ".join(sentences(json.loads('{"error": {"message": "yt-dlp: Sign in"}}'))), video) == ["yt-dlp", "Sign in"]
