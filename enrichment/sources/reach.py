"""Whether a way out leads to YouTube, and what it meets otherwise, in words without a password."""

from contextlib import closing

from yt_dlp.networking import Request

from enrichment.errors import SourceError
from enrichment.sources.transport import WayOut
from enrichment.sources.ytdlp import OPTIONS, LeanYoutubeDL

ADDRESS = "https://www.youtube.com/generate_204"
TIMEOUT = 5.0  # seconds for connecting, and for each read

# The kinds of error behind a failed request, innermost last; the first that occurs decides.
MEANINGS = (
    (
        "CertificateVerifyError",
        "somebody else answers in YouTube's place (a captive portal or a filter)",
    ),
    ("InvalidURL", "it leads away from YouTube (a captive portal or a filter)"),
    ("SSLError", "the encrypted connection is broken off"),
    ("NameResolutionError", "its name is not found (DNS)"),
    ("gaierror", "its name is not found (DNS)"),
    ("ProxyError", "the proxy refuses, is not there, or is cut off"),
    ("ConnectTimeout", "no answer in time"),
    ("ReadTimeout", "no answer in time"),
    ("Timeout", "no answer in time"),
    ("NewConnectionError", "the connection is refused"),
    ("ConnectionError", "the connection is refused or cut"),
    ("TransportError", "the connection is cut"),
)


def try_way(proxy: str, ca_file: str = "") -> str:
    """Ask YouTube one small question by a way out ("" for the machine's own).

    Return "" when it answers, else what it met.
    """
    with closing(LeanYoutubeDL(OPTIONS, WayOut(proxy, ca_file, timeout=TIMEOUT))) as ydl:
        try:
            ydl.urlopen(Request(ADDRESS))
        except SourceError as error:
            return meaning_of(error)
    return ""


def meaning_of(error: SourceError) -> str:
    """What a failed request means for whoever runs the installation; "" when YouTube itself
    answered.
    """
    if error.status in (402, 407):
        return f"the proxy asks for its payment or password (HTTP {error.status})"
    if error.status is not None:
        return "" if error.status in (404, 410) else f"YouTube answers HTTP {error.status}"
    return meaning_of_kinds(error.detail)


def meaning_of_kinds(detail: str) -> str:
    """Read the kinds of error behind a failed request, as `SourceError.detail` names them."""
    for kind, meaning in MEANINGS:
        if kind in detail:
            return f"{meaning} ({detail})"
    return detail or "unknown"
