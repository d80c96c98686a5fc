"""Which hosts are YouTube's.

Everything else is another site, and some of it tries to look like YouTube.
"""

import difflib
import re
import unicodedata
from contextlib import suppress
from enum import Enum, auto
from functools import lru_cache


class Host(Enum):
    YOUTUBE = auto()
    SHORT = auto()  # youtu.be: the path is the video
    THUMBNAIL = auto()
    GOOGLE = auto()  # only ever a wrapper around the address meant
    LOOKALIKE = auto()
    OTHER = auto()
    NONE = auto()  # no host at all


_ALLOWED: tuple[tuple[Host, re.Pattern[str]], ...] = (
    (Host.THUMBNAIL, re.compile(r"img\.youtube\.com|i\d?\.ytimg\.com")),
    # One label before youtube.com may be anything: all of them are YouTube's (www, m, music,
    # gaming, consent, countries of old).
    (
        Host.YOUTUBE,
        re.compile(
            r"(?:[a-z0-9-]+\.)?youtube\.com|(?:www\.)?youtube(?:-nocookie|kids)\.com"
            r"|youtube\.googleapis\.com"
        ),
    ),
    (Host.SHORT, re.compile(r"(?:www\.)?youtu\.be")),
    (
        Host.GOOGLE,
        re.compile(r"(?:(?:www|accounts|consent)\.)?google\.(?:com|[a-z]{2}|com?\.[a-z]{2})"),
    ),
)
_DEFAULT_PORT = re.compile(r":(?:80|443)?\Z")
_NO_HOST = re.compile(r"\s|\A\.|\.\.")

# Letters of other scripts that look like those of "youtube" in most typefaces, and the digit that
# does.
_CONFUSABLE = str.maketrans("уүоοօυսцтτвьеε0", "yyooouuuttbbeeo")

_LETTERS = frozenset("youtube")
_LONGEST_HOST = 253 + len(":65535")  # characters; the names of computers are no longer
_MOST_LABELS = 3  # the last ones, that are compared with YouTube's name, which costs most


@lru_cache(maxsize=1024)
def classify(netloc: str) -> Host:
    """Return what the part of an address between // and the next / is.

    Remembered, since most lines of an import share a few hosts.
    """
    if len(netloc) > _LONGEST_HOST:
        return Host.NONE
    host = _DEFAULT_PORT.sub("", netloc.lower()).removesuffix(".")
    for kind, pattern in _ALLOWED:
        if pattern.fullmatch(host):
            return kind
    if not host or _NO_HOST.search(host):
        return Host.NONE
    return Host.LOOKALIKE if _resembles_youtube(host) else Host.OTHER


def _resembles_youtube(host: str) -> bool:
    folded = _fold(host)
    if "youtu" in folded or "ytimg" in folded:
        return True
    for label in _labels_to_compare(folded):
        if difflib.SequenceMatcher(None, label, "youtube").ratio() > 0.8:
            return True
    return False


def _labels_to_compare(host: str) -> list[str]:
    labels = []
    for label in re.split(r"[.@:/\\-]", host):
        if 5 <= len(label) <= 10 and len(set(label) & _LETTERS) >= 4:
            labels.append(label)
    return labels[-_MOST_LABELS:]


def _fold(host: str) -> str:
    """Return the host as the eye reads it: punycode decoded, accents dropped, look-alike letters
    replaced.
    """
    with suppress(UnicodeError):  # not ASCII already, or no valid punycode: read it as it stands
        host = host.encode("ascii").decode("idna")
    decomposed = unicodedata.normalize("NFKD", host)
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return plain.casefold().translate(_CONFUSABLE)
