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
from importer.parsing import ChannelAddress, PlaylistAddress, Unusable, parse_address
from importer.parsing.ids import CHANNEL_ID, VIDEO_ID, bare_address
from importer.parsing.lines import parse_many
from videos.addresses import watch_url

_HINT = re.compile(r"youtu|ytimg", re.IGNORECASE)
_RELATIVE = re.compile(r"/(?:watch\?|shorts/|live/|playlist\?|channel/|@|embed/|c/|user/)")


def has_address(text: str) -> bool:
    """Return whether an address of YouTube stands somewhere in a text."""
    if not _HINT.search(text):
        return False
    return any(not isinstance(piece.address, Unusable) for piece in parse_many([text]))


def with_host(text: str) -> str:
    """Return an address that begins with its path as a full one; any other text as it is."""
    if _RELATIVE.match(text):
        return f"https://www.youtube.com{text}"
    return text


def address_of(plain: JsonObject, merged: JsonObject, name: str) -> str:
    """Return the address an object gives or names, "" for none.

    An id becomes a full address, so that nobody takes it for a word.
    """
    videos = first_text(merged, VIDEO_IDS)
    if VIDEO_ID.fullmatch(videos):
        return watch_url(videos)
    kind = str(merged.get("kind", ""))
    own_id = first_text(plain, IDS)
    if kind.startswith("youtube#") and own_id and "resourceid" not in merged:
        by_kind = _by_kind(kind, own_id)
        if by_kind:
            return by_kind
    given = _given_address(plain) or _given_address(merged)
    if given:
        return given
    by_id = _by_other_id(merged, own_id, name)
    if by_id:
        return by_id
    return first_text(plain, ADDRESSES) or first_text(merged, ADDRESSES)


def _by_kind(kind: str, own_id: str) -> str:
    if kind.endswith("#video") and VIDEO_ID.fullmatch(own_id):
        return watch_url(own_id)
    if kind.endswith("#playlist"):
        return f"https://www.youtube.com/playlist?list={own_id}"
    if kind.endswith("#channel") and CHANNEL_ID.fullmatch(own_id):
        return own_id
    return ""


def _given_address(values: JsonObject) -> str:
    """Return the first usable address among the texts, "" for none.

    Those under a name for addresses come first, then those under any other. Addresses of pictures
    and of the channel are left out.
    """
    texts: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, str) and value:
            texts[key] = value.strip()
    for key in ADDRESSES:
        address = _named_address(texts.pop(key, ""), has_title="title" in values)
        if address:
            return address
    for key, text in texts.items():
        is_of_something_else = NO_ENTRIES.search(key) or OF_THE_CHANNEL.search(key)
        if not is_of_something_else and _is_an_address(text):
            return text
    return ""


def _named_address(text: str, *, has_title: bool) -> str:
    """Return the address in a text under a name for addresses, "" for none.

    It may be an id, or begin with the path.
    """
    if VIDEO_ID.fullmatch(text) and has_title:
        return watch_url(text)
    address = with_host(text)
    if _is_an_address(address):
        return address
    return ""


def _is_an_address(text: str) -> bool:
    if not _HINT.search(text) or re.search(r"\s", text):
        return False
    return not isinstance(parse_address(text), Unusable)


def _by_other_id(merged: JsonObject, own_id: str, name: str) -> str:
    """Return the address of what an id is of that stands under another name, "" for none."""
    playlist = first_text(merged, LIST_IDS)
    if "videos" not in merged and isinstance(bare_address(playlist), PlaylistAddress):
        return f"https://www.youtube.com/playlist?list={playlist}"
    if VIDEO_ID.fullmatch(own_id) and _is_of_a_video(merged, name):
        return watch_url(own_id)
    for given in (first_text(merged, CHANNEL_IDS), own_id):
        if CHANNEL_ID.fullmatch(given):
            return given
    if isinstance(bare_address(own_id), PlaylistAddress):
        return f"https://www.youtube.com/playlist?list={own_id}"
    return _address_of_the_channel(merged)


def _address_of_the_channel(merged: JsonObject) -> str:
    """Return the first address of a channel under a name that is about it, "" for none."""
    for key, value in merged.items():
        is_of_channel = isinstance(value, str) and OF_THE_CHANNEL.search(key)
        if is_of_channel and isinstance(parse_address(value), ChannelAddress):
            return str(value)
    return ""


def _is_of_a_video(merged: JsonObject, name: str) -> bool:
    """Return whether an object with an id of eleven characters is a video: it says what videos
    have, or stands among videos.
    """
    key = plain_name(name)
    return bool(VIDEO_SIGNS & merged.keys()) or "video" in key or key in LISTS_OF_TEXT
