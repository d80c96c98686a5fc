"""Mails about imports: one for each occasion, never twice, and none is lost with its server."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from aiosmtpd.controller import Controller
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from enrichment import limits, recovery
from enrichment.client_state import Client as YouTubeClient
from enrichment.client_state import ClientState
from enrichment.clients import note_answer, note_refusal
from enrichment.errors import YouTubeChanged
from enrichment.limits import Permit
from enrichment.tests.holders import NODE, a_run
from importer.imports.models import BatchState, ImportBatch, Source
from importer.imports.news import LONG, STANDSTILL
from importer.notices import services as notices
from importer.notices.models import Mail, MailSubscription
from importer.tests.ledger import end, start
from tests.installation import free_port
from videos.causes import Cause
from videos.models import VideoList
from videos.services import delete_list

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


class Post:
    """A mail server that keeps what it was given, and answers as it is told."""

    def __init__(self) -> None:
        self.answer = "250 OK"
        self.letters: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        if self.answer.startswith("250"):
            self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return self.answer


@pytest.fixture
def post(settings: Any, caplog: pytest.LogCaptureFixture) -> Iterator[Post]:
    # It says at length what it does, also after the test whose output that would belong to.
    caplog.set_level(logging.WARNING, "mail.log")
    one = Post()
    controller = Controller(one, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = controller.port
    settings.EMAIL_USE_TLS = False
    settings.DEFAULT_FROM_EMAIL = "Sammelwerk <sammelwerk@example.org>"
    settings.SITE_URL = "https://videos.example.org"
    yield one
    controller.stop()


@pytest.fixture
def subscribed(video_list: VideoList) -> VideoList:
    """A list of somebody who wants mails."""
    video_list.owner.email = "alice@example.org"
    video_list.owner.save()
    notices.subscribe(owner=video_list.owner, language="en")
    return video_list


def start_long_ago(video_list: VideoList, *numbers: int, **options: Any) -> ImportBatch:
    batch = start(video_list, *numbers, **options)
    batch.created_at -= LONG
    batch.save()
    return batch


def send_all() -> int:
    """Send everything that is due. Return how many were tried."""
    return sum(1 for _ in iter(lambda: notices.send_next(a_run(), now=timezone.now()), False))


def hurry() -> None:
    """Make everything due that waits for its next attempt."""
    Mail.objects.filter(next_at__isnull=False).update(next_at=Now())


def text_of(letter: EmailMessage) -> str:
    return str(letter.get_content())


# When an import ends ------------------------------------------------------------------------------


def test_a_long_import_is_told_once(subscribed: VideoList, post: Post) -> None:
    batch = start_long_ago(subscribed, 1, 2, 3)
    end(1, 2)
    assert send_all() == 0
    end(3, cause=Cause.PRIVATE)
    assert send_all() == 1
    assert send_all() == 0
    (letter,) = post.letters
    assert letter["To"] == "alice@example.org"
    assert letter["From"] == "Sammelwerk <sammelwerk@example.org>"
    assert letter["Subject"] == "Import complete: Clocks"
    assert "2 videos imported, 1 not available" in text_of(letter)
    assert f"https://videos.example.org/imports/{batch.pk}/" in text_of(letter)
    assert "https://videos.example.org/settings/" in text_of(letter)


def test_it_is_written_in_the_readers_language(subscribed: VideoList, post: Post) -> None:
    subscribed.name = "Größe\nund Maß"
    subscribed.save()
    notices.change_language(owner=subscribed.owner, language="de")
    start_long_ago(subscribed, 1)
    end(1)
    send_all()
    assert post.letters[0]["Subject"] == "Import abgeschlossen: Größe und Maß"
    assert "1 Video importiert" in text_of(post.letters[0])


@pytest.mark.parametrize("reason", ["short", "follow", "off", "not set up"])
def test_nobody_is_told_who_did_not_ask(
    subscribed: VideoList, post: Post, settings: Any, reason: str
) -> None:
    source = Source.WEB
    if reason == "follow":
        source = Source.FOLLOW
    if reason == "off":
        notices.unsubscribe(owner=subscribed.owner)
    if reason == "not set up":
        settings.EMAIL_HOST = ""
    batch = start_long_ago(subscribed, 1, source=source)
    if reason == "short":
        batch.created_at = timezone.now()
        batch.save()
    end(1)
    assert not Mail.objects.exists()


@pytest.mark.parametrize("reason", ["turned off", "closed account", "no address"])
def test_what_waits_is_not_sent_any_more(subscribed: VideoList, post: Post, reason: str) -> None:
    start_long_ago(subscribed, 1)
    end(1)
    owner = subscribed.owner
    if reason == "turned off":
        notices.unsubscribe(owner=owner)
        notices.subscribe(owner=owner, language="en")
    if reason == "closed account":
        owner.is_active = False
    if reason == "no address":
        owner.email = ""
    owner.save()
    assert send_all() == 0
    assert not post.letters


# A mail server in trouble -------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", ["away", "refuses"])
def test_a_failing_server_loses_nothing(
    subscribed: VideoList, post: Post, settings: Any, trouble: str
) -> None:
    port = settings.EMAIL_PORT
    if trouble == "away":
        settings.EMAIL_PORT = 1
    else:
        post.answer = "451 Try again later"
    for number in (1, 2):
        start_long_ago(subscribed, number)
    end(1, 2)
    assert not ImportBatch.objects.exclude(state=BatchState.FINISHED).exists()
    assert send_all() == 1  # the other one waits as well: it has the same server
    assert Mail.objects.exclude(failure="").count() == 1
    settings.EMAIL_PORT = port
    post.answer = "250 OK"
    assert send_all() == 0
    hurry()
    assert send_all() == 2
    assert len(post.letters) == 2


def test_each_attempt_is_the_same_letter(subscribed: VideoList, post: Post) -> None:
    """A server that took it, and whose answer was lost, knows it again."""
    start_long_ago(subscribed, 1)
    end(1)
    send_all()
    Mail.objects.update(next_at=Now())
    send_all()
    first, second = post.letters
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Message-ID"].endswith("@example.org>")


def test_a_server_with_its_clock_ahead_sends_at_once(subscribed: VideoList, post: Post) -> None:
    start_long_ago(subscribed, 1)
    with time_machine.travel(timedelta(seconds=100), tick=True):
        end(1)
    assert send_all() == 1


def test_it_is_tried_for_a_day(subscribed: VideoList, post: Post) -> None:
    post.answer = "554 No"
    start_long_ago(subscribed, 1)
    end(1)
    attempts = 0
    while send_all():
        attempts += 1
        hurry()
    assert attempts == len(notices.AGAIN) + 1
    assert sum(notices.AGAIN, timedelta()) < timedelta(days=1)


def test_a_worker_that_is_killed_sends_nothing_twice(subscribed: VideoList, post: Post) -> None:
    """It dies while the server is asked, which may have taken the mail."""
    start_long_ago(subscribed, 1)
    end(1)
    run = a_run()
    assert notices.claim(run) is not None
    notices.hand_over(run)
    recovery.forget_node(NODE)
    assert send_all() == 0


# When an import stands still ----------------------------------------------------------------------


def stop_youtube(since: timedelta = STANDSTILL) -> None:
    """YouTube has changed something, for so long."""
    note_refusal(YouTubeClient.WATCH_PAGE, "video000001", YouTubeChanged(detail="x"), close_after=1)
    ClientState.objects.update(closed_since=timezone.now() - since)
    (lane,) = limits.youtube_lanes()
    permit = lane.limiter.acquire()
    if isinstance(permit, Permit):
        lane.limiter.on_failure(permit, is_rate_limit=True, retry_after=60)


def test_a_standstill_is_told_once_for_all_imports(subscribed: VideoList, post: Post) -> None:
    for number in (1, 2, 3):
        start(subscribed, number)
    stop_youtube()
    for _ in range(3):
        notices.announce_standstill(now=timezone.now())
        send_all()
    (letter,) = post.letters
    assert letter["Subject"] == "Import stands still: Clocks"
    assert "YouTube has changed something." in text_of(letter)


def test_a_short_trouble_is_no_news(subscribed: VideoList, post: Post) -> None:
    start(subscribed, 1)
    stop_youtube(since=STANDSTILL - timedelta(minutes=1))
    assert notices.announce_standstill(now=timezone.now()) == 0


def test_the_next_standstill_is_told_again(subscribed: VideoList, post: Post) -> None:
    start(subscribed, 1)
    for _ in range(2):
        stop_youtube()
        notices.announce_standstill(now=timezone.now())
        note_answer(YouTubeClient.WATCH_PAGE)
    assert send_all() == 2


@pytest.mark.parametrize("reason", ["complete", "paused", "deleted list"])
def test_who_waits_for_nothing_is_told_nothing(
    subscribed: VideoList, post: Post, reason: str
) -> None:
    batch = start(subscribed, 1)
    if reason == "complete":
        end(1)
    if reason == "paused":
        batch.state = BatchState.PAUSED
        batch.save()
    if reason == "deleted list":
        delete_list(video_list=subscribed)
    stop_youtube()
    assert notices.announce_standstill(now=timezone.now()) == 0


# The switch ---------------------------------------------------------------------------------------


@pytest.fixture
def page(subscribed: VideoList, post: Post) -> Client:
    client = Client()
    client.force_login(subscribed.owner)
    return client


def test_mails_are_turned_off_and_on(page: Client, subscribed: VideoList) -> None:
    page.post(reverse("set_mail"), {"mail": ""})
    assert not MailSubscription.objects.exists()
    assert "Turn on mails" in page.get(reverse("settings")).text
    page.post(reverse("set_mail"), {"mail": "1"}, headers={"accept-language": "de"})
    assert MailSubscription.objects.get().language == "de"
    assert "alice@example.org" in page.get(reverse("settings")).text


def test_the_language_follows_the_pages(page: Client) -> None:
    page.post(reverse("set_language"), {"language": "de", "next": "/"})
    assert MailSubscription.objects.get().language == "de"
    page.post(reverse("set_language"), {"language": "xx", "next": "/"})
    assert MailSubscription.objects.get().language == "de"


def test_the_settings_hide_mails_that_are_not_set_up(page: Client, settings: Any) -> None:
    settings.EMAIL_HOST = ""
    assert "Turn off mails" not in page.get(reverse("settings")).text


def test_an_account_without_address_is_told_so(page: Client, subscribed: VideoList) -> None:
    subscribed.owner.email = ""
    subscribed.owner.save()
    assert "no mail address yet" in page.get(reverse("settings")).text
