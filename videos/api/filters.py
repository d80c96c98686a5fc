"""What the videos of a list and a search can be narrowed by over REST, and their orders: those of
the pages, in the same words.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from rest_framework import serializers

from videos.causes import Cause
from videos.filters import FACETS, SORTS, Filters
from videos.stages import Stage

# "duration" is what the order of the shortest first was called before there were others.
ORDERS = {**SORTS, "duration": SORTS["shortest"]}


def _choice_of(facet: str, *others: str) -> serializers.ChoiceField:
    choices = [*FACETS[facet][1], *others]
    return serializers.ChoiceField(
        choices=list(dict.fromkeys(choices)), required=False, allow_blank=True
    )


class EntryFilter(serializers.Serializer[Any]):
    """What the entries of lists can be narrowed by: every facet, and these."""

    channel = serializers.CharField(required=False, allow_blank=True, max_length=200)
    tag = serializers.CharField(required=False, allow_blank=True, max_length=50)
    cause = serializers.ChoiceField(
        choices=Cause.choices,
        required=False,
        allow_blank=True,
        help_text="why a video could not be imported",
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        facets = {}
        for name in FACETS:
            facets[name] = _choice_of(name)
        facets["stage"] = _choice_of("stage", *Stage.values)
        return {**facets, **super().get_fields()}

    def condition(self) -> Q:
        """Return the condition on the entries of a list."""
        narrowed = Filters.parse(self.validated_data).condition()
        if self.single_stage:
            narrowed &= Q(video__import_stage=self.single_stage)
        return narrowed

    @property
    def single_stage(self) -> str:
        """One of the stages that the pages name together, or ""."""
        stage = str(self.validated_data.get("stage", ""))
        if stage in FACETS["stage"][1]:
            return ""
        return stage


class ListFilter(EntryFilter):
    """What a list's videos can be narrowed by, and in which order they come."""

    q = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="words in title or channel"
    )
    order = serializers.ChoiceField(choices=list(ORDERS), required=False)
