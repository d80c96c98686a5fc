"""Playlists that break off: tried again, then said; never taken for whole ones."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from importer.imports import services
from importer.imports.models import BatchState, Expansion, ImportBatch, ImportItem, Verdict
from importer.imports.progress import batch_progress
from importer.imports.tests.test_expansion import PLAYLIST, importing
from importer.tests.readings import ask_at_once, read_all
from tests.standins import Fault, YouTubeStandIn
from tests.standins.lists import PLAYLIST_PAGE as PAGE
from tests.tiers import some_first
from videos.models import VideoList

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
COUNT = 3 * PAGE


@pytest.fixture(autouse=True)
def youtube_is_there(youtube: YouTubeStandIn, settings: Any) -> None:
    ask_at_once(youtube, settings)


def later() -> None:
    """The time until the next reading has passed."""
    Expansion.objects.update(not_before=F("not_before") - timedelta(days=1))


def line_of(batch: ImportBatch) -> ImportItem:
    return batch.items.get(number=1)


def brought(batch: ImportBatch) -> int:
    return batch.items.filter(verdict=Verdict.NEW).count()


def cut_at(youtube: YouTubeStandIn, ends_at: int | None) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, COUNT, ends_at=ends_at)


def read_to_the_end(batch: ImportBatch) -> ImportItem:
    """Read again and again until the line has its last verdict."""
    for _ in range(10):
        read_all()
        if line_of(batch).verdict != Verdict.EXPANDING:
            break
        later()
    return line_of(batch)


@pytest.mark.parametrize(
    "ends_at", some_first([2 * PAGE, 2 * PAGE + 30], 1), ids=["after a page", "in a page"]
)
def test_list_that_breaks_off_waits_to_be_read_again(
    video_list: VideoList, youtube: YouTubeStandIn, ends_at: int
) -> None:
    cut_at(youtube, ends_at)
    batch = importing(video_list, PLAYLIST)
    read_all()
    assert (line_of(batch).verdict, brought(batch)) == (Verdict.EXPANDING, ends_at)
    assert Expansion.objects.get().continuation is None, "from its beginning"
    cut_at(youtube, None)
    line = read_to_the_end(batch)
    assert (line.verdict, line.reason, line.reason_text) == (Verdict.EXPANDED, "", "")
    assert (brought(batch), batch.items.count()) == (COUNT, COUNT + 1)


def test_same_end_twice_is_said(video_list: VideoList, youtube: YouTubeStandIn) -> None:
    cut_at(youtube, 2 * PAGE)
    batch = importing(video_list, PLAYLIST)
    read_all()
    later()
    read_all()
    line = line_of(batch)
    assert (line.verdict, line.reason) == (Verdict.EXPANDED, "playlist_incomplete")
    assert line.reason_text == "200 of 300 could be read."
    progress = batch_progress(batch)
    assert (progress.total, progress.cut_short) == (2 * PAGE, 1)
    assert progress.summary.endswith("1 playlist read in part")


@pytest.mark.slow
def test_page_that_never_comes_is_said(video_list: VideoList, youtube: YouTubeStandIn) -> None:
    cut_at(youtube, None)
    youtube.faults.add(Fault("hollow", kind="browse", after=0))
    batch = importing(video_list, PLAYLIST)
    line = read_to_the_end(batch)
    assert (line.verdict, line.reason) == (Verdict.EXPANDED, "playlist_incomplete")
    assert line.reason_text == "100 of 300 could be read."


@pytest.mark.slow
def test_read_again_brings_the_rest_without_repeating(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    cut_at(youtube, 2 * PAGE)
    batch = importing(video_list, PLAYLIST)
    read_to_the_end(batch)
    ImportBatch.objects.update(state=BatchState.FINISHED)
    batch.refresh_from_db()
    cut_at(youtube, None)
    assert services.retry_batch(batch=batch, cause="playlist_incomplete") == 1
    assert (batch.state, line_of(batch).verdict) == (BatchState.RUNNING, Verdict.EXPANDING)
    line = read_to_the_end(batch)
    assert (line.verdict, line.reason_text) == (Verdict.EXPANDED, "")
    assert (brought(batch), batch.items.count()) == (COUNT, COUNT + 1)
    assert batch_progress(batch).cut_short == 0


@pytest.mark.slow
def test_retry_of_another_cause_reads_no_list(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    cut_at(youtube, 2 * PAGE)
    batch = importing(video_list, PLAYLIST)
    read_to_the_end(batch)
    assert services.retry_batch(batch=batch, cause="network") == 0
    assert Expansion.objects.count() == 0


def test_empty_list_is_said(video_list: VideoList, youtube: YouTubeStandIn) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, 0)
    batch = importing(video_list, PLAYLIST)
    read_all()
    line = line_of(batch)
    assert (line.verdict, line.reason_text) == (Verdict.EXPANDED, "There are no videos here.")
