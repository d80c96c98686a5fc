"""Cases of other projects that come out otherwise on purpose, each with its reason."""

import re

_LENIENT = "a time that is nearly right is read, not dropped"

DELIBERATE: dict[str, str] = {
    "wpt/nulls.vtt": "a NUL is not kept, and a cue of nothing else is none",
    "wpt/timings-60.vtt": _LENIENT,
    "wpt/timings-garbage.vtt": _LENIENT,
    "wpt/timings-too-long.vtt": _LENIENT,
    "wpt/timings-too-short.vtt": _LENIENT,
    "wpt/whitespace-chars.vtt": _LENIENT,
    "pysubs2/test_microdvd/6": "three formats in one text",
    "pysubs2/test_sami/16": "how long the last line lasts is not in the file; we say five seconds",
    "pysubs2/test_sami/17": "how long the last line lasts is not in the file; we say five seconds",
    "pysubs2/test_cli/72": "what layers say twice at the same time is kept once",
    "pysubs2/ttml_example_apple.ttml/94": (
        "its own test reads this file with another option, as we do"
    ),
    "tubearchivist/WL": "a word of two letters is not an address",
    "tubearchivist/LL": "a word of two letters is not an address",
}

_OTHER_SITES = "another site, whose addresses lead through it and not to YouTube"
_PERSONAL = "differs for everyone, or only its owner can see it"
_TOO_LONG_AN_ID = "one character too many is a mistake, not a reason to take another video"
_PATTERNS = {
    r"(?i)newpipe/.*(hooktube|invidio)": _OTHER_SITES,
    r"yt-dlp/.*(invidio\.us|redirect\.invidious|vid\.plus|zwearz)": _OTHER_SITES,
    r"get-video-id/.*y2u\.be": _OTHER_SITES,
    r"newpipe/Stream/.*(kQk-|whatever\)?)$": _TOO_LONG_AN_ID,
    r"newpipe/Playlist/.*:22/": "a port of its own is not YouTube's",
    r"newpipe/Playlist/ftp:": "no address of a page",
    r"newpipe/Playlist/.*list=RD": _PERSONAL,
    r"newpipe/Playlist/.*feed/subscriptions\?list=|newpipe/Playlist/.*feed/trending\?list=": (
        "a list that the address names is taken, whatever page it is shown on"
    ),
    r"yt-dlp/.*/feed/": _PERSONAL,
    r"yt-dlp/.*/(playlists|podcasts|releases)(\?|$)": (
        "a page of lists: which of them is meant, it does not say"
    ),
    r"yt-dlp/.*/(posts|search)(\?|$)": "a page without videos of its own",
    r"yt-dlp/.*/hashtag/": "a search, which never ends",
    r"yt-dlp/.*/browse/MPREb_": "an album's page that does not name its list",
    r"jsVideoUrlParser/.*shared\?ci=": "a service that is gone: the video cannot be told from it",
    r"tubearchivist/.*list=(WL|LL)$": _PERSONAL,
}


def reason_for(case: str) -> str:
    """Return why a case comes out otherwise on purpose, "" where it should not."""
    if case in DELIBERATE:
        return DELIBERATE[case]
    for pattern, reason in _PATTERNS.items():
        if re.match(pattern, case):
            return reason
    return ""
