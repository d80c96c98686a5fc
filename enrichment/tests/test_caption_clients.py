"""Each client for itself: what it costs, that none ends a video, and that one that refuses
everybody is closed by itself.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from enrichment import clients, jobs, transcription
from enrichment.client_state import Client, ClientState
from enrichment.limits import youtube_lanes
from enrichment.models import EnrichmentJob, TranscriptionDraft, Work
from enrichment.sources.registry import transcriber
from enrichment.tests.holders import a_run
from enrichment.tests.pipeline_bench import ID, Bench
from tests.standins import CaptionSpec, Failure, Fault, GroqStandIn, VideoSpec, video_id
from tests.standins.faults import Rule
from tests.tiers import some_first
from videos.models import Video
from videos.stages import CaptionsSource, Stage

pytestmark = pytest.mark.django_db(transaction=True)
WITHHELD_FROM_WEB = CaptionSpec("de", token_clients=("WEB",))
REFUSALS = [
    Fault("verdict", failure=Failure.BOT_CHECK),
    Fault("verdict", failure=Failure.PRIVATE),
    Fault("verdict", failure=Failure.UNAVAILABLE),
    Fault("verdict", failure=Failure.GEO_REASON),
    Fault("verdict", failure=Failure.AGE),
    Fault("refusal", reason="This video is not available"),
    Fault("refusal", reason="The following content is not available on this app."),
    Fault("refusal", reason="Words nobody has said yet"),
    Fault("refusal", playability="ERROR", reason="Video unavailable"),
    Fault("status", status=403),
    Fault("status", status=404),
    Fault("status", status=500),
    Fault("empty"),
    Fault("html"),
    Fault("reset"),
]


@pytest.fixture(autouse=True)
def new_process() -> None:
    clients.forget_what_is_remembered()


def refuse(bench: Bench, *names: str) -> list[Rule]:
    faults = bench.youtube.faults
    return [faults.verdict(Failure.BOT_CHECK, kind="player", client=name) for name in names]


@pytest.mark.parametrize(
    ("captions", "requests"),
    [
        ((CaptionSpec("de"),), {"watch": 1, "timedtext": 1}),
        ((WITHHELD_FROM_WEB,), {"watch": 1, "player": 1, "timedtext": 1}),
        ((), {"watch": 1}),
    ],
)
def test_video_costs_no_request_too_many(
    bench: Bench, captions: tuple[CaptionSpec, ...], requests: dict[str, int]
) -> None:
    bench.youtube.catalogue.add(VideoSpec(ID, captions=captions))
    video = bench.want()
    bench.run()
    video.refresh_from_db()
    assert video.import_stage == Stage.COMPLETE
    assert bench.youtube.log.kinds() == requests


@pytest.fixture
def with_groq(groq: GroqStandIn, settings: Any) -> Any:
    settings.GROQ_API_KEY, settings.GROQ_BASE_URL = groq.api_key, groq.base_url
    transcriber.cache_clear()
    yield
    transcriber.cache_clear()


def transcribe() -> None:
    claim = jobs.claim_transcription(a_run())
    assert claim
    transcription.transcribe(claim)


@pytest.mark.slow
def test_transcription_costs_two_requests_and_its_parts(bench: Bench, with_groq: None) -> None:
    other = video_id(77)
    bench.youtube.catalogue.add(VideoSpec(other, captions=(), duration=20))
    video = bench.want(other)
    bench.run()
    transcribe()
    video.refresh_from_db()
    assert video.captions_source == CaptionsSource.WHISPER
    assert bench.youtube.log.kinds() == {"watch": 1, "player": 1, "media": 1}


def test_withheld_captions_are_not_asked_for_twice_by_audio(bench: Bench, with_groq: None) -> None:
    """The second client's answer is remembered: it holds the audio's address, too."""
    track = CaptionSpec("de", token_clients=("WEB",), empty=True)
    bench.youtube.catalogue.add(VideoSpec(ID, captions=(track,), duration=20))
    refuse(bench, "ANDROID")
    video = bench.want()
    bench.run()
    EnrichmentJob.objects.update(
        throttled_rounds=2, last_cause="", not_before=timezone.now() - timedelta(seconds=1)
    )
    bench.youtube.log.reset()
    bench.run()
    assert EnrichmentJob.objects.get().work == Work.TRANSCRIBE
    assert TranscriptionDraft.objects.get().session["address"]
    asked = bench.youtube.log.count(kind="player")
    transcribe()
    video.refresh_from_db()
    assert video.captions_source == CaptionsSource.WHISPER
    assert bench.youtube.log.count(kind="player") == asked


@pytest.mark.parametrize("fault", REFUSALS, ids=str)
@pytest.mark.parametrize("name", some_first(["VISIONOS", "ANDROID"], 1))
def test_refusal_of_another_client_ends_no_video(bench: Bench, fault: Fault, name: str) -> None:
    bench.youtube.catalogue.add(VideoSpec(ID, title="Da", captions=(WITHHELD_FROM_WEB,)))
    bench.youtube.faults.add(replace(fault, kind="player", client=name))
    bench.youtube.faults.add(Fault("empty", kind="timedtext"))
    video = bench.want()
    bench.run()
    video.refresh_from_db()
    assert (video.import_stage, video.title) == (Stage.COMPLETE, "Da")
    assert video.captions_source == CaptionsSource.NONE
    job = EnrichmentJob.objects.get()
    assert (job.attempts, job.work) == (0, Work.FETCH)
    assert job.not_before > timezone.now()


def test_transcript_api_takes_over_when_second_client_refuses(bench: Bench) -> None:
    bench.youtube.catalogue.add(VideoSpec(ID, captions=(WITHHELD_FROM_WEB,)))
    refuse(bench, "VISIONOS")
    video = bench.want()
    bench.run()
    video.refresh_from_db()
    assert video.captions_source == CaptionsSource.MANUAL


@pytest.mark.slow
def test_withheld_captions_leave_the_lane_alone(bench: Bench) -> None:
    """Twenty videos whose captions are refused to everybody are complete at once; the permit was a
    success.
    """
    refuse(bench, "VISIONOS", "ANDROID")
    for n in range(20):
        bench.youtube.catalogue.add(VideoSpec(video_id(n), captions=(WITHHELD_FROM_WEB,)))
        bench.want(video_id(n))
    for _ in range(20):
        bench.run()
    assert Video.objects.filter(import_stage=Stage.COMPLETE).count() == 20
    assert youtube_lanes()[0].limiter.state().breaker == "closed"
    assert bench.youtube.log.count(kind="watch") == 20
    assert bench.youtube.log.count(kind="player") == 2 * clients.CLOSE_AFTER


def test_first_success_of_a_probe_brings_the_captions_of_all(bench: Bench) -> None:
    refusals = refuse(bench, "VISIONOS", "ANDROID")
    for n in range(5):
        bench.youtube.catalogue.add(VideoSpec(video_id(n), captions=(WITHHELD_FROM_WEB,)))
        bench.want(video_id(n))
    for _ in range(5):
        bench.run()
    for refusal in refusals:
        refusal.remove()
    ClientState.objects.update(closed_until=timezone.now() - timedelta(seconds=1))
    EnrichmentJob.objects.filter(video__youtube_id=video_id(0)).update(
        not_before=timezone.now() - timedelta(seconds=1)
    )
    for _ in range(5):
        bench.run()
    assert Video.objects.filter(captions_source=CaptionsSource.MANUAL).count() == 5
    assert not EnrichmentJob.objects.exists()
    assert Client.SECOND_CLIENT not in {trouble.client for trouble in clients.troubles()}


def test_job_that_waits_for_captions_asks_nothing_while_closed(bench: Bench) -> None:
    refuse(bench, "VISIONOS", "ANDROID")
    for n in range(3):
        bench.youtube.catalogue.add(VideoSpec(video_id(n), captions=(WITHHELD_FROM_WEB,)))
        bench.want(video_id(n))
    for _ in range(3):
        bench.run()
    assert {trouble.client for trouble in clients.troubles()} == {
        Client.SECOND_CLIENT,
        Client.TRANSCRIPT_API,
    }
    bench.youtube.log.reset()
    EnrichmentJob.objects.update(not_before=timezone.now() - timedelta(seconds=1))
    for _ in range(3):
        bench.run()
    assert bench.youtube.log.calls == []
    assert not EnrichmentJob.objects.filter(not_before__lte=timezone.now()).exists()


def test_closed_client_is_asked_by_one_probe(bench: Bench) -> None:
    refuse(bench, "VISIONOS", "ANDROID")
    for n in range(6):
        bench.youtube.catalogue.add(VideoSpec(video_id(n), captions=(WITHHELD_FROM_WEB,)))
    for n in range(3):
        bench.want(video_id(n))
        bench.run()
    ClientState.objects.update(closed_until=timezone.now() - timedelta(seconds=1))
    bench.youtube.log.reset()
    for n in range(3, 6):
        bench.want(video_id(n))
        bench.run()
    assert bench.youtube.log.count(kind="player") == 2, "one probe of each client"
    assert {state.pause for state in ClientState.objects.all()} == {2 * clients.FIRST_PAUSE}
