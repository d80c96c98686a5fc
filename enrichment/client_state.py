"""What is known of each client we ask YouTube with: whether it answers, or refuses everybody."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Client(models.TextChoices):
    """A way to ask. What one of them is told counts for that one alone."""

    NETWORK = "network", _("Network")
    WATCH_PAGE = "watch_page", _("Watch page")
    PAGE_CAPTIONS = "page_captions", _("Captions of the watch page")
    SECOND_CLIENT = "second_client", _("Second client")
    TRANSCRIPT_API = "transcript_api", _("Third client")
    AUDIO = "audio", _("Audio")
    TRANSCRIPTION = "transcription", _("Transcription")


class ClientState(models.Model):
    """One row for each client that was refused; a client without a row answers.

    `streak` holds the videos it was refused for in a row, each once. It is closed from
    `closed_since` on until an answer comes; `closed_until` says when the next probe may ask.
    """

    client = models.CharField(_("client"), max_length=20, choices=Client, unique=True)
    streak = models.JSONField(_("videos refused in a row"), default=list)
    streak_since = models.DateTimeField(_("first refusal of these"), null=True, blank=True)
    closed_since = models.DateTimeField(_("closed since"), null=True, blank=True)
    closed_until = models.DateTimeField(_("asked again at"), null=True, blank=True)
    probing = models.BooleanField(
        _("being probed"), default=False, help_text=_("one video asks this client right now")
    )
    pause = models.FloatField(_("pause"), default=0, help_text=_("seconds, doubled by each probe"))
    cause = models.CharField(_("last cause"), max_length=30, blank=True)
    detail = models.CharField(_("last answer"), max_length=500, blank=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("client of YouTube")
        verbose_name_plural = _("clients of YouTube")

    def __str__(self) -> str:
        return self.client
