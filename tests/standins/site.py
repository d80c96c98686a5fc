"""What YouTube's hosts answer: which kind of request it is, about which video, and the answer from
the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlsplit

from tests.standins.captions import timed_text
from tests.standins.catalogue import Catalogue
from tests.standins.failures import Failure
from tests.standins.lists import Lists
from tests.standins.media import MediaStore
from tests.standins.pages import (
    CAPTCHA_PAGE,
    NOT_FOUND_PAGE,
    PageStyle,
    consent_page,
    page,
    watch_data,
    watch_page,
)
from tests.standins.player import judged, player_response
from tests.standins.specs import VideoSpec
from tests.standins.thumbnails import picture
from tests.standins.wire import Request, Response

_PICTURE = re.compile(r"/(?:vi|vi_webp|an_webp)/([A-Za-z0-9_-]{11})/")
_CHANNEL = re.compile(r"/(?:channel/|c/|user/)?(@?[^/]+)(?:/([a-z]+))?/?")
_API = "/youtubei/v1/"
_KINDS = {
    "/watch": "watch",
    "/playlist": "playlist",
    "/api/timedtext": "timedtext",
    "/videoplayback": "media",
    "/oembed": "oembed",
    f"{_API}player": "player",
    f"{_API}next": "next",
    f"{_API}browse": "browse",
    f"{_API}navigation/resolve_url": "resolve",
}
NEEDS_VISITOR = frozenset({"VISIONOS"})
"""Clients that are taken for a bot when they introduce themselves as a brand-new guest."""
_NO_VIDEO = VideoSpec("", failure=Failure.UNAVAILABLE)


@dataclass(frozen=True)
class Question:
    """A request understood.

    `kind`: watch, player, next, browse, resolve, playlist, channel, timedtext, media, thumbnail,
    oembed, other.
    """

    kind: str
    video_id: str | None
    host: str
    request: Request

    @property
    def client(self) -> str:
        """Which client asks for a player answer, as it calls itself; "" for any other request."""
        if self.kind != "player":
            return ""
        context = self.request.json().get("context")
        client = context.get("client") if isinstance(context, dict) else None
        return str(client.get("clientName", "WEB")) if isinstance(client, dict) else "WEB"


def understand(host: str, request: Request) -> Question:
    """Tells kind and video of any request to one of YouTube's hosts."""
    path, query = request.path, request.query
    if found := _PICTURE.match(path):
        return Question("thumbnail", found[1], host, request)
    kind = _KINDS.get(path)
    if kind is None:
        kind = "other"
        if path.startswith("/embed/"):
            kind = "embed"
        elif host.endswith("youtube.com") and _CHANNEL.fullmatch(path):
            kind = "channel"
    video_id = query.get("v") or (query.get("id") if kind == "media" else None)
    if path.startswith(_API):
        video_id = request.json().get("videoId")
    elif kind == "oembed":
        video_id = parse_qs(urlsplit(query.get("url", "")).query).get("v", [""])[0]
    return Question(
        kind, video_id if isinstance(video_id, str) and video_id else None, host, request
    )


class Site:
    """YouTube itself, without any trouble."""

    def __init__(self, catalogue: Catalogue, media: MediaStore, style: PageStyle) -> None:
        self.style = style
        self._catalogue = catalogue
        self._media = media
        self._lists = Lists(catalogue)
        self._answers: dict[str, Callable[[Question, VideoSpec], Response]] = {
            "watch": self._watch,
            "player": self._player,
            "next": self._next,
            "browse": self._browse,
            "resolve": self._resolve,
            "playlist": self._playlist,
            "channel": self._channel,
            "timedtext": lambda question, video: timed_text(video, question.request.query),
            "media": lambda question, video: self._media.answer(video, question.request),
            "thumbnail": lambda question, video: picture(video, question.request),
            "oembed": self._oembed,
        }

    def answer(self, question: Question, failure: Failure | None = None) -> Response:
        """The answer; with `failure`, as someone gets it whom YouTube has thrown out."""
        video = self._catalogue.find_video(question.video_id or "") or _NO_VIDEO
        if failure is not None:
            video = judged(video, failure)
        answer = self._answers.get(question.kind)
        return answer(question, video) if answer else _not_found()

    def refuse(self, question: Question, status: str, reason: str) -> Response:
        """The answer of a YouTube that says these words about every video."""
        video = self._catalogue.find_video(question.video_id or "") or _NO_VIDEO
        refused = replace(
            video,
            failure=Failure.NO_REASON,
            verdict_status=status,
            verdict_reason=reason or None,
        )
        return self._answers[question.kind](question, refused)

    def riddle(self, question: Question) -> Response:
        """The answer in a shape nobody's code expects."""
        video = self._catalogue.find_video(question.video_id or "") or _NO_VIDEO
        return self._answers[question.kind](question, replace(video, riddle=True))

    def captcha(self) -> Response:
        return Response.of_html(CAPTCHA_PAGE)

    def consent(self, question: Question) -> Response:
        """The consent page, or the real answer for a client that has the cookie."""
        if "CONSENT=YES+" in question.request.headers.get("cookie", ""):
            return self.answer(question)
        return Response.of_html(consent_page(f"https://{question.host}{question.request.target}"))

    def _watch(self, question: Question, video: VideoSpec) -> Response:
        cookie = question.request.headers.get("cookie", "")
        signed_in = self.style.knows_logins and "LOGIN_INFO" in cookie
        return Response.of_html(watch_page(video, self.style, signed_in=signed_in))

    def _player(self, question: Question, video: VideoSpec) -> Response:
        client, headers = question.client, question.request.headers
        if client in NEEDS_VISITOR and not headers.get("x-goog-visitor-id"):
            video = judged(video, Failure.BOT_CHECK)
        if client in NEEDS_VISITOR and "SAPISID" in headers.get("cookie", ""):
            return _bad_request()  # this client takes no login
        return Response.of_json(player_response(video, client))

    def _next(self, _: Question, video: VideoSpec) -> Response:
        return Response.of_json(watch_data(video, ballast=False))

    def _browse(self, question: Question, _: VideoSpec) -> Response:
        body = question.request.json()
        if token := body.get("continuation"):
            # Stricter than YouTube: the next page is for whoever was given the first one.
            if self.style.names_visitor and not question.request.headers.get("x-goog-visitor-id"):
                return _bad_request()
            continued = self._lists.continued(str(token))
            return Response.of_json(continued) if continued is not None else _bad_request()
        browse_id = str(body.get("browseId", ""))
        if browse_id.startswith("VL"):
            return Response.of_json(
                self._lists.playlist_data(browse_id[2:], hidden=bool(body.get("params")))
            )
        channel = self._catalogue.find_channel(browse_id)
        data = self._lists.channel_data(channel, "videos") if channel else None
        return Response.of_json(data) if data is not None else _bad_request()

    def _resolve(self, question: Question, _: VideoSpec) -> Response:
        address = urlsplit(str(question.request.json().get("url", "")))
        if playlist_id := parse_qs(address.query).get("list"):
            return Response.of_json(
                {"endpoint": {"browseEndpoint": {"browseId": f"VL{playlist_id[0]}"}}}
            )
        found = _CHANNEL.fullmatch(address.path)
        channel = self._catalogue.find_channel(found[1]) if found else None
        if channel is None:
            return Response.of_json(
                {"error": {"code": 404, "message": "Requested entity was not found."}}, 404
            )
        return Response.of_json({"endpoint": {"browseEndpoint": {"browseId": channel.channel_id}}})

    def _playlist(self, question: Question, _: VideoSpec) -> Response:
        return Response.of_html(
            page(self._lists.playlist_data(question.request.query.get("list", "")), self.style)
        )

    def _channel(self, question: Question, _: VideoSpec) -> Response:
        found = _CHANNEL.fullmatch(question.request.path)
        channel = self._catalogue.find_channel(found[1]) if found else None
        if found is None or channel is None:
            return _not_found()
        data = self._lists.channel_data(channel, found[2] or "featured")
        return Response.of_html(page(data, self.style))

    def _oembed(self, _: Question, video: VideoSpec) -> Response:
        if video.failure is not None:
            return Response(404, b"Not Found", "text/plain")
        picture_url = f"https://i.ytimg.com/vi/{video.video_id}/hqdefault.jpg"
        return Response.of_json(
            {
                "title": video.title,
                "author_name": video.channel,
                "thumbnail_url": picture_url,
                "type": "video",
            }
        )


def _not_found() -> Response:
    return Response.of_html(NOT_FOUND_PAGE, 404)


def _bad_request() -> Response:
    return Response.of_json(
        {"error": {"code": 400, "message": "Request contains an invalid argument."}}, 400
    )
