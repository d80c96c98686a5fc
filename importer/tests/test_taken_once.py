"""Two runs that take the same row at once: on PostgreSQL the second waits for the first, and then
takes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from enrichment.leases import Leased
from enrichment.tests.holders import a_run
from importer.following import checks
from importer.following.models import Follow, FollowKind
from importer.following.services import MAX_FOLLOWS, NotFollowed, add_follow
from importer.imports.models import Expansion, ImportItem, Verdict
from importer.imports.playlist_turns import add_expansions
from importer.notices import services as notices
from importer.notices.models import Mail, MailKind, MailSubscription
from importer.tests.ledger import start
from importer.tests.readings import take_playlist
from importer.webhooks import services as webhooks
from importer.webhooks.models import Delivery, DeliveryEvent, Webhook
from tests.interleaving import meet
from videos.models import VideoList

PLAYLIST = "PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8Ps"

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.skipif("sqlite" in connection.settings_dict["ENGINE"], reason="one writer"),
]


def due_delivery(video_list: VideoList) -> None:
    webhook = Webhook.objects.create(owner=video_list.owner, address="https://example.org/")
    Delivery.objects.create(webhook=webhook, event=DeliveryEvent.TEST)


def due_mail(video_list: VideoList) -> None:
    owner = video_list.owner
    owner.email = "alice@example.org"
    owner.save()
    MailSubscription.objects.create(owner=owner, language="en")
    batch = start(video_list, 1)
    Mail.objects.create(owner=owner, batch=batch, kind=MailKind.FINISHED, occasion="finished")


def due_follow(video_list: VideoList) -> None:
    Follow.objects.create(
        video_list=video_list, kind=FollowKind.PLAYLIST, source=PLAYLIST, next_at=timezone.now()
    )


def due_expansion(video_list: VideoList) -> None:
    batch = start(video_list, 1)
    ImportItem.objects.create(
        batch=batch, number=9, line=9, text=PLAYLIST, verdict=Verdict.EXPANDING
    )
    add_expansions(batch)


@pytest.mark.parametrize(
    ("make", "claim", "kind"),
    [
        (due_delivery, webhooks.claim, Delivery),
        (due_mail, notices.claim, Mail),
        (due_follow, checks.claim, Follow),
        (due_expansion, take_playlist, Expansion),
    ],
)
def test_a_row_is_taken_by_one_of_two_runs(
    make: Callable[[VideoList], None],
    claim: Callable[..., Any],
    kind: type[Leased],
    video_list: VideoList,
) -> None:
    make(video_list)
    taken: list[Any] = []

    def take(name: str) -> None:
        taken.append(claim(a_run(name)))

    assert meet(partial(take, "first"), partial(take, "second")) == []
    assert [row.holder for row in taken if row] == ["first"]
    assert kind.objects.get().holder == "first"


def test_two_lists_share_the_last_follow_there_is(video_list: VideoList) -> None:
    """Two of a user's lists that follow something at once count one after the other."""
    other = VideoList.objects.create(owner=video_list.owner, name="Other")
    Follow.objects.bulk_create(
        Follow(
            video_list=video_list,
            kind=FollowKind.PLAYLIST,
            source=f"PL{number}",
            next_at=timezone.now(),
        )
        for number in range(MAX_FOLLOWS - 1)
    )
    errors = meet(
        partial(add_follow, video_list=video_list, text=PLAYLIST),
        partial(add_follow, video_list=other, text=PLAYLIST),
    )
    assert [type(error) for error in errors] == [NotFollowed]
    assert Follow.objects.count() == MAX_FOLLOWS
