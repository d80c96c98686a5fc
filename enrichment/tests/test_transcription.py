"""A video without captions at YouTube, from there to its transcript: both stand-ins, real limiters,
the real queue.
"""

import errno
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from celery import current_app
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from enrichment import clients, jobs, limits, tasks, transcription
from enrichment.client_state import Client, ClientState
from enrichment.errors import Throttled
from enrichment.limits import Permit
from enrichment.limits.lanes import Lane
from enrichment.models import EnrichmentJob, TranscriptionDraft, TranscriptionUse, Work
from enrichment.record import VideoRecord
from enrichment.sources import registry
from enrichment.sources.registry import audio_root, transcriber
from enrichment.tests import limits_bench
from enrichment.tests.away import Away
from enrichment.tests.holders import a_run
from enrichment.tests.pipeline_bench import ID, Bench
from tests.installation import wait_for
from tests.standins import CaptionSpec, Failure, Fault, GroqStandIn, VideoSpec, words_between
from tests.tiers import some_first
from videos.causes import Cause
from videos.models import ListEntry, Transcript, Video, VideoList
from videos.stages import CaptionsSource, Stage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_sources(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Clients of YouTube that remember nothing of the same video in another test."""
    monkeypatch.setattr(registry, "_sources", {})
    yield
    for source in registry._sources.values():
        source.close()


@pytest.fixture(autouse=True)
def with_groq(groq: GroqStandIn, settings: Any) -> Any:
    settings.GROQ_API_KEY = groq.api_key
    settings.GROQ_BASE_URL = groq.base_url
    transcriber.cache_clear()
    clients.forget_what_is_remembered()
    yield
    transcriber.cache_clear()


def wanted(bench: Bench, youtube_id: str = ID, **spec: Any) -> Video:
    """A video without captions, in a list of somebody's, handed over to transcription."""
    bench.youtube.catalogue.add(VideoSpec(youtube_id, captions=(), **{"duration": 60, **spec}))
    video = bench.want(youtube_id)
    owner, _ = get_user_model().objects.get_or_create(username="alice")
    ListEntry.objects.create(
        video_list=VideoList.objects.create(owner=owner, name="x"), video=video, position=1
    )
    bench.run()
    return video


def transcribe() -> list[float]:
    """The next transcription, as its task runs it. Answers the seconds it would have slept."""
    slept: list[float] = []
    claim = jobs.claim_transcription(a_run())
    assert claim, "nothing is due"
    transcription.transcribe(claim, sleep=slept.append)
    assert not list(audio_root().glob("*")), "audio was left behind"
    return slept


def test_a_video_without_captions_is_transcribed(bench: Bench) -> None:
    video = wanted(bench)
    video.refresh_from_db()
    assert (video.import_stage, video.captions_source) == (Stage.METADATA, CaptionsSource.UNSETTLED)
    transcribe()
    video.refresh_from_db()
    assert (video.import_stage, video.captions_source) == (Stage.COMPLETE, CaptionsSource.WHISPER)
    assert video.finished_at
    spoken = " ".join(cue[2] for cue in video.transcript.cues)
    assert spoken.split() == words_between(0, 60)
    assert not EnrichmentJob.objects.exists()
    assert not TranscriptionDraft.objects.exists()


def in_flight() -> int:
    """How many permits of YouTube's lane are held."""
    return limits.youtube_lanes()[0].limiter.state().in_flight


class Looking:
    """Groq's client that looks what is held at YouTube while it transcribes."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def transcribe(self, audio: Any, **options: Any) -> None:
        self.seen.append(in_flight())


def test_it_holds_no_permit_of_youtube_while_it_transcribes(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted(bench)
    groq = Looking()
    monkeypatch.setattr(transcription, "transcriber", lambda: groq)
    transcribe()
    assert groq.seen == [0]


AUDIO_ENDS: dict[str, Any] = {
    "refused": lambda bench: bench.youtube.faults.status(403, kind="media"),
    "throttled": lambda bench: bench.youtube.faults.status(429, kind="media"),
    "network": lambda bench: bench.youtube.faults.add(Fault("reset", kind="media")),
    "paused": lambda bench: EnrichmentJob.objects.update(held=True),
}


@pytest.mark.parametrize("end", AUDIO_ENDS)
def test_audio_gives_its_place_back(bench: Bench, end: str, groq: GroqStandIn) -> None:
    """However its download ends."""
    wanted(bench)
    claim = jobs.claim_transcription(a_run())
    assert claim
    AUDIO_ENDS[end](bench)
    bench.youtube.log.reset()
    transcription.transcribe(claim, sleep=lambda seconds: None)
    assert bench.youtube.log.kinds(), "no audio was asked for"
    assert in_flight() == 0
    assert groq.log.count(kind="transcription") == 0
    assert not EnrichmentJob.objects.running().exists()


def test_a_throttled_groq_waits_and_blocks_nothing_else(bench: Bench, groq: GroqStandIn) -> None:
    video = wanted(bench)
    throttle = groq.faults.status(429, retry_after=90)
    transcribe()
    job = EnrichmentJob.objects.get()
    assert 80 < (job.not_before - timezone.now()).total_seconds() < 95
    assert job.attempts == 0
    throttle.remove()
    other = Video.objects.create(youtube_id="anderesvide")
    bench.youtube.catalogue.add(VideoSpec("anderesvide", captions=(CaptionSpec("de"),)))
    jobs.enqueue([other.pk], bulk=False, now=timezone.now())
    bench.run()
    other.refresh_from_db()
    assert other.import_stage == Stage.COMPLETE
    bench.hurry()
    transcribe()
    video.refresh_from_db()
    assert video.captions_source == CaptionsSource.WHISPER


def test_a_failed_transcription_completes_without_captions(bench: Bench, groq: GroqStandIn) -> None:
    groq.faults.status(400)
    video = wanted(bench)
    transcribe()
    video.refresh_from_db()
    assert (video.import_stage, video.captions_source, video.error_cause) == (
        Stage.COMPLETE,
        CaptionsSource.NONE,
        "",
    )
    assert not EnrichmentJob.objects.exists()


def test_throttled_audio_waits(bench: Bench) -> None:
    video = wanted(bench)
    bench.youtube.faults.status(429, kind="media", times=1)
    transcribe()
    video.refresh_from_db()
    job = EnrichmentJob.objects.get()
    assert (video.import_stage, job.work, job.attempts) == (Stage.METADATA, Work.TRANSCRIBE, 0)
    bench.hurry()
    transcribe()
    video.refresh_from_db()
    assert video.captions_source == CaptionsSource.WHISPER


def test_over_the_days_allowance_captions_come_later(
    bench: Bench,
) -> None:
    video = wanted(bench)
    other = Video.objects.create(youtube_id="anderesvide")
    owner = get_user_model().objects.get()
    use = TranscriptionUse.objects.create(
        video=other, user=owner, day=timezone.localdate(), seconds=transcription.PER_USER_AND_DAY
    )
    transcribe()
    video.refresh_from_db()
    assert (video.import_stage, video.captions_source) == (Stage.COMPLETE, CaptionsSource.NONE)
    waits = EnrichmentJob.objects.get().not_before - timezone.now()
    assert abs(waits - timedelta(days=1)) < timedelta(minutes=1)
    finished_at = video.finished_at
    use.delete()
    bench.hurry()
    transcribe()
    video.refresh_from_db()
    assert video.finished_at == finished_at, "it was complete all the time"
    assert (video.import_stage, video.captions_source) == (Stage.COMPLETE, CaptionsSource.WHISPER)
    assert not EnrichmentJob.objects.exists()


def test_it_is_charged_to_whoever_has_it_longest(bench: Bench) -> None:
    """Once, however many runs it takes."""
    video = wanted(bench)
    bob = get_user_model().objects.create_user("bob")
    ListEntry.objects.create(
        video_list=VideoList.objects.create(owner=bob, name="y"), video=video, position=1
    )
    transcribe()
    use = TranscriptionUse.objects.get()
    assert (use.user.get_username(), use.seconds, use.day) == ("alice", 60, timezone.localdate())


@pytest.mark.parametrize(("used", "is_charged"), [(0, True), (1, True), (2, False)])
def test_a_days_allowance_may_be_used_up(bench: Bench, used: int, is_charged: bool) -> None:
    """To its last second; and whoever has used none of it gets one video of any length."""
    video = wanted(bench)
    limit = transcription.PER_USER_AND_DAY
    seconds = [limit + 1, limit - 5, limit - 5][used]
    if used:
        other = Video.objects.create(youtube_id="anderesvide")
        TranscriptionUse.objects.create(
            video=other,
            user=get_user_model().objects.get(),
            day=timezone.localdate(),
            seconds=limit - seconds + used - 1,
        )
    claim = jobs.claim_transcription(a_run())
    assert claim
    record = VideoRecord(claim, video)
    if is_charged:
        transcription._charge(record, seconds)
    else:
        with pytest.raises(transcription.OverBudget):
            transcription._charge(record, seconds)
    assert TranscriptionUse.objects.filter(video=video).exists() == is_charged


def test_a_broken_network_uses_up_an_attempt(bench: Bench) -> None:
    wanted(bench)
    bench.youtube.faults.add(Fault("reset", kind="media"))
    transcribe()
    job = EnrichmentJob.objects.get()
    assert (job.attempts, job.throttled_rounds, job.holder) == (1, 0, "")
    assert job.not_before > timezone.now()


def test_an_answered_upload_closes_the_breaker(
    clean_redis: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Groq's lane is one on a clock moved by hand, to pass over the breaker's pause."""
    lanes = limits_bench.Bench(clean_redis)
    limiter = lanes.lane()
    monkeypatch.setattr(limits, "groq_lane", lambda: Lane(limiter.lane, "", limiter))
    limits_bench.throttle(limiter)
    lanes.clock.advance(limits_bench.denied(limiter.acquire()).wait)
    with transcription._groq_permit(lanes.clock.advance, 10.0):
        assert limiter.state().breaker == "half_open"
    assert limiter.state().breaker == "closed"


def budget_left() -> float:
    return limits.groq_lane().limiter.state().budget_left


@pytest.mark.usefixtures("clean_redis")
@pytest.mark.parametrize(("seconds", "billed"), [(60.4, 60), (3.0, transcription.SHORTEST_BILLED)])
def test_an_upload_that_broke_off_is_billed(seconds: float, billed: int) -> None:
    """Groq may have heard all of it."""
    limits.groq_lane().limiter.cancel(limits.groq_lane().limiter.acquire(cost=1))  # type: ignore[arg-type]
    before = budget_left()
    with pytest.raises(KeyError), transcription._groq_permit(lambda _: None, seconds):
        raise KeyError
    assert before - budget_left() == billed
    assert limits.groq_lane().limiter.state().in_flight == 0


# What leaves a video without a transcript, with nothing asked of anybody.
NOT_TRANSCRIBED: dict[str, Any] = {
    "too long": lambda video: Video.objects.update(duration=transcription.LONGEST + 1),
    "given": lambda video: give(video),
}


def give(video: Video) -> None:
    Video.objects.update(captions_source=CaptionsSource.MANUAL)
    cues = [[0, 1, "Mine"]]
    Transcript.objects.create(video=video, source="manual", language="en", cues=cues, uploaded=True)


@pytest.mark.parametrize("why", NOT_TRANSCRIBED)
def test_what_needs_no_transcription_is_not_fetched(bench: Bench, why: str) -> None:
    video = wanted(bench)
    NOT_TRANSCRIBED[why](video)
    bench.youtube.log.reset()
    transcribe()
    assert not bench.youtube.log.kinds()
    assert Video.objects.get().import_stage == Stage.COMPLETE
    assert not EnrichmentJob.objects.exists()
    assert not TranscriptionUse.objects.exists()


def test_database_that_goes_away_costs_no_attempt(bench: Bench) -> None:
    wanted(bench)
    claim = jobs.claim_transcription(a_run())
    assert claim
    with connection.execute_wrapper(Away(1, after="UPDATE")):
        transcription.transcribe(claim)
    job = EnrichmentJob.objects.get()
    assert (job.holder, job.attempts, job.work) == ("", 0, Work.TRANSCRIBE)


def test_a_key_taken_away_ends_what_waited(bench: Bench, settings: Any) -> None:
    wanted(bench)
    settings.GROQ_API_KEY = ""
    transcriber.cache_clear()
    bench.youtube.log.reset()
    transcribe()
    assert not bench.youtube.log.kinds()
    assert Video.objects.get().captions_source == CaptionsSource.NONE


def test_while_groq_rests_no_audio_is_fetched(bench: Bench) -> None:
    """The job comes back when its breaker asks again, and no attempt is used up."""
    wanted(bench)
    limiter = limits.groq_lane().limiter
    permit = limiter.acquire(cost=10)
    assert isinstance(permit, Permit)
    limiter.on_failure(permit, is_rate_limit=True, retry_after=300)
    bench.youtube.log.reset()
    transcribe()
    assert not bench.youtube.log.kinds()
    job = EnrichmentJob.objects.get()
    assert (job.attempts, job.last_cause) == (0, Cause.TRANSCRIPTION_THROTTLED)
    assert 290 < (job.not_before - timezone.now()).total_seconds() < 340


def test_the_audio_may_come_from_the_reserve(bench: Bench, settings: Any) -> None:
    wanted(bench)
    settings.YOUTUBE_BASE_DELAY, settings.YOUTUBE_BURST = 100.0, 5
    while isinstance(permit := limits.acquire_youtube(bulk=True), Permit):
        limits.lane(permit.lane).limiter.on_success(permit)
    transcribe()
    assert Video.objects.get().captions_source == CaptionsSource.WHISPER


@pytest.mark.parametrize(("number", "is_full"), [(errno.ENOSPC, True), (errno.EACCES, False)])
def test_only_a_full_disk_stops_all(bench: Bench, number: int, is_full: bool) -> None:
    """What else goes wrong with a file is this video's attempt."""
    video = wanted(bench)
    claim = jobs.claim_transcription(a_run())
    assert claim
    job = EnrichmentJob.objects.get()
    record = VideoRecord(claim, video)
    transcription._after_surprise(record, job, OSError(number, "no"))
    assert clients.is_closed(Client.TRANSCRIPTION) == is_full
    job.refresh_from_db()
    assert job.attempts == (0 if is_full else 1)


@pytest.mark.slow
def test_parts_already_paid_for_are_kept(bench: Bench, groq: GroqStandIn) -> None:
    wanted(bench, duration=1230)  # three parts
    groq.faults.status(500, times=1)
    transcribe()
    kept = TranscriptionDraft.objects.get().parts
    assert 0 < len(kept) < 3
    groq.log.reset()
    bench.hurry()
    transcribe()
    assert groq.log.count(kind="transcription") == 3 - len(kept)
    assert Video.objects.get(youtube_id=ID).captions_source == CaptionsSource.WHISPER


@pytest.mark.slow
def test_a_pause_stops_the_uploads_and_keeps_the_parts(
    bench: Bench, groq: GroqStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was uploaded when the video was paused is paid for, and not uploaded again."""
    monkeypatch.setattr("enrichment.sources.transcription.AT_ONCE", 1)
    wanted(bench, duration=1230)  # three parts
    groq.faults.slow(1.0, times=1)

    def pause() -> None:
        wait_for(lambda: groq.log.count(kind="transcription") == 1, 30)
        EnrichmentJob.objects.update(held=True)
        connection.close()

    person = threading.Thread(target=pause)
    person.start()
    transcribe()
    person.join()
    job = EnrichmentJob.objects.get()
    assert (job.holder, job.attempts, job.held) == ("", 0, True)
    kept = TranscriptionDraft.objects.get().parts
    assert groq.log.count(kind="transcription") == len(kept) <= 2, "one may have been under way"
    EnrichmentJob.objects.update(held=False)
    bench.hurry()
    transcribe()
    assert groq.log.count(kind="transcription") == 3
    assert Video.objects.get(youtube_id=ID).captions_source == CaptionsSource.WHISPER


@pytest.mark.slow
@pytest.mark.parametrize("does_one_wait", [True, False])
def test_a_long_audio_lets_others_go_between(
    bench: Bench,
    groq: GroqStandIn,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    does_one_wait: bool,
) -> None:
    """It would use up what Groq takes, hour after hour, while a minute waits."""
    monkeypatch.setattr("enrichment.sources.transcription.AT_ONCE", 1)
    settings.GROQ_AUDIO_SECONDS_PER_HOUR = 2000
    monkeypatch.setattr(transcription, "TURN", 0.25)
    long = wanted(bench, duration=1230)  # three parts
    if does_one_wait:
        short = wanted(bench, "anderesvide")
        transcribe()
        long.refresh_from_db()
        assert long.captions_source == CaptionsSource.UNSETTLED
        kept = TranscriptionDraft.objects.get(video=long).parts
        assert 0 < len(kept) == groq.log.count(kind="transcription") < 3
        transcribe()
        short.refresh_from_db()
        assert short.captions_source == CaptionsSource.WHISPER
        assert EnrichmentJob.objects.get().attempts == 0
    transcribe()
    long.refresh_from_db()
    assert long.captions_source == CaptionsSource.WHISPER
    assert groq.log.count(kind="transcription") == 3 + does_one_wait


def test_who_waits_for_the_allowance_goes_behind(bench: Bench, settings: Any) -> None:
    long, short = wanted(bench), wanted(bench, "anderesvide")
    settings.GROQ_AUDIO_SECONDS_PER_HOUR = 60
    assert isinstance(limits.groq_lane().limiter.acquire(cost=60), Permit)
    transcribe()
    EnrichmentJob.objects.update(not_before=timezone.now())
    assert list(jobs.due(Work.TRANSCRIBE).values_list("video", flat=True)) == [short.pk, long.pk]


def test_a_task_asks_for_the_next_transcription(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted(bench)
    names: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **options: names.append(name))
    tasks.transcribe_next.apply(throw=True)
    assert Video.objects.get().captions_source == CaptionsSource.WHISPER
    assert names == [tasks.transcribe_next.name]


def test_only_one_is_transcribed_at_a_time(bench: Bench) -> None:
    wanted(bench)
    assert jobs.claim_transcription(a_run())
    EnrichmentJob.objects.create(
        video=Video.objects.create(youtube_id="anderesvide"), rank=0, work=Work.TRANSCRIBE
    )
    assert jobs.claim_transcription(a_run()) is None


def test_captions_blocked_three_times_are_transcribed(bench: Bench) -> None:
    bench.youtube.catalogue.add(VideoSpec(ID, captions=(CaptionSpec("de"),), duration=60))
    bench.youtube.faults.status(429, kind="timedtext")
    video = bench.want()
    for _ in range(3):
        bench.hurry()
        bench.run()
    assert EnrichmentJob.objects.get().work == Work.TRANSCRIBE
    bench.hurry()
    transcribe()
    video.refresh_from_db()
    assert video.captions_source == CaptionsSource.WHISPER


def test_without_a_key_blocked_captions_come_later_by_themselves(
    bench: Bench, settings: Any
) -> None:
    settings.GROQ_API_KEY = ""
    bench.youtube.catalogue.add(VideoSpec(ID, captions=(CaptionSpec("de"),)))
    blocked = bench.youtube.faults.status(429, kind="timedtext")
    video = bench.want()
    for _ in range(3):
        bench.hurry()
        bench.run()
    video.refresh_from_db()
    assert (video.import_stage, video.captions_source) == (Stage.COMPLETE, CaptionsSource.NONE)
    blocked.remove()
    bench.hurry()
    bench.run()
    video.refresh_from_db()
    assert (video.import_stage, video.captions_source) == (Stage.COMPLETE, CaptionsSource.MANUAL)
    assert not EnrichmentJob.objects.exists()


def test_without_a_key_a_video_without_captions_is_complete(bench: Bench, settings: Any) -> None:
    settings.GROQ_API_KEY = ""
    video = wanted(bench)
    video.refresh_from_db()
    assert (video.import_stage, video.captions_source) == (Stage.COMPLETE, CaptionsSource.NONE)


# When it fails ------------------------------------------------------------------------------------


def two_wanted(bench: Bench) -> list[Video]:
    videos = [wanted(bench)]
    bench.youtube.catalogue.add(VideoSpec("anderesvide", captions=(), duration=20))
    videos.append(bench.want("anderesvide"))
    bench.run()
    bench.youtube.log.reset()
    return videos


def transcribe_all_due(most: int = 20) -> int:
    """How many transcriptions were due and ran."""
    for ran in range(most):
        claim = jobs.claim_transcription(a_run())
        if claim is None:
            return ran
        transcription.transcribe(claim, sleep=lambda seconds: None)
    return most


def hurry_jobs() -> None:
    EnrichmentJob.objects.update(not_before=timezone.now() - timedelta(seconds=1))


@pytest.mark.slow
@pytest.mark.parametrize("fault", [Fault("status", status=500), Fault("reset")], ids=str)
def test_groq_that_is_down_is_rested_and_no_audio_fetched(
    bench: Bench, groq: GroqStandIn, fault: Fault
) -> None:
    videos = two_wanted(bench)
    down = groq.faults.add(fault)
    for _ in range(20):
        transcribe_all_due()
        hurry_jobs()
    assert bench.youtube.log.count(kind="media") <= 3, "audio is fetched until the breaker opens"
    assert groq.log.count(kind="transcription") <= 3
    assert EnrichmentJob.objects.filter(work=Work.TRANSCRIBE).count() == 2, "nothing was given up"
    down.remove()
    bench.hurry()
    for _ in range(4):
        transcribe_all_due()
        bench.hurry()
    for video in videos:
        video.refresh_from_db()
        assert video.captions_source == CaptionsSource.WHISPER


@pytest.mark.parametrize("status", some_first([401, 402, 403, 404], 1))
def test_wrong_key_stops_transcription_and_tells_the_operator(
    bench: Bench, groq: GroqStandIn, status: int
) -> None:
    videos = two_wanted(bench)
    wrong = groq.faults.status(status)
    transcribe_all_due()
    assert groq.log.count(kind="transcription") == 1
    assert bench.youtube.log.count(kind="media") == 1, "the second video's audio is not fetched"
    for video in videos:
        video.refresh_from_db()
        assert (video.import_stage, video.captions_source) == (Stage.COMPLETE, CaptionsSource.NONE)
    assert [trouble.client for trouble in clients.troubles()] == [Client.TRANSCRIPTION]
    assert f"HTTP {status}" in clients.troubles()[0].detail
    wrong.remove()
    ClientState.objects.update(closed_until=timezone.now())
    hurry_jobs()
    EnrichmentJob.objects.filter(video=videos[1]).update(
        not_before=timezone.now() + timedelta(hours=1)
    )
    assert transcribe_all_due() == 2, "the first one's answer lets the other one go on"
    for video in videos:
        video.refresh_from_db()
        assert video.captions_source == CaptionsSource.WHISPER
    assert not clients.troubles()


def test_full_disk_stops_transcription_as_a_whole(bench: Bench, monkeypatch: Any) -> None:
    videos = two_wanted(bench)

    def full(*_: Any, **__: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.open", full)
        transcribe_all_due()
    assert [trouble.client for trouble in clients.troubles()] == [Client.TRANSCRIPTION]
    assert EnrichmentJob.objects.count() == len(videos)


def test_refused_audio_leaves_the_lane_alone(bench: Bench) -> None:
    """What the client that fetches audio is told does not stop the imports."""
    videos = two_wanted(bench)
    refusal = bench.youtube.faults.verdict(Failure.BOT_CHECK, kind="player", client="VISIONOS")
    for _ in range(6):
        transcribe_all_due()
        hurry_jobs()
    assert limits.youtube_lanes()[0].limiter.state().breaker == "closed"
    refusal.remove()
    transcribe_all_due()
    for video in videos:
        video.refresh_from_db()
        assert video.captions_source == CaptionsSource.WHISPER


@pytest.mark.slow
def test_audio_refused_to_all_is_looked_at_again(bench: Bench) -> None:
    """Nobody ends without captions for good because YouTube shut the client out."""
    ids = [f"anderesvid{n}" for n in range(5)]
    for youtube_id in ids:
        bench.youtube.catalogue.add(VideoSpec(youtube_id, captions=(), duration=20))
        bench.want(youtube_id)
        bench.run()
    refusal = bench.youtube.faults.status(403, kind="media")
    for _ in range(10):
        transcribe_all_due()
        hurry_jobs()
    assert EnrichmentJob.objects.count() == len(ids)
    assert Video.objects.filter(import_stage=Stage.COMPLETE).count() == len(ids)
    assert [trouble.client for trouble in clients.troubles()] == [Client.AUDIO]
    assert bench.youtube.log.count(kind="media") <= len(ids)
    refusal.remove()
    ClientState.objects.update(closed_until=timezone.now())
    for _ in range(3):
        hurry_jobs()
        transcribe_all_due()
    assert Video.objects.filter(captions_source=CaptionsSource.WHISPER).count() == len(ids)


def test_audio_that_comes_hurries_no_other_video(bench: Bench) -> None:
    """One that had no audio looks again in its own time while the client is open."""
    wanted(bench)
    waits = EnrichmentJob.objects.create(
        video=Video.objects.create(youtube_id="anderesvide"),
        rank=9,
        work=Work.TRANSCRIBE,
        last_cause=Cause.TRANSCRIPTION_FAILED,
        not_before=timezone.now() + timedelta(hours=12),
    )
    assert transcribe_all_due() == 1
    assert EnrichmentJob.objects.get().not_before == waits.not_before


def test_one_video_without_audio_is_given_up_after_three(bench: Bench) -> None:
    wanted(bench, playable=False)
    for _ in range(jobs.MAX_ATTEMPTS):
        transcribe_all_due(most=1)
        hurry_jobs()
    assert not EnrichmentJob.objects.exists()


@pytest.mark.parametrize(
    ("is_rate_limit", "cause"),
    [(False, Cause.TRANSCRIPTION_BUDGET), (True, Cause.TRANSCRIPTION_THROTTLED)],
)
@pytest.mark.usefixtures("clean_redis")
def test_no_permit_says_what_is_waited_for(
    settings: Any, is_rate_limit: bool, cause: Cause
) -> None:
    """The hour's audio is used up, or Groq has refused."""
    settings.GROQ_AUDIO_SECONDS_PER_HOUR = 60
    limiter = limits.groq_lane().limiter
    permit = limiter.acquire(cost=60)
    assert isinstance(permit, Permit)
    if is_rate_limit:
        limiter.on_failure(permit, is_rate_limit=True, retry_after=300)
    with pytest.raises(Throttled) as met:
        transcription._wait_for_permit(limiter, 60, lambda _: None)
    assert met.value.cause == cause


@pytest.mark.parametrize("pause", [0.5, transcription.SHORT_WAIT])
def test_an_upload_waits_only_until_its_turn(clean_redis: redis.Redis, pause: float) -> None:
    lanes = limits_bench.Bench(clean_redis)
    limiter = lanes.lane(base_delay=pause, burst=1)
    limits_bench.granted(limiter.acquire())
    began = lanes.clock.now
    transcription._wait_for_permit(limiter, 10, lanes.clock.advance)
    assert lanes.clock.now - began == pytest.approx(pause, abs=0.002)
