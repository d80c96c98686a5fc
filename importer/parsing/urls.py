"""One candidate to one address.

Nothing of what was given is ever passed on: what comes out are ids that were checked.
"""

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
from importer.parsing.channels import channel_page
from importer.parsing.cleaning import clean
from importer.parsing.hosts import Host, classify
from importer.parsing.ids import CHANNEL_ID, VIDEO_ID, bare_address, list_address

MAX_WRAPPERS = (
    4  # an address in a consent page in a login page in a search result: enough for honest ones
)

_ADDRESS = re.compile(
    r"(?:([a-z][a-z0-9+.-]{0,30}):(?=//))?(//)?([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?",
    re.IGNORECASE | re.DOTALL,
)
_ENCODED = re.compile(
    r"(?:https?|vnd\.youtube)%(?:25){0,3}3a", re.IGNORECASE
)  # once, or more often
# How apps name a video to each other: vnd.youtube:ID, youtube://watch?v=ID, intent://…,
# android-app://…/http/…
_APP = re.compile(
    r"(?:vnd\.youtube(?:\.launch)?|youtube):(?://)?|intent://"
    r"|android-app://[\w.]{1,60}/(?:https?|vnd\.youtube)/",
    re.IGNORECASE | re.ASCII,
)
_ID_ALONE = re.compile(r"([\w-]{11})(?=[?/&#]|\Z)", re.ASCII)
_LEADING_ID = re.compile(r"[\w-]{11}(?![\w-])", re.ASCII)
_HOST_BEHIND = re.compile(
    r"(?:[\w-]{1,20}\.)?(?:youtube\.com|youtu\.be)(?=[/?#]|\Z)", re.IGNORECASE
)
_AROUND = " \t\r\n\"'`<>()[]{}*,;|“”„‚‘’«»‹›「」『』（）【】，。；、：！？…–—"
_AFTER = ".!?:"
_TIME = re.compile(r"(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,7})s?)?", re.ASCII)
_WATCH_PAGES = frozenset({"", "watch", "watch_popup", "watch.php", "movie", "live_chat", "tv"})
_VIDEO_PATHS = frozenset(
    {"watch", "w", "v", "embed", "e", "shorts", "live", "vi", "video"}
)  # video/: YouTube Studio
_EMBEDS = frozenset({"embed", "v", "e"})
_OLD_LIST_PAGES = frozenset({"p", "view_play_list", "my_playlists"})
_SEARCHES = frozenset({"results", "redirect", "attribution_link"})
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
    """Without the brackets, quotes and marks around it, and without the full stop of the sentence
    it ended.
    """
    return candidate.strip(_AROUND).rstrip(_AFTER + _AROUND)


def parse_clean(candidate: str) -> Address:
    """As `parse_address`, for a candidate that was cleaned and trimmed."""
    if len(candidate) > MAX_TEXT:
        return Unusable(Reason.TOO_LONG)
    if candidate.startswith(("https://", "http://")):  # most, and nothing below applies to them
        return _parse_url(candidate, MAX_WRAPPERS)
    for _ in range(MAX_WRAPPERS):
        if not _ENCODED.match(candidate):
            break
        candidate = unquote(candidate)
    app = _APP.match(candidate)
    if app:
        return _named_by_an_app(candidate[app.end() :])
    return bare_address(candidate) or _parse_url(candidate, MAX_WRAPPERS)


def _named_by_an_app(rest: str) -> Address:
    """Return what follows an app's own scheme: a video's id alone, a whole address, or a page
    without its host.
    """
    alone = _ID_ALONE.match(rest)
    if alone:
        return VideoAddress(alone[1])
    rest = re.sub(r"\Ahttps?:/?/?", "", rest).lstrip("/")
    if _HOST_BEHIND.match(rest):
        return _parse_url("//" + rest, MAX_WRAPPERS)
    return _parse_url("//youtube.com/" + rest, MAX_WRAPPERS)


def _parse_url(url: str, wrappers_left: int) -> Address:
    match = _ADDRESS.match(url)
    if match is None:
        return Unusable(Reason.NOT_AN_ADDRESS)
    scheme, slashes, netloc, path, query, fragment = match.groups(default="")
    if scheme.lower() not in ("", "http", "https") or not (slashes or "." in netloc):
        return Unusable(Reason.NOT_AN_ADDRESS)
    segments = path.strip("/").split("/")
    parameters = _parameters_of(query, fragment)
    host = classify(netloc)
    if host == Host.SHORT and segments[0] not in ("watch", "playlist"):
        return _video(segments[0], parameters)
    if host in (Host.YOUTUBE, Host.SHORT):
        return _on_youtube(segments, parameters, fragment, wrappers_left)
    if host == Host.GOOGLE and segments[0].lower() in _GOOGLE_WRAPPERS:
        return _unwrap(parameters, "//google.com", wrappers_left)
    return _elsewhere(host, segments, is_page=any((slashes, path, query)))


def _parameters_of(query: str, fragment: str) -> dict[str, str]:
    if "%" in query and "=" not in query:  # encoded once more than it should be
        query = unquote(query)
    if fragment:
        query = f"{query}&{fragment}"
    return _parameters(query)


def _elsewhere(host: Host, segments: list[str], *, is_page: bool) -> Address:
    """Return what an address is that leads to none of YouTube's pages."""
    if host == Host.THUMBNAIL:
        if len(segments) > 1 and segments[0] in _THUMBNAIL_PATHS:
            return _video(segments[1], {})
        return Unusable(Reason.NO_VIDEO_ID)
    if host == Host.LOOKALIKE:
        return Unusable(Reason.LOOKALIKE_HOST)
    if is_page and host in (Host.OTHER, Host.GOOGLE):
        return Unusable(Reason.OTHER_SITE)
    return Unusable(Reason.NOT_AN_ADDRESS)


def _on_youtube(
    segments: list[str], parameters: dict[str, str], fragment: str, wrappers_left: int
) -> Address:
    """Return what a page of YouTube's is.

    A video that the address names wins over the page it is shown on.
    """
    page = segments[0].lower()
    if "v" in parameters and page == "watch":  # most
        return _video(parameters["v"], parameters)
    shown = _shown_on_a_page(page, segments, parameters, fragment)
    if shown:
        return shown
    embedded = _video_path(page, segments, parameters)
    if embedded:
        return embedded
    if page in _WATCH_PAGES:
        address = _watch_page(parameters, fragment, wrappers_left)
    else:
        address = _other_page(page, segments, parameters, wrappers_left)
    if address == Unusable(Reason.NO_VIDEO_ID) and wrappers_left:
        return _encoded_page(segments, parameters, wrappers_left) or address
    return address


def _video_path(page: str, segments: list[str], parameters: dict[str, str]) -> Address | None:
    if page in _VIDEO_PATHS and len(segments) > 1:
        return _embedded(segments[1], parameters)
    if page in _EMBEDS and parameters:
        return _embedded("", parameters)
    return None


def _old_list_page(segments: list[str], parameters: dict[str, str]) -> Address:
    if len(segments) > 1 and segments[1]:
        return list_address(segments[1])
    return list_address(parameters.get("p") or parameters.get("list", ""))


def _other_page(
    page: str, segments: list[str], parameters: dict[str, str], wrappers_left: int
) -> Address:
    if page == "playlist":
        return _list_page(parameters)
    if page in _OLD_LIST_PAGES:
        return _old_list_page(segments, parameters)
    if page == "watch_videos":  # made up on the spot; its other ids follow as pieces of their own
        return _video(parameters.get("video_ids", ""), {})
    if page == "feeds":
        return _feed(segments, parameters)
    if page in _WRAPPERS:
        return _unwrap(parameters, "//youtube.com", wrappers_left)
    if page == "profile" and "user" in parameters:
        return _channel_of_user(parameters["user"])
    return channel_page(segments) or _list_page(parameters)


def _shown_on_a_page(
    page: str, segments: list[str], parameters: dict[str, str], fragment: str
) -> Address | None:
    """Return the video that a page of something else names: of a channel's page of before, which
    kept it behind the #, or of a page of its own (details, comments, the editor).
    """
    if fragment.startswith(("p/", "g/")) or "u" in segments[2:-1]:
        on_channel = _last_id(fragment or segments[-1])
        if on_channel:
            return on_channel
    if page in _WATCH_PAGES or page in _SEARCHES:
        return None
    for name in ("v", "vi", "video_id"):
        if VIDEO_ID.fullmatch(parameters.get(name, "")):
            return _video(parameters[name], parameters)
    return None


def _last_id(path: str) -> VideoAddress | None:
    """Return the video whose id a path ends with."""
    behind = re.split(r"[?&]", path)[0].rsplit("/", 1)[-1]
    if VIDEO_ID.fullmatch(behind):
        return VideoAddress(behind)
    return None


def _encoded_page(
    segments: list[str], parameters: dict[str, str], wrappers_left: int
) -> Address | None:
    """Return what a page is whose address was encoded once more than it should be:
    `watch%3Fv%3D…`.
    """
    path = "/".join(segments)
    if "%" not in path:
        return None
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    plain = unquote(f"{path}&{query}")
    address = _parse_url("//youtube.com/" + plain, wrappers_left - 1)
    return None if isinstance(address, Unusable) else address


def _watch_page(parameters: dict[str, str], fragment: str, wrappers_left: int) -> Address:
    given = parameters.get("v") or parameters.get("vi") or parameters.get("video_id")
    if given:
        return _video(given, parameters)
    if (
        fragment.startswith(("/", "!/")) and wrappers_left
    ):  # the mobile site of old kept the whole address behind the #
        return _parse_url("//youtube.com" + fragment.removeprefix("!"), wrappers_left - 1)
    return _list_page(parameters)


def _embedded(name: str, parameters: dict[str, str]) -> Address:
    """Return the address that the path of an embedded player names.

    Two names are eleven characters long and no ids: a player of a list, and of a channel's live
    stream.
    """
    if parameters.get("listType") == "user_uploads" and "list" in parameters:
        return _channel_of_user(parameters["list"])
    if name in ("videoseries", "playlist", ""):
        return _list_page(parameters)
    if name == "live_stream":
        return _live_stream(parameters.get("channel", ""))
    return _video(name, parameters)


def _channel_of_user(user: str) -> Address:
    return channel_page(["user", user]) or Unusable(Reason.NO_VIDEO_ID)


def _live_stream(channel: str) -> Address:
    if CHANNEL_ID.fullmatch(channel):
        return ChannelAddress(channel)
    return Unusable(Reason.NO_VIDEO_ID)


def _video(given: str, parameters: dict[str, str]) -> VideoAddress | Unusable:
    """Return the video of this id, behind which more may stand."""
    if not VIDEO_ID.fullmatch(given):
        return _video_before_more(given, parameters)
    also = list_address(parameters["list"]) if "list" in parameters else None
    playlist_id = also.playlist_id if isinstance(also, PlaylistAddress) else ""
    return VideoAddress(given, playlist_id, _seconds(parameters))


def _video_before_more(given: str, parameters: dict[str, str]) -> VideoAddress | Unusable:
    """Return the video of an id behind which stands what no id can have: other parameters, a
    sentence without blanks.
    """
    # "/v/ID&hl=de" and "youtu.be/ID&t=5" come without the ?
    given, _, more = given.partition("&")
    given = unquote(given).strip()
    if not given:
        return Unusable(Reason.NO_VIDEO_ID)
    leading = _LEADING_ID.match(given)
    if not leading:
        return Unusable(Reason.BAD_VIDEO_ID)
    return _video(leading[0], parameters | _parameters(more))


def _list_page(parameters: dict[str, str]) -> Address:
    if "list" not in parameters:
        return Unusable(Reason.NO_VIDEO_ID)
    return list_address(parameters["list"])


def _feed(segments: list[str], parameters: dict[str, str]) -> Address:
    """Return what a feed reader's address is of: a playlist, a channel, or, in the interface of
    before, a video.
    """
    if "playlist_id" in parameters:
        return list_address(parameters["playlist_id"])
    channel = parameters.get("channel_id", "")
    if CHANNEL_ID.fullmatch(channel):
        return ChannelAddress(channel)
    return _feed_of_before(segments, parameters.get("user", ""))


def _feed_of_before(segments: list[str], user: str) -> Address:
    kind = segments[1:3]
    if kind == ["api", "users"] and len(segments) > 3:
        user = segments[3]
    if user:
        return _channel_of_user(user)
    if kind in (["api", "videos"], ["base", "videos"]) and len(segments) > 3:
        return _video(segments[3], {})
    return Unusable(Reason.NO_VIDEO_ID)


def _unwrap(parameters: dict[str, str], site: str, wrappers_left: int) -> Address:
    """Return what the address inside another one is.

    It has to be an address itself, so a bare id is not taken from there.
    """
    target = _target(parameters)
    if not target or not wrappers_left:
        return Unusable(Reason.NO_VIDEO_ID)
    if target.startswith("/") and not target.startswith("//"):
        target = site + target
    return _parse_url(target, wrappers_left - 1)


def _target(parameters: dict[str, str]) -> str:
    for key in _TARGETS:
        if key in parameters:
            return parameters[key]
    return ""


def _parameters(query: str) -> dict[str, str]:
    """Of a name given twice, the first value that says something."""
    parameters: dict[str, str] = {}
    for pair in query.split("&"):
        name, _, value = pair.lstrip("!").partition("=")
        if value and name not in parameters:
            parameters[name] = unquote_plus(value) if "%" in value or "+" in value else value
    return parameters


def _seconds(parameters: dict[str, str]) -> int | None:
    """Return where to start, from "90", "90s" or "1h2m3s"; None when no parameter says it."""
    given = parameters.get("t") or parameters.get("start") or parameters.get("time_continue")
    match = _TIME.fullmatch(given) if given else None
    if match is None:
        return None
    hours, minutes, seconds = map(int, match.groups(default="0"))
    return hours * 3600 + minutes * 60 + seconds
