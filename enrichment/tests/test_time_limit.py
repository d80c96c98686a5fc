"""A run that does all its retries ends before its process is killed for taking too long."""

from __future__ import annotations

import contextlib
from itertools import product

import pytest

from enrichment import limits, pipeline
from enrichment.errors import NetworkBlip
from enrichment.limits import PermitUse
from enrichment.pipeline import QUESTIONS, REQUESTS, TIME_LIMIT, Run
from enrichment.record import VideoRecord
from enrichment.sources.registry import source_for
from enrichment.sources.types import REQUEST_TIMEOUT
from enrichment.tasks import enrich_next
from enrichment.tests.pipeline_bench import Bench

pytestmark = pytest.mark.django_db

SLOWEST = REQUESTS * REQUEST_TIMEOUT  # seconds that one question takes at most


class SlowYouTube:
    """Each question takes as long as it can, and fails as often as it is told. `now` is seconds."""

    def __init__(self) -> None:
        self.now = 0.0
        self.fails = 0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def answer(self) -> str:
        self.now += SLOWEST
        if self.fails == 0:
            return "an answer"
        self.fails -= 1
        raise NetworkBlip


def seconds_of_run(use: PermitUse, record: VideoRecord, fails: tuple[int, ...]) -> float:
    """How long a run takes whose questions fail so often; it ends when one gives up."""
    youtube = SlowYouTube()
    run = Run(record, source_for(""), use, youtube.sleep, clock=youtube.clock)
    with contextlib.suppress(NetworkBlip):
        for times in fails:
            youtube.fails = times
            run._with_patience(youtube.answer)
    return youtube.now


def test_longest_run_ends_before_its_time_limit(bench: Bench) -> None:
    video = bench.want()
    claim, permit = bench.claim()
    record = VideoRecord(claim, video)
    every_way = product(range(pipeline.BLIP_TRIES), repeat=QUESTIONS)
    with limits.using(limits.lane(permit.lane).limiter, permit) as use:
        longest = max(seconds_of_run(use, record, fails) for fails in every_way)
    assert longest > pipeline.RETRY_FOR + (QUESTIONS - 1) * SLOWEST
    assert longest <= pipeline.LONGEST_RUN < TIME_LIMIT
    assert enrich_next.time_limit == TIME_LIMIT
