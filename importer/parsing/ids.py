"""The ids of YouTube, and how to tell a bare one from a word."""

import re
import unicodedata
from collections.abc import Iterator
from functools import partial

from importer.parsing.addresses import (
    Address,
    ChannelAddress,
    PlaylistAddress,
    Reason,
    Unusable,
    VideoAddress,
)

_ascii = partial(re.compile, flags=re.ASCII)

VIDEO_ID = _ascii(r"[\w-]{11}")
CHANNEL_ID = _ascii(r"UC[\w-]{22}")


def _combining_marks() -> str:
    """Return the signs that stand above, below and around letters, as ranges for a pattern: `\\w`
    has none of them.
    """
    marks = [code for code in range(0x12000) if unicodedata.category(chr(code))[0] == "M"]
    return "".join(_ranges(marks))


def _ranges(codes: list[int]) -> Iterator[str]:
    first = last = codes[0]
    for code in codes[1:]:
        if code != last + 1:
            yield f"{chr(first)}-{chr(last)}"
            first = code
        last = code
    yield f"{chr(first)}-{chr(last)}"


MARKS = _combining_marks()
# Any script, so not ASCII alone. Some scripts have handles of one sign.
HANDLE = re.compile(rf"@[\w.·{MARKS}-]{{1,60}}")
_BARE_HANDLE = re.compile(rf"@[\w.·{MARKS}-]{{2,60}}")

# The prefix says what kind of list: made by someone (PL, older ones EC), uploads of a channel (UU),
# favourites (FL), albums (OLAK5uy_),
# YouTube Music's own (RDCLAK5uy_, the only finite ones among RD). Others are taken when they are
# long enough; YouTube knows them or not.
# Eleven characters without one of these beginnings are a video's id that came to the wrong place.
_LIST_ID = _ascii(
    r"(?:PL|UU|FL|EC|PU|TL|OLAK5uy_|RDCLAK5uy_)[\w-]{1,80}(?![\w-])"
    r"|[\w-]{10}(?![\w-])|[\w-]{12,80}(?![\w-])"
)
_BARE_LIST_ID = _ascii(r"(?:PL|UU|FL|EC|OLAK5uy_|RDCLAK5uy_)[\w-]{10,80}")
_PRIVATE_LIST = _ascii(r"WL|LM|LL[\w-]*")
_MIX = _ascii(r"(?:RD(?!CLAK5uy_)|UL)[\w-]*")

# How people write: one word or number; words that can be spoken (a vowel, never four consonants in
# a row) and numbers of up to four digits
# without leading zero, joined by - or _ ("Hello-World", "report-2024"); a word ended by a number
# ("password123"); a date.
# Of a million random ids 340 read like this, measured; an address around the id takes those too.
_SPOKEN = (
    r"(?=[a-z]*[aeiouy]|[A-Z][a-z]*[aeiouy]|[A-Z]*[AEIOUY])(?!(?i:[a-z]*[bcdfghj-np-tvwxz]{4}))"
)
_WORD = r"(?:[A-Z]?[a-z]+|[A-Z]+)"
_NUMBER = r"[1-9]\d{0,3}"
_PIECE = rf"(?:{_SPOKEN}{_WORD}|{_NUMBER})"
_READS_LIKE_TEXT = _ascii(
    rf"{_WORD}|[\d_-]+"
    rf"|[-_]*{_PIECE}(?:[-_]+{_PIECE})*[-_]*"
    rf"|{_SPOKEN}(?:[A-Z]?[a-z]{{6,}}|[A-Z]{{7,}}){_NUMBER}"
    r"|\d{4}[-_]\d\d[-_]\d\d\w?"
)


def list_address(list_id: str) -> PlaylistAddress | Unusable:
    """Return the playlist with this id, or why it cannot be imported."""
    match = _LIST_ID.match(list_id)
    if _PRIVATE_LIST.fullmatch(list_id):
        return Unusable(Reason.PRIVATE_LIST)
    if _MIX.fullmatch(list_id):
        return Unusable(Reason.ENDLESS_MIX)
    if match and not list_id[match.end() :].startswith((".", "/")):
        return PlaylistAddress(match[0])
    return Unusable(Reason.BAD_PLAYLIST_ID)


def reads_like_text(token: str) -> bool:
    """Return whether eleven characters are a word, a number or a date rather than an id."""
    return _READS_LIKE_TEXT.fullmatch(token) is not None


def bare_address(token: str) -> Address | None:
    """Return what a token without any address around it is: an id, or an eleven-character
    lookalike; None when it is neither.
    """
    if VIDEO_ID.fullmatch(token):
        if _READS_LIKE_TEXT.fullmatch(token):
            return Unusable(Reason.LOOKALIKE_ID)
        return VideoAddress(token)
    if CHANNEL_ID.fullmatch(token) or _BARE_HANDLE.fullmatch(token):
        return ChannelAddress(token)
    if _BARE_LIST_ID.fullmatch(token) and not _READS_LIKE_TEXT.fullmatch(token):
        return PlaylistAddress(token)
    return None
