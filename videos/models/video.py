"""A video of YouTube, with its chapters and its transcript: once for the whole installation."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Length, Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from videos.addresses import watch_url
from videos.causes import Cause
from videos.cues import rows_from_text, rows_to_text
from videos.models.lists import ListEntry
from videos.stages import FINISHED, PROGRESS, TRANSCRIPT_SOURCES, CaptionsSource, Stage

models.CharField.register_lookup(Length)

YOUTUBE_ID_LENGTH = 11


class OrZero(models.Func):
    """A number, to sort by: 0 where it is not known.

    Written out in the statement: SQLite finds no index of an expression that has a parameter.
    """

    template = "COALESCE(%(expressions)s, 0)"
    output_field = models.IntegerField()


class OrLongAgo(models.Func):
    """The same for a date."""

    template = "COALESCE(%(expressions)s, '1970-01-01')"
    output_field = models.DateField()


def stage_has_its_progress() -> Q:
    """Each stage with its own progress; an error keeps what was reached."""
    pairs = Q(import_stage=Stage.ERROR, import_progress__in=sorted(PROGRESS.values()))
    for stage, progress in PROGRESS.items():
        pairs |= Q(import_stage=stage, import_progress=progress)
    return pairs


class VideoQuerySet(models.QuerySet["Video"]):
    def unfinished(self) -> VideoQuerySet:
        return self.filter(finished_at=None).exclude(import_stage__in=FINISHED)

    def moving(self) -> VideoQuerySet:
        """Those that something has happened to, and that are not at an end."""
        return self.filter(version__gt=0, import_progress__lt=100, error_cause="")

    def visible_to(self, user: Any) -> VideoQuerySet:
        """The videos in this user's lists: the only ones they may see.

        One index look-up per video.
        """
        entries = ListEntry.objects.filter(
            video=OuterRef("pk"), video_list__owner=user, video_list__deleted_at=None
        )
        return self.filter(Exists(entries))


class Video(models.Model):
    """YouTube's video, once for the whole installation.

    Only `enrichment` writes it after its creation.
    """

    youtube_id = models.CharField(_("YouTube id"), max_length=YOUTUBE_ID_LENGTH, unique=True)
    title = models.CharField(_("title"), max_length=500, blank=True)
    channel = models.CharField(_("channel"), max_length=200, blank=True)
    channel_id = models.CharField(_("channel id"), max_length=30, blank=True)
    duration = models.PositiveIntegerField(
        _("duration"), null=True, blank=True, help_text=_("seconds")
    )
    description = models.TextField(_("description"), blank=True)
    published_at = models.DateField(_("published"), null=True, blank=True)
    described_at = models.DateTimeField(
        _("described"),
        null=True,
        blank=True,
        help_text=_("title, description and chapters are as of then; empty: to be asked for"),
    )
    import_stage = models.CharField(_("stage"), max_length=10, choices=Stage, default=Stage.CREATED)
    import_progress = models.PositiveSmallIntegerField(_("progress"), default=0)
    error_cause = models.CharField(_("cause"), max_length=30, blank=True, choices=Cause.choices)
    captions_source = models.CharField(
        _("captions"),
        max_length=10,
        blank=True,
        choices=CaptionsSource,
        default=CaptionsSource.UNSETTLED,
    )
    version = models.PositiveIntegerField(
        _("version"), default=0, help_text=_("grows with every change")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    finished_at = models.DateTimeField(
        _("finished"), null=True, blank=True, help_text=_("complete or in error since")
    )

    objects = VideoQuerySet.as_manager()

    class Meta:
        verbose_name = _("video")
        verbose_name_plural = _("videos")
        constraints = (
            models.CheckConstraint(
                name="video_stage_has_its_progress", condition=stage_has_its_progress()
            ),
            models.CheckConstraint(
                name="video_cause_only_with_error",
                condition=Q(import_stage=Stage.ERROR) ^ Q(error_cause=""),
            ),
            models.CheckConstraint(
                name="video_youtube_id_length", condition=Q(youtube_id__length=YOUTUBE_ID_LENGTH)
            ),
        )
        # the few that are not at an end, among all: WHERE finished_at IS NULL (a condition on the
        # stage would be no use to SQLite, which
        # knows no parameters when it chooses an index)
        indexes = (
            models.Index(fields=["id"], name="video_unfinished", condition=Q(finished_at=None)),
            # those that are being worked on (`moving`), among all that wait (none of its conditions
            # is one of video_unfinished, which SQLite would take by its statistics)
            models.Index(
                fields=["id"],
                name="video_moving",
                condition=Q(version__gt=0, import_progress__lt=100, error_cause=""),
            ),
            # why videos failed, of a person's or of an import: WHERE import_stage = 'error'
            models.Index(
                fields=["error_cause"],
                name="video_failed",
                condition=Q(import_stage=Stage.ERROR),
            ),
            # what was finished in the last minutes: WHERE finished_at >= ? ORDER BY finished_at
            # (conditional: PostgreSQL would take it for finished_at IS NULL in a join, too)
            models.Index(
                fields=["finished_at"],
                name="video_finished",
                condition=Q(finished_at__isnull=False),
            ),
            # all videos of somebody who has most of the library, in each of the orders
            models.Index(Lower("title"), "id", name="video_by_title"),
            models.Index(Lower("channel"), "id", name="video_by_channel"),
            models.Index(OrZero("duration"), "id", name="video_by_length"),
            models.Index(OrLongAgo("published_at"), "id", name="video_by_date"),
        )

    def __str__(self) -> str:
        return self.title or self.youtube_id

    def get_absolute_url(self) -> str:
        return reverse("video_detail", args=[self.pk])

    @property
    def thumbnail_url(self) -> str:
        """Known from the id alone, so a card has its picture before anything was fetched."""
        return f"https://img.youtube.com/vi/{self.youtube_id}/mqdefault.jpg"

    @property
    def youtube_url(self) -> str:
        return watch_url(self.youtube_id)

    @property
    def is_finished(self) -> bool:
        return self.import_stage in FINISHED


class Chapter(models.Model):
    video = models.ForeignKey(
        Video, on_delete=models.CASCADE, related_name="chapters", verbose_name=_("video")
    )
    number = models.PositiveSmallIntegerField(_("number"))
    start = models.FloatField(_("start"), help_text=_("seconds"))
    end = models.FloatField(_("end"), help_text=_("seconds"))
    title = models.CharField(_("title"), max_length=300)

    class Meta:
        verbose_name = _("chapter")
        verbose_name_plural = _("chapters")
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(name="chapter_number_once", fields=["video", "number"]),
            models.CheckConstraint(
                name="chapter_ends_after_start", condition=Q(start__gte=0, end__gte=F("start"))
            ),
        )

    def __str__(self) -> str:
        return self.title


class CuesField(models.JSONField):
    """Rows of cues, kept as JSON in a column of text.

    Nobody asks the database for a part of them, and PostgreSQL writes `jsonb` out anew each time
    it is read, which takes twice as long.
    """

    def get_internal_type(self) -> str:
        return "TextField"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> str:
        return rows_to_text(value)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else rows_from_text(value)


class Transcript(models.Model):
    """The text of a video with its times, in a table of its own so that videos stay small.

    Cues are `[start, end, text]`, seconds.

    One for all who have the video. What a person gave is `uploaded`, and nothing that is fetched or
    transcribed replaces it; its source is manual, as for all text that people wrote.
    """

    video = models.OneToOneField(
        Video, on_delete=models.CASCADE, related_name="transcript", verbose_name=_("video")
    )
    source = models.CharField(
        _("source"),
        max_length=10,
        choices=TRANSCRIPT_SOURCES,
    )
    language = models.CharField(_("language"), max_length=20)
    cues = CuesField(_("cues"))
    uploaded = models.BooleanField(_("uploaded"), default=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("uploaded by"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("transcript")
        verbose_name_plural = _("transcripts")

    def __str__(self) -> str:
        return f"{self.video_id} {self.language}"
