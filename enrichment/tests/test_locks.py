"""A retry in the middle of a run's write: both lock the job first, so the one waits for the other
instead of both for each other.
"""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from enrichment import jobs, services
from enrichment.models import EnrichmentJob
from enrichment.tests.holders import a_run
from tests.installation import wait_for
from tests.interleaving import somebody_waits
from videos.causes import Cause
from videos.models import Video
from videos.stages import Stage

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_retry_waits_for_a_runs_write_and_starts_anew(clean_redis: Any) -> None:
    """A premiere that is looked at again: in error, and with a job.

    On SQLite one writes at a time anyway; the outcome is the same.
    """
    video = Video.objects.create(
        youtube_id="00000000001", import_stage=Stage.ERROR, error_cause=Cause.UPCOMING
    )
    jobs.enqueue([video.pk], bulk=False, now=timezone.now())
    claim = jobs.claim(a_run())
    assert claim
    began = threading.Event()
    answers: list[Any] = []

    def retry() -> None:
        try:
            if connection.vendor == "postgresql":
                connection.cursor().execute("SET lock_timeout = '5s'")
            began.set()
            answers.append(services.retry_video(video=video))
        except DatabaseError as error:
            answers.append(error)
        finally:
            connection.close()

    person = threading.Thread(target=retry)
    with jobs.fenced(claim):
        person.start()
        began.wait(5)
        if connection.vendor == "postgresql":
            wait_for(somebody_waits, 5)
        Video.objects.filter(pk=video.pk).update(error_cause=Cause.LIVE)
    person.join(30)
    assert answers == [True]
    assert Video.objects.get().import_stage == Stage.CREATED
    assert EnrichmentJob.objects.get().holder == ""
