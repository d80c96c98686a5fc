"""No technical word ever reaches a person: whatever YouTube answers, it is looked for on every
page, in every answer and every frame.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db.models import Q
from django.test import Client
from django.urls import reverse

from enrichment import jobs
from enrichment.models import EnrichmentJob
from enrichment.tests.pipeline_bench import Bench
from enrichment.tests.pipeline_bench import bench as bench
from importer.imports.models import ImportBatch, Source
from importer.imports.plans import plan_import
from importer.live import frames
from importer.parsing import parse_many
from tests.people import rest
from tests.standins import CaptionSpec, Failure, YouTubeStandIn, video_id
from videos.models import Video, VideoList
from videos.stages import Stage

pytestmark = pytest.mark.django_db

# JSON is missing on purpose: people export their lists in it.
TECHNICAL = re.compile(
    r"\b(https? ?\d|http error|4\d\d|5\d\d|yt[- ]?dlp|youtube-?transcript|groq"
    r"|exception|traceback|timeout|timed out|proxy|ssl|errno"
    r"|extract(or|ed)?|response|captcha|bot|cookies?|sign in|retry-after"
    r"|null|none|undefined|error|fehler|oops|ups)\b",
    re.IGNORECASE,
)
AROUND = 40  # letters of what is said around a word
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


def technical(text: str, youtube_ids: Iterable[str] = ()) -> list[str]:
    """The technical words, each with a little of what stands around it."""
    for youtube_id in youtube_ids:
        text = text.replace(youtube_id, "")
    return [
        text[max(found.start() - AROUND, 0) : found.end() + AROUND]
        for found in TECHNICAL.finditer(text)
    ]


def said_by(html: str) -> str:
    reader = Said()
    reader.feed(html)
    return " ".join(" ".join(reader.words).split())


Trouble = Callable[[YouTubeStandIn, str], object]  # for one video


def says(failure: Failure) -> Trouble:
    return lambda youtube, video_id: youtube.catalogue.change(video_id, failure=failure)


def answers(status: int) -> Trouble:
    return lambda youtube, video_id: youtube.faults.status(status, video_id=video_id)


TROUBLES: dict[str, Trouble] = {
    **{f"says {failure.value}": says(failure) for failure in Failure},
    **{f"answers {status}": answers(status) for status in (403, 404, 429, 500)},
    "cuts the connection": lambda youtube, video_id: youtube.faults.reset(video_id=video_id),
    "answers nothing": lambda youtube, video_id: youtube.faults.empty(video_id=video_id),
    "throttles captions": lambda youtube, video_id: youtube.faults.status(
        429, kind="timedtext", video_id=video_id
    ),
    "gives empty captions": lambda youtube, video_id: youtube.faults.empty(
        kind="timedtext", video_id=video_id
    ),
}
IDS = {
    trouble: video_id(number) for number, trouble in enumerate(TROUBLES, 1)
}  # each trouble has a video of its own


@pytest.fixture
def batch(bench: Bench, video_list: VideoList) -> ImportBatch:
    """An import of all troubles at once, each tried until nothing more comes of it."""
    for trouble, youtube_id in IDS.items():
        bench.youtube.catalogue.change(youtube_id, captions=(CaptionSpec("de"),))
        TROUBLES[trouble](bench.youtube, youtube_id)
    lines = parse_many(list(IDS.values()))
    plan = plan_import(
        owner=video_list.owner, video_list=video_list, lines=lines, source=Source.WEB
    )
    batch = plan.start().batch
    queue = EnrichmentJob.objects.all()
    for _ in range(jobs.MAX_ATTEMPTS):
        for job in queue.exclude(
            video__import_stage=Stage.ERROR
        ):  # one at a time: a video's trouble is not the next one's
            queue.update(held=~Q(pk=job.pk))
            bench.hurry()
            bench.run()
    queue.update(held=False)
    for number, video in enumerate(Video.objects.all()):
        video.title, video.description = (
            f"Title {number}",
            "",
        )  # YouTube's own words are not ours to judge
        video.save(update_fields=["title", "description"])
    return batch


@pytest.mark.slow
def test_whatever_youtube_does_people_read_plain_words(
    batch: ImportBatch, alice: Any, client: Client
) -> None:
    client.force_login(alice)
    caller = rest(alice)

    def read(page: str) -> list[str]:
        answer = client.get(page, headers={"accept-language": language})
        assert answer.status_code == 200
        return technical(said_by(answer.content.decode()), IDS.values())

    def ask(path: str) -> list[str]:
        return technical(
            " ".join(sentences(caller.get(path, headers={"accept-language": language}).json())),
            IDS.values(),
        )

    for language in ("de", "en"):
        for trouble, youtube_id in IDS.items():
            video = Video.objects.get(youtube_id=youtube_id)
            assert read(reverse("video_detail", args=[video.pk])) == [], (trouble, language)
            assert ask(f"/api/videos/{video.pk}") == [], (trouble, language)
            states = frames.video_states(alice.pk, {video.pk})
            spoken = [state.frame(language)["message"] or "" for state in states]
            assert technical(" ".join(spoken)) == [], (trouble, language)
        for page in (
            reverse("list_detail", args=[batch.video_list_id]),
            reverse("import_detail", args=[batch.pk]),
        ):
            assert read(page) == [], (page, language)
        for path in (f"/api/imports/{batch.pk}/items", f"/api/imports/{batch.pk}"):
            assert ask(path) == [], (path, language)


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
    assert len(technical(said_by('<p title="HTTP Error 429">x</p><script>error</script>'))) == 2
    assert (
        len(technical(" ".join(sentences(json.loads('{"error": {"message": "yt-dlp: Sign in"}}')))))
        == 2
    )
    assert technical("a bot", ["a bot"]) == []
