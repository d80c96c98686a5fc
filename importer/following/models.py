"""Playlists and channels that lists follow, and what was seen in them."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enrichment.leases import Leased, lease_constraints
from videos.causes import message
from videos.models import VideoList


class FollowKind(models.TextChoices):
    PLAYLIST = "playlist", _("Playlist")
    CHANNEL = "channel", _("Channel")


class Rhythm(models.IntegerChoices):
    """Hours between two checks."""

    OFTEN = 6, _("every 6 hours")
    DAILY = 24, _("daily")
    WEEKLY = 168, _("weekly")


class Follow(Leased):
    """A playlist or channel whose new videos come into a list by themselves.

    It is due at `next_at`. `attempts` counts the checks begun since one came to its end.
    """

    DUE = "next_at"
    not_before = None  # type: ignore[assignment]

    video_list = models.ForeignKey(
        VideoList, on_delete=models.CASCADE, related_name="follows", verbose_name=_("list")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=FollowKind)
    source = models.CharField(
        _("playlist or channel"),
        max_length=150,
        help_text=_("its id, or what follows youtube.com/"),
    )
    title = models.CharField(
        _("title"), max_length=500, blank=True, help_text=_("as read at the last check")
    )
    every_hours = models.PositiveSmallIntegerField(
        _("checked"), choices=Rhythm, default=Rhythm.DAILY
    )
    next_at = models.DateTimeField(_("next check"))
    checked_at = models.DateTimeField(
        _("last check"), null=True, blank=True, help_text=_("the last one that came to its end")
    )
    read_all_at = models.DateTimeField(_("last read completely"), null=True, blank=True)
    brought = models.PositiveIntegerField(_("new at the last check"), default=0)
    cause = models.CharField(
        _("cause"), max_length=30, blank=True, help_text=_("why the last check failed")
    )
    title_words = models.CharField(
        _("words of the title"),
        max_length=200,
        blank=True,
        help_text=_("only videos with one of these in their title; empty: all"),
    )
    shortest = models.PositiveIntegerField(
        _("at least this long"), null=True, blank=True, help_text=_("minutes")
    )
    longest = models.PositiveIntegerField(
        _("at most this long"), null=True, blank=True, help_text=_("minutes")
    )
    without_shorts = models.BooleanField(
        _("without Shorts"), default=False, help_text=_("videos of up to three minutes")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("followed playlist or channel")
        verbose_name_plural = _("followed playlists and channels")
        constraints = (
            models.UniqueConstraint(name="follow_once_per_list", fields=["video_list", "source"]),
            *lease_constraints("follow"),
        )
        indexes = (
            models.Index(fields=["next_at"], name="follow_due"),
        )  # the beat's question, every minute

    def __str__(self) -> str:
        return self.title or self.source

    @property
    def address(self) -> str:
        """Its page at YouTube."""
        if self.kind == FollowKind.PLAYLIST:
            return f"https://www.youtube.com/playlist?list={self.source}"
        if self.source.startswith("UC"):
            return f"https://www.youtube.com/channel/{self.source}"
        return f"https://www.youtube.com/{self.source}"

    @property
    def every(self) -> timedelta:
        return timedelta(hours=self.every_hours)

    @property
    def problem(self) -> str:
        """Why the last check failed, in the active language; "" when it did not."""
        return message(self.cause) or ""


class FollowedVideo(models.Model):
    """A video that was seen in a followed playlist or channel, and since when it is no longer.

    Nothing is ever deleted for it.
    """

    follow = models.ForeignKey(
        Follow,
        on_delete=models.CASCADE,
        related_name="videos",
        verbose_name=_("followed playlist or channel"),
    )
    youtube_id = models.CharField(_("YouTube id"), max_length=11)
    gone_since = models.DateTimeField(_("gone since"), null=True, blank=True)
    gone_cause = models.CharField(
        _("cause"),
        max_length=30,
        blank=True,
        help_text=_("private or deleted; empty: it left the playlist"),
    )

    class Meta:
        verbose_name = _("followed video")
        verbose_name_plural = _("followed videos")
        constraints = (
            models.UniqueConstraint(name="followed_video_once", fields=["follow", "youtube_id"]),
        )
        indexes = (
            # what has gone, the latest first
            models.Index(
                fields=["follow", "-gone_since"],
                name="followed_video_gone",
                condition=Q(gone_since__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.youtube_id
