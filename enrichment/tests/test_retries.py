"""What becomes of a video after everything YouTube can say or answer: in error for good, looked at
again, or waiting without blame.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from enrichment.models import EnrichmentJob
from enrichment.tests.pipeline_bench import ID, Bench
from enrichment.tests.pipeline_bench import bench as bench
from tests.standins import Failure, VideoSpec
from videos.causes import CAUSES, Cause
from videos.models import Video, VideoList
from videos.stages import Stage
from videos.tests.library import add_video

pytestmark = pytest.mark.django_db(transaction=True)

ABOUT_US = {Failure.BOT_CHECK, Failure.CAPTCHA, Failure.SESSION_LIMIT}
NOT_ABOUT_US_OR_IT = {
    Failure.NOT_AVAILABLE,
    Failure.NO_REASON,  # no words at all: never final, see test_spells
}  # it will not play for a client like ours; all we want of it is there
COMES_BACK = {
    Failure.UPCOMING,
    Failure.UPCOMING_SOON,
    Failure.PREMIERE,
    Failure.LIVE,
    Failure.PROCESSING,
}
TITLED = {
    Failure.MEMBERS,
    Failure.MEMBERS_LEVEL,
    Failure.AGE,
    Failure.AGE_INAPPROPRIATE,
    Failure.GEO_REASON,
    Failure.PAID,
    *COMES_BACK,
}


def run(bench: Bench) -> Video:
    video = bench.want()
    bench.run()
    video.refresh_from_db()
    return video


@pytest.mark.parametrize("failure", sorted(set(Failure) - ABOUT_US - NOT_ABOUT_US_OR_IT))
def test_a_word_about_the_video_is_final_or_comes_back_by_itself(
    bench: Bench, failure: Failure
) -> None:
    bench.youtube.catalogue.add(VideoSpec(ID, title="Titel", failure=failure))
    video = run(bench)
    assert video.import_stage == Stage.ERROR
    assert CAUSES[Cause(video.error_cause)].retryable == (failure in COMES_BACK), (
        "the button that fits"
    )
    assert EnrichmentJob.objects.filter(not_before__gt=timezone.now()).exists() == (
        failure in COMES_BACK
    )
    assert EnrichmentJob.objects.exists() == (failure in COMES_BACK)
    if failure in TITLED:
        assert video.title == "Titel"


@pytest.mark.parametrize("failure", sorted(ABOUT_US))
def test_a_word_about_us_costs_the_video_nothing(bench: Bench, failure: Failure) -> None:
    bench.youtube.faults.verdict(failure)
    waits_without_blame(run(bench))


@pytest.mark.parametrize("status", [429, 403])
def test_a_status_about_us_costs_the_video_nothing(bench: Bench, status: int) -> None:
    bench.youtube.faults.status(status, retry_after=90)
    waits_without_blame(run(bench), at_least=timedelta(seconds=85))


def waits_without_blame(video: Video, at_least: timedelta = timedelta(seconds=20)) -> None:
    job = EnrichmentJob.objects.get()
    assert (video.import_stage, video.error_cause, job.attempts, job.throttled_rounds) == (
        Stage.CREATED,
        "",
        0,
        1,
    )
    assert job.not_before > timezone.now() + at_least


@pytest.mark.parametrize(("status", "tries"), [(500, 4), (503, 4), (400, 1)])
def test_a_status_of_nobodys_is_tried_again_later(bench: Bench, status: int, tries: int) -> None:
    bench.youtube.faults.status(status)
    video = run(bench)
    job = EnrichmentJob.objects.get()
    assert (video.import_stage, job.attempts, bench.youtube.log.count(kind="watch")) == (
        Stage.CREATED,
        1,
        tries,
    )
    assert job.not_before > timezone.now()


def test_what_is_not_there_is_final(bench: Bench) -> None:
    bench.youtube.faults.status(404)
    video = run(bench)
    assert (video.import_stage, video.error_cause, EnrichmentJob.objects.count()) == (
        Stage.ERROR,
        "unavailable",
        0,
    )


def test_a_person_sees_the_title_of_what_they_cannot_have(
    bench: Bench, alice: Any, video_list: VideoList, client: Any
) -> None:
    bench.youtube.catalogue.add(VideoSpec(ID, title="Nur für Mitglieder", failure=Failure.MEMBERS))
    video = run(bench)
    add_video(video_list, 7)
    video_list.entries.create(video=video, position=video_list.reserve_positions(1))
    client.force_login(alice)
    html = client.get(video_list.get_absolute_url()).content.decode()
    assert "Nur für Mitglieder" in html
    assert "This video is for members of the channel only." in html
