"""Playlists and channels that are followed: what a person does with them.

`importer.following.checks` reads them again and again.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from enrichment import hints
from importer.following.models import Follow, FollowKind, Rhythm
from importer.imports.models import Source
from importer.imports.plans import plan_import
from importer.imports.quotas import ImportRefused
from importer.parsing import (
    ChannelAddress,
    ParsedLine,
    PlaylistAddress,
    Unusable,
    VideoAddress,
    parse_address,
)
from videos.models import VideoList

# After it was followed: what is there then is what later ones compare with.
FIRST = timedelta(minutes=10)
MAX_FOLLOWS = 50  # of one user; each is some requests a day out of a budget that all share
REST = timedelta(minutes=5)  # between two checks on demand
LONGEST_SOURCE = 150  # characters, as the column holds


class NotFollowed(Exception):
    """Why this cannot be followed, in the person's language."""


def parse_source(text: str) -> tuple[FollowKind, str]:
    """Pure. Raises NotFollowed."""
    address = parse_address(text)
    if isinstance(address, Unusable):
        raise NotFollowed(str(address.reason.label))
    kind, source = FollowKind.CHANNEL, ""
    if isinstance(
        address, PlaylistAddress | VideoAddress
    ):  # of a video's address the playlist it was opened from
        kind, source = FollowKind.PLAYLIST, address.playlist_id
    elif isinstance(address, ChannelAddress):
        source = address.channel
    if not 0 < len(source) <= LONGEST_SOURCE:
        raise NotFollowed(_("This is a single video, not a playlist or channel."))
    return kind, source


def start_following(
    *,
    video_list: VideoList,
    text: str,
    every_hours: int = Rhythm.DAILY,
    source: Source = Source.WEB,
) -> Follow:
    """Import the playlist or channel now, as if it had been pasted, and look again from time to
    time. Raises NotFollowed.
    """
    with transaction.atomic():
        follow = add_follow(video_list=video_list, text=text, every_hours=every_hours)
        line = ParsedLine(1, follow.address, parse_address(follow.address))
        plan = plan_import(
            owner=video_list.owner, video_list=video_list, lines=[line], source=source
        )
        try:
            plan.start()
        except ImportRefused as refused:
            raise NotFollowed(refused.text) from None
    return follow


def add_follow(*, video_list: VideoList, text: str, every_hours: int = Rhythm.DAILY) -> Follow:
    """Look at the playlist or channel from time to time; what it has now, another import brings.

    Raises NotFollowed.
    """
    kind, name = parse_source(text)
    with transaction.atomic():
        _check_number(video_list.owner_id)
        try:
            with transaction.atomic():
                follow = Follow.objects.create(
                    video_list=video_list,
                    kind=kind,
                    source=name,
                    every_hours=every_hours,
                    next_at=timezone.now() + FIRST,
                )
        except IntegrityError:
            raise NotFollowed(_("This list follows it already.")) from None
    return follow


def _check_number(owner_id: int) -> None:
    """Raises NotFollowed where the user follows as much as they may."""
    # Two of this user's lists that follow something at once count one after the other.
    get_user_model().objects.select_for_update(no_key=True).get(pk=owner_id)
    if Follow.objects.filter(video_list__owner=owner_id).count() >= MAX_FOLLOWS:
        text = _("More than %(count)s playlists and channels cannot be followed.")
        raise NotFollowed(text % {"count": MAX_FOLLOWS})


def follow_lines(*, video_list: VideoList, lines: Iterable[ParsedLine]) -> int:
    """Follow the playlists and channels among the lines of an import. Returns how many.

    Those that the list follows already, and what cannot be followed, are passed over.
    """
    count = 0
    for line in lines:
        if not isinstance(line.address, PlaylistAddress | ChannelAddress):
            continue
        with suppress(NotFollowed):
            add_follow(video_list=video_list, text=line.text)
            count += 1
    return count


def stop_following(*, follow: Follow) -> None:
    """What it brought stays."""
    follow.delete()


def set_rhythm(*, follow: Follow, every_hours: int) -> Follow:
    follow.every_hours = every_hours
    follow.next_at = min(follow.next_at, timezone.now() + follow.every)
    follow.save(update_fields=["every_hours", "next_at"])
    return follow


def name_follow(*, video_list_id: int, source: str, title: str) -> None:
    """Keep the title that an import of it has read. One query."""
    if title:
        Follow.objects.filter(video_list=video_list_id, source=source).update(title=title)


def choose_filters(
    *,
    follow: Follow,
    title_words: str,
    shortest: int | None,
    longest: int | None,
    without_shorts: bool,
) -> None:
    """Let only these videos in from the next check on. Lengths in minutes."""
    follow.title_words = title_words
    follow.shortest = shortest
    follow.longest = longest
    follow.without_shorts = without_shorts
    follow.save(update_fields=["title_words", "shortest", "longest", "without_shorts"])


def check_now(*, follow: Follow) -> bool:
    """Make it due.

    False when it was checked a moment ago, or is being checked: then there is nothing to wait for.
    """
    now = timezone.now()
    if follow.checked_at and follow.checked_at > now - REST:
        return False
    if not Follow.objects.filter(pk=follow.pk, lease_until=None).update(next_at=now):
        return False
    follow.next_at = now
    transaction.on_commit(lambda: hints.send("importer.tasks.check_next"))
    return True
