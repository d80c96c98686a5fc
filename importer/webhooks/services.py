"""Telling a user's own programs that an import is finished.

What is to be told is a row, written in the transaction that finished the import; a worker sends it,
and tries again for a day. Each message is signed: `Sammelwerk-Signature: t=<seconds since
1970>,v1=<HMAC-SHA256 of "<t>.<body>" with the webhook's secret, in hex>`.
"""

import hashlib
import hmac
import json
import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from enrichment import hints
from enrichment.leases import Holder, LeasedQuerySet
from importer.imports.models import ImportBatch
from importer.imports.progress import batch_progress
from importer.webhooks.models import AGAIN, Delivery, DeliveryEvent, Outcome, Webhook, new_secret
from importer.webhooks.posting import Refused, Target, is_public, parse_target, post

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)  # longer than the task's time limit
# deliveries under way at the same time: a slow receiver must not hold the workers that videos need
AT_ONCE = 2
KEPT = timedelta(days=30)
WAITING_AT_MOST = 100  # messages of one webhook
SHOWN = 10  # of the latest deliveries, to the user
SIGNATURE = "Sammelwerk-Signature"
EVENT = "Sammelwerk-Event"
DELIVERY = "Sammelwerk-Delivery"


class UnusableAddress(Exception):
    """Nothing is ever sent there. Says why, in the person's language."""


# What a person does -------------------------------------------------------------------------------


def set_webhook(*, owner: Any, address: str) -> Webhook:
    """Raises UnusableAddress.

    What is named by numbers is judged at once; what a name means, each time before it is asked.

    Messages still waiting go to the new address. Another host gets another secret: the old one's
    keeper shall not sign for it.
    """
    target = _usable_target(address)
    with transaction.atomic():
        webhook, _created = Webhook.objects.select_for_update().get_or_create(
            owner=owner, defaults={"address": address}
        )
        if webhook.address != address:
            if parse_target(webhook.address).authority != target.authority:
                webhook.secret = new_secret()
            webhook.address = address
            webhook.save(update_fields=["address", "secret"])
    return webhook


def _usable_target(address: str) -> Target:
    """Raises UnusableAddress."""
    try:
        target = parse_target(address)
    except ValueError:
        raise UnusableAddress(
            _("This takes an address such as https://example.org/hook, without a password in it.")
        ) from None
    if _is_numeric(target.host) and not is_public(target.host) and not target.is_allowed_inside:
        raise UnusableAddress(Outcome.FORBIDDEN.label)
    return target


def _is_numeric(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


def remove_webhook(*, webhook: Webhook) -> None:
    """With what was still to be told."""
    webhook.delete()


def send_test(*, webhook: Webhook) -> Delivery | None:
    """A message that says nothing but that it arrived. None while an earlier one is on its way."""
    with transaction.atomic():
        Webhook.objects.select_for_update().get(pk=webhook.pk)
        under_way = Q(next_at__isnull=False) | Q(lease_until__gt=timezone.now())
        if webhook.deliveries.filter(under_way, event=DeliveryEvent.TEST).exists():
            return None
        delivery = _create_delivery(webhook, DeliveryEvent.TEST)
        transaction.on_commit(lambda: hints.send("importer.tasks.deliver_next"))
    return delivery


def announce(batch: ImportBatch) -> None:
    """The import is finished: in the transaction that says so.

    One query for a user without a webhook.
    """
    webhook = Webhook.objects.filter(owner=batch.owner_id).first()
    if webhook is not None:
        _create_delivery(webhook, DeliveryEvent.FINISHED, batch)
        give_up_oldest(webhook)
        transaction.on_commit(lambda: hints.send("importer.tasks.deliver_next"))


def _create_delivery(
    webhook: Webhook, event: DeliveryEvent, batch: ImportBatch | None = None
) -> Delivery:
    """Due at once by the database's clock, which decides what is due."""
    delivery = Delivery.objects.create(webhook=webhook, event=event, batch=batch, next_at=Now())
    delivery.refresh_from_db(fields=["next_at"])
    return delivery


def give_up_oldest(webhook: Webhook) -> None:
    """Give up all but the newest WAITING_AT_MOST messages of a webhook that cannot be reached."""
    waiting = webhook.deliveries.filter(next_at__isnull=False, lease_until=None)
    too_many = waiting.order_by("-pk").values_list("pk", flat=True)[WAITING_AT_MOST:]
    Delivery.objects.filter(pk__in=list(too_many)).update(next_at=None)


# What a worker does -------------------------------------------------------------------------------


def deliver_next(holder: Holder, *, now: datetime) -> bool:
    """One attempt at one message that is due.

    False when none is, or enough are under way. `now` is what it is dated.
    """
    Delivery.objects.filter(next_at=None, created_at__lt=now - KEPT, subject="").delete()
    delivery = claim(holder)
    if delivery is None:
        return False
    outcome, status = attempt(delivery, now)
    mine = Delivery.objects.held_by(holder.name)
    if outcome != Outcome.DELIVERED:
        rest_webhook(delivery.webhook_id)
    result: dict[str, Any] = {"outcome": outcome, "status": status, "tried_at": now}
    if outcome == Outcome.DELIVERED or delivery.is_last_attempt:
        mine.put_back(next_at=None, **result)
    else:
        mine.put_back(wait=AGAIN[delivery.attempts - 1], **result)
    return True


def claim(holder: Holder) -> Delivery | None:
    """The next message that is due, held.

    One whose attempts killed their worker is given up like any other.
    """
    if Delivery.objects.running().count() >= AT_ONCE:
        return None
    reached = Q(webhook__owner__is_active=True)
    if settings.ADMIN_WEBHOOK_URL:
        reached |= Q(webhook__owner=None)
    messages = fair_messages(Delivery.objects.due().filter(reached))
    delivery: Delivery | None = messages.take_first(holder, LEASE, "webhook", "batch__video_list")
    if delivery is not None and delivery.attempts > len(AGAIN) + 1:
        Delivery.objects.held_by(holder.name).put_back(next_at=None)
        return None
    return delivery


def fair_messages(due: LeasedQuerySet) -> LeasedQuerySet:
    """Return the messages of the webhook that was tried longest ago, the oldest first.

    Webhooks with a message under way are left out: a slow receiver waits for itself alone.
    """
    busy = Delivery.objects.running().values("webhook")
    waiting = due.exclude(webhook__in=busy).values_list("webhook", flat=True)
    by_turn = (
        Webhook.objects.filter(pk__in=waiting)
        .annotate(last_try=Max("deliveries__tried_at"))
        .order_by(F("last_try").asc(nulls_first=True), "pk")
    )
    return due.filter(webhook__in=by_turn[:1]).order_by("next_at", "pk")


def rest_webhook(webhook_id: int) -> None:
    """Let all messages of a webhook wait whose receiver just failed, not only the one that was
    tried.
    """
    Delivery.objects.due().filter(webhook=webhook_id).update(next_at=Now() + AGAIN[0])


def attempt(delivery: Delivery, now: datetime) -> tuple[Outcome, int | None]:
    """The body is made once, so that each attempt says the same."""
    if not delivery.body:
        delivery.body = json.dumps(_message(delivery), ensure_ascii=False)
        Delivery.objects.filter(pk=delivery.pk).update(body=delivery.body)
    body = delivery.body.encode()
    address = delivery.webhook.address
    if delivery.webhook.owner_id is None:
        address = settings.ADMIN_WEBHOOK_URL
    try:
        status = post(address, body, _headers(delivery, body, now))
    except Refused as refused:
        logger.info("webhook delivery %s: %s", delivery.pk, refused)
        return refused.outcome, None
    return _outcome(status), status


def _outcome(status: int) -> Outcome:
    if 200 <= status < 300:
        return Outcome.DELIVERED
    if 300 <= status < 400:
        return Outcome.REDIRECTED
    return Outcome.ANSWERED


def _headers(delivery: Delivery, body: bytes, now: datetime) -> dict[str, str]:
    """The operator's webhook has no secret to sign with."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Sammelwerk",
        EVENT: delivery.event,
        DELIVERY: str(delivery.pk),
    }
    if delivery.webhook.owner_id is not None:
        headers[SIGNATURE] = signature(delivery.webhook.secret, body, int(now.timestamp()))
    return headers


def signature(secret: str, body: bytes, at: int) -> str:
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


def _message(delivery: Delivery) -> dict[str, Any]:
    message: dict[str, Any] = {
        "event": delivery.event,
        "delivery": delivery.pk,
        "created_at": delivery.created_at.isoformat(),
    }
    if delivery.batch is not None:
        message["import"] = _about(delivery.batch)
    return message


def _about(batch: ImportBatch) -> dict[str, Any]:
    progress = batch_progress(batch)
    finished_at = None
    if progress.finished_at is not None:
        finished_at = progress.finished_at.isoformat()
    return {
        "id": progress.batch_id,
        "list": {"id": progress.list_id, "name": progress.list_name},
        "state": progress.state,
        "source": progress.source,
        "created_at": progress.created_at.isoformat(),
        "finished_at": finished_at,
        "total": progress.total,
        "done": progress.done,
        "failed": progress.failed,
        "without_captions": progress.without_captions,
        "duplicates": progress.duplicates,
        "invalid": progress.invalid,
    }
