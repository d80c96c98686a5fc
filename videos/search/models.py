"""The tables of the search: its index, and the searches that people keep."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

QUERY_LENGTH = 2_000


class SavedSearch(models.Model):
    """A search somebody wants to have at hand: its words and filters as the page's query.

    A search of one list goes with that list.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="saved_searches",
        verbose_name=_("owner"),
    )
    video_list = models.ForeignKey(
        "videos.VideoList",
        on_delete=models.CASCADE,
        related_name="saved_searches",
        null=True,
        blank=True,
        verbose_name=_("list"),
    )
    name = models.CharField(_("name"), max_length=200)
    query = models.CharField(_("query"), max_length=QUERY_LENGTH)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("saved search")
        verbose_name_plural = _("saved searches")
        ordering = ("name", "pk")
        # also the index of the side bar: WHERE owner = ?
        constraints = (
            models.UniqueConstraint(name="saved_search_once", fields=["owner", "query"]),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('search')}?{self.query}"


class SearchDocument(models.Model):
    """The words of a video, as they are in the index under this row's id."""

    video = models.OneToOneField(
        "videos.Video",
        on_delete=models.CASCADE,
        related_name="search_document",
        verbose_name="video",
    )
    words = models.TextField(blank=True, help_text="PostgreSQL's index is made from it")
    digest = models.CharField(max_length=16, help_text="of the words")
    tokenizer = models.PositiveSmallIntegerField(help_text="version of what made the words")
    version = models.PositiveIntegerField(help_text="of the video whose words these are")

    class Meta:
        verbose_name = "search document"
        verbose_name_plural = "search documents"

    def __str__(self) -> str:
        return str(self.video_id)


class SearchState(models.Model):
    """How far the index is. One row.

    `tokenizer`: the version all documents have at least once been made with; `looked_at`: the last
    video the beat looked at; `rebuilt`: the last one of a rebuild that was stopped, 0 without one.
    """

    tokenizer = models.PositiveSmallIntegerField(default=0)
    looked_at = models.BigIntegerField(default=0)
    rebuilt = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = "state of the search"
        verbose_name_plural = "states of the search"

    def __str__(self) -> str:
        return str(self.tokenizer)
