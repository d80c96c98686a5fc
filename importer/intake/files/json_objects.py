"""What an object or a list of JSON means: which video, list or channel it names, and what it says
about it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from importer.intake.files import fields
from importer.intake.files.reading import UNNAMED, FileLine, Heading, Kind
from importer.parsing import ChannelAddress, PlaylistAddress, Unusable, VideoAddress, parse_address
from importer.parsing.ids import CHANNEL_ID, VIDEO_ID, bare_address, reads_like_text
from importer.parsing.lines import parse_many
from videos.addresses import watch_url

JsonObject = dict[str, Any]

# Names in lower case and without "_", "-" and blanks.
_ADDRESS = (
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
_VIDEO_IDS = ("youtubeid", "videoid", "ytid", "youtubevideoid", "ytvideoid")
_LIST_IDS = ("playlistid", "listid", "youtubeplaylistid")
_CHANNEL_IDS = ("channelid", "youtubechannelid", "ucid", "authorid", "uploaderid", "browseid")
_IDS = ("id", "_id", "key")
# Objects that hold the address for the one around them. What a resource is, is what an entry of
# YouTube's interface is about.
_INSIDE = (
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
_TITLE = ("title", "name", "videotitle", "playlistname", "channelname")
_NOTE = ("note", "notes", "extended", "description", "comment", "excerpt")
_TAGS = ("tags", "tagnames", "labels", "keywords")
_ADDED = (
    "addedat", "dateadded", "added", "adddate", "timeadded", "createdat", "created", "time",
    "timewatched", "watchedat", "watchdate", "publishedat", "date", "datum",
)  # fmt: skip
_LIST_NAME = ("name", "title", "playlistname", "playlisttitle")
# Whose texts are all meant as addresses.
_LISTS_OF_TEXT = frozenset({
    "videos", "entries", "items", "urls", "links", "videoids", "ids", "watchlist", "favorites",
    "favourites", "playlist", "list",
})  # fmt: skip
# What belongs to a video and is none of its own.
_NO_ENTRIES = re.compile(
    r"thumb|image|icon|avatar|banner|cover|storyboard|format|caption|subtitle|chapter"
    r"|heatmap|header|fragment|artwork|preview|logo|picture"
)
_OF_THE_CHANNEL = re.compile(r"channel|author|uploader|owner|user|creator|artist")
_CREATOR = re.compile(
    r"(?:channel|author|uploader|owner|user|creator|artist)(?:info|details|data)?"
)
_BOOKMARK_FOLDERS = frozenset({"children", "roots", "bookmarkbar", "checksum"})
_SUBSCRIPTIONS = frozenset({"subscriptions", "subs", "channels", "following", "subscribedchannels"})
_HINT = re.compile(r"youtu|ytimg", re.IGNORECASE)
_RELATIVE = re.compile(r"/(?:watch\?|shorts/|live/|playlist\?|channel/|@|embed/|c/|user/)")
_WATCHED = re.compile(
    r"\A(?:Watched|Has visto|Vous avez regardé|Hai guardato|Visto|Assistiu a|Du hast|Bekeken:?"
    r"|Obejrzano:?|Вы посмотрели(?: видео)?|İzlendi:?|Titta på|Har tittat på)\s+"
    r"|\s*(?:angesehen|を視聴しました|(?:을|를) 시청했습니다(?:\.)?"
    r"|adlı videoyu izlediniz|bekeken)\Z"
    r"|\A观看了\s*|\A已观看\s*|\A觀看了?\s*|\A看过\s*"
)  # what a watch history puts around its titles
_DATED_BY_WATCHING = ("titleurl", "timewatched", "watchedat", "watchdate", "watchprogress")


@dataclass(frozen=True, slots=True)
class Draft:
    """A line before it has its number. `heading`: None while the list it stands in has no name."""

    heading: Heading | None
    line: FileLine


@dataclass
class ObjectLines:
    """What came out of an object in a list.

    `misfit`: its text, where it names nothing and may have been meant to.
    """

    drafts: list[Draft] = field(default_factory=list)
    has_address: bool = False
    misfit: str = ""


def lines_of_list(items: list[Any], name: str, *, is_alone: bool) -> list[Any]:
    """Return the lines of a list's items, under what its name says.

    Texts count where the list's name says that it holds addresses, or nothing is around it;
    elsewhere only those that are addresses. An object without an address counts where the others
    have one. Of a list of tags, return the tags.
    """
    key = _plain(name)
    if key in _TAGS:
        return _tags_of(items)
    if _NO_ENTRIES.search(key):
        return []
    some_have = _has_any_address(items)
    all_texts = is_alone or _holds_addresses(key)
    drafts: list[Draft] = []
    for item in items:
        if isinstance(item, str):
            drafts.extend(_of_text(item, all_texts=all_texts, has_name=bool(name)))
        elif isinstance(item, ObjectLines):
            drafts.extend(item.drafts or _of_misfit(item, is_wanted=some_have))
        elif isinstance(item, list):
            drafts.extend(item)
    return [_under_name(draft, key) for draft in drafts]


def _holds_addresses(key: str) -> bool:
    return key in _LISTS_OF_TEXT or "history" in key


def _tags_of(items: list[Any]) -> list[Any]:
    return [item.misfit if isinstance(item, ObjectLines) else item for item in items]


def _has_any_address(items: list[Any]) -> bool:
    return any(isinstance(item, ObjectLines) and item.has_address for item in items)


def _of_misfit(item: ObjectLines, *, is_wanted: bool) -> list[Draft]:
    if not is_wanted or not item.misfit:
        return []
    return [Draft(None, FileLine(0, item.misfit))]


def _under_name(draft: Draft, key: str) -> Draft:
    """Say what a list's own name says about its lines."""
    if draft.heading is not None:
        return draft
    if key in _SUBSCRIPTIONS and isinstance(parse_address(draft.line.text), ChannelAddress):
        return Draft(Heading("", Kind.SUBSCRIPTIONS), draft.line)
    if "history" in key:
        return Draft(Heading("", Kind.HISTORY), draft.line)
    if key in _BOOKMARK_FOLDERS:
        return Draft(UNNAMED, draft.line)
    return draft


def _of_text(text: str, *, all_texts: bool, has_name: bool) -> list[Draft]:
    """Return the lines of a text in a list; of several lines, the first may be the name of what
    follows.
    """
    several = _list_in_text(text) or _watched_in_text(text)
    if several:
        return several
    if _RELATIVE.match(text):
        text = f"https://www.youtube.com{text}"
    if all_texts and text.strip():
        return [Draft(None, FileLine(0, text))]
    found = _addresses_in(text)
    if not found and _is_bare_address(text, has_name=has_name):
        return [Draft(None, FileLine(0, text))]
    return found


def _list_in_text(text: str) -> list[Draft]:
    """Return the lines of a text whose first line is no address, and may be the others' name."""
    first, _, rest = text.partition("\n")
    if not rest or address_in_text(first):
        return []
    name = fields.title(first.partition(":::")[0])
    heading = Heading(name, Kind.PLAYLIST) if name else None
    return [Draft(heading, draft.line) for draft in _addresses_in(rest)]


def _watched_in_text(text: str) -> list[Draft]:
    """Return the line of an address that was watched, with when and the title behind it."""
    parts = text.split("|||")
    if len(parts) < 4 or not address_in_text(parts[0]):
        return []
    line = FileLine(0, parts[0], title=fields.title(parts[3]), added_at=fields.when(parts[1]))
    return [Draft(Heading("", Kind.HISTORY), line)]


def _is_bare_address(text: str, *, has_name: bool) -> bool:
    """Return whether the text is an id alone; that of a video only where nothing says otherwise."""
    bare = bare_address(text.strip())
    if isinstance(bare, VideoAddress):
        return not has_name
    return isinstance(bare, ChannelAddress | PlaylistAddress)


def address_in_text(text: str) -> list[Draft]:
    """Return the text as one line where an address is in it."""
    if not _HINT.search(text):
        return []
    usable = any(not isinstance(piece.address, Unusable) for piece in parse_many([text]))
    return [Draft(None, FileLine(0, text))] if usable else []


def _addresses_in(text: str) -> list[Draft]:
    return [draft for line in text.split("\n") for draft in address_in_text(line)]


def lines_of_object(item: JsonObject, name: str) -> ObjectLines:
    """Return what an object names: a video, or the entries of its lists, or itself as a list or
    channel, or the addresses in its texts.
    """
    plain = _with_plain_names(item)
    merged = _with_inside(plain)
    address = _address(plain, merged, name)
    target = parse_address(address) if address else None
    entries = list(_entries(item, has_address=bool(address)))
    if isinstance(target, ChannelAddress) and not entries:
        texts = _own_texts(item)
        if _names_a_video(texts):
            return ObjectLines(texts)
    if isinstance(target, VideoAddress) or (target and not entries):
        line = _line(address, plain, merged)
        return ObjectLines([Draft(_heading_of_video(plain), line)], has_address=True)
    if entries:
        return _lines_under(_heading_of_list(item, entries, plain, merged), entries)
    return _lines_of_texts(item, plain)


def _lines_under(heading: Heading | None, entries: list[Draft]) -> ObjectLines:
    return ObjectLines([Draft(draft.heading or heading, draft.line) for draft in entries])


def _lines_of_texts(item: JsonObject, plain: JsonObject) -> ObjectLines:
    """Return the addresses in an object's texts; where there are none, it may be a misfit."""
    texts = _own_texts(item) or _of_creators(item) or _texts_of_anything(item)
    if texts:
        return ObjectLines(texts)
    misfit = _first(plain, _TITLE) or json.dumps(item, default=str)[:200]
    return ObjectLines(misfit=misfit)


def _heading_of_video(plain: JsonObject) -> Heading | None:
    if any(key in plain for key in _DATED_BY_WATCHING):
        return Heading("", Kind.HISTORY)
    return None


def _heading_of_list(
    item: JsonObject, entries: list[Draft], plain: JsonObject, merged: JsonObject
) -> Heading | None:
    has_lists = any(isinstance(value, list) for value in item.values())
    if len(entries) == 1 and not has_lists:
        return None  # the one object in it has the name, not the list around it
    called = fields.title(_first(plain, _LIST_NAME) or _first(merged, _LIST_NAME))
    return Heading(called, Kind.PLAYLIST) if called else None


def _own_texts(item: JsonObject) -> list[Draft]:
    """Return the addresses in an object's texts, without those of its pictures."""
    found: list[Draft] = []
    for key, value in item.items():
        if not _NO_ENTRIES.search(_plain(key)):
            found.extend(_in_value(value))
    return found


def _of_creators(item: JsonObject) -> list[Draft]:
    """Return what the objects in it say that tell who made it."""
    found: list[Draft] = []
    for key, value in item.items():
        if isinstance(value, dict) and _CREATOR.fullmatch(_plain(key)):
            found.extend(lines_of_object(value, key).drafts)
    return found


def _texts_of_anything(item: JsonObject) -> list[Draft]:
    return [draft for value in item.values() for draft in _in_value(value)]


def _names_a_video(drafts: list[Draft]) -> bool:
    pieces = chain.from_iterable(draft.line.parsed() for draft in drafts)
    return any(isinstance(piece.address, VideoAddress) for piece in pieces)


def _entries(item: JsonObject, *, has_address: bool) -> Iterator[Draft]:
    """Yield the lines of an object's lists, of objects in it, and of those it keeps by their ids.

    Where it has an address, that may be the one of an object in it.
    """
    for key, value in item.items():
        if isinstance(value, list):
            yield from (draft for draft in value if isinstance(draft, Draft))
        elif has_address and _plain(key) in _INSIDE:
            continue
        elif isinstance(value, dict) and not _is_no_entry(_plain(key)):
            yield from _entries_under(key, value)


def _entries_under(key: str, value: JsonObject) -> Iterator[Draft]:
    """Yield the lines of an object in another one; its key may be the id of a video."""
    if VIDEO_ID.fullmatch(key) and not reads_like_text(key):
        value = {"video_id": key} | value
    for draft in lines_of_object(value, key).drafts:
        yield _under_name(draft, _plain(key))


def _is_no_entry(key: str) -> bool:
    return _NO_ENTRIES.search(key) is not None or _CREATOR.fullmatch(key) is not None


def _in_value(value: Any) -> list[Draft]:
    return _addresses_in(value) if isinstance(value, str) else []


def _line(address: str, plain: JsonObject, merged: JsonObject) -> FileLine:
    tags = _first_there(plain, _TAGS)
    if "extended" in plain and "href" in plain:
        # Pinboard's: the description is the title, and blanks are between tags.
        title, note = _first(plain, ("description",)), _first(plain, ("extended",))
        if isinstance(tags, str):
            tags = tags.split()
    else:
        title, note = _first(plain, _TITLE) or _first(merged, _TITLE), _first(plain, _NOTE)
    return FileLine(
        0,
        address,
        title=fields.title(_WATCHED.sub("", title)),
        note=fields.note(note),
        tags=fields.tags(tags),
        added_at=fields.when(_first_there(merged, _ADDED)),
    )


def _first_there(item: JsonObject, names: tuple[str, ...]) -> Any:
    """Return the value under the first of these names that is there, whatever it is."""
    for name in names:
        if name in item:
            return item[name]
    return None


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]", "", name.lower()) or name


def _with_plain_names(item: JsonObject) -> JsonObject:
    return {_plain(key): value for key, value in item.items()}


def _first(item: JsonObject, names: tuple[str, ...]) -> str:
    for name in names:
        value = item.get(name)
        if isinstance(value, str) and value.strip():
            return value
    return ""


def _with_inside(plain: JsonObject) -> JsonObject:
    """Return what an object says, and behind that what only the objects in it say."""
    merged = dict(plain)
    for key, value in _inside(plain).items():
        merged.setdefault(key, value)
    return merged


def _inside(plain: JsonObject, depth: int = 4) -> JsonObject:
    """Return what the objects in an object say in its place; of two that say it, the first by
    _INSIDE.
    """
    merged: JsonObject = {}
    for name in _INSIDE if depth else ():
        inner = plain.get(name)
        if isinstance(inner, dict):
            values = _with_plain_names(inner)
            deeper = _inside(values, depth - 1)
            # What a resource names is meant; a channel's id beside it is that of whoever made the
            # list.
            both = deeper | values if "resourceid" not in values else values | deeper
            merged = both | merged
    return merged


def _address(plain: JsonObject, merged: JsonObject, name: str) -> str:
    """Return the address an object gives or names, "" for none.

    An id becomes a full address, so that nobody takes it for a word.
    """
    videos = _first(merged, _VIDEO_IDS)
    if VIDEO_ID.fullmatch(videos):
        return watch_url(videos)
    kind = str(merged.get("kind", ""))
    own_id = _first(plain, _IDS)
    if kind.startswith("youtube#") and own_id and "resourceid" not in merged:
        by_kind = _by_kind(kind, own_id)
        if by_kind:
            return by_kind
    given = _given_address(plain) or _given_address(merged)
    if given:
        return given
    return _by_other_id(merged, own_id, name) or _first(plain, _ADDRESS) or _first(merged, _ADDRESS)


def _by_kind(kind: str, own_id: str) -> str:
    if kind.endswith("#video") and VIDEO_ID.fullmatch(own_id):
        return watch_url(own_id)
    if kind.endswith("#playlist"):
        return f"https://www.youtube.com/playlist?list={own_id}"
    if kind.endswith("#channel") and CHANNEL_ID.fullmatch(own_id):
        return own_id
    return ""


def _given_address(values: JsonObject) -> str:
    """Return the first usable address among the texts: under a telling name, under any other, then
    of the channel.
    """
    texts: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, str) and value:
            texts[key] = value.strip()
    for key in _ADDRESS:
        address = _told_address(texts.pop(key, ""), has_title="title" in values)
        if address:
            return address
    for key, text in texts.items():
        is_of_something_else = _NO_ENTRIES.search(key) or _OF_THE_CHANNEL.search(key)
        if not is_of_something_else and _is_an_address(text):
            return text
    return ""


def _told_address(text: str, *, has_title: bool) -> str:
    """Return the address in a text under a telling name, which may be an id, or without a host."""
    if VIDEO_ID.fullmatch(text) and has_title:
        return watch_url(text)
    if _RELATIVE.match(text):
        text = f"https://www.youtube.com{text}"
    return text if _is_an_address(text) else ""


def _is_an_address(text: str) -> bool:
    if not _HINT.search(text) or re.search(r"\s", text):
        return False
    return not isinstance(parse_address(text), Unusable)


def _by_other_id(merged: JsonObject, own_id: str, name: str) -> str:
    """Return what an id under another telling name is of."""
    playlist = _first(merged, _LIST_IDS)
    if "videos" not in merged and isinstance(bare_address(playlist), PlaylistAddress):
        return f"https://www.youtube.com/playlist?list={playlist}"
    if VIDEO_ID.fullmatch(own_id) and _is_of_a_video(merged, name):
        return watch_url(own_id)
    for given in (_first(merged, _CHANNEL_IDS), own_id):
        if CHANNEL_ID.fullmatch(given):
            return given
    if isinstance(bare_address(own_id), PlaylistAddress):
        return f"https://www.youtube.com/playlist?list={own_id}"
    return _address_of_the_channel(merged)


def _address_of_the_channel(merged: JsonObject) -> str:
    for key, value in merged.items():
        is_of_channel = isinstance(value, str) and _OF_THE_CHANNEL.search(key)
        if is_of_channel and isinstance(parse_address(value), ChannelAddress):
            return str(value)
    return ""


def _is_of_a_video(merged: JsonObject, name: str) -> bool:
    """Return whether an object with an id of eleven characters is a video: it says what videos
    have, or stands among videos.
    """
    signs = {
        "duration",
        "lengthseconds",
        "author",
        "channel",
        "uploader",
        "iekey",
        "extractor",
        "viewcount",
        "published",
        "channelid",
    }
    key = _plain(name)
    return bool(signs & merged.keys()) or "video" in key or key in _LISTS_OF_TEXT
