"""Playlists and channels, read page by page with yt-dlp."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import quote

from yt_dlp.utils import YoutubeDLError

from enrichment.errors import SourceError, VideoVerdict, YouTubeChanged
from enrichment.sources.metadata import dicts, seconds_of, text_of
from enrichment.sources.types import CHANNEL_LENGTH, TITLE_LENGTH, Playlist, PlaylistEntry
from enrichment.sources.ytdlp import LeanYoutubeDL, translated
from videos.causes import Cause
from videos.text import one_line

Json = dict[str, Any]
VIDEO_ID = re.compile(r"[\w-]{11}", re.ASCII)
GONE: dict[str, Any] = {
    "[Private video]": "private",
    "[Deleted video]": "deleted",
}  # the titles YouTube gives them


def address_of(playlist: str) -> str:
    """The page of a playlist id, a channel id (`UC…`), or what follows `youtube.com/` for a channel: `@handle`, `c/name`, `user/name`."""
    if re.fullmatch(r"UC[\w-]{22}", playlist, re.ASCII):
        playlist = f"UU{playlist[2:]}"  # the list of its uploads, which says how many there are
    elif playlist.startswith(("@", "c/", "user/")):
        return f"https://www.youtube.com/{quote(playlist, safe='/@')}/videos"
    return f"https://www.youtube.com/playlist?list={quote(playlist, safe='')}"


def fetch_playlist(
    ydl: LeanYoutubeDL, playlist: str, *, skip: int = 0, limit: int | None = None
) -> Playlist:
    """The playlist with entries `skip` to `skip + limit`. YouTube has no way in but the beginning: what is skipped is fetched, too.

    Two requests for the first page (one of them to see hidden videos), then one per 100 entries, or 30 of a channel's.
    """
    try:
        answer = ydl.ask(address_of(playlist), "YoutubeTab")
    except SourceError as error:
        raise missing(error) from None
    entries = answer.get("entries")
    if entries is None:
        raise YouTubeChanged(detail="no entries")
    count = seconds_of(answer.get("playlist_count"))
    read = read_entries(entries, text_of(answer, "channel"))
    return Playlist(
        one_line(text_of(answer, "title"), TITLE_LENGTH),
        count,
        islice(read, skip, None if limit is None else skip + limit),
    )


def read_entries(entries: Any, channel: str) -> Iterator[PlaylistEntry]:
    """The videos among a list's entries. A channel's own list does not repeat the channel in each of them."""
    try:
        for entry in entries:
            if dicts([entry]) and VIDEO_ID.fullmatch(youtube_id := text_of(entry, "id")):
                title, duration = text_of(entry, "title"), seconds_of(entry.get("duration"))
                gone = GONE.get(title) if duration is None else None
                yield PlaylistEntry(
                    youtube_id,
                    "" if gone else one_line(title, TITLE_LENGTH),
                    "" if gone else one_line(text_of(entry, "channel") or channel, CHANNEL_LENGTH),
                    duration,
                    gone,
                )
    except YoutubeDLError as error:
        raise translated(error) from None


def missing(error: SourceError) -> SourceError:
    """What says that a video is gone says here that the list is."""
    if error.cause in (Cause.UNAVAILABLE, Cause.PRIVATE):
        return VideoVerdict(Cause.PLAYLIST_MISSING, error.detail, status=error.status)
    return error
