"""What is a person's own beside their lists: tokens, their account elsewhere, preferences."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from videos.models.video import Video


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def valid(self) -> ApiTokenQuerySet:
        """Those whose time is not over."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))


class ApiToken(models.Model):
    """What a program of a person signs in with; only its digest is kept."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="api_tokens",
        verbose_name=_("owner"),
    )
    name = models.CharField(_("name"), max_length=100)
    digest = models.CharField(max_length=64, unique=True)  # SHA-256, hexadecimal
    begins_with = models.CharField(max_length=10)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    used_on = models.DateField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.name

    @property
    def is_over(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()


class OpenIdIdentity(models.Model):
    """A user's account at a provider of OpenID Connect, which signs them in here."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="openid_identity",
        verbose_name=_("user"),
    )
    issuer = models.CharField(_("issuer"), max_length=500)
    subject = models.CharField(max_length=255)  # the provider's own id, which never changes
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("account at a provider")
        verbose_name_plural = _("accounts at a provider")
        constraints = [
            # A person at a provider is one user here; the sign-in looks the user up by it.
            models.UniqueConstraint(fields=["issuer", "subject"], name="openid_person_once"),
        ]

    def __str__(self) -> str:
        return self.issuer


class Preferences(models.Model):
    """What a person chose for themselves; without a row, nothing."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="preferences",
        verbose_name=_("user"),
    )
    caption_languages = models.CharField(
        _("caption languages"),
        max_length=200,
        blank=True,
        help_text=_("codes with commas between them, the preferred one first"),
    )

    class Meta:
        verbose_name = _("preferences")
        verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return str(self.user_id)


class Viewing(models.Model):
    """How far a person has watched a video, so that they can go on there."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="viewings",
        verbose_name=_("user"),
    )
    video = models.ForeignKey(
        Video, on_delete=models.CASCADE, related_name="viewings", verbose_name=_("video")
    )
    seconds = models.PositiveIntegerField(_("position"), default=0, help_text=_("seconds"))
    watched_at = models.DateTimeField(_("watched"), null=True, blank=True)

    class Meta:
        verbose_name = _("viewing")
        verbose_name_plural = _("viewings")
        constraints = (
            # also the index of a card's look: WHERE user = ? AND video = ?
            models.UniqueConstraint(name="viewing_once", fields=["user", "video"]),
        )

    def __str__(self) -> str:
        return f"{self.user_id}:{self.video_id}"
