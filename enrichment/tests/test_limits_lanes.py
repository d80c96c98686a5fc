"""Which lanes the settings make, and how several ways out are shared."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace

import pytest
import redis
from pytest_django import Settings

from enrichment import limits
from enrichment.limits import Denied, LaneStatus, Permit, youtube_lanes
from enrichment.limits.connection import redis_client
from enrichment.limits.lanes import Lane, youtube_states
from enrichment.tests.limits_bench import denied, granted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]

PROXIES = ["http://ann:secret@one.example:3128", "socks5h://two.example:1080"]


def test_without_a_proxy_there_is_the_machines_own_address(settings: Settings) -> None:
    settings.YOUTUBE_PROXY = []
    (direct,) = limits.youtube_lanes()
    assert (direct.name, direct.proxy) == ("youtube:direct", "")
    assert limits.lane("youtube:direct") is direct


def test_each_proxy_is_a_lane_whose_name_tells_no_secret(settings: Settings) -> None:
    settings.YOUTUBE_PROXY = [*PROXIES, PROXIES[0]]
    lanes = limits.youtube_lanes()
    assert [lane.proxy for lane in lanes] == PROXIES
    assert len({lane.name for lane in lanes}) == 2
    assert not any("secret" in lane.name or "example" in lane.name for lane in lanes)


def test_a_lane_that_the_settings_no_longer_have_is_named(settings: Settings) -> None:
    settings.YOUTUBE_PROXY = []
    with pytest.raises(LookupError, match="youtube:gone"):
        limits.lane("youtube:gone")


def test_the_settings_make_the_rules(settings: Settings) -> None:
    (
        settings.YOUTUBE_MAX_CONCURRENT,
        settings.YOUTUBE_BASE_DELAY,
        settings.YOUTUBE_BURST,
        settings.YOUTUBE_HOURLY_BUDGET,
    ) = 7, 0.5, 9, 80
    rules = limits.youtube_lanes()[0].limiter.rules
    assert (rules.max_concurrent, rules.base_delay, rules.burst, rules.hourly_budget) == (
        7,
        0.5,
        9,
        80,
    )
    assert (rules.reserve_tokens, rules.reserve_budget) == (3, 8)


def test_two_ways_out_take_turns_and_are_twice_the_burst(settings: Settings) -> None:
    settings.YOUTUBE_PROXY, settings.YOUTUBE_BURST, settings.YOUTUBE_MAX_CONCURRENT = PROXIES, 5, 5
    permits = [granted(limits.acquire_youtube(bulk=False)) for _ in range(10)]
    assert [
        Counter(permit.lane for permit in permits[:n]).most_common(1)[0][1] for n in (2, 4, 10)
    ] == [1, 2, 5]
    assert denied(limits.acquire_youtube(bulk=False)).reason in {"rate", "slots"}


def test_the_last_place_of_one_way_out_is_not_the_last_of_two(settings: Settings) -> None:
    settings.YOUTUBE_PROXY, settings.YOUTUBE_MAX_CONCURRENT = [], 2
    assert [granted(limits.acquire_youtube(bulk=False)).last for _ in range(2)] == [False, True]
    settings.YOUTUBE_PROXY, settings.YOUTUBE_MAX_CONCURRENT = PROXIES, 1
    assert [granted(limits.acquire_youtube(bulk=False)).last for _ in range(2)] == [False, False]


def test_a_banned_way_out_rests_while_the_other_works(settings: Settings) -> None:
    settings.YOUTUBE_PROXY, settings.YOUTUBE_BASE_DELAY = PROXIES, 0.0
    banned, other = limits.youtube_lanes()
    banned.limiter.on_failure(
        granted(banned.limiter.acquire()), is_rate_limit=True, retry_after=600
    )
    for _ in range(20):
        permit = granted(limits.acquire_youtube(bulk=True))
        assert permit.lane == other.name
        limits.lane(permit.lane).limiter.on_success(permit)
    other.limiter.on_failure(granted(other.limiter.acquire()), is_rate_limit=True, retry_after=60)
    answer = denied(limits.acquire_youtube(bulk=True))
    assert answer.reason == "open"
    assert 50 < answer.wait <= 60


class Away:
    """A limiter whose Redis is away, and that counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def state(self) -> LaneStatus:
        self.asked += 1
        return self.remembered()

    def remembered(self) -> LaneStatus:
        return replace(youtube_lanes()[0].limiter.remembered(), available=False)


def test_a_redis_that_is_away_is_asked_once(settings: Settings) -> None:
    limiters = [Away(), Away(), Away()]
    lanes = [Lane(f"{number}", "", one) for number, one in enumerate(limiters)]  # type: ignore[arg-type]
    assert [state.available for state in youtube_states(lanes)] == [False] * 3
    assert [one.asked for one in limiters] == [1, 0, 0]


def test_every_way_out_is_asked_for_its_state(settings: Settings) -> None:
    settings.YOUTUBE_PROXY = ["http://a", "http://b"]
    names = [state.lane for state in youtube_states()]
    assert names == [lane.name for lane in youtube_lanes()]
    assert all(state.available for state in youtube_states())
    assert [state.lane for state in youtube_states(youtube_lanes()[1:])] == names[1:]


def test_groq_is_paid_in_seconds_of_audio(settings: Settings) -> None:
    settings.GROQ_AUDIO_SECONDS_PER_HOUR = 7200
    groq = limits.groq_lane()
    assert limits.lane("groq") is groq
    groq.limiter.on_success(granted(groq.limiter.acquire(cost=7000)))
    assert isinstance(groq.limiter.acquire(cost=201), Denied)
    assert isinstance(groq.limiter.acquire(cost=200), Permit)


def test_a_forked_process_does_not_share_its_parents_connection(clean_redis: redis.Redis) -> None:
    redis_client().ping()
    mine = redis_client().client_id()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, str(redis_client().client_id()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert int(os.read(read, 20)) != mine
    assert redis_client().client_id() == mine
    os.close(read)
    os.close(write)
