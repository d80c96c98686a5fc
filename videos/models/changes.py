"""What a person did to several entries at once, so that it can be undone."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from videos.models.lists import VideoList
from videos.models.video import Video


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
