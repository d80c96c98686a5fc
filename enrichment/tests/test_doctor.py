"""What an administrator is told about the lanes and the queue: `manage.py doctor` and the admin."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from enrichment import clients, jobs
from enrichment.client_state import Client as YouTubeClient
from enrichment.errors import YouTubeChanged
from enrichment.limits import Permit, youtube_lanes
from enrichment.troubles import in_short
from tests.standins import Fault, YouTubeStandIn
from videos.models import Video

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


@pytest.fixture(autouse=True)
def way_out(youtube: YouTubeStandIn, settings: Any) -> YouTubeStandIn:
    settings.YOUTUBE_PROXY = [youtube.proxy_url]
    settings.YOUTUBE_CA_FILE = str(youtube.ca_file)
    return youtube


def said_by_the_doctor() -> tuple[str, int]:
    """Everything it says, and its exit code."""
    said = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", stdout=said)
    return said.getvalue(), int(ended.value.code or 0)


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
def test_the_doctor_says_how_lanes_are_and_what_waits() -> None:
    text, _ = said_by_the_doctor()
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


@pytest.mark.parametrize(("embedded", "origin"), [(True, "embedded"), (False, "REDIS_URL")])
def test_doctor_says_what_works(settings: Any, embedded: bool, origin: str) -> None:
    """Redis does, and no worker runs."""
    settings.EMBEDDED_REDIS = embedded
    text, code = said_by_the_doctor()
    lines = text.splitlines()
    assert f"ok    redis          {origin}" in lines
    assert any(line.startswith("DOWN  worker         no sign of life") for line in lines)
    assert code == 1


def test_doctor_tries_each_way_out(settings: Any, youtube: YouTubeStandIn) -> None:
    """A dead one is said as what it is, without its password."""
    settings.YOUTUBE_PROXY = [youtube.proxy_url, "http://wolf:geheim@127.0.0.1:9"]
    text, _ = said_by_the_doctor()
    assert "leads to YouTube" in text
    assert "the proxy refuses, is not there, or is cut off" in text
    assert "geheim" not in text


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault("reset"), "cut off"),
        (Fault("status", status=429), "YouTube answers HTTP 429"),
        (Fault("status", status=407), "payment or password"),
    ],
    ids=str,
)
def test_doctor_says_what_a_way_out_meets(youtube: YouTubeStandIn, fault: Fault, said: str) -> None:
    youtube.faults.add(fault)
    text, code = said_by_the_doctor()
    assert said in text
    assert code == 1


def test_doctor_knows_a_strangers_certificate(settings: Any) -> None:
    """A captive portal answers in YouTube's place."""
    settings.YOUTUBE_CA_FILE = ""
    text, _ = said_by_the_doctor()
    assert "captive portal" in text


TROUBLES = [
    (YouTubeClient.WATCH_PAGE, "update_ytdlp", {"youtube": "changed"}),
    (YouTubeClient.NETWORK, "tries each way out", {"youtube": "unreachable"}),
    (YouTubeClient.TRANSCRIPTION, "nothing is transcribed", {"transcription": "stopped"}),
    (YouTubeClient.SECOND_CLIENT, "second client is refused", {}),
]


@pytest.mark.parametrize(("name", "said", "short"), TROUBLES)
def test_closed_client_is_said_everywhere(
    name: YouTubeClient, said: str, short: dict[str, str], admin_user: Any
) -> None:
    clients.note_refusal(name, "x", YouTubeChanged(detail="Words of YouTube"), close_after=1)
    text, _ = said_by_the_doctor()
    assert said in text
    assert "Words of YouTube" in text
    page = Client(headers={"accept-language": "en"})
    assert in_short() == short
    page.force_login(admin_user)
    assert "Words of YouTube" in page.get("/admin/enrichment/clientstate/").content.decode()
