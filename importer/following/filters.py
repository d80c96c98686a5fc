"""Which new videos of a followed playlist or channel are wanted."""

from __future__ import annotations

from enrichment.sources.types import PlaylistEntry
from importer.following.models import Follow

LONGEST_SHORT = 180  # seconds; YouTube calls no longer video a Short
MINUTE = 60  # seconds


def is_wanted(follow: Follow, entry: PlaylistEntry) -> bool:
    """Whether the follow's filters let this video in.

    A length that YouTube does not say passes: a video too many is removed, one that is missing is
    never noticed.
    """
    if not _has_wanted_title(follow, entry.title.casefold()):
        return False
    return entry.duration is None or _has_wanted_length(follow, entry.duration)


def _has_wanted_title(follow: Follow, title: str) -> bool:
    words = follow.title_words.casefold().split()
    for word in words:
        if word in title:
            return True
    return not words


def _has_wanted_length(follow: Follow, seconds: int) -> bool:
    if follow.without_shorts and seconds <= LONGEST_SHORT:
        return False
    if follow.shortest is not None and seconds < follow.shortest * MINUTE:
        return False
    return follow.longest is None or seconds <= follow.longest * MINUTE
