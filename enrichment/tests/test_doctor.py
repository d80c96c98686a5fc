"""What an administrator is told about the lanes and the queue: `manage.py doctor` and the admin."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from enrichment import jobs
from enrichment.limits import Permit, youtube_lanes
from videos.models import Video

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


@pytest.fixture
def banned() -> None:
    """Five videos wait, and YouTube has blocked the only way out for two minutes."""
    ids = [Video.objects.create(youtube_id=f"{n:011}").pk for n in range(5)]
    jobs.enqueue(ids, bulk=False, now=timezone.now())
    limiter = youtube_lanes()[0].limiter
    permit = limiter.acquire()
    assert isinstance(permit, Permit)
    limiter.on_failure(permit, is_rate_limit=True, retry_after=120)


@pytest.mark.usefixtures("banned")
def test_the_doctor_says_how_each_lane_is_what_waits_and_when_it_ends() -> None:
    said = StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", stdout=said)
    text = said.getvalue()
    assert "4 s between requests, 299 left this hour, 0 running, breaker open until" in text
    assert "5 videos: 0 running, 5 waiting, 0 paused" in text
    assert "goes on" in text
    assert "ends about" in text


@pytest.mark.usefixtures("banned")
def test_the_admin_shows_the_lanes_and_closes_the_breaker(admin_user: Any) -> None:
    page = Client(headers={"accept-language": "en"})
    page.force_login(admin_user)
    html = page.get("/admin/enrichment/lanestate/").content.decode()
    assert "5 videos wait, done about" in html
    for column in (
        "field-breaker",
        "field-pace",
        "field-budget_left",
        "field-open_until",
        "field-in_flight",
    ):
        assert column in html
    row = html.partition('name="_selected_action" value="')[2].partition('"')[0]
    page.post("/admin/enrichment/lanestate/", {"action": "close_breaker", "_selected_action": row})
    assert youtube_lanes()[0].limiter.state().breaker == "closed"
