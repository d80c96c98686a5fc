"""The clock of a web server that jumps while people are at work: nobody is shut out, and nothing is
lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import caches
from django.test import Client
from django.urls import reverse

from importer.imports.models import ImportItem
from tests.people import PASSWORD, rest
from videos.api.requests import LoginAttempts, PasswordsForName, PerCaller, shared_cache
from videos.models import Change, VideoList
from videos.selection import remove_with_undo
from videos.tests.library import add_video, video_id
from videos.tokens import create_token

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
JUMPS = {"a day back": -24, "an hour back": -1, "an hour ahead": 1}  # hours
jumps = pytest.mark.parametrize("hours", JUMPS.values(), ids=JUMPS.keys())


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    yield
    for cache in (shared_cache(), caches["default"]):
        cache.clear()


def jump(hours: int) -> time_machine.travel:
    return time_machine.travel(timedelta(hours=hours), tick=True)


@jumps
def test_who_is_signed_in_stays_and_every_page_answers(
    client: Client, alice: Any, video_list: VideoList, hours: int
) -> None:
    client.force_login(alice)
    video = add_video(video_list, 1)
    paths = (
        "/videos/",
        f"/lists/{video_list.pk}/",
        f"/videos/{video.pk}/",
        "/changes/",
        "/imports/",
        "/search/?q=anker",
    )
    for path in paths:
        assert client.get(path).status_code == 200, path
    with jump(hours):
        for path in paths:
            assert client.get(path).status_code == 200, path


@jumps
def test_token_goes_on_and_an_import_is_taken(
    alice: Any, video_list: VideoList, hours: int
) -> None:
    token = create_token(owner=alice, name="script", days=30)
    script = Client(headers={"authorization": f"Token {token.text}"})
    path = f"/api/lists/{video_list.pk}/videos/batch"
    for number in (1, 2):
        body = {"urls": [video_id(number)]}
        with jump(hours * (number - 1)):
            answer = script.post(path, body, content_type="application/json")
        assert answer.status_code == 201
    assert ImportItem.objects.filter(batch__video_list=video_list).count() == 2


@jumps
def test_what_was_removed_before_is_brought_back(
    client: Client, alice: Any, video_list: VideoList, hours: int
) -> None:
    client.force_login(alice)
    videos = [add_video(video_list, number, note=f"note {number}") for number in range(3)]
    remove_with_undo(video_list=video_list, video_ids=[video.pk for video in videos])
    assert not video_list.entries.exists()
    with jump(hours):
        client.post(reverse("change_undo", args=[Change.objects.get().pk]))
    notes = sorted(video_list.entries.values_list("note", flat=True))
    assert notes == ["note 0", "note 1", "note 2"]


@jumps
def test_calls_before_the_jump_do_not_shut_a_caller_out(
    alice: Any, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    monkeypatch.setattr(PerCaller, "rate", "3/min")
    monkeypatch.setattr(PerCaller, "THROTTLE_RATES", {})
    script = rest(alice)
    statuses = [script.get("/api/lists").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    with jump(hours):
        assert script.get("/api/lists").status_code == 200


@jumps
def test_a_delay_after_wrong_passwords_does_not_grow(alice: Any, hours: int) -> None:
    """A try in what is now the future keeps nobody waiting until then."""
    client = Client()
    for number in range(PasswordsForName().num_requests + 1):
        client.post("/accounts/login/", {"username": "alice", "password": f"guess {number}"})
    form = {"username": "alice", "password": PASSWORD}
    assert client.post("/accounts/login/", form).status_code == 429
    with jump(hours):
        assert client.post("/accounts/login/", form).status_code == 302


@jumps
def test_attempts_to_get_a_token_are_counted_on(alice: Any, hours: int) -> None:
    """Jumping frees nobody who guesses before an hour of the clock is over."""
    tries = LoginAttempts()
    assert [tries.take("somebody") for _ in range(tries.num_requests)] == [True] * 20
    with jump(hours):
        assert tries.take("somebody") is (hours > 0)
