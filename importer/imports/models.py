"""The ledger of what was given: one batch per import, one row per line, each with its verdict."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from enrichment.leases import Leased, lease_constraints
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
    INVALID = "invalid", _("Not recognized")
    EXPANDING = "expanding", _("Playlist is being read")
    EXPANDED = "expanded", _("Playlist")
    OVER_LIMIT = "over_limit", _("Over the limit")
    UNAVAILABLE = "unavailable", _("Private or deleted in the playlist")


WANTED = (Verdict.NEW, Verdict.KNOWN)  # the videos this import brings into the list


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    def of(self, user: Any) -> ImportBatchQuerySet:
        """The user's, with their lists; without those of lists the user deleted."""
        return self.filter(owner=user, video_list__deleted_at=None).select_related("video_list")


class ImportBatch(models.Model):
    """One import. How far it is stands in its `ImportCount`, which the database keeps."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="imports",
        verbose_name=_("owner"),
    )
    video_list = models.ForeignKey(
        VideoList, on_delete=models.CASCADE, related_name="imports", verbose_name=_("list")
    )
    source = models.CharField(_("source"), max_length=10, choices=Source)
    limit = models.PositiveIntegerField(
        _("limit"), help_text=_("rows it may grow to, playlists included")
    )
    state = models.CharField(
        _("state"), max_length=10, choices=BatchState, default=BatchState.RUNNING
    )
    created_at = models.DateTimeField(_("started"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    announced = models.BooleanField(
        _("announced"), default=False, help_text=_("the owner has seen the summary")
    )
    turn_at = models.DateTimeField(
        null=True, editable=False, help_text=_("when one of its playlists had its last turn")
    )
    # The rank of its next page's first video: one large playlist takes as many turns as any import.
    next_rank = models.BigIntegerField(null=True, blank=True, editable=False)

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

    batch = models.ForeignKey(
        ImportBatch, on_delete=models.CASCADE, related_name="items", verbose_name=_("import")
    )
    number = models.PositiveIntegerField(
        _("number"), help_text=_("counts the rows of this import from 1")
    )
    line = models.PositiveIntegerField(
        _("line"), help_text=_("the line of the input it stood on, from 1")
    )
    text = models.TextField(_("text"))
    verdict = models.CharField(_("verdict"), max_length=12, choices=Verdict)
    reason = models.CharField(_("reason"), max_length=30, blank=True)
    entries_read = models.PositiveIntegerField(
        _("entries read"), null=True, blank=True, help_text=_("of a playlist that was cut short")
    )
    entries_announced = models.PositiveIntegerField(
        _("entries announced"),
        null=True,
        blank=True,
        help_text=_("how many YouTube says there are, of a playlist that was cut short"),
    )
    video = models.ForeignKey(
        Video,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="import_items",
        verbose_name=_("video"),
    )

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
        """Why the line brought no video, or only a part of a playlist, in the active language; ""
        when all is well.

        A reason is the parser's, or a cause. Of a playlist that was cut short it says how much of
        it came.
        """
        if self.entries_read is not None and self.entries_announced is not None:
            counts = {"read": self.entries_read, "announced": self.entries_announced}
            return gettext("%(read)s of %(announced)s could be read.") % counts
        if self.reason in Reason.values:
            return str(Reason(self.reason).label)
        return message(self.reason) or ""


class Expansion(Leased):
    """A playlist or channel that is still to be read.

    A row exists exactly as long as its item's verdict is `expanding`.
    """

    item = models.OneToOneField(
        ImportItem, on_delete=models.CASCADE, related_name="expansion", verbose_name=_("line")
    )
    # as its item has them, so that nobody looks for its turn among all lines of all imports
    batch = models.ForeignKey(
        ImportBatch,
        on_delete=models.CASCADE,
        related_name="expansions",
        db_index=False,
        verbose_name=_("import"),
    )
    line = models.PositiveIntegerField(_("line"))
    is_next = models.BooleanField(
        default=True,
        help_text=_(
            "the next of its line to be read; the others wait, so that each knows its own rows"
        ),
    )
    top = models.BigIntegerField(
        help_text=_("the position of its first video; the others follow below")
    )
    taken = models.PositiveIntegerField(_("videos so far"), default=0)
    continuation = models.JSONField(
        null=True, blank=True, help_text=_("where its next page begins; none for the first one")
    )
    turn_at = models.DateTimeField(null=True, blank=True, help_text=_("when it had its last turn"))

    class Meta:
        verbose_name = _("playlist being read")
        verbose_name_plural = _("playlists being read")
        constraints = lease_constraints("expansion")
        indexes = (models.Index(fields=["batch", "line", "item"], name="expansion_of_line"),)

    def __str__(self) -> str:
        return str(self.item_id)


class ImportSlice(models.Model):
    """Rows of a large import that are still to be taken in, in JSON."""

    batch = models.ForeignKey(
        ImportBatch, on_delete=models.CASCADE, related_name="slices", verbose_name=_("import")
    )
    number = models.PositiveIntegerField(_("number"))
    top = models.BigIntegerField(help_text=_("the position of its first video"))
    rows = models.TextField(_("rows"))

    class Meta:
        verbose_name = _("slice of an import")
        verbose_name_plural = _("slices of imports")
        constraints = (
            models.UniqueConstraint(name="slice_number_once", fields=["batch", "number"]),
        )

    def __str__(self) -> str:
        return f"{self.batch_id}.{self.number}"


class UnfinishedAction(models.Model):
    """What a person asked of a large import and is still being done, slice by slice.

    A row exists exactly as long as some of the import's lines are left.
    """

    class Kind(models.TextChoices):
        CANCEL = "cancel"
        RETRY = "retry"

    batch = models.ForeignKey(
        ImportBatch,
        on_delete=models.CASCADE,
        related_name="unfinished_actions",
        verbose_name=_("import"),
    )
    kind = models.CharField(max_length=10, choices=Kind)
    cause = models.CharField(max_length=30, blank=True)  # of the failures; empty: of all
    is_large = models.BooleanField(default=False)  # it leaves the limiter's reserve to people
    after = models.PositiveIntegerField(default=0)  # the number of the last line that was done
    # The rank of the next slice's first video.
    next_rank = models.BigIntegerField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("unfinished action on an import")
        verbose_name_plural = _("unfinished actions on imports")

    def __str__(self) -> str:
        return f"{self.batch_id}: {self.kind} {self.after}"


class ImportCount(models.Model):
    """What an import has, as counted by triggers (`importer.imports.counts`).

    An import's figures are the sums of its rows: one that is folded, and on PostgreSQL those of
    changes since then. Nobody waits for a row that is only added.
    """

    # No constraint in the database: checking it would make workers wait for whoever locks an
    # import. A trigger deletes the rows with their import.
    batch = models.ForeignKey(
        ImportBatch, on_delete=models.DO_NOTHING, db_constraint=False, related_name="counts"
    )
    folded = models.BooleanField(default=False)
    total = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    without_captions = models.IntegerField(default=0)
    reached = models.IntegerField(default=0)
    duplicates = models.IntegerField(default=0)
    invalid = models.IntegerField(default=0)
    unavailable = models.IntegerField(default=0)
    cut_short = models.IntegerField(default=0)
    expanding = models.IntegerField(default=0)

    class Meta:
        verbose_name = _("count of an import")
        verbose_name_plural = _("counts of imports")
        constraints = (
            models.UniqueConstraint(
                name="import_count_folded_once", fields=["batch"], condition=models.Q(folded=True)
            ),
        )
        indexes = (
            # the beat, which folds: WHERE NOT folded ORDER BY id
            models.Index(
                fields=["id"], name="import_count_unfolded", condition=models.Q(folded=False)
            ),
        )

    def __str__(self) -> str:
        return f"{self.batch_id}: {self.done} of {self.total}"


class IdempotencyKey(models.Model):
    """A request its sender named, and how it was answered: the same name again means the same
    request, not another one.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("owner"),
    )
    key = models.CharField(_("key"), max_length=200)
    request = models.CharField(
        _("request"), max_length=64, help_text=_("SHA-256 of what was asked")
    )
    status = models.PositiveSmallIntegerField(_("status"), default=0)
    answer = models.TextField(_("answer"), blank=True, help_text=_("JSON, as it was sent"))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("answered request")
        verbose_name_plural = _("answered requests")
        constraints = (
            models.UniqueConstraint(name="idempotency_key_once", fields=["owner", "key"]),
        )

    def __str__(self) -> str:
        return self.key
