"""Which address an object of JSON gives, or names by an id."""

import re

from importer.intake.files.json_names import (
    ADDRESSES,
    CHANNEL_IDS,
    IDS,
    LIST_IDS,
    LISTS_OF_TEXT,
    NO_ENTRIES,
    OF_THE_CHANNEL,
    VIDEO_IDS,
    VIDEO_SIGNS,
    JsonObject,
    first_text,
    plain_name,
)
from importer.parsing import ChannelAddress, PlaylistAddress, Unusable, has_usable, parse_address
from importer.parsing.ids import CHANNEL_ID, VIDEO_ID, bare_address
from importer.parsing.lines import parse_many
from videos.addresses import watch_url

_HINT = re.compile(r"youtu|ytimg", re.IGNORECASE)
_RELATIVE = re.compile(r"/(?:watch\?|shorts/|live/|playlist\?|channel/|@|embed/|c/|user/)")


def has_address(text: str) -> bool:
    """Return whether an address of YouTube stands somewhere in a text."""
    return _HINT.search(text) is not None and has_usable(parse_many([text]))


def with_host(text: str) -> str:
    """Return an address that begins with its path as a full one; any other text as it is."""
    if _RELATIVE.match(text):
        return f"https://www.youtube.com{text}"
    return text


def address_of(plain: JsonObject, merged: JsonObject, name: str) -> str:
    """Return the address an object gives or names, "" for none.

    An id becomes a full address, so that nobody takes it for a word.
    """
    video_id = first_text(merged, VIDEO_IDS)
    if VIDEO_ID.fullmatch(video_id):
        return watch_url(video_id)
    own_id = first_text(plain, IDS)
    return (
        _by_kind(merged, own_id)
        or _given_address(plain)
        or _given_address(merged)
        or _by_other_id(merged, own_id, name)
        or first_text(plain, ADDRESSES)
        or first_text(merged, ADDRESSES)
    )


def _by_kind(merged: JsonObject, own_id: str) -> str:
    """Return the address of what YouTube's interface says that an id is of, "" for none."""
    kind = str(merged.get("kind", ""))
    if not kind.startswith("youtube#") or not own_id or "resourceid" in merged:
        return ""
    if kind.endswith("#video") and VIDEO_ID.fullmatch(own_id):
        return watch_url(own_id)
    if kind.endswith("#playlist"):
        return _playlist_url(own_id)
    if kind.endswith("#channel") and CHANNEL_ID.fullmatch(own_id):
        return own_id
    return ""


def _playlist_url(playlist_id: str) -> str:
    return f"https://www.youtube.com/playlist?list={playlist_id}"


def _given_address(values: JsonObject) -> str:
    """Return the first usable address among the texts, "" for none.

    Those under a name for addresses come first, then those under any other.
    """
    texts: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, str) and value:
            texts[key] = value.strip()
    for key in ADDRESSES:
        address = _named_address(texts.pop(key, ""), has_title="title" in values)
        if address:
            return address
    return _other_address(texts)


def _other_address(texts: dict[str, str]) -> str:
    """Return the first text that is an address, of no picture and not of the channel."""
    for key, text in texts.items():
        is_of_something_else = NO_ENTRIES.search(key) or OF_THE_CHANNEL.search(key)
        if not is_of_something_else and _is_an_address(text):
            return text
    return ""


def _named_address(text: str, *, has_title: bool) -> str:
    """Return the address in a text that is one, an id, or begins with the path; "" for none."""
    if VIDEO_ID.fullmatch(text) and has_title:
        return watch_url(text)
    address = with_host(text)
    return address if _is_an_address(address) else ""


def _is_an_address(text: str) -> bool:
    if not _HINT.search(text) or re.search(r"\s", text):
        return False
    return not isinstance(parse_address(text), Unusable)


def _by_other_id(merged: JsonObject, own_id: str, name: str) -> str:
    """Return the address of what an id is of that stands under another name, "" for none."""
    playlist = first_text(merged, LIST_IDS)
    if "videos" not in merged and isinstance(bare_address(playlist), PlaylistAddress):
        return _playlist_url(playlist)
    if VIDEO_ID.fullmatch(own_id) and _is_of_a_video(merged, name):
        return watch_url(own_id)
    for given in (first_text(merged, CHANNEL_IDS), own_id):
        if CHANNEL_ID.fullmatch(given):
            return given
    if isinstance(bare_address(own_id), PlaylistAddress):
        return _playlist_url(own_id)
    return _address_of_the_channel(merged)


def _address_of_the_channel(merged: JsonObject) -> str:
    for key, value in merged.items():
        if not isinstance(value, str) or not OF_THE_CHANNEL.search(key):
            continue
        if isinstance(parse_address(value), ChannelAddress):
            return value
    return ""


def _is_of_a_video(merged: JsonObject, name: str) -> bool:
    """Return whether an object says what videos have, or stands among videos."""
    key = plain_name(name)
    return bool(VIDEO_SIGNS & merged.keys()) or "video" in key or key in LISTS_OF_TEXT
