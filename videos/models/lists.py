"""A user's lists, and what belongs to a video there: its place, its note, its tags."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


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
        """Take new positions, return the last. Locks the list's row until the transaction ends."""
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
        "videos.Video", on_delete=models.CASCADE, related_name="entries", verbose_name=_("video")
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
        indexes = (
            # the newest of each list, for the page of all videos: WHERE video_list = ? ORDER BY id
            models.Index(fields=["video_list", "id"], name="entry_newest"),
            # a person's notes, which few entries have: WHERE video_list IN ? AND NOT note = ''
            models.Index(fields=["video_list", "id"], name="entry_noted", condition=~Q(note="")),
        )

    def __str__(self) -> str:
        return f"{self.video_list_id}:{self.position}"

    @property
    def title(self) -> str:
        """The video's, or what the owner's file called it while there is none; else ""."""
        return self.video.title or self.file_title

    def tag_names(self) -> list[str]:
        """Return the names of its tags. One query, none where they were prefetched."""
        names = []
        for tag in self.tags.all():
            names.append(tag.name)
        return names
