"""What the address of a search page asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.urls import reverse

from videos.access import User
from videos.filters import NEWEST, Filters
from videos.models import VideoList
from videos.text import number_from, one_line

LONGEST_WORDS = 200  # characters that the box takes; the rest is left out, and that is said


def list_from(user: User, text: str) -> VideoList | None:
    """Read the id of a list. None for no list, and for somebody else's. At most one query."""
    list_id = number_from(text)
    if list_id is None:
        return None
    return VideoList.objects.owned_by(user).filter(pk=list_id).first()


@dataclass(frozen=True)
class Asked:
    """The words, the list they are looked for in (None: all lists), and the filters of a list.

    `cut`: more was written than is looked for.
    """

    words: str
    video_list: VideoList | None
    filters: Filters
    cut: bool = False

    @classmethod
    def parse(cls, user: User, query: Mapping[str, str]) -> Asked:
        """Read the query of the page. A list of somebody else is as no list. At most one query."""
        video_list = list_from(user, query.get("list", ""))
        written = query.get("q", "")
        words = one_line(written, LONGEST_WORDS)
        filters = replace(Filters.parse(query), q="", cause="", sort=NEWEST)
        return cls(words, video_list, filters, cut=len(written.strip()) > LONGEST_WORDS)

    @property
    def query(self) -> str:
        """The same search always as the same text, whatever the order of what was asked."""
        values = {"q": self.words}
        if self.video_list is not None:
            values["list"] = str(self.video_list.pk)
        values.update(sorted(self.filters.chosen.items()))
        if self.filters.channel:
            values["channel"] = self.filters.channel
        if self.filters.tag:
            values["tag"] = self.filters.tag
        return urlencode(values)

    @property
    def address(self) -> str:
        return f"{reverse('search')}?{self.query}"

    def everywhere(self) -> Asked:
        """The same words in all lists."""
        return replace(self, video_list=None)

    def unfiltered(self) -> Asked:
        """The same words without filters."""
        return replace(self, filters=Filters({}))

    def with_words(self, words: str) -> Asked:
        return replace(self, words=words)
