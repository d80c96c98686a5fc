"""yt-dlp as a library, with everything off that a video's metadata does not need.

Some places reach behind yt-dlp's public face; `tests/test_sources_ytdlp.py` fails when a new
release changes one of them:

- `YoutubeIE._extract_player_responses` keeps YouTube's own verdict, which yt-dlp shows nowhere
  else;
- `YoutubeTabIE._entries` and `_extract_response` read one page of a list, and tell a page that did
  not come from the end of the list;
- `YoutubeIE._download_initial_webpage`, `_extract_response`, `_extract_player_response`,
  `_is_agegated` and `_extract_chapters_from_description` save requests and a loose rule.
"""

import functools
import io
import os
from collections.abc import Callable
from typing import Any

import yt_dlp
from yt_dlp.extractor.youtube import YoutubeIE as StockYoutubeIE
from yt_dlp.extractor.youtube import YoutubePlaylistIE
from yt_dlp.extractor.youtube import YoutubeTabIE as StockYoutubeTabIE
from yt_dlp.networking import Response
from yt_dlp.networking.exceptions import HTTPError, RequestError
from yt_dlp.utils import DownloadError, ExtractorError, GeoRestrictedError, YoutubeDLError

from enrichment.errors import (
    NetworkBlip,
    SourceError,
    Throttled,
    VideoVerdict,
    YouTubeChanged,
    cause_of_text,
    error_for,
    error_for_status,
)
from enrichment.sources.transport import SignInWanted, TrustingRH, WayOut, is_youtubes
from videos.causes import Cause
from videos.text import storable

Json = dict[str, Any]


# Of a page's configuration: the visitor, and the account of a login.
SESSION = (
    "VISITOR_DATA",
    "DELEGATED_SESSION_ID",
    "USER_SESSION_ID",
    "DATASYNC_ID",
    "SESSION_INDEX",
)


class Silent:
    """yt-dlp's logger.

    Its messages may carry a proxy's password, and everything that matters in them is an error of
    ours.
    """

    def debug(self, message: str) -> None: ...

    warning = error = debug


OPTIONS: Json = {
    "quiet": True,
    "noprogress": True,
    "logger": Silent(),
    "color": "never",
    "cachedir": False,
    "skip_download": True,
    "noplaylist": True,
    "check_formats": False,
    # a video that cannot be played still has its title; the verdict comes from the player response
    "ignore_no_formats_error": True,
    "geo_bypass": False,
    "extractor_retries": 0,
    "retries": 0,
    "js_runtimes": {},
    "extractor_args": {
        "youtube": {
            "player_client": ["web"],
            "player_skip": ["configs", "js"],
            "skip": ["hls", "dash", "translated_subs"],
        }
    },
}


class YoutubeIE(StockYoutubeIE):  # type: ignore[misc]
    """The stock extractor under its own name, since its options go by it.

    What it saw last stays in `player_responses`.
    """

    _SUBTITLE_FORMATS = ("json3",)

    player_responses: tuple[Json, ...] = ()
    api_key = ""
    only_page = False  # whether nothing but the watch page may be asked
    signed_out = False  # whether YouTube took a login's cookies and knows nobody by them
    visitor_data = ""  # the name YouTube gave this session: a client without one is taken for a bot
    met_consent = False

    def _download_initial_webpage(self, *args: Any, **kwargs: Any) -> Any:
        self.player_responses, self.met_consent = (), False
        page = super()._download_initial_webpage(*args, **kwargs)
        if page and "ytInitialPlayerResponse" not in page:
            if "g-recaptcha" in page:
                raise Throttled(Cause.BLOCKED, "captcha page")
            # yt-dlp may still get through by its API
            self.met_consent = "https://consent.youtube.com/" in page
        if self.only_page:
            raise_unreadable(page, met_consent=self.met_consent)
        return page

    def extract_ytcfg(self, *args: Any, **kwargs: Any) -> Any:
        config = super().extract_ytcfg(*args, **kwargs)
        self.api_key = config.get("INNERTUBE_API_KEY") or self.api_key
        self.visitor_data = self._extract_visitor_data(config) or self.visitor_data
        self.signed_out = self.is_authenticated and config.get("LOGGED_IN") is False
        return config

    def _extract_response(self, *args: Any, **kwargs: Any) -> Any:
        if self.only_page:
            return None
        return super()._extract_response(*args, **kwargs)

    def _extract_player_response(self, *args: Any, **kwargs: Any) -> Any:
        if self.only_page:
            raise YouTubeChanged(detail="the page's player response cannot be read")
        return super()._extract_player_response(*args, **kwargs)

    def _extract_player_responses(self, *args: Any, **kwargs: Any) -> Any:
        responses, player_url = super()._extract_player_responses(*args, **kwargs)
        self.player_responses = tuple(responses)
        # a page whose first settings do not name the visitor; its player response does
        self.visitor_data = self.visitor_data or self._extract_visitor_data(*responses) or ""
        # 157 languages a track can be translated to, which would cost half of the time and are
        # never used
        for response in responses:
            caption_lists(response).pop("translationLanguages", None)
        return responses, player_url

    @staticmethod
    def _is_agegated(_player_response: Json) -> bool:
        return False  # else one more request, for a video that is not imported in any case

    def _extract_chapters_from_description(self, *_args: Any) -> list[Json]:
        return []  # ours keeps YouTube's rule


class YoutubeTabIE(StockYoutubeTabIE):  # type: ignore[misc]
    """Playlists and channels, one page at a time: what would ask for the next page is kept.

    yt-dlp itself reads on to the end, and takes a page that never came, or came empty, for it.
    """

    may_ask_on = False  # whether one more page may be asked for
    next_token = ""  # YouTube's name for the page after the one that was read; "" after the last
    session: dict[str, str]  # what YouTube knows the reader by
    met_empty_page = False

    def page_behind(self, token: str, session: dict[str, str]) -> Any:
        """Yield the entries of the page that this token leads to. One request."""
        command = {"continuationCommand": {"token": token}}
        item = {"continuationItemRenderer": {"continuationEndpoint": command}}
        tab = {"content": {"sectionListRenderer": {"contents": [item]}}}
        self.may_ask_on = True
        return self._entries(
            tab, "list", session, session.get("DELEGATED_SESSION_ID"), session.get("VISITOR_DATA")
        )

    def _entries(
        self, tab: Any, item_id: Any, ytcfg: Any, delegated_session_id: Any, visitor_data: Any
    ) -> Any:
        self.next_token, self.met_empty_page = "", False
        self.session = session_of(ytcfg, DELEGATED_SESSION_ID=delegated_session_id)
        return super()._entries(tab, item_id, ytcfg, delegated_session_id, visitor_data)

    def _extract_response(self, item_id: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        if not (isinstance(query, dict) and "continuation" in query):
            return super()._extract_response(item_id, query, *args, **kwargs)
        if not self.may_ask_on:
            visitor_data = kwargs["headers"].get("X-Goog-Visitor-Id")
            self.session = session_of(self.session, VISITOR_DATA=visitor_data)
            self.next_token = storable(str(query["continuation"]))
            return None  # which yt-dlp takes for the end
        self.may_ask_on = False
        response = super()._extract_response(item_id, query, *args, **kwargs)
        if not isinstance(response, dict):
            raise YouTubeChanged(Cause.PLAYLIST_INCOMPLETE, "a page of the list did not come")
        self.met_empty_page = not has_items(response)
        return response


def session_of(config: Any, **known: Any) -> dict[str, str]:
    """What later pages of a list need of a page's configuration, and what is `known` besides."""
    values = {**config, **known} if isinstance(config, dict) else known
    session = {}
    for name in SESSION:
        if values.get(name) is not None:
            session[name] = storable(str(values[name]))
    return session


def raise_unreadable(page: Any, *, met_consent: bool) -> None:
    """Raise what a watch page means that says nothing about its video."""
    if met_consent:
        raise YouTubeChanged(Cause.SIGN_IN, "consent page")
    if not page or "ytInitialPlayerResponse" not in page:
        raise YouTubeChanged(detail="the page says nothing about a video")


def has_items(response: Json) -> bool:
    """Whether a later page of a list has anything on it, in the old layout or the new one."""
    if response.get("continuationContents"):
        return True
    for name in ("onResponseReceivedActions", "onResponseReceivedEndpoints"):
        actions = response.get(name)
        if isinstance(actions, list) and any(map(appends_items, actions)):
            return True
    return False


def appends_items(action: Any) -> bool:
    if not isinstance(action, dict):
        return False
    append = action.get("appendContinuationItemsAction")
    return isinstance(append, dict) and bool(append.get("continuationItems"))


def caption_lists(player_response: Json) -> Json:
    """The part of a player response that lists the caption tracks; {} when there is none."""
    captions = player_response.get("captions")
    lists = captions.get("playerCaptionsTracklistRenderer") if isinstance(captions, dict) else None
    return lists if isinstance(lists, dict) else {}


class LeanYoutubeDL(yt_dlp.YoutubeDL):  # type: ignore[misc]
    """yt-dlp for one way out.

    What goes wrong on the way is raised as ours at once, before yt-dlp can ask again or swallow the
    status. `allows`: which addresses are asked; `most_bytes` of an answer are read, None for all.
    """

    def __init__(
        self,
        options: Json,
        way: WayOut,
        *,
        allows: Callable[[str], bool] = is_youtubes,
        most_bytes: int | None = None,
    ) -> None:
        self.way = way
        self.allows = allows
        self.most_bytes = most_bytes
        way_options = {
            "proxy": way.proxy,
            "cookiefile": way.cookies_file or None,
            "socket_timeout": way.timeout,
        }
        super().__init__({**options, **way_options}, auto_init=False)
        self.youtube = YoutubeIE()
        self.tab = YoutubeTabIE()
        for extractor in (self.youtube, YoutubePlaylistIE(), self.tab):
            self.add_info_extractor(extractor)

    def build_request_director(self, handlers: Any, preferences: Any = None) -> Any:
        handler = functools.partial(TrustingRH, ca_file=self.way.ca_file, allows=self.allows)
        return super().build_request_director([handler], preferences)

    def save_cookies(self) -> None:
        """Never: the file belongs to its owner, and several workers share it."""

    def urlopen(self, request: Any) -> Response:
        """The answer, read to its end.

        Raises SourceError for everything that goes wrong with it.
        """
        try:
            with super().urlopen(request) as answer:
                return read_whole(answer, self.most_bytes)
        except HTTPError as error:
            error.response.close()
            raise error_for_status(
                error.status, error.response.headers.get("Retry-After")
            ) from None
        except RequestError as error:
            if isinstance(error.cause, SignInWanted):
                raise YouTubeChanged(Cause.SIGN_IN, "sign-in page") from None
            raise NetworkBlip(Cause.NETWORK, network_detail(error)) from None

    def ask(self, url: str, extractor: str) -> Json:
        """What yt-dlp makes of one address, unprocessed. Raises SourceError."""
        try:
            answer = self.extract_info(url, download=False, process=False, ie_key=extractor)
        except SourceError:
            raise
        except YoutubeDLError as error:
            if self.youtube.met_consent and not self.youtube.player_responses:
                raise YouTubeChanged(Cause.SIGN_IN, "consent page") from None
            raise translated(error) from None
        except Exception as error:  # noqa: BLE001 - an answer that yt-dlp's own code does not expect
            raise YouTubeChanged(detail=broken_extractor(error)) from None
        if not isinstance(answer, dict):
            raise YouTubeChanged(detail="nothing extracted")
        return answer


def read_whole(answer: Response, most_bytes: int | None) -> Response:
    body = io.BytesIO(answer.read(most_bytes))
    return Response(body, answer.url, answer.headers, answer.status, answer.reason)


def broken_extractor(error: Exception) -> str:
    """The kind of an exception out of yt-dlp's own code and where it was raised, for the log."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is None:
        return f"yt-dlp: {type(error).__name__}"
    place = os.path.basename(frame.tb_frame.f_code.co_filename)  # noqa: PTH119
    return f"yt-dlp: {type(error).__name__} in {place}:{frame.tb_lineno}"


def network_detail(error: RequestError) -> str:
    """Name the kinds of error, never their texts, which name the proxy."""
    kinds = [type(error).__name__]
    if error.cause is not None:
        kinds.append(type(error.cause).__name__)
    return " < ".join(kinds)


def translated(error: YoutubeDLError) -> SourceError:
    """yt-dlp's exception as ours: by type and attribute first, by text last."""
    if isinstance(error, DownloadError) and error.exc_info:
        return translated_inner(error)
    if isinstance(error, HTTPError):
        return error_for_status(error.status, error.response.headers.get("Retry-After"))
    if isinstance(error, RequestError):
        return NetworkBlip(Cause.NETWORK, network_detail(error))
    if isinstance(error, GeoRestrictedError):
        return VideoVerdict(Cause.GEO_BLOCKED, str(error.orig_msg)[:500])
    if isinstance(error, ExtractorError) and isinstance(error.cause, RequestError):
        return translated(error.cause)
    return unknown(error)


def translated_inner(error: DownloadError) -> SourceError:
    inner = error.exc_info[1]
    if isinstance(inner, SourceError):
        return inner
    if isinstance(inner, YoutubeDLError):
        return translated(inner)
    return unknown(error)


def unknown(error: YoutubeDLError) -> SourceError:
    text = str(getattr(error, "orig_msg", None) or error)[:500]
    return error_for(cause_of_text(text) or Cause.YOUTUBE_CHANGED, text)
