"""Pages of channels: by id, by handle, by the names of before, and which part of a channel an
address means.
"""

import re
from urllib.parse import unquote

from importer.parsing.addresses import Address, ChannelAddress, Reason, Unusable
from importer.parsing.ids import CHANNEL_ID, HANDLE, MARKS, VIDEO_ID, list_address, reads_like_text

_CUSTOM_NAME = re.compile(rf"[\w.·{MARKS}-]{{1,100}}")
_VANITY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{1,99}", re.ASCII)
_VIDEO_TABS = frozenset({"shorts", "streams", "live"})  # pages of a channel, read by themselves
_LIST_TABS = frozenset({"playlists", "podcasts", "releases", "courses"})
_OTHER_TABS = frozenset({"community", "posts", "store", "search"})
_TABS = _VIDEO_TABS | _LIST_TABS | _OTHER_TABS | {"", "videos", "featured", "about", "channels"}

# Pages of YouTube's own that are one word, or begin with one, and no name of a channel.
_OWN_PAGES = frozenset(
    re.findall(
        r"\S+",
        """
about account account_advanced account_notifications account_playback account_privacy ads
all_comments analytics api apps attribution_link audiolibrary browse c channel channel_switcher
channels clip comment comments copyright_complaint_form copyright_notice create_channel creators
csi_204 dashboard details e edit editor embed error fashion favicon.ico feed feeds gaming
get_video_info getting_started hashtag history howyoutubeworks iframe_api img index inbox intl
issue_tracker jobs kids learning live live_chat live_chat_replay live_dashboard live_streaming
login logout manifest.json m ml movie movies music my_subscriptions my_videos my_videos_edit new
oembed oops opensearch paid_memberships playables playlist playlists post premium press profile
purchases red redirect reporthistory results rss s sabbatical select_site shared settings shop
shopping shorts show shows sign_in signin signout signup sitemaps source sports sports_schedule
static storefront subscription_center subscription_manager subscriptions supported_browsers sw.js t
testtube trending trends tv tv_queue u unlimited upload user v verify verify_age
verify_controversy vi video videos view_all_playlists view_play_list w watch watch.php
watch_ajax watch_later watch_popup watch_videos watch_queue yt youtubei yts ytscreeningroom
        """,
    )
)


def channel_page(segments: list[str]) -> Address | None:
    """Return what a page of a channel or of YouTube Music is; None for any other page.

    `segments`: the path's parts.
    """
    first = unquote(segments[0])
    name = unquote(segments[1]) if len(segments) > 1 else ""
    handle = HANDLE.fullmatch(first)
    if handle:
        return _tab(first, segments[1:])
    match first.lower():
        case "channel" | "browse" if CHANNEL_ID.match(name):
            return _tab(name[:24], segments[2:]) if _ends_there(name) else None
        case "user" | "c" if _CUSTOM_NAME.fullmatch(name):
            return _tab(f"{first.lower()}/{name}", segments[2:])
        case "browse" if name.startswith("VL"):
            return list_address(name.removeprefix("VL"))
    return _vanity_page(first, name, segments[1:])


def _ends_there(channel_id: str) -> bool:
    """Return whether what stands behind a channel's id is none of it: a sign that no id can
    have.
    """
    return not re.match(r"[\w-]", channel_id[24:], re.ASCII)


def _vanity_page(first: str, second: str, rest: list[str]) -> Address | None:
    """Return the channel of `youtube.com/Name`, the short form of `c/Name`.

    A word of eleven letters may as well be a video's id that somebody left alone: then it is
    neither.
    """
    is_name = _VANITY_NAME.fullmatch(first) and first.lower() not in _OWN_PAGES
    if not is_name or second.lower() not in _TABS:
        return None
    if VIDEO_ID.fullmatch(first) and not reads_like_text(first):
        return None
    return _tab(f"c/{first}", rest)


def _tab(channel: str, rest: list[str]) -> Address:
    """Tell which part of a channel an address means: its Videos page, like any page we do not know,
    means all of it.
    """
    tab = unquote(rest[0]).lower() if rest else ""
    if tab in _VIDEO_TABS:
        return ChannelAddress(f"{channel}/{tab}")
    if tab in _LIST_TABS:
        return Unusable(Reason.PAGE_OF_LISTS)
    if tab in _OTHER_TABS:
        return Unusable(Reason.NO_VIDEO_ID)
    return ChannelAddress(channel)
