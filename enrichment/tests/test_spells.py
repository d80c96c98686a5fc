"""Words that many videos get in a row are about us: they wait, nothing fails, and all goes on by
itself.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from enrichment import clients, jobs, troubles
from enrichment.client_state import Client, ClientState
from enrichment.errors import YouTubeChanged
from enrichment.limits import Denied, Permit, acquire_youtube, youtube_lanes
from enrichment.models import EnrichmentJob
from enrichment.tests.holders import a_run
from enrichment.tests.pipeline_bench import ID, Bench
from tests.standins import CaptionSpec, Failure, Fault, VideoSpec, video_id
from videos.models import Video
from videos.stages import Stage

pytestmark = pytest.mark.django_db(transaction=True)
NEW_WORDS = Fault("refusal", kind="watch", reason="Words nobody has said yet")
SPELLS = [
    NEW_WORDS,
    Fault("refusal", kind="watch", reason="The page needs to be reloaded."),
    Fault("refusal", kind="watch", playability="ERROR", reason=""),
    Fault("refusal", kind="watch", reason="Update YouTube to continue"),
    Fault("riddle", kind="watch"),
    Fault("html", kind=("watch", "next", "player")),
]


@pytest.fixture(autouse=True)
def new_process() -> None:
    clients.forget_what_is_remembered()


def want(bench: Bench, count: int, **spec: Any) -> list[Video]:
    captions = (CaptionSpec("de"),)
    for n in range(count):
        bench.youtube.catalogue.add(VideoSpec(video_id(n), captions=captions, **spec))
    return [bench.want(video_id(n)) for n in range(count)]


def run_until_paused(bench: Bench, most: int) -> int:
    """Run until the lane says no; how many ran."""
    for ran in range(most):
        run = a_run()
        permit = acquire_youtube(bulk=False, holder=run.name)
        if isinstance(permit, Denied):
            return ran
        claim = jobs.claim(run)
        if claim is None:
            youtube_lanes()[0].limiter.cancel(permit)
            return ran
        bench.run((claim, permit))
    return most


@pytest.mark.slow
@pytest.mark.parametrize("fault", SPELLS, ids=str)
def test_spell_pauses_the_work_and_fails_nothing(bench: Bench, fault: Fault) -> None:
    want(bench, 20)
    spell = bench.youtube.faults.add(fault)
    assert run_until_paused(bench, 40) == clients.SPELL_AFTER
    assert youtube_lanes()[0].limiter.state().breaker == "open"
    assert not Video.objects.filter(import_stage=Stage.ERROR).exists()
    assert not EnrichmentJob.objects.exclude(attempts=0).exists()
    assert [trouble.client for trouble in clients.troubles()] == [Client.WATCH_PAGE]
    spell.remove()
    bench.hurry()
    for _ in range(20):
        bench.run()
    assert Video.objects.filter(import_stage=Stage.COMPLETE).count() == 20
    assert not clients.troubles()


def test_probe_of_a_spell_is_another_videos(bench: Bench) -> None:
    want(bench, 12)
    bench.youtube.faults.add(NEW_WORDS)
    assert run_until_paused(bench, 20) == 10
    bench.youtube.log.reset()
    first = jobs.head()
    assert first is not None
    assert Video.objects.get(pk=first.video_id).youtube_id == video_id(10)


def test_good_answer_between_keeps_the_work_going(bench: Bench) -> None:
    """Nine unreadable videos, a good one, nine more: that is about those videos."""
    want(bench, 19)
    bad = [video_id(n) for n in range(19) if n != 9]
    bench.youtube.faults.add(
        Fault("refusal", kind="watch", video_id=bad, reason="Words nobody has said yet")
    )
    assert run_until_paused(bench, 19) == 19
    assert youtube_lanes()[0].limiter.state().breaker == "closed"
    assert not clients.troubles()


def test_known_verdicts_are_good_answers(bench: Bench) -> None:
    want(bench, 15, failure=Failure.PRIVATE)
    assert run_until_paused(bench, 15) == 15
    assert Video.objects.filter(error_cause="private").count() == 15
    assert not clients.troubles()


def test_one_unreadable_video_is_retried_and_then_in_error(bench: Bench) -> None:
    bench.youtube.faults.add(NEW_WORDS)
    video = bench.want()
    for attempt in range(1, jobs.MAX_ATTEMPTS + 1):
        bench.run()
        video.refresh_from_db()
        ended = attempt == jobs.MAX_ATTEMPTS
        assert (video.import_stage == Stage.ERROR) == ended
        bench.hurry()
    assert video.error_cause == "youtube_changed"
    assert bench.youtube.log.count(kind="watch") == jobs.MAX_ATTEMPTS


@pytest.mark.slow
def test_what_a_spell_put_in_error_is_put_back(bench: Bench) -> None:
    """A slow trickle: the first videos used up their attempts before the tenth made the spell
    known.
    """
    spell = bench.youtube.faults.add(NEW_WORDS)
    videos = want(bench, 12)
    late = [video.pk for video in videos[2:]]
    EnrichmentJob.objects.filter(video__in=late).update(
        not_before=timezone.now() + timedelta(hours=1)
    )
    for _ in range(jobs.MAX_ATTEMPTS):
        bench.run()
        bench.run()
        EnrichmentJob.objects.exclude(video__in=late).update(
            not_before=timezone.now() - timedelta(seconds=1)
        )
    assert Video.objects.filter(import_stage=Stage.ERROR).count() == 2
    bench.hurry()
    assert run_until_paused(bench, 20) == 8
    assert not Video.objects.filter(import_stage=Stage.ERROR).exists()
    spell.remove()
    bench.hurry()
    for _ in range(12):
        bench.run()
    assert Video.objects.filter(import_stage=Stage.COMPLETE).count() == 12


def test_pause_of_a_spell_is_doubled_by_each_probe(bench: Bench) -> None:
    want(bench, 15)
    bench.youtube.faults.add(NEW_WORDS)
    run_until_paused(bench, 15)
    state = ClientState.objects.get(client=Client.WATCH_PAGE)
    assert state.closed_since
    assert ID not in state.streak


SIGN_IN = [
    Fault("status", status=302, location="https://accounts.google.com/ServiceLogin", kind="watch"),
    Fault("consent"),
]


@pytest.mark.parametrize("fault", SIGN_IN, ids=["sign-in", "consent"])
def test_sign_in_page_is_a_spell_at_once(bench: Bench, fault: Fault) -> None:
    """It is a page of Google's, and says nothing about any video."""
    want(bench, 5)
    spell = bench.youtube.faults.add(fault)
    assert run_until_paused(bench, 5) == 1
    (trouble,) = clients.troubles()
    assert trouble.cause == "sign_in"
    assert "YOUTUBE_COOKIES_FILE" in troubles.said_to_the_operator(trouble)
    assert "update_ytdlp" not in troubles.said_to_the_operator(trouble)
    standstill = troubles.standstill()
    assert standstill is not None
    assert "sign in" in standstill.text
    assert troubles.in_short() == {"youtube": "sign-in"}
    assert not EnrichmentJob.objects.exclude(attempts=0).exists()
    spell.remove()
    bench.hurry()
    for _ in range(5):
        bench.run()
    assert Video.objects.filter(import_stage=Stage.COMPLETE).count() == 5
    assert not clients.troubles()


@pytest.mark.parametrize("act", ["html", "garbled", "empty", "consent"])
def test_probe_of_a_spell_is_one_request(bench: Bench, act: Any) -> None:
    want(bench, 15)
    bench.youtube.faults.add(Fault(act))
    run_until_paused(bench, 15)
    bench.youtube.log.reset()
    bench.hurry()
    (lane,) = youtube_lanes()
    permit = lane.limiter.acquire(bulk=False)
    assert isinstance(permit, Permit)
    claim = jobs.claim(a_run())
    assert claim
    bench.run((claim, permit._replace(probe=True)))
    assert bench.youtube.log.kinds() == {"watch": 1}


def test_after_an_answer_a_streak_begins_anew(django_assert_num_queries: Any) -> None:
    """A spell puts back what failed since its streak began, and nothing older; and a client that is
    healthy again costs no query.
    """
    error = YouTubeChanged(detail="Words nobody has said yet")
    clients.note_refusal(Client.WATCH_PAGE, video_id(1), error)
    clients.note_answer(Client.WATCH_PAGE)
    state = ClientState.objects.get(client=Client.WATCH_PAGE)
    assert (state.streak, state.streak_since) == ([], None)

    with django_assert_num_queries(1):
        for _ in range(3):
            clients.note_answer(Client.WATCH_PAGE)
    clients.note_refusal(Client.WATCH_PAGE, video_id(2), error)
    state.refresh_from_db()
    assert state.streak == [video_id(2)]
    assert state.streak_since is not None
