"""Playlists and channels, read page by page with yt-dlp.

Everything that names one channel (`@handle`, `c/name`, `user/name`, `UC…`) is read from the same
list, that of the channel's uploads (`UU…`): it announces how many entries it has, and holds videos,
Shorts and streams alike.
"""

import re
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urljoin

from yt_dlp.utils import YoutubeDLError

from enrichment.errors import SourceError, VideoVerdict, YouTubeChanged, error_for
from enrichment.sources.metadata import dicts, seconds_of, text_of
from enrichment.sources.transport import is_youtubes
from enrichment.sources.types import (
    CHANNEL_LENGTH,
    TITLE_LENGTH,
    Continuation,
    ListPage,
    PlaylistEntry,
)
from enrichment.sources.ytdlp import LeanYoutubeDL, translated
from videos.causes import Cause
from videos.text import one_line

Json = dict[str, Any]
VIDEO_ID = re.compile(r"[\w-]{11}", re.ASCII)
CHANNEL_ID = re.compile(r"UC[\w-]{22}", re.ASCII)
TABS = ("shorts", "streams", "live")
MAX_REDIRECTS = 2  # a channel may lead to the one of its region
GONE: dict[str, Any] = {
    "[Private video]": "private",
    "[Deleted video]": "deleted",
}  # the titles YouTube gives them

# What yt-dlp and YouTube say about lists, in lower case with straight quotes. The first that occurs
# decides. Words
# about us ("not a bot") are not among them: those keep the cause they have for videos.
LIST_TEXTS: tuple[tuple[str, Cause], ...] = (
    ("playlist is private", Cause.PLAYLIST_PRIVATE),
    ("channel is not currently live", Cause.NOT_LIVE),
    ("channel does not have a", Cause.TAB_MISSING),
    ("channel does not exist", Cause.CHANNEL_MISSING),
    ("channel was removed", Cause.CHANNEL_REMOVED),
    ("channel has been removed", Cause.CHANNEL_REMOVED),
    ("channel is not available", Cause.CHANNEL_REMOVED),
    ("channel is no longer available", Cause.CHANNEL_REMOVED),
    ("account has been terminated", Cause.CHANNEL_REMOVED),
    ("account has been suspended", Cause.CHANNEL_REMOVED),
    ("account has been closed", Cause.CHANNEL_REMOVED),
    ("redirected to youtube.com home page", Cause.PLAYLIST_MISSING),
    ("does the playlist exist", Cause.PLAYLIST_MISSING),
    ("playlist does not exist", Cause.PLAYLIST_MISSING),
    ("playlist type is unviewable", Cause.PLAYLIST_MISSING),
    ("requested entity was not found", Cause.PLAYLIST_MISSING),
)
MISSING = (Cause.UNAVAILABLE, Cause.PRIVATE, Cause.PLAYLIST_MISSING)


def fetch_page(
    ydl: LeanYoutubeDL, playlist: str, continuation: Continuation | None = None
) -> ListPage:
    """Fetch the first page of a playlist, of a channel, or of one tab of a channel; with a
    `continuation` of it the page where that leads.

    `playlist`: a playlist's id, or what follows `youtube.com/` for a channel, with or without a tab
    (`@handle`,
    `c/name`, `user/name`, a channel's id alone, `@handle/shorts`). Two requests for the first page
    (one of them to see hidden videos), one more for a channel that is not given by its id, then one
    per page, which has 100 entries, or 30 of a tab's. Raises SourceError, with a cause that says
    what is the matter with the list.
    """
    if continuation is not None:
        entries = ydl.tab.page_behind(continuation.token, continuation.session)
        return read_page(ydl, entries, continuation)
    ydl.tab.may_ask_on = False
    answer = ask_playlist(ydl, playlist)
    if answer.get("ie_key") == "Youtube":  # the running stream of a channel, which is one video
        return single_video(answer)
    if answer.get("entries") is None:
        raise YouTubeChanged(detail="no entries")
    announced = seconds_of(answer.get("playlist_count"))
    beginning = Continuation("", {}, text_of(answer, "channel"), announced, read=0)
    page = read_page(ydl, answer["entries"], beginning)
    return replace(page, title=one_line(text_of(answer, "title"), TITLE_LENGTH))


def ask_playlist(ydl: LeanYoutubeDL, playlist: str) -> Json:
    channel, tab = split_tab(playlist)
    if tab:
        return ask_channel(ydl, f"{page_of(channel)}/{tab}")
    if is_channel(channel):
        return ask_uploads(ydl, channel)
    return ask_list(ydl, list_page(channel))


def split_tab(playlist: str) -> tuple[str, str]:
    """Split `@handle/shorts` into channel and tab; else the tab is ""."""
    channel, _, tab = playlist.rpartition("/")
    if tab in TABS and is_channel(channel):
        return channel, tab
    return playlist, ""


def is_channel(name: str) -> bool:
    return name.startswith(("@", "c/", "user/")) or CHANNEL_ID.fullmatch(name) is not None


def page_of(channel: str) -> str:
    """The address of a channel; on YouTube whatever its name."""
    if CHANNEL_ID.fullmatch(channel):
        return f"https://www.youtube.com/channel/{channel}"
    return f"https://www.youtube.com/{quote(channel, safe='/@')}"


def list_page(playlist_id: str) -> str:
    return f"https://www.youtube.com/playlist?list={quote(playlist_id, safe='')}"


def ask_uploads(ydl: LeanYoutubeDL, channel: str) -> Json:
    """Ask for the list of a channel's uploads.

    One request more when the channel is not given by its id.
    """
    known = CHANNEL_ID.fullmatch(channel) is not None
    channel_id = channel if known else find_channel_id(ydl, channel)
    try:
        return ask_list(ydl, list_page(f"UU{channel_id[2:]}"))
    except SourceError as error:
        if error.cause != Cause.PLAYLIST_MISSING:
            raise
    if known:
        find_channel_id(ydl, channel)  # raises when it is the channel that is missing or removed
    raise VideoVerdict(Cause.PLAYLIST_EMPTY, "the channel has no list of uploads")


def find_channel_id(ydl: LeanYoutubeDL, channel: str) -> str:
    """Ask which id (`UC…`) a channel has. Every channel has this page, whatever tabs it has."""
    answer = ask_channel(ydl, f"{page_of(channel)}/about")
    channel_id = text_of(answer, "channel_id")
    if not CHANNEL_ID.fullmatch(channel_id):
        raise YouTubeChanged(detail="a channel's page without the channel's id")
    return channel_id


def ask_channel(ydl: LeanYoutubeDL, url: str) -> Json:
    """Ask for a page of a channel: where the page is missing, so is the channel."""
    try:
        return ask_list(ydl, url)
    except SourceError as error:
        if error.cause == Cause.PLAYLIST_MISSING:
            raise VideoVerdict(Cause.CHANNEL_MISSING, error.detail, status=error.status) from None
        raise


def ask_list(ydl: LeanYoutubeDL, url: str) -> Json:
    """Ask for a list's page, and follow the redirects that yt-dlp leaves to its caller."""
    for _ in range(MAX_REDIRECTS + 1):
        try:
            answer = ydl.ask(url, "YoutubeTab")
        except SourceError as error:
            raise list_error(error) from None
        if answer.get("_type") != "url" or answer.get("ie_key") == "Youtube":
            return answer
        url = urljoin(url, text_of(answer, "url"))
        if not is_youtubes(url):
            raise YouTubeChanged(detail="a list that leads away from YouTube")
    raise YouTubeChanged(detail="too many redirects")


def list_error(error: SourceError) -> SourceError:
    """Translate an error about a video into one about a list: its own words first, then what means
    "not there".
    """
    cause = cause_of_list(error.detail)
    if cause is not None:
        return error_for(cause, error.detail)
    if error.status in (404, 410) or error.cause in MISSING:
        return VideoVerdict(Cause.PLAYLIST_MISSING, error.detail, status=error.status)
    return error


def cause_of_list(text: str) -> Cause | None:
    """None when the text says nothing of a list."""
    plain = text.replace("\u2019", "'").lower()
    for known, cause in LIST_TEXTS:
        if known in plain:
            return cause
    return None


def single_video(answer: Json) -> ListPage:
    """A list of one video: the stream that a channel's `/live` leads to."""
    youtube_id = text_of(answer, "id")
    if not VIDEO_ID.fullmatch(youtube_id):
        raise YouTubeChanged(detail="a running stream without its id")
    return ListPage([PlaylistEntry(youtube_id)], announced=1)


def read_page(ydl: LeanYoutubeDL, entries: Any, before: Continuation) -> ListPage:
    """Read what yt-dlp finds on one page, the one after `before`.

    The last page of a list says whether fewer entries came than were announced, or a page came
    empty. Raises a verdict when the list has nothing at all.
    """
    read = before.read
    found = []
    try:
        for entry in entries:
            read += 1
            found.append(entry_of(entry, before.channel))
    except SourceError as error:
        raise list_error(error) from None
    except YoutubeDLError as error:
        raise list_error(translated(error)) from None
    except Exception as error:  # yt-dlp stumbled over an answer it does not know
        raise YouTubeChanged(detail=f"{type(error).__name__} while reading a list") from error
    videos = [entry for entry in found if entry is not None]
    token = ydl.tab.next_token
    if token:
        after = replace(before, token=token, session=ydl.tab.session, read=read)
        return ListPage(videos, announced=before.announced, continuation=after, read=read)
    if not read:
        raise VideoVerdict(Cause.PLAYLIST_EMPTY, "no entries")
    is_short = ydl.tab.met_empty_page
    if before.announced is not None:
        is_short = read < before.announced
    return ListPage(videos, announced=before.announced, read=read, is_cut_short=is_short)


def entry_of(entry: Any, channel: str) -> PlaylistEntry | None:
    """Read one entry of a list; None when it is no video."""
    if not dicts([entry]):
        return None
    youtube_id = text_of(entry, "id")
    if not VIDEO_ID.fullmatch(youtube_id):
        return None
    title = text_of(entry, "title")
    duration = seconds_of(entry.get("duration"))
    gone = GONE.get(title) if duration is None else None
    if gone:
        return PlaylistEntry(youtube_id, gone=gone)
    return PlaylistEntry(
        youtube_id,
        one_line(title, TITLE_LENGTH),
        one_line(text_of(entry, "channel") or channel, CHANNEL_LENGTH),
        duration,
    )
