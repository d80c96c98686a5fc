"""`/metrics`: who may read it, and that its figures are those of the installation."""

from datetime import date
from math import isnan

import pytest
from django.contrib.auth.models import User
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from config.metrics import days_since_release
from videos.causes import Cause
from videos.models import VideoList
from videos.stages import Stage
from videos.tests.library import add_video

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


def samples(client: Client, **headers: str) -> dict[tuple[str, str], float]:
    """Each sample's value by its name and its labels' values."""
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.content
    return {
        (sample.name, " ".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def test_metrics_count_videos_by_stage_and_cause(client, library: VideoList) -> None:
    for number in (1, 2):
        add_video(library, number, stage=Stage.COMPLETE)
    add_video(library, 3, stage=Stage.ERROR, error_cause=Cause.PRIVATE)

    found = samples(client)

    assert found["sammelwerk_videos", "complete"] == 2
    assert found["sammelwerk_videos_failed", "private"] == 1
    assert found["sammelwerk_lane_breaker", "youtube:direct closed"] == 1
    assert found["sammelwerk_lane_budget_left", "youtube:direct"] > 0
    assert found["sammelwerk_worker_up", ""] == 0


def test_metrics_without_a_token_refuse_others(client) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7").status_code == 403
    assert client.get("/metrics", headers={"x-forwarded-for": "127.0.0.1"}).status_code == 403


def test_metrics_with_a_token_ask_everybody_for_it(client, settings) -> None:
    settings.METRICS_TOKEN = "mé-secret"
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"authorization": "Bearer no"}).status_code == 403
    assert samples(client, authorization="Bearer mé-secret")


@pytest.mark.parametrize(
    ("version", "days"), [("2026.10.26", 5), ("2026.10.26.232815", 5), ("2026.10.31", 0)]
)
def test_days_since_release_reads_dates(version: str, days: int) -> None:
    assert days_since_release(version, today=date(2026, 10, 31)) == days


def test_days_since_release_of_no_date_is_nan() -> None:
    assert isnan(days_since_release("1.2", today=date(2026, 10, 31)))


@pytest.fixture
def library() -> VideoList:
    owner = User.objects.create_user("alice")
    return VideoList.objects.create(owner=owner, name="Clocks")
