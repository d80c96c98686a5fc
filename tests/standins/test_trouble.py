"""Trouble on demand: the real clients meet it as they would meet it at YouTube, and the log tells
of it.
"""

from __future__ import annotations

from xml.etree.ElementTree import ParseError

import pytest
import requests
from youtube_transcript_api import _errors as yta
from yt_dlp.utils import DownloadError

from tests.standins import (
    Failure,
    Fault,
    YouTubeStandIn,
)
from tests.standins.clients import extract, extractor, get, transcript_api
from tests.standins.faults import Faults
from tests.standins.samples import CLOCK, VIDEO


def patience(fault: Fault) -> float:
    """Seconds: few where they are waited for, and many where a busy machine may need them."""
    return 0.2 if fault.act == "hang" else 30


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault("status"), "Failed to extract any player response"),
        (Fault("status", status=403), "Failed to extract any player response"),
        (Fault("status", status=500), "HTTP Error 500"),
        (Fault("captcha"), "Failed to extract any player response"),
        (Fault("consent"), "Failed to extract any player response"),
        (Fault("empty"), "Failed to extract any player response"),
        (Fault("hang"), "timed out"),
        (Fault("reset"), "Remote end closed connection|Connection reset"),
        (Fault("cut"), "more expected"),
        (Fault("verdict", failure=Failure.BOT_CHECK), "not a bot"),
    ],
    ids=str,
)
def test_it_makes_the_trouble_yt_dlp_knows(
    youtube: YouTubeStandIn, fault: Fault, text: str
) -> None:
    youtube.faults.add(fault)
    patient = extractor(youtube, timeout=patience(fault))
    with patient as client, pytest.raises(DownloadError, match=text):
        extract(client, VIDEO)
    assert youtube.log.calls[0].fault == str(fault)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault("status"), yta.IpBlocked),
        (Fault("status", kind="timedtext"), yta.IpBlocked),
        (Fault("captcha", kind="watch"), yta.IpBlocked),
        (Fault("status", status=500), yta.YouTubeRequestFailed),
        (Fault("empty", kind="timedtext"), ParseError),
        (Fault("verdict", failure=Failure.BOT_CHECK), yta.RequestBlocked),
        (Fault("hang"), requests.ReadTimeout),
    ],
    ids=lambda value: str(value) if isinstance(value, Fault) else "",
)
def test_it_makes_the_trouble_the_transcript_client_knows(
    youtube: YouTubeStandIn, fault: Fault, kind: type[Exception]
) -> None:
    youtube.catalogue.add(CLOCK)
    youtube.faults.add(fault)
    with transcript_api(youtube, timeout=patience(fault)) as api, pytest.raises(kind):
        api.fetch(VIDEO, languages=["de"])


def test_it_lets_a_client_pass_that_consented(youtube: YouTubeStandIn) -> None:
    youtube.catalogue.add(CLOCK)
    youtube.faults.add(Fault("consent", kind="watch"))
    with transcript_api(youtube) as api:
        assert len(api.fetch(VIDEO, languages=["de"])) == 2


def test_it_says_how_long_to_wait(youtube: YouTubeStandIn) -> None:
    youtube.faults.status(429, retry_after=37)
    answer = get(youtube, f"https://www.youtube.com/watch?v={VIDEO}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "37")


def test_it_bans_one_way_out_and_leaves_the_other(youtube: YouTubeStandIn) -> None:
    youtube.faults.status(429, way=0)
    url = f"https://www.youtube.com/watch?v={VIDEO}"
    assert [get(youtube, url, way=way).status_code for way in (0, 1)] == [429, 200]
    assert [call.way for call in youtube.log.calls] == [0, 1]


def test_it_can_be_dead_and_come_back(youtube: YouTubeStandIn) -> None:
    url = f"https://www.youtube.com/watch?v={VIDEO}"
    youtube.kill_way(1)
    with pytest.raises(requests.exceptions.ProxyError):
        get(youtube, url, way=1)
    assert get(youtube, url, way=0).status_code == 200
    youtube.revive_way(1)
    assert get(youtube, url, way=1).status_code == 200


def test_it_lets_go_of_what_hangs_when_the_rule_ends(youtube: YouTubeStandIn) -> None:
    rule = youtube.faults.hang(times=1)
    with pytest.raises(requests.exceptions.RequestException):
        get(youtube, f"https://www.youtube.com/watch?v={VIDEO}", timeout=0.1)
    rule.remove()
    assert youtube.log.wait(1, status=0)


def test_it_refuses_every_host_but_youtubes(youtube: YouTubeStandIn) -> None:
    for url in (
        "https://example.org/",
        "https://169.254.169.254/latest/",
        "https://youtube.com.example.org/",
        "http://localhost/",
    ):
        try:
            assert get(youtube, url).status_code == 403
        except requests.exceptions.ProxyError as error:
            assert "403" in str(error)  # noqa: PT017  # a tunnel is refused by an error, a plain request by its answer
    assert youtube.log.count(kind="refused", status=403) == 4


def test_its_rules_hold_for_a_time_a_number_and_a_quota() -> None:
    now = [100.0]
    faults = Faults(clock=lambda: now[0])

    def strikes(kind: str = "watch", member: str = VIDEO, way: int = 0) -> bool:
        return faults.meet(kind, member, way).rule is not None

    faults.status(429, after=10, lasts=20, every=100)
    assert [
        (now.__setitem__(0, moment), strikes())[1] for moment in (100, 110, 129, 130, 209, 210, 231)
    ] == [
        False,
        True,
        True,
        False,
        False,
        True,
        False,
    ]
    faults.clear()
    faults.status(429, kind=("player", "watch"), video_id=VIDEO, times=2)
    assert [strikes("next"), strikes(member="other"), strikes(), strikes("player"), strikes()] == [
        False,
        False,
        True,
        True,
        False,
    ]
    faults.clear()
    faults.quota(2, window=60, kind="watch")
    assert [strikes(), strikes(), strikes(), strikes(way=1), strikes("media")] == [
        False,
        False,
        True,
        False,
        False,
    ]
    now[0] += 61
    assert [strikes(), strikes(), strikes()] == [False, False, True]


def test_its_log_counts_what_runs_at_once(youtube: YouTubeStandIn) -> None:
    first = youtube.log.begin(kind="watch", video_id=None, way=0, method="GET", url="")
    second = youtube.log.begin(kind="watch", video_id=None, way=0, method="GET", url="")
    youtube.log.end(first, 200)
    third = youtube.log.begin(kind="watch", video_id=None, way=0, method="GET", url="")
    youtube.log.end(second, 200)
    assert youtube.log.most_at_once(kind="watch") == 2
    assert [call.number for call in youtube.log.calls] == [1, 2, 3]
    assert third.status is None
    with pytest.raises(TimeoutError, match="'watch': 3"):
        youtube.log.wait(4, timeout=0.01)
