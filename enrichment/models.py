"""The queue of videos that still need work, and what the limiter must not forget."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Sum
from django.utils.translation import gettext_lazy as _

from enrichment.client_state import ClientState as ClientState
from enrichment.leases import Leased, lease_constraints
from videos.models import Video


class Work(models.TextChoices):
    """What a job's next run does."""

    FETCH = "fetch", _("Metadata and captions")
    TRANSCRIBE = "transcribe", _("Transcription")


class EnrichmentJob(Leased):
    """A row exists exactly as long as its video still needs work.

    Finished jobs are deleted, so the queue stays small.
    """

    video = models.OneToOneField(
        Video, on_delete=models.CASCADE, related_name="job", verbose_name=_("video")
    )
    work = models.CharField(_("work"), max_length=10, choices=Work, default=Work.FETCH)
    rank = models.BigIntegerField(
        _("rank"), help_text=_("start-time fair queueing: the lowest is next")
    )
    bulk = models.BooleanField(
        _("bulk"),
        default=False,
        help_text=_("part of a large import: leaves the reserve to people"),
    )
    held = models.BooleanField(
        _("held"), default=False, help_text=_("every import that wants it is paused")
    )
    throttled_rounds = models.PositiveSmallIntegerField(_("throttled rounds"), default=0)
    overdue_since = models.DateTimeField(
        _("overdue since"),
        null=True,
        blank=True,
        help_text=_("when a video that should have started was first looked at"),
    )
    last_cause = models.CharField(_("last cause"), max_length=30, blank=True)
    parts_done = models.PositiveSmallIntegerField(_("parts transcribed"), default=0)
    parts_total = models.PositiveSmallIntegerField(_("parts in all"), default=0)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        constraints = lease_constraints("job")
        indexes = (
            # the next free job: WHERE work = ? AND not held AND lease_until IS NULL AND not_before
            # <= now ORDER BY rank, bulk, id
            models.Index(
                F("work"),
                F("rank"),
                F("bulk"),
                F("id"),
                name="job_next",
                condition=Q(held=False, lease_until=None),
            ),
            # the same passing over large imports, of which there may be many before a person's:
            # WHERE NOT bulk besides. It has only the jobs of people.
            models.Index(
                F("work"),
                F("rank"),
                F("id"),
                name="job_next_of_people",
                condition=Q(held=False, bulk=False, lease_until=None),
            ),
            # what waits for Groq: WHERE work = 'transcribe' AND not held AND lease_until IS NULL.
            # Mostly nothing does, and then SQLite, by its statistics of job_next, would read all.
            models.Index(
                F("rank"),
                F("bulk"),
                F("id"),
                name="job_to_transcribe",
                condition=Q(work=Work.TRANSCRIBE, held=False, lease_until=None),
            ),
            # the lowest rank of all jobs, and the admin's page of them: ORDER BY rank, id
            models.Index(fields=["rank", "id"], name="job_by_rank"),
            # the sweeper: WHERE lease_until < now
            models.Index(
                fields=["lease_until"], name="job_leased", condition=Q(lease_until__isnull=False)
            ),
            # the beat: WHERE held
            models.Index(fields=["video"], name="job_held", condition=Q(held=True)),
        )

    def __str__(self) -> str:
        return f"{self.video_id}@{self.rank}"


class LaneState(models.Model):
    """What a lane must remember when Redis lost its memory: no burst, and an open breaker is still
    open.
    """

    lane = models.CharField(_("lane"), max_length=100, unique=True)
    delay = models.FloatField(_("delay"), help_text=_("seconds between two permits"))
    open_until = models.DateTimeField(_("open until"), null=True, blank=True)
    window = models.FloatField(
        _("window"), default=0, help_text=_("seconds the breaker was last opened for")
    )
    spent = models.FloatField(
        _("spent"), default=0, help_text=_("of the hourly budget, at the last change")
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("lane")
        verbose_name_plural = _("lanes")

    def __str__(self) -> str:
        return self.lane


class TranscriptionDraft(models.Model):
    """The parts of a transcription that were paid for already, so that an interrupted one goes on
    where it was.
    """

    video = models.OneToOneField(
        Video, on_delete=models.CASCADE, related_name="transcription_draft", verbose_name=_("video")
    )
    language = models.CharField(
        _("language"),
        max_length=20,
        blank=True,
        help_text=_("of the original audio, where YouTube says it"),
    )
    parts = models.JSONField(_("parts"), default=dict)
    session = models.JSONField(
        _("session"), default=dict, help_text=_("what YouTube said where the audio is")
    )

    class Meta:
        verbose_name = _("unfinished transcription")
        verbose_name_plural = _("unfinished transcriptions")

    def __str__(self) -> str:
        return str(self.video_id)


class TranscriptionUse(models.Model):
    """Seconds of audio transcribed for a person on a day; once per video."""

    video = models.OneToOneField(
        Video, on_delete=models.CASCADE, related_name="transcription_use", verbose_name=_("video")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, verbose_name=_("user")
    )
    day = models.DateField(_("day"))
    seconds = models.PositiveIntegerField(_("seconds"))

    class Meta:
        verbose_name = _("transcribed audio")
        verbose_name_plural = _("transcribed audio")
        indexes = (
            models.Index(fields=["user", "day"], name="transcribed_by_day"),
        )  # the day's sum of a person

    def __str__(self) -> str:
        return f"{self.user_id} {self.day}: {self.seconds} s"

    @classmethod
    def seconds_of(cls, user_id: int, day: date) -> int:
        return (
            cls.objects.filter(user=user_id, day=day).aggregate(total=Sum("seconds"))["total"] or 0
        )
