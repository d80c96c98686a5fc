"""The pages YouTube serves: watch, consent, captcha, not found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.standins.player import player_response, tells_details
from tests.standins.specs import ChapterSpec, VideoSpec

Json = dict[str, Any]
API_KEY = "stand-in-api-key"
_CODES = """
ab aa af ak sq am ar hy as ay az bn ba eu be bho bs br bg my ca ceb zh-Hans zh-Hant co hr cs da dv
nl dz en eo et ee fo fj fil fi fr gaa gl lg ka de el gn gu ht ha haw iw hi hmn hu is ig id iu ga it
ja jv kl kn kk kha km rw ko kri ku ky lo la lv ln lt lua luo lb mk mg ms ml mt gv mi mr mn mfe ne
new nso no ny oc or om os pam ps fa pl pt pt-PT pa qu ro rn ru sm sg sa gd sr crs sn sd si sk sl so
st es su sw ss sv tg ta tt te th bo ti to ts tn tum tr tk uk ur ug uz ve vi war cy fy wo xh yi yo zu
"""
TRANSLATIONS = tuple(_CODES.split())
"""The languages YouTube would translate captions into: what makes a real page heavy to read."""
_FILLER = '"@filler@"'


@dataclass(frozen=True)
class PageStyle:
    """How heavy and how new the pages are.

    `weight`: bytes of plausible ballast in each page's initial data (a real watch page is around 1
    MB in all). `translations`: list all the languages. `dedicated_script`: the initial data in a
    script element with an id, the layout of late 2026. `knows_logins`: a login's cookies are taken
    for one; not when they are rotated or expired. `names_visitor`: the page's settings name the
    visitor; else only its player response does.
    """

    weight: int = 100_000
    translations: bool = False
    dedicated_script: bool = True
    knows_logins: bool = True
    names_visitor: bool = True


def ytcfg(*, signed_in: bool = False) -> Json:
    client = {
        "clientName": "WEB",
        "clientVersion": "2.20261020.01.00",
        "hl": "en",
        "gl": "DE",
        "visitorData": "CgtzdGFuZC1pbg%3D%3D",
    }
    return {
        "INNERTUBE_API_KEY": API_KEY,
        "INNERTUBE_API_VERSION": "v1",
        "INNERTUBE_CLIENT_NAME": "WEB",
        "INNERTUBE_CONTEXT_CLIENT_NAME": 1,
        "INNERTUBE_CONTEXT": {"client": client, "user": {"lockedSafetyMode": False}},
        "STS": 20_500,
        "PLAYER_JS_URL": "/s/player/0a1b2c3d/player_ias.vflset/en_US/base.js",
        "LOGGED_IN": signed_in,
        "VISITOR_DATA": "CgtzdGFuZC1pbg%3D%3D",
    }


def watch_page(video: VideoSpec, style: PageStyle, *, signed_in: bool = False) -> str:
    translations = TRANSLATIONS if style.translations else ("de", "en")
    player = player_response(video, "WEB", translations)
    title = video.title if "videoDetails" in player else ""
    head = [f"<title>{_text(title)} - YouTube</title>"]
    if title:
        head.append(f'<meta property="og:title" content="{_text(title)}">')
    return page(
        watch_data(video),
        style,
        head="".join(head),
        player=player,
        note="made for kids" if video.made_for_kids else "",
        signed_in=signed_in,
    )


def page(
    data: Json,
    style: PageStyle,
    *,
    head: str = "",
    player: Json | None = None,
    note: str = "",
    signed_in: bool = False,
) -> str:
    """A whole page around its initial data."""
    text = _script(data).replace(_FILLER, _ballast(style.weight))
    initial = (
        f'<script nonce="stand-in" id="yt-initial-data" type="application/json">{text}</script>'
        if style.dedicated_script
        else f'<script nonce="stand-in">var ytInitialData = {text};</script>'
    )
    first = (
        f'<script nonce="stand-in">var ytInitialPlayerResponse = {_script(player)};</script>'
        if player is not None
        else ""
    )
    config = ytcfg(signed_in=signed_in)
    if not style.names_visitor:
        del config["VISITOR_DATA"], config["INNERTUBE_CONTEXT"]["client"]["visitorData"]
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">{head}'
        f'<script nonce="stand-in">ytcfg.set({_script(config)});</script></head><body dir="ltr">'
        f"{first}{initial}{f'<p>This video is {note}</p>' if note else ''}</body></html>"
    )


def watch_data(video: VideoSpec, *, ballast: bool = True) -> Json:
    """The watch page's initial data, which is also what `next` answers.

    Channel name and chapters are here and nowhere else.
    """
    contents = [
        {"videoPrimaryInfoRenderer": _primary(video)},
        {"videoSecondaryInfoRenderer": _secondary(video)},
    ]
    results: Json = {"results": {"results": {"contents": contents if tells_details(video) else []}}}
    if ballast:
        results["secondaryResults"] = {"secondaryResults": {"results": "@filler@"}}
    return {
        "responseContext": {"visitorData": "CgtzdGFuZC1pbg%3D%3D"},
        "contents": {"twoColumnWatchNextResults": results},
        "currentVideoEndpoint": {"watchEndpoint": {"videoId": video.video_id}},
        "engagementPanels": [_panel(video.chapters)]
        if video.chapters and tells_details(video)
        else [],
    }


def _primary(video: VideoSpec) -> Json:
    views = {"videoViewCountRenderer": {"viewCount": {"simpleText": f"{video.views:,} views"}}}
    return {
        "title": {"runs": [{"text": video.title}]},
        "viewCount": views,
        "dateText": {"simpleText": video.uploaded[:10]},
    }


def _secondary(video: VideoSpec) -> Json:
    endpoint = {
        "browseEndpoint": {"browseId": video.channel_id, "canonicalBaseUrl": f"/{video.handle}"}
    }
    owner = {
        "title": {"runs": [{"text": video.channel, "navigationEndpoint": endpoint}]},
        "navigationEndpoint": endpoint,
        "subscriberCountText": {"simpleText": "12.3K subscribers"},
    }
    secondary: Json = {"attributedDescription": {"content": video.description}}
    if video.owner_named:
        secondary["owner"] = {"videoOwnerRenderer": owner}
    return secondary


def _panel(chapters: Sequence[ChapterSpec]) -> Json:
    markers = [
        {
            "macroMarkersListItemRenderer": {
                "title": {"simpleText": chapter.title},
                "timeDescription": {"simpleText": clock(chapter.start)},
            }
        }
        for chapter in chapters
    ]
    identifier = "engagement-panel-macro-markers-description-chapters"
    content = {"macroMarkersListRenderer": {"contents": markers}}
    return {
        "engagementPanelSectionListRenderer": {
            "panelIdentifier": identifier,
            "targetId": identifier,
            "content": content,
        }
    }


def clock(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def consent_page(address: str) -> str:
    """What Europeans see first; it wants a cookie `CONSENT=YES+…` made of the value of `v`."""
    return (
        '<!DOCTYPE html><html><body><form action="https://consent.youtube.com/s" method="POST">'
        '<input type="hidden" name="v" value="cb.20261020-11-p0.de+FX+123">'
        f'<input type="hidden" name="continue" value="{_text(address)}">'
        "<button>Accept all</button></form></body></html>"
    )


CAPTCHA_PAGE = (
    "<!DOCTYPE html><html><head><title>Sorry...</title></head><body>"
    "<p>Our systems have detected unusual traffic from your computer network.</p>"
    '<form method="post"><div id="recaptcha" class="g-recaptcha" data-sitekey="stand-in"></div>'
    "</form></body></html>"
)
NOT_FOUND_PAGE = (
    "<!DOCTYPE html><html><head><title>404 Not Found</title></head>"
    "<body><p>This page isn't available.</p></body></html>"
)


@cache
def _ballast(weight: int) -> str:
    """About that many bytes of recommendations, as JSON text; the same for every page, so it is
    written once.
    """
    one = {
        "lockupViewModel": {
            "contentId": "AAAAAAAAAAA",
            "contentType": "LOCKUP_CONTENT_TYPE_VIDEO",
            "metadata": {
                "lockupMetadataViewModel": {
                    "title": {"content": "Another video about clocks"},
                    "metadata": {"rows": ["12K views"] * 20},
                }
            },
            "rendererContext": {
                "loggingContext": {"loggingDirectives": {"trackingParams": "CAAQ" * 60}}
            },
        }
    }
    text = json.dumps(one, separators=(",", ":"))
    return f"[{','.join([text] * max(1, weight // len(text)))}]" if weight else "[]"


def _script(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")


def _text(value: str) -> str:
    return value.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
