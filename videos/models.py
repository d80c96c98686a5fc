"""The library: videos once for the whole installation, and each user's lists of them."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Length
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from videos.addresses import watch_url
from videos.causes import Cause

# Django looks for tables in this module.
from videos.search.models import SavedSearch as SavedSearch
from videos.search.models import SearchDocument as SearchDocument
from videos.search.models import SearchState as SearchState
from videos.stages import FINISHED, PROGRESS, CaptionsSource, Stage

models.CharField.register_lookup(Length)

YOUTUBE_ID_LENGTH = 11


def stage_has_its_progress() -> Q:
    """Each stage with its own progress; an error keeps what was reached."""
    pairs = Q(import_stage=Stage.ERROR, import_progress__in=sorted(PROGRESS.values()))
    for stage, progress in PROGRESS.items():
        pairs |= Q(import_stage=stage, import_progress=progress)
    return pairs


class VideoQuerySet(models.QuerySet["Video"]):
    def unfinished(self) -> VideoQuerySet:
        return self.filter(finished_at=None).exclude(import_stage__in=FINISHED)

    def visible_to(self, user: Any) -> VideoQuerySet:
        """The videos in this user's lists: the only ones they may see.

        One index look-up per video.
        """
        return self.filter(
            Exists(
                ListEntry.objects.filter(
                    video=OuterRef("pk"), video_list__owner=user, video_list__deleted_at=None
                )
            )
        )


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


class VideoListQuerySet(models.QuerySet["VideoList"]):
    def owned_by(self, user: Any) -> VideoListQuerySet:
        """Without those the user deleted."""
        return self.filter(owner=user, deleted_at=None)


class VideoList(models.Model):
    """A user's list.

    `last_position` only grows: it hands out the entries' positions. A deleted one is kept for a
    day, to have it back.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="video_lists",
        verbose_name=_("owner"),
    )
    name = models.CharField(_("name"), max_length=200)
    last_position = models.BigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("last change"), auto_now=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True, editable=False)

    objects = VideoListQuerySet.as_manager()

    class Meta:
        verbose_name = _("list")
        verbose_name_plural = _("lists")
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("list_detail", args=[self.pk])

    def reserve_positions(self, count: int) -> int:
        """Take `count` new positions and answer the last one.

        Locks the list's row until the transaction ends (one UPDATE).
        """
        VideoList.objects.filter(pk=self.pk).update(last_position=F("last_position") + count)
        self.refresh_from_db(fields=["last_position"])
        return self.last_position


class ListCount(models.Model):
    """How many entries a list has. Kept by triggers (`videos.counts`), written by nobody else."""

    video_list = models.OneToOneField(
        VideoList, on_delete=models.CASCADE, primary_key=True, related_name="counted"
    )
    entries = models.IntegerField(default=0)

    class Meta:
        verbose_name = _("count of a list")
        verbose_name_plural = _("counts of lists")

    def __str__(self) -> str:
        return f"{self.video_list_id}: {self.entries}"


def new_share_token() -> str:
    """Return what stands in the address of a shared list: 32 characters nobody can guess."""
    return secrets.token_urlsafe(24)


class ListShare(models.Model):
    """A list that can be read without an account, by whoever knows the address.

    Kept as it is and not as a digest: its owner copies the address again and again.
    """

    class Kind(models.TextChoices):
        FEED = "feed", _("Feed")
        PAGE = "page", _("Page")

    video_list = models.ForeignKey(
        VideoList, on_delete=models.CASCADE, related_name="shares", verbose_name=_("list")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    # also the index of a reader's look: WHERE token = ?
    token = models.CharField(max_length=43, unique=True, default=new_share_token, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("shared list")
        verbose_name_plural = _("shared lists")
        constraints = (
            models.UniqueConstraint(name="share_once_per_kind", fields=["video_list", "kind"]),
        )

    def __str__(self) -> str:
        return f"{self.video_list_id}: {self.kind}"


class Tag(models.Model):
    """A word a user sorts their entries by, in all of their lists."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="tags",
        verbose_name=_("owner"),
    )
    name = models.CharField(_("name"), max_length=50)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ("name",)
        constraints = (models.UniqueConstraint(name="tag_name_once", fields=["owner", "name"]),)

    def __str__(self) -> str:
        return self.name


class ListEntry(models.Model):
    """A video in a list."""

    video_list = models.ForeignKey(
        VideoList, on_delete=models.CASCADE, related_name="entries", verbose_name=_("list")
    )
    video = models.ForeignKey(
        Video, on_delete=models.CASCADE, related_name="entries", verbose_name=_("video")
    )
    position = models.BigIntegerField(
        _("position"), help_text=_("strictly growing; pages go by it")
    )
    file_title = models.CharField(
        _("title in a file"),
        max_length=500,
        blank=True,
        help_text=_("shown to the list's owner until YouTube has said the video's title"),
    )
    note = models.TextField(_("note"), blank=True)
    tags = models.ManyToManyField(Tag, related_name="entries", blank=True, verbose_name=_("tags"))
    added_at = models.DateTimeField(_("added"), default=timezone.now)

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        constraints = (
            models.UniqueConstraint(name="entry_once_per_list", fields=["video_list", "video"]),
            # also the index every list page walks: WHERE video_list = ? AND position < ? ORDER BY
            # position DESC
            models.UniqueConstraint(name="entry_position_once", fields=["video_list", "position"]),
        )

    def __str__(self) -> str:
        return f"{self.video_list_id}:{self.position}"

    @property
    def title(self) -> str:
        """The video's, or what the owner's file called it while there is none; else ""."""
        return self.video.title or self.file_title


class Change(models.Model):
    """What a person did to several entries at once, kept for a day so that it can be undone."""

    class Kind(models.TextChoices):
        REMOVED = "removed", _("Removed")
        MOVED = "moved", _("Moved")
        COPIED = "copied", _("Copied")
        TAGGED = "tagged", _("Tagged")
        UNTAGGED = "untagged", _("Tag removed")

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="changes",
        verbose_name=_("owner"),
    )
    video_list = models.ForeignKey(
        VideoList, on_delete=models.CASCADE, related_name="changes", verbose_name=_("list")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    target = models.ForeignKey(
        VideoList,
        on_delete=models.CASCADE,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("moved or copied to"),
    )
    made_target = models.BooleanField(
        _("list made for it"), default=False, help_text=_("undoing it deletes that list again")
    )
    tag_name = models.CharField(_("tag"), max_length=50, blank=True)
    count = models.PositiveIntegerField(_("videos"), default=0)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        indexes = (
            # what a person did lately: WHERE owner = ? ORDER BY id DESC
            models.Index(fields=["owner", "-id"], name="change_by_owner"),
            # what is over a day old: WHERE created_at < ?
            models.Index(fields=["created_at"], name="change_by_age"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.count}"

    @property
    def summary(self) -> str:
        """What was done, in the reader's language."""
        words = {
            "count": self.count,
            "list": self.video_list.name,
            "target": "",
            "tag": self.tag_name,
        }
        if self.target is not None:
            words["target"] = self.target.name
        sentences = {
            self.Kind.REMOVED: ngettext(
                "%(count)d video removed from “%(list)s”",
                "%(count)d videos removed from “%(list)s”",
                self.count,
            ),
            self.Kind.MOVED: ngettext(
                "%(count)d video moved from “%(list)s” to “%(target)s”",
                "%(count)d videos moved from “%(list)s” to “%(target)s”",
                self.count,
            ),
            self.Kind.COPIED: ngettext(
                "%(count)d video copied from “%(list)s” to “%(target)s”",
                "%(count)d videos copied from “%(list)s” to “%(target)s”",
                self.count,
            ),
            self.Kind.TAGGED: ngettext(
                "Tag “%(tag)s” added to %(count)d video in “%(list)s”",
                "Tag “%(tag)s” added to %(count)d videos in “%(list)s”",
                self.count,
            ),
            self.Kind.UNTAGGED: ngettext(
                "Tag “%(tag)s” removed from %(count)d video in “%(list)s”",
                "Tag “%(tag)s” removed from %(count)d videos in “%(list)s”",
                self.count,
            ),
        }
        return sentences[self.Kind(self.kind)] % words


class ChangedEntry(models.Model):
    """One entry of a change: as it was before it left a list, or as it was put into one.

    For a change of tags only the video counts.
    """

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="entries")
    video_list = models.ForeignKey(VideoList, on_delete=models.CASCADE, related_name="+")
    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="+")
    # True: it was put into the list; False: it was taken out.
    added = models.BooleanField(default=False)
    position = models.BigIntegerField(default=0)
    file_title = models.CharField(max_length=500, blank=True)
    note = models.TextField(blank=True)
    added_at = models.DateTimeField(default=timezone.now)
    tag_names = models.JSONField(default=list)

    class Meta:
        verbose_name = _("changed entry")
        verbose_name_plural = _("changed entries")

    def __str__(self) -> str:
        return f"{self.change_id}:{self.video_id}"


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
        choices=[
            (s.value, s.label)
            for s in (CaptionsSource.MANUAL, CaptionsSource.AUTO, CaptionsSource.WHISPER)
        ],
    )
    language = models.CharField(_("language"), max_length=20)
    cues = models.JSONField(_("cues"))
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
