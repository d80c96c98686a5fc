"""Which names of fields mean what in an object of JSON, and what stands under them.

All names are in lower case and without "_", "-" and blanks: see `plain_name`.
"""

import re
from typing import Any

JsonObject = dict[str, Any]

ADDRESSES = (
    "url",
    "href",
    "link",
    "titleurl",
    "webpageurl",
    "originalurl",
    "uri",
    "urlstring",
    "videourl",
    "address",
)
VIDEO_IDS = ("youtubeid", "videoid", "ytid", "youtubevideoid", "ytvideoid")
LIST_IDS = ("playlistid", "listid", "youtubeplaylistid")
CHANNEL_IDS = ("channelid", "youtubechannelid", "ucid", "authorid", "uploaderid", "browseid")
IDS = ("id", "_id", "key")
# Objects that hold the address for the one around them. What a resource is, is what an entry of
# YouTube's interface is about.
INSIDE = (
    "resourceid",
    "id",
    "contentdetails",
    "content",
    "video",
    "snippet",
    "playlist",
    "uridictionary",
    "channel",
    "item",
    "media",
    "track",
)
TITLES = ("title", "name", "videotitle", "playlistname", "channelname")
NOTES = ("note", "notes", "extended", "description", "comment", "excerpt")
TAGS = ("tags", "tagnames", "labels", "keywords")
ADDED = (
    "addedat", "dateadded", "added", "adddate", "timeadded", "createdat", "created", "time",
    "timewatched", "watchedat", "watchdate", "publishedat", "date", "datum",
)  # fmt: skip
LIST_NAMES = ("name", "title", "playlistname", "playlisttitle")
# Whose texts are all meant as addresses.
LISTS_OF_TEXT = frozenset({
    "videos", "entries", "items", "urls", "links", "videoids", "ids", "watchlist", "favorites",
    "favourites", "playlist", "list",
})  # fmt: skip
# What belongs to a video and is none of its own.
NO_ENTRIES = re.compile(
    r"thumb|image|icon|avatar|banner|cover|storyboard|format|caption|subtitle|chapter"
    r"|heatmap|header|fragment|artwork|preview|logo|picture"
)
OF_THE_CHANNEL = re.compile(r"channel|author|uploader|owner|user|creator|artist")
CREATOR = re.compile(r"(?:channel|author|uploader|owner|user|creator|artist)(?:info|details|data)?")
# What videos have and other things with an id of eleven characters do not.
VIDEO_SIGNS = frozenset({
    "duration", "lengthseconds", "author", "channel", "uploader", "iekey", "extractor",
    "viewcount", "published", "channelid",
})  # fmt: skip
BOOKMARK_FOLDERS = frozenset({"children", "roots", "bookmarkbar", "checksum"})
SUBSCRIPTIONS = frozenset({"subscriptions", "subs", "channels", "following", "subscribedchannels"})
DATED_BY_WATCHING = ("titleurl", "timewatched", "watchedat", "watchdate", "watchprogress")


def plain_name(name: str) -> str:
    """Return a name as it is compared; one of nothing but "_", "-" and blanks as it is."""
    return re.sub(r"[\s_-]", "", name.lower()) or name


def with_plain_names(item: JsonObject) -> JsonObject:
    """Return the fields of an object under their plain names; of equal ones the last."""
    plain = {}
    for key, value in item.items():
        plain[plain_name(key)] = value
    return plain


def first_text(item: JsonObject, names: tuple[str, ...]) -> str:
    """Return the first of these texts that is not blank, "" for none."""
    for name in names:
        value = item.get(name)
        if isinstance(value, str) and value.strip():
            return value
    return ""


def first_value(item: JsonObject, names: tuple[str, ...]) -> Any:
    """Return the value under the first of these names that is there, None for none."""
    for name in names:
        if name in item:
            return item[name]
    return None


def with_inside(plain: JsonObject) -> JsonObject:
    """Return what an object says, and behind that what only the objects in it say."""
    merged = dict(plain)
    for key, value in _inside(plain).items():
        merged.setdefault(key, value)
    return merged


def _inside(plain: JsonObject, depth: int = 4) -> JsonObject:
    """Return what the objects in it say; of two that say the same, the first by INSIDE."""
    merged: JsonObject = {}
    if depth == 0:
        return merged
    for name in INSIDE:
        inner = plain.get(name)
        if isinstance(inner, dict):
            merged = _with_deeper(with_plain_names(inner), depth - 1) | merged
    return merged


def _with_deeper(values: JsonObject, depth: int) -> JsonObject:
    deeper = _inside(values, depth)
    if "resourceid" in values:
        # A channel's id beside a resource is that of whoever made the list.
        return values | deeper
    return deeper | values
