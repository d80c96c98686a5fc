"""Who wants mails about imports, and the mails that were written."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from enrichment.leases import Leased, lease_constraints
from importer.imports.models import ImportBatch


class MailSubscription(models.Model):
    """A person who wants mails about their imports. A row exists as long as they want them."""

    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="mail_subscription",
        verbose_name=_("owner"),
    )
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("mail subscription")
        verbose_name_plural = _("mail subscriptions")

    def __str__(self) -> str:
        return str(self.owner_id)


class MailKind(models.TextChoices):
    """What a mail tells."""

    FINISHED = "finished", _("Import complete")
    STOPPED = "stopped", _("Something stands still")


class Mail(Leased):
    """One mail about an import: written with what it tells of, sent by a worker, tried again for a
    day. `next_at` is None while it is handed over, and at its end.
    """

    DUE = "next_at"
    not_before = None  # type: ignore[assignment]

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("owner"),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=MailKind)
    batch = models.ForeignKey(
        ImportBatch, on_delete=models.CASCADE, related_name="+", verbose_name=_("import")
    )
    occasion = models.CharField(
        _("occasion"), max_length=120, help_text=_("a person is told of each occasion once")
    )
    next_at = models.DateTimeField(_("next attempt"), null=True, blank=True, default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    failure = models.CharField(
        _("failure"), max_length=200, blank=True, help_text=_("of the last attempt")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        constraints = (
            *lease_constraints("mail"),
            models.UniqueConstraint(fields=["owner", "occasion"], name="mail_told_once"),
        )
        indexes = (
            # the beat's question
            models.Index(
                fields=["next_at"], name="mail_due", condition=models.Q(next_at__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return f"#{self.pk}"
