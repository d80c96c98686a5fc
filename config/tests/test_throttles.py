"""REST's throttles count over all processes, and go on when Redis does not."""

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import redis
from django.contrib.auth.models import AnonymousUser, User
from django.core.cache import caches
from django.test import Client, RequestFactory
from rest_framework.request import Request
from rest_framework.views import APIView

from tests.people import PASSWORD
from tests.redis_process import RedisProcess
from videos.api import requests
from videos.api.requests import LoginAttempts, PerCaller


def somebody(user: Any = None, address: str = "203.0.113.9", said: str = "") -> Request:
    """`said`: what stands in X-Forwarded-For."""
    headers = {"x-forwarded-for": said}
    request = Request(RequestFactory().get("/api/lists", REMOTE_ADDR=address, headers=headers))
    request.user = user or AnonymousUser()
    return request


class Few(PerCaller):
    rate = "3/min"
    now = 1_000_000_010.0

    def timer(self) -> float:
        return self.now


@pytest.fixture
def redis_of_all(redis_process: RedisProcess, settings: Any) -> Iterator[RedisProcess]:
    """The product's own cache, on a Redis of this test alone."""
    settings.CACHES = {
        **settings.CACHES,
        "shared": {**settings.SHARED_CACHE, "LOCATION": redis_process.url},
    }
    requests.shared_cache.cache_clear()
    requests._Counted.away_until = 0.0
    caches["default"].clear()
    yield redis_process
    requests.shared_cache.cache_clear()
    requests._Counted.away_until = 0.0
    caches["default"].clear()


def allowed(throttle: type[PerCaller | LoginAttempts], request: Request, times: int) -> list[bool]:
    """Asked by several processes in turn: none has anything in memory from the one before."""
    answers = []
    for _ in range(times):
        requests.shared_cache.cache_clear()
        caches["default"].clear()
        answers.append(throttle().allow_request(request, APIView()))
    return answers


@pytest.mark.parametrize("throttle", [Few, LoginAttempts])
def test_several_processes_count_together(redis_of_all: RedisProcess, throttle: Any) -> None:
    most = throttle().num_requests
    assert allowed(throttle, somebody(), most + 2) == [True] * most + [False] * 2
    assert allowed(throttle, somebody(address="203.0.113.10"), 1) == [True]
    assert allowed(throttle, somebody(User(pk=7)), 1) == [True]


@pytest.mark.parametrize("throttle", [Few, LoginAttempts])
def test_whoever_it_says_it_is(redis_of_all: RedisProcess, throttle: Any) -> None:
    """An X-Forwarded-For that anybody may write gives nobody another count."""
    most = throttle().num_requests
    answers = []
    for number in range(most + 1):
        answers += allowed(throttle, somebody(said=f"198.51.100.{number}"), 1)
    assert answers == [True] * most + [False]


@pytest.mark.django_db
def test_pages_count_together_with_rest(redis_of_all: RedisProcess, alice: Any) -> None:
    client = Client()
    client.force_login(alice)
    rate = PerCaller()
    assert rate.take_of_user(alice.pk)
    counts, key = rate.counter
    next_minute = key.replace(f"{rate.ends - 60:.0f}", f"{rate.ends:.0f}")
    for counted in (key, next_minute):  # whichever it is by then
        counts.set(counted, rate.num_requests - 1)

    assert client.get("/").status_code == 200
    refused = client.get("/")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 61


@pytest.mark.parametrize("throttle", [Few, LoginAttempts])
@pytest.mark.parametrize("how", ["kill", "freeze"])
def test_without_redis_each_process_counts_alone(
    redis_of_all: RedisProcess, throttle: Any, how: str
) -> None:
    getattr(redis_of_all, how)()
    one = throttle()
    answers = [throttle().allow_request(somebody(), APIView()) for _ in range(one.num_requests + 1)]
    assert answers == [True] * one.num_requests + [False]
    assert requests._Counted.away_until > time.monotonic(), "the next ones do not wait for it"


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["", "kill", "freeze"])
def test_passwords_are_counted_together_or_alone_without_redis(
    redis_of_all: RedisProcess, settings: Any, alice: Any, how: str
) -> None:
    if how:
        getattr(redis_of_all, how)()

    def attempt(password: str) -> int:
        if not how:  # another process: nothing is in its memory
            requests.shared_cache.cache_clear()
            caches["default"].clear()
        return (
            Client()
            .post("/accounts/login/", {"username": "alice", "password": password})
            .status_code
        )

    assert [attempt("wrong") for _ in range(11)] == [200] * 10 + [429]
    assert attempt(PASSWORD) == 429


def test_a_login_may_be_tried_again_an_hour_after_the_first(redis_of_all: RedisProcess) -> None:
    throttle = LoginAttempts()
    for _ in range(21):
        throttle.allow_request(somebody(), APIView())
    assert 3590 < throttle.wait() <= 3600
    with closing(redis.Redis.from_url(redis_of_all.url)) as client:
        keys: Any = client.keys("*_began")
        left: Any = client.ttl(keys[0])
        assert 3590 < left <= 3600
