"""Telling the operator's own program (ADMIN_WEBHOOK_URL) what stands still until somebody acts.

A beat compares what is in trouble with what was told already, so each spell is told once, also by
several workers at once and after a crash. The messages go the way of users' webhooks: only to
public addresses or WEBHOOK_ALLOWED_HOSTS, and tried again for a day.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from enrichment import hints
from enrichment.client_state import Client
from enrichment.clients import Trouble, troubles
from enrichment.troubles import said_to_the_operator
from enrichment.ytdlp import versions
from importer.webhooks.models import Delivery, DeliveryEvent, Webhook

NAME = "ADMIN_WEBHOOK_URL"  # stands for the address, which may hold a secret
# What a client that is closed means to the operator, and for how long it must have been closed: a
# line that is cut for a moment is no news.
TOLD = {
    Client.WATCH_PAGE: ("youtube_changed", timedelta(0)),
    Client.TRANSCRIPTION: ("transcription_stopped", timedelta(0)),
    Client.AUDIO: ("no_audio", timedelta(0)),
    Client.NETWORK: ("youtube_unreachable", timedelta(minutes=10)),
}
TAKEN_BACK = "ytdlp_taken_back"


@dataclass(frozen=True)
class News:
    """`subject`: the same for the same spell. `kind` is for programs, `text` for people."""

    subject: str
    kind: str
    text: str


def tell_operator(*, now: datetime) -> int:
    """Write a message for each piece of news that was not told yet. Return how many.

    Two queries while there is none; none without the setting.
    """
    if not settings.ADMIN_WEBHOOK_URL:
        return 0
    webhook, _created = Webhook.objects.get_or_create(owner=None, address=NAME)
    told = 0
    for news in _find_news(now):
        values = {"event": DeliveryEvent.TROUBLE, "body": _body(news, now)}
        _delivery, is_new = Delivery.objects.get_or_create(
            webhook=webhook, subject=news.subject, defaults=values
        )
        told += is_new
    if told:
        hints.send("importer.tasks.deliver_next")
    return told


def _find_news(now: datetime) -> Iterator[News]:
    for trouble in troubles():
        told = TOLD.get(Client(trouble.client))
        if told is not None and now - trouble.since >= told[1]:
            yield _news_of(trouble, told[0])
    yield from _news_of_ytdlp()


def _news_of_ytdlp() -> Iterator[News]:
    reason = versions.read_state().reason
    if reason and not reason.endswith(versions.BY_HAND):
        yield News(f"{TAKEN_BACK} {reason}"[:120], TAKEN_BACK, f"a yt-dlp is not used: {reason}")


def _news_of(trouble: Trouble, kind: str) -> News:
    subject = f"{trouble.client} {trouble.since.isoformat()}"
    return News(subject, kind, said_to_the_operator(trouble))


def _body(news: News, now: datetime) -> str:
    """JSON. `text` and `content` are what chat programs show of a message."""
    line = f"Sammelwerk: {news.text}"
    message = {
        "event": DeliveryEvent.TROUBLE,
        "trouble": news.kind,
        "created_at": now.isoformat(),
        "text": line,
        "content": line,
    }
    return json.dumps(message, ensure_ascii=False)
