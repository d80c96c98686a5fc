"""The ledger of what was given: one batch per import, one row per line, each with its verdict."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from importer.parsing import Reason
from videos.causes import message
from videos.models import Video, VideoList


class BatchState(models.TextChoices):
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    CANCELLED = "cancelled", _("Cancelled")
    FINISHED = "finished", _("Finished")


ACTIVE = (BatchState.RUNNING, BatchState.PAUSED)


class Source(models.TextChoices):
    WEB = "web", _("Website")
    API = "api", _("REST")
    ADMIN = "admin", _("Admin")
    COMMAND = "command", _("Command")
    FOLLOW = "follow", _("Follow")


class Verdict(models.TextChoices):
    NEW = "new", _("New")
    KNOWN = "known", _("Already known")
    DUPLICATE = "duplicate", _("Already in this list")
    REPEATED = "repeated", _("Repeated in this import")
    INVALID = "invalid", _("Not understood")
    EXPANDING = "expanding", _("Playlist is being read")
    EXPANDED = "expanded", _("Playlist")
    OVER_LIMIT = "over_limit", _("Over the limit")


WANTED = (Verdict.NEW, Verdict.KNOWN)  # the videos this import brings into the list


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    def of(self, user: Any) -> ImportBatchQuerySet:
        """The user's, with their lists; without those of lists the user deleted."""
        return self.filter(owner=user, video_list__deleted_at=None).select_related("video_list")


class ImportBatch(models.Model):
    """One import. Its progress is counted from its items' videos, never stored."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="imports", verbose_name=_("owner"))
    video_list = models.ForeignKey(VideoList, on_delete=models.CASCADE, related_name="imports", verbose_name=_("list"))
    source = models.CharField(_("source"), max_length=10, choices=Source)
    limit = models.PositiveIntegerField(_("limit"), help_text=_("rows it may grow to, playlists included"))
    state = models.CharField(_("state"), max_length=10, choices=BatchState, default=BatchState.RUNNING)
    created_at = models.DateTimeField(_("started"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    announced = models.BooleanField(_("announced"), default=False, help_text=_("the owner has seen the summary"))

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes = (
            # the user's active imports (banner, frames) and the newest ones first (import pages)
            models.Index(fields=["owner", "state"], name="batch_owner_state"),
            models.Index(fields=["owner", "-id"], name="batch_owner_newest"),
        )

    def __str__(self) -> str:
        return f"#{self.pk}"


class ImportItem(models.Model):
    """One address or one line that could not be understood, as it was given."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="items", verbose_name=_("import"))
    number = models.PositiveIntegerField(_("number"), help_text=_("counts the rows of this import from 1"))
    line = models.PositiveIntegerField(_("line"), help_text=_("the line of the input it stood on, from 1"))
    text = models.TextField(_("text"))
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict)
    reason = models.CharField(_("reason"), max_length=30, blank=True)
    video = models.ForeignKey(Video, null=True, blank=True, on_delete=models.SET_NULL, related_name="import_items", verbose_name=_("video"))

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        constraints = (
            # also the index for an import's lines in order
            models.UniqueConstraint(name="item_number_once", fields=["batch", "number"]),
        )

    def __str__(self) -> str:
        return self.text[:80]

    @property
    def reason_text(self) -> str:
        """Why the line brought no video, in the active language; "" when it did. A reason is the parser's, or a cause (of a playlist)."""
        if self.reason in Reason.values:
            return str(Reason(self.reason).label)
        return message(self.reason) or ""


class Expansion(models.Model):
    """A playlist or channel that is still to be read. A row exists exactly as long as its item's verdict is `expanding`."""

    item = models.OneToOneField(ImportItem, on_delete=models.CASCADE, related_name="expansion", verbose_name=_("line"))
    top = models.BigIntegerField(help_text=_("the position of its first video; the others follow below"))
    taken = models.PositiveIntegerField(_("videos so far"), default=0)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    not_before = models.DateTimeField(_("not before"), default=timezone.now)
    lease_token = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("playlist being read")
        verbose_name_plural = _("playlists being read")

    def __str__(self) -> str:
        return str(self.item_id)


class IdempotencyKey(models.Model):
    """A request its sender named, and how it was answered: the same name again means the same request, not another one."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("owner"))
    key = models.CharField(_("key"), max_length=200)
    request = models.CharField(_("request"), max_length=64, help_text=_("SHA-256 of what was asked"))
    status = models.PositiveSmallIntegerField(_("status"), default=0)
    answer = models.TextField(_("answer"), blank=True, help_text=_("JSON, as it was sent"))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("answered request")
        verbose_name_plural = _("answered requests")
        constraints = (models.UniqueConstraint(name="idempotency_key_once", fields=["owner", "key"]),)

    def __str__(self) -> str:
        return self.key


class FollowKind(models.TextChoices):
    PLAYLIST = "playlist", _("Playlist")
    CHANNEL = "channel", _("Channel")


class Rhythm(models.IntegerChoices):
    """Hours between two checks."""

    OFTEN = 6, _("every 6 hours")
    DAILY = 24, _("daily")
    WEEKLY = 168, _("weekly")


class Follow(models.Model):
    """A playlist or channel whose new videos come into a list by themselves.

    Due at `next_at`; being read until `lease_until`, which is also the reader's token.
    """

    video_list = models.ForeignKey(VideoList, on_delete=models.CASCADE, related_name="follows", verbose_name=_("list"))
    kind = models.CharField(_("kind"), max_length=10, choices=FollowKind)
    source = models.CharField(_("playlist or channel"), max_length=150, help_text=_("its id, or what follows youtube.com/"))
    title = models.CharField(_("title"), max_length=500, blank=True, help_text=_("as read at the last check"))
    every_hours = models.PositiveSmallIntegerField(_("checked"), choices=Rhythm, default=Rhythm.DAILY)
    next_at = models.DateTimeField(_("next check"))
    checked_at = models.DateTimeField(_("last check"), null=True, blank=True, help_text=_("the last one that came to its end"))
    read_all_at = models.DateTimeField(_("last read completely"), null=True, blank=True)
    brought = models.PositiveIntegerField(_("new at the last check"), default=0)
    cause = models.CharField(_("cause"), max_length=30, blank=True, help_text=_("why the last check failed"))
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("followed playlist or channel")
        verbose_name_plural = _("followed playlists and channels")
        constraints = (models.UniqueConstraint(name="follow_once_per_list", fields=["video_list", "source"]),)
        indexes = (models.Index(fields=["next_at"], name="follow_due"),)  # the beat's question, every minute

    def __str__(self) -> str:
        return self.title or self.source

    @property
    def address(self) -> str:
        """Its page at YouTube."""
        if self.kind == FollowKind.PLAYLIST:
            return f"https://www.youtube.com/playlist?list={self.source}"
        return f"https://www.youtube.com/{f'channel/{self.source}' if self.source.startswith('UC') else self.source}"

    @property
    def every(self) -> timedelta:
        return timedelta(hours=self.every_hours)

    @property
    def problem(self) -> str:
        """Why the last check failed, in the active language; "" when it did not."""
        return message(self.cause) or ""


class FollowedVideo(models.Model):
    """A video that was seen in a followed playlist or channel, and since when it is no longer. Nothing is ever deleted for it."""

    follow = models.ForeignKey(Follow, on_delete=models.CASCADE, related_name="videos", verbose_name=_("followed playlist or channel"))
    youtube_id = models.CharField(_("YouTube id"), max_length=11)
    gone_since = models.DateTimeField(_("gone since"), null=True, blank=True)
    gone_cause = models.CharField(_("cause"), max_length=30, blank=True, help_text=_("private or deleted; empty: it left the playlist"))

    class Meta:
        verbose_name = _("followed video")
        verbose_name_plural = _("followed videos")
        constraints = (models.UniqueConstraint(name="followed_video_once", fields=["follow", "youtube_id"]),)
        indexes = (
            # what has gone, the latest first
            models.Index(fields=["follow", "-gone_since"], name="followed_video_gone", condition=Q(gone_since__isnull=False)),
        )

    def __str__(self) -> str:
        return self.youtube_id


def new_secret() -> str:
    return secrets.token_urlsafe(32)


class Webhook(models.Model):
    """Where a user wants to be told that an import is finished."""

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="webhook", verbose_name=_("owner"))
    address = models.CharField(_("address"), max_length=500)
    secret = models.CharField(_("secret"), max_length=64, default=new_secret)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self) -> str:
        return self.address


class Outcome(models.TextChoices):
    """How an attempt to deliver ended."""

    NONE = "", _("Not tried yet")
    DELIVERED = "delivered", _("Delivered.")
    ANSWERED = "answered", _("The other side refused it.")
    REDIRECTED = "redirected", _("The other side sends us on to another address. Enter that one.")
    FORBIDDEN = "forbidden", _("The address leads into an internal network. Only public addresses are used.")
    UNKNOWN_HOST = "unknown_host", _("There is nothing under this address. Is it spelled correctly?")
    UNTRUSTED = "untrusted", _("The other side's certificate is not valid.")
    TIMEOUT = "timeout", _("The other side did not answer in time.")
    UNREACHABLE = "unreachable", _("The other side could not be reached.")


class DeliveryEvent(models.TextChoices):
    FINISHED = "import.finished", _("Import finished")
    TEST = "test", _("Test")


class Delivery(models.Model):
    """One message to a webhook: written with what it tells of, sent by a worker, tried again for a day. `next_at` is None at its end."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("webhook"))
    event = models.CharField(_("event"), max_length=20, choices=DeliveryEvent)
    batch = models.ForeignKey(ImportBatch, null=True, blank=True, on_delete=models.CASCADE, related_name="+", verbose_name=_("import"))
    body = models.TextField(_("message"), blank=True, help_text=_("JSON, as it is sent; made at the first attempt"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt"), null=True, blank=True, default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(_("result"), max_length=20, choices=Outcome, blank=True, default=Outcome.NONE)
    status = models.PositiveSmallIntegerField(_("status"), null=True, blank=True, help_text=_("of the other side's answer"))
    tried_at = models.DateTimeField(_("last attempt"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        indexes = (
            # the beat's question
            models.Index(fields=["next_at"], name="delivery_due", condition=Q(next_at__isnull=False)),
        )

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_open(self) -> bool:
        """It will be tried once more."""
        return self.next_at is not None and self.outcome != Outcome.DELIVERED

    @property
    def is_given_up(self) -> bool:
        """It was tried for a day."""
        return self.next_at is None and self.attempts > 1 and self.outcome != Outcome.DELIVERED

    @property
    def is_answered(self) -> bool:
        return self.outcome == Outcome.ANSWERED
