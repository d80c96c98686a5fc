"""One candidate to one address. Nothing of what was given is ever passed on: what comes out are ids that were checked."""

import re
from urllib.parse import unquote, unquote_plus

from importer.parsing.addresses import (
    MAX_TEXT,
    Address,
    ChannelAddress,
    PlaylistAddress,
    Reason,
    Unusable,
    VideoAddress,
)
from importer.parsing.cleaning import clean
from importer.parsing.hosts import Host, classify
from importer.parsing.ids import CHANNEL_ID, HANDLE, VIDEO_ID, bare_address, list_address

MAX_WRAPPERS = (
    4  # an address in a consent page in a login page in a search result: enough for honest ones
)

_ADDRESS = re.compile(
    r"(?:([a-z][a-z0-9+.-]{0,30}):(?=//))?(//)?([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?",
    re.IGNORECASE | re.DOTALL,
)
_ENCODED = re.compile(r"https?%3a%2f%2f", re.IGNORECASE)
_AROUND = " \t\r\n\"'`<>()[]{}*,;|“”„‚‘’«»‹›「」『』（）【】，。；、：！？…–—"
_AFTER = ".!?:"
_TIME = re.compile(r"(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,7})s?)?", re.ASCII)
_CUSTOM_NAME = re.compile(r"[\w.·-]{1,100}")

_WATCH_PAGES = frozenset({"", "watch", "watch_popup", "watch.php", "movie", "live_chat", "tv"})
_VIDEO_PATHS = frozenset(
    {"watch", "w", "v", "embed", "e", "shorts", "live", "vi", "video"}
)  # video/: YouTube Studio
_VIDEO_TABS = frozenset({"shorts", "streams", "live"})  # pages of a channel, read by themselves
_LIST_TABS = frozenset({"playlists", "podcasts", "releases", "courses"})
_OTHER_TABS = frozenset({"community", "posts", "store", "search"})
_THUMBNAIL_PATHS = frozenset({"vi", "vi_webp", "an_webp"})
_WRAPPERS = frozenset(
    {
        "attribution_link",
        "redirect",
        "m",
        "ml",
        "oembed",
        "signin",
        "verify_age",
        "verify_controversy",
    }
)
_GOOGLE_WRAPPERS = frozenset({"url", "m", "ml", "servicelogin", "imgres"})
_TARGETS = ("u", "q", "url", "continue", "next", "next_url")


def parse_address(text: str) -> Address:
    """One address or bare id, with whatever quotes or punctuation came along. Never raises."""
    if len(text) > MAX_TEXT:
        return Unusable(Reason.TOO_LONG)
    return parse_clean(trim(clean(text)))


def trim(candidate: str) -> str:
    """Without the brackets, quotes and marks around it, and without the full stop of the sentence it ended."""
    return candidate.strip(_AROUND).rstrip(_AFTER + _AROUND)


def parse_clean(candidate: str) -> Address:
    """As `parse_address`, for a candidate that was cleaned and trimmed."""
    if len(candidate) > MAX_TEXT:
        return Unusable(Reason.TOO_LONG)
    if _ENCODED.match(candidate):
        candidate = unquote(candidate)
    return bare_address(candidate) or _parse_url(candidate, MAX_WRAPPERS)


def _parse_url(url: str, wrappers_left: int) -> Address:
    match = _ADDRESS.match(url)
    scheme, slashes, netloc, path, query, fragment = (
        match.groups(default="") if match else ("",) * 6
    )
    if scheme.lower() not in ("", "http", "https") or not (slashes or "." in netloc):
        return Unusable(Reason.NOT_AN_ADDRESS)
    segments = path.strip("/").split("/")
    parameters = _parameters(f"{query}&{fragment}" if fragment else query)
    match classify(netloc):
        case Host.SHORT if segments[0] not in ("watch", "playlist"):
            return _video(segments[0], parameters)
        case Host.YOUTUBE | Host.SHORT:
            return _on_youtube(segments, parameters, fragment, wrappers_left)
        case Host.THUMBNAIL:
            return (
                _video(segments[1], {})
                if len(segments) > 1 and segments[0] in _THUMBNAIL_PATHS
                else Unusable(Reason.NO_VIDEO_ID)
            )
        case Host.GOOGLE if segments[0].lower() in _GOOGLE_WRAPPERS:
            return _unwrap(parameters, "//google.com", wrappers_left)
        case Host.LOOKALIKE:
            return Unusable(Reason.LOOKALIKE_HOST)
        case Host.OTHER | Host.GOOGLE if slashes or path or query:
            return Unusable(Reason.OTHER_SITE)
    return Unusable(Reason.NOT_AN_ADDRESS)


def _on_youtube(
    segments: list[str], parameters: dict[str, str], fragment: str, wrappers_left: int
) -> Address:
    page = segments[0].lower()
    if page in _VIDEO_PATHS and len(segments) > 1:
        return _embedded(segments[1], parameters)
    if page in _WATCH_PAGES:
        return _watch_page(parameters, fragment, wrappers_left)
    if page == "playlist":
        return _list_page(parameters)
    if (
        page == "watch_videos"
    ):  # a list made up on the spot; its other ids follow as pieces of their own
        return _video(parameters.get("video_ids", ""), {})
    if page == "feeds":
        return _feed(parameters)
    if page in _WRAPPERS:
        return _unwrap(parameters, "//youtube.com", wrappers_left)
    return _channel_page(segments) or Unusable(Reason.NO_VIDEO_ID)


def _watch_page(parameters: dict[str, str], fragment: str, wrappers_left: int) -> Address:
    if "v" in parameters:
        return _video(parameters["v"], parameters)
    if (
        fragment.startswith(("/", "!/")) and wrappers_left
    ):  # the mobile site of old kept the whole address behind the #
        return _parse_url("//youtube.com" + fragment.removeprefix("!"), wrappers_left - 1)
    return _list_page(parameters)


def _embedded(name: str, parameters: dict[str, str]) -> Address:
    """A video named in the path. Two names are eleven characters long and no ids: a player of a list, and of a channel's live stream."""
    if name == "videoseries":
        return _list_page(parameters)
    if name == "live_stream":
        channel = parameters.get("channel", "")
        return (
            ChannelAddress(channel)
            if CHANNEL_ID.fullmatch(channel)
            else Unusable(Reason.NO_VIDEO_ID)
        )
    return _video(name, parameters)


def _video(given: str, parameters: dict[str, str]) -> VideoAddress | Unusable:
    if not VIDEO_ID.fullmatch(given):
        given, _, more = given.partition(
            "&"
        )  # "/v/ID&hl=de" and "youtu.be/ID&t=5" come without the ?
        given = re.split(r"[?/]", unquote(given).strip(), maxsplit=1)[
            0
        ]  # "v=ID?t=5" comes with a second one
        parameters = parameters | _parameters(more)
        if not VIDEO_ID.fullmatch(given):
            return Unusable(Reason.BAD_VIDEO_ID if given else Reason.NO_VIDEO_ID)
    also = list_address(parameters["list"]) if "list" in parameters else None
    return VideoAddress(
        given, also.playlist_id if isinstance(also, PlaylistAddress) else "", _seconds(parameters)
    )


def _list_page(parameters: dict[str, str]) -> Address:
    return (
        list_address(parameters["list"]) if "list" in parameters else Unusable(Reason.NO_VIDEO_ID)
    )


def _feed(parameters: dict[str, str]) -> Address:
    """The address a feed reader has for a playlist or a channel."""
    if "playlist_id" in parameters:
        return list_address(parameters["playlist_id"])
    channel = parameters.get("channel_id", "")
    return (
        ChannelAddress(channel) if CHANNEL_ID.fullmatch(channel) else Unusable(Reason.NO_VIDEO_ID)
    )


def _channel_page(segments: list[str]) -> Address | None:
    first = unquote(segments[0])
    name = unquote(segments[1]) if len(segments) > 1 else ""
    if HANDLE.fullmatch(first):
        return _channel_tab(first, segments[1:])
    match first.lower():
        case "channel" | "browse" if CHANNEL_ID.fullmatch(name):
            return _channel_tab(name, segments[2:])
        case "user" | "c" if _CUSTOM_NAME.fullmatch(name):
            return _channel_tab(f"{first.lower()}/{name}", segments[2:])
        case "browse" if name.startswith("VL"):  # YouTube Music
            return list_address(name.removeprefix("VL"))
    return None


def _channel_tab(channel: str, rest: list[str]) -> Address:
    """Tell which part of a channel an address means: its Videos page, like any page we do not know, means all of it."""
    tab = unquote(rest[0]).lower() if rest else ""
    if tab in _VIDEO_TABS:
        return ChannelAddress(f"{channel}/{tab}")
    if tab in _LIST_TABS:
        return Unusable(Reason.PAGE_OF_LISTS)
    if tab in _OTHER_TABS:
        return Unusable(Reason.NO_VIDEO_ID)
    return ChannelAddress(channel)


def _unwrap(parameters: dict[str, str], site: str, wrappers_left: int) -> Address:
    """The address inside another one. It has to be an address itself, so a bare id is not taken from there."""
    target = next((parameters[key] for key in _TARGETS if key in parameters), "")
    if not target or not wrappers_left:
        return Unusable(Reason.NO_VIDEO_ID)
    if target.startswith("/") and not target.startswith("//"):
        target = site + target
    return _parse_url(target, wrappers_left - 1)


def _parameters(query: str) -> dict[str, str]:
    """Of a name given twice, the first value that says something."""
    parameters: dict[str, str] = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if value and name not in parameters:
            parameters[name] = unquote_plus(value) if "%" in value or "+" in value else value
    return parameters


def _seconds(parameters: dict[str, str]) -> int | None:
    """Where to start: "90", "90s" or "1h2m3s"; None when there is no such parameter, or it says nothing."""
    given = next(
        (parameters[name] for name in ("t", "start", "time_continue") if name in parameters), ""
    )
    match = _TIME.fullmatch(given)
    if not given or match is None:
        return None
    hours, minutes, seconds = (int(part) if part else 0 for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds
