"""The operator's webhook: told once of each spell, without its address anywhere."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from enrichment.client_state import Client, ClientState
from enrichment.clients import note_answer, note_refusal
from enrichment.errors import TranscriptionOff, YouTubeChanged
from enrichment.ytdlp import versions
from importer.webhooks import checks
from importer.webhooks.models import Delivery, Webhook
from importer.webhooks.operator import tell_operator
from importer.webhooks.services import SIGNATURE
from importer.webhooks.tests.test_webhooks import Receiver, hurry, sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings: Any, tmp_path: Any) -> Iterator[Receiver]:
    one = Receiver()
    settings.WEBHOOK_ALLOWED_HOSTS = ["127.0.0.1"]
    settings.ADMIN_WEBHOOK_URL = one.url
    settings.DATA_DIR = tmp_path
    yield one
    one.server.shutdown()
    one.server.server_close()


def close(client: Client, words: str = "words") -> None:
    note_refusal(client, "video000001", YouTubeChanged(detail=words), close_after=1)


def told(receiver: Receiver) -> list[str]:
    return [json.loads(body)["trouble"] for _path, _headers, body in receiver.heard]


def test_spell_is_told_once(receiver: Receiver) -> None:
    close(Client.WATCH_PAGE, "The page needs to be reloaded.")
    for _ in range(3):
        tell_operator(now=timezone.now())
        sent()
    assert told(receiver) == ["youtube_changed"]
    _path, headers, body = receiver.heard[0]
    message = json.loads(body)
    assert "update_ytdlp" in message["text"]
    assert "The page needs to be reloaded." in message["text"]
    assert message["content"] == message["text"]
    assert SIGNATURE not in headers


def test_next_spell_is_told_again(receiver: Receiver) -> None:
    for _ in range(2):
        close(Client.WATCH_PAGE)
        tell_operator(now=timezone.now())
        note_answer(Client.WATCH_PAGE)
    sent()
    assert told(receiver) == ["youtube_changed"] * 2


def test_transcription_that_stopped_is_told(receiver: Receiver) -> None:
    note_refusal(
        Client.TRANSCRIPTION, "video000001", TranscriptionOff(detail="HTTP 401"), close_after=1
    )
    tell_operator(now=timezone.now())
    sent()
    assert told(receiver) == ["transcription_stopped"]
    assert b"HTTP 401" in receiver.heard[0][2]


def test_line_that_is_cut_is_told_after_ten_minutes(receiver: Receiver) -> None:
    close(Client.NETWORK)
    now = timezone.now()
    assert tell_operator(now=now) == 0
    assert tell_operator(now=now + timedelta(minutes=10)) == 1


def test_closed_caption_client_is_not_told(receiver: Receiver) -> None:
    """Nobody has to do anything about it."""
    close(Client.SECOND_CLIENT)
    assert tell_operator(now=timezone.now()) == 0


def test_version_taken_back_is_told_once(receiver: Receiver) -> None:
    in_use = versions.Installed("2099.1.2", "/nowhere")
    versions.write_state(replace(versions.read_state(), in_use=in_use))
    versions.take_back("2099.1.2", "it read none of the first 8 videos")
    assert [tell_operator(now=timezone.now()) for _ in range(2)] == [1, 0]
    sent()
    assert told(receiver) == ["ytdlp_taken_back"]
    assert b"2099.1.2: it read none" in receiver.heard[0][2]


def test_version_taken_back_by_hand_is_no_news(receiver: Receiver) -> None:
    in_use = versions.Installed("2099.1.2", "/nowhere")
    versions.write_state(replace(versions.read_state(), in_use=in_use))
    versions.take_back("2099.1.2", versions.BY_HAND)
    assert tell_operator(now=timezone.now()) == 0


def test_receiver_that_fails_is_asked_again(receiver: Receiver) -> None:
    receiver.status = 500
    close(Client.WATCH_PAGE)
    tell_operator(now=timezone.now())
    sent()
    receiver.status = 200
    hurry()
    sent()
    assert told(receiver) == ["youtube_changed"] * 2
    assert Delivery.objects.get().outcome == "delivered"


def test_old_message_is_remembered(receiver: Receiver) -> None:
    """Else a spell of more than a month would be told again."""
    close(Client.WATCH_PAGE)
    tell_operator(now=timezone.now())
    sent()
    long_after = timezone.now() + timedelta(days=40)
    sent(now=long_after)
    assert tell_operator(now=long_after) == 0


def test_address_is_not_in_the_database(receiver: Receiver) -> None:
    close(Client.WATCH_PAGE)
    tell_operator(now=timezone.now())
    assert Webhook.objects.get(owner=None).address == "ADMIN_WEBHOOK_URL"


def test_nothing_is_written_without_the_setting(receiver: Receiver, settings: Any) -> None:
    close(Client.WATCH_PAGE)
    settings.ADMIN_WEBHOOK_URL = ""
    assert tell_operator(now=timezone.now()) == 0
    assert not Webhook.objects.exists()


def test_nothing_is_sent_once_the_setting_is_gone(receiver: Receiver, settings: Any) -> None:
    close(Client.WATCH_PAGE)
    tell_operator(now=timezone.now())
    settings.ADMIN_WEBHOOK_URL = ""
    assert sent() == 0
    assert receiver.heard == []


def test_trouble_free_beat_costs_two_queries(
    receiver: Receiver, django_assert_num_queries: Any
) -> None:
    tell_operator(now=timezone.now())
    with django_assert_num_queries(2):
        tell_operator(now=timezone.now())
    assert not ClientState.objects.exists()


@pytest.mark.parametrize(
    ("address", "count"),
    [
        ("", 0),
        ("https://hooks.example.org/T1/secret", 0),
        ("https://user:password@example.org/", 1),
        ("https://example.org:25/", 1),
    ],
    ids=["none", "plain", "password", "port"],
)
def test_address_that_cannot_be_used_fails_the_start(
    settings: Any, address: str, count: int
) -> None:
    settings.ADMIN_WEBHOOK_URL = address
    found = checks.check_admin_webhook()
    assert len(found) == count
    assert not any("password@" in str(one) for one in found)
