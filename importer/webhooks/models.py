"""Where users want to be told of finished imports, and what they were told."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from enrichment.leases import Leased, lease_constraints
from importer.imports.models import ImportBatch


def new_secret() -> str:
    return secrets.token_urlsafe(32)


class Webhook(models.Model):
    """Where a user wants to be told that an import is finished.

    One without an owner is the operator's: its address is the setting ADMIN_WEBHOOK_URL, which may
    hold a secret and is never copied into the database.
    """

    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="webhook",
        verbose_name=_("owner"),
    )
    address = models.CharField(_("address"), max_length=500)
    secret = models.CharField(_("secret"), max_length=64, default=new_secret)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        constraints = (
            models.UniqueConstraint(
                fields=["address"], condition=Q(owner=None), name="one_operators_webhook"
            ),
        )

    def __str__(self) -> str:
        return self.address


class Outcome(models.TextChoices):
    """How an attempt to deliver ended."""

    NONE = "", _("Not tried yet")
    DELIVERED = "delivered", _("Delivered.")
    ANSWERED = "answered", _("The receiver refused it.")
    REDIRECTED = "redirected", _("The receiver redirects to another address. Enter that one.")
    FORBIDDEN = (
        "forbidden",
        _("The address leads into an internal network. Only public addresses are used."),
    )
    UNKNOWN_HOST = (
        "unknown_host",
        _("There is nothing under this address. Is it spelled correctly?"),
    )
    UNTRUSTED = "untrusted", _("The receiver's certificate is not valid.")
    TIMEOUT = "timeout", _("The receiver did not answer in time.")
    UNREACHABLE = "unreachable", _("The receiver could not be reached.")


class DeliveryEvent(models.TextChoices):
    FINISHED = "import.finished", _("Import finished")
    TEST = "test", _("Test")
    TROUBLE = "trouble", _("Something stands still")


AGAIN = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 20, 60, 180, 360, 720)
)  # after each failure; 22 hours in all


class Delivery(Leased):
    """One message to a webhook: written with what it tells of, sent by a worker, tried again for a
    day. `next_at` is None at its end.
    """

    DUE = "next_at"
    not_before = None  # type: ignore[assignment]

    webhook = models.ForeignKey(
        Webhook, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("webhook")
    )
    event = models.CharField(_("event"), max_length=20, choices=DeliveryEvent)
    batch = models.ForeignKey(
        ImportBatch,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("import"),
    )
    subject = models.CharField(
        _("subject"),
        max_length=120,
        blank=True,
        help_text=_("of a message to the operator: nothing is told twice"),
    )
    body = models.TextField(
        _("message"), blank=True, help_text=_("JSON, as it is sent; made at the first attempt")
    )
    next_at = models.DateTimeField(_("next attempt"), null=True, blank=True, default=timezone.now)
    outcome = models.CharField(
        _("result"), max_length=20, choices=Outcome, blank=True, default=Outcome.NONE
    )
    status = models.PositiveSmallIntegerField(
        _("status"), null=True, blank=True, help_text=_("of the receiver's answer")
    )
    tried_at = models.DateTimeField(_("last attempt"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        constraints = (
            *lease_constraints("delivery"),
            models.UniqueConstraint(
                fields=["webhook", "subject"],
                condition=~Q(subject=""),
                name="delivery_told_once",
            ),
        )
        indexes = (
            # the beat's question
            models.Index(
                fields=["next_at"], name="delivery_due", condition=Q(next_at__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_open(self) -> bool:
        """It will be tried once more."""
        return self.next_at is not None and self.outcome != Outcome.DELIVERED

    @property
    def is_last_attempt(self) -> bool:
        """The attempt under way is the last one: a test is tried once, all others for a day."""
        return self.event == DeliveryEvent.TEST or self.attempts > len(AGAIN)

    @property
    def is_given_up(self) -> bool:
        """It was tried for a day."""
        return self.next_at is None and self.attempts > 1 and self.outcome != Outcome.DELIVERED

    @property
    def is_answered(self) -> bool:
        return self.outcome == Outcome.ANSWERED
