"""What a piece of text can turn out to be.

A reason is stored; its label is shown in the reader's language.
"""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

MAX_TEXT = 2_000  # characters of a piece that are parsed, and kept in the ledger


class Reason(TextChoices):
    """Why a piece of text cannot be imported."""

    NOT_AN_ADDRESS = "not_an_address", _("This is not an address of a video.")
    OTHER_SITE = "other_site", _("This address does not belong to YouTube.")
    LOOKALIKE_HOST = (
        "lookalike_host",
        _("This address resembles YouTube's but leads somewhere else."),
    )
    NO_VIDEO_ID = "no_video_id", _("This is a page on YouTube, but not a video.")
    BAD_VIDEO_ID = "bad_video_id", _("The video's id is incomplete or has too many characters.")
    LOOKALIKE_ID = (
        "lookalike_id",
        _("This reads like a word or a number. If it is a video, give its full address."),
    )
    BAD_PLAYLIST_ID = "bad_playlist_id", _("The playlist's id is incomplete.")
    PRIVATE_LIST = (
        "private_list",
        _("Only you can see this playlist. Bring it along as a Google Takeout file."),
    )
    ENDLESS_MIX = (
        "endless_mix",
        _("YouTube's mixes never end and differ for everyone. Give the videos you want instead."),
    )
    PAGE_OF_LISTS = (
        "page_of_lists",
        _("This page shows playlists, not videos. Add the playlists you want."),
    )
    TOO_LONG = "too_long", _("This is too long for an address.")


@dataclass(frozen=True, slots=True)
class VideoAddress:
    """One video.

    `playlist_id`: the list the address names besides, "" for none. `start`: in seconds, None when
    not given.
    """

    youtube_id: str
    playlist_id: str = ""
    start: int | None = None


@dataclass(frozen=True, slots=True)
class PlaylistAddress:
    playlist_id: str


@dataclass(frozen=True, slots=True)
class ChannelAddress:
    """`channel` is what follows youtube.com/: `@handle`, `user/name`, `c/name`; for a channel id
    the id alone (UC and 22 characters).

    Behind it stands `/shorts`, `/streams` or `/live` when the address means that page of the
    channel alone.
    """

    channel: str


@dataclass(frozen=True, slots=True)
class Unusable:
    reason: Reason


Address = VideoAddress | PlaylistAddress | ChannelAddress | Unusable


@dataclass(frozen=True, slots=True)
class ParsedLine:
    """One piece of the input.

    `number`: its line, from 1. `text`: the piece as given, without characters a database refuses.
    """

    number: int
    text: str
    address: Address
