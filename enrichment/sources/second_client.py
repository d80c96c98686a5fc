"""The second client at YouTube (`visionos`): caption tracks without a token of origin, and the
addresses of the audio.

It asks in the session of the watch page, with the visitor data and the cookies YouTube gave there:
a client that introduces itself without them is taken for a bot. A login's cookies are never sent
with it: yt-dlp then leaves this client out.
"""

import copy
import time
from dataclasses import dataclass, replace
from typing import Any

from enrichment.errors import VideoVerdict, YouTubeChanged, error_for
from enrichment.sources.javascript import RUNTIME
from enrichment.sources.metadata import verdict_of
from enrichment.sources.transport import WayOut
from enrichment.sources.ytdlp import OPTIONS, LeanYoutubeDL
from videos.addresses import watch_url
from videos.causes import Cause

Json = dict[str, Any]
ANSWER_LASTS = 5 * 3600.0  # seconds; the addresses in it are good for six hours
WITH_VISITOR = ["webpage", "configs", "js", "initial_data"]  # skipped: one request
WITHOUT_VISITOR = ["configs", "js", "initial_data"]  # the watch page gives the visitor data: two

# Never bare itags and never "worst": on dubbed videos those take another language or the track for
# the blind.
SECOND_OPTIONS: Json = {
    **OPTIONS,
    "format": "ba/b",
    "format_sort": ["lang", "+size", "+br"],
    "extractor_args": {
        "youtube": {
            "player_client": ["visionos"],
            "player_skip": WITH_VISITOR,
            "skip": ["hls", "dash", "translated_subs"],
        }
    },
}

# Clients whose addresses may have to be solved by JavaScript: only where a runtime is installed,
# and only for audio that the second client does not give.
SCRIPTED_CLIENTS = ["tv_samsung", "web_embedded"]


def scripted_options(runtime: str) -> Json:
    """The options of a client that uses the JavaScript runtime at this path."""
    arguments = {
        "player_client": SCRIPTED_CLIENTS,
        "player_skip": ["configs", "initial_data"],
        "skip": ["hls", "dash", "translated_subs"],
    }
    return {
        **SECOND_OPTIONS,
        "js_runtimes": {RUNTIME: {"path": runtime}},
        "extractor_args": {"youtube": arguments},
    }


@dataclass(frozen=True)
class Answer:
    """What the second client was told about a video: yt-dlp's unprocessed answer and YouTube's
    player responses.
    """

    youtube_id: str
    info: Json
    responses: tuple[Json, ...]
    at: float  # on the monotonic clock


class SecondClient:
    """One session of the second client.

    Made with the first question; not for several threads at once.
    """

    def __init__(self, way: WayOut) -> None:
        self.ydl = LeanYoutubeDL(copy.deepcopy(SECOND_OPTIONS), replace(way, cookies_file=""))
        self._last: Answer | None = None

    def ask(self, youtube_id: str, visitor_data: str) -> Answer:
        """Return the answer about a video, and remember it: one request.

        Two requests without `visitor_data`. Raises SourceError; a refusal of this client is a
        VideoVerdict like any other, and what it means is for the caller to say.
        """
        visitor_data = visitor_data or self.ydl.youtube.visitor_data
        arguments = self.ydl.params["extractor_args"]["youtube"]
        arguments["visitor_data"] = [visitor_data or None]
        arguments["player_skip"] = WITH_VISITOR if visitor_data else WITHOUT_VISITOR
        info = self.ydl.ask(watch_url(youtube_id), "Youtube")
        responses = own_responses(self.ydl.youtube.player_responses)
        raise_verdict(info, responses)
        self._last = Answer(youtube_id, info, responses, time.monotonic())
        return self._last

    def remembered(self, youtube_id: str) -> Answer | None:
        """Return the answer about the video last asked for, while its addresses are good."""
        last = self._last
        if last is None or last.youtube_id != youtube_id:
            return None
        if time.monotonic() - last.at > ANSWER_LASTS:
            return None
        return last

    def choose_audio(self, answer: Answer) -> Json:
        """Return yt-dlp's choice of format, with its `url`, `ext`, `http_headers` and `duration`.

        No request.
        """
        return choose_format(self.ydl, answer.info)

    def close(self) -> None:
        self.ydl.close()


def choose_scripted_audio(way: WayOut, runtime: str, youtube_id: str) -> Json:
    """Return yt-dlp's choice of format with the help of JavaScript.

    Three requests and more: the watch page, a player answer for each client, and the player's code
    when it is new; a second of a processor and 300 MB while addresses are solved.
    """
    ydl = LeanYoutubeDL(scripted_options(runtime), replace(way, cookies_file=""))
    try:
        info = ydl.ask(watch_url(youtube_id), "Youtube")
        return choose_format(ydl, info)
    finally:
        ydl.close()


def choose_format(ydl: LeanYoutubeDL, info: Json) -> Json:
    """Let yt-dlp choose among the formats of its answer. No request."""
    try:
        chosen = ydl.process_ie_result(copy.copy(info), download=False)
    except Exception:  # noqa: BLE001 - whatever yt-dlp makes of formats it cannot choose from
        raise VideoVerdict(Cause.TRANSCRIPTION_FAILED, "no audio to choose from") from None
    if not isinstance(chosen, dict) or not chosen.get("url"):
        raise VideoVerdict(Cause.TRANSCRIPTION_FAILED, "no audio offered")
    return chosen


def own_responses(responses: tuple[Json, ...]) -> tuple[Json, ...]:
    """Leave out the watch page's answer, which yt-dlp strips of its formats."""
    return tuple(one for one in responses if one.get("streamingData") is not None)


def raise_verdict(info: Json, responses: tuple[Json, ...]) -> None:
    """Raise what the second client says against a video; nothing when it gives it."""
    if not responses:
        raise YouTubeChanged(detail="no player response")
    cause, reason = verdict_of(info, responses)
    if cause is not None:
        raise error_for(cause, reason)
    if info.get("live_status") == "is_live":
        raise VideoVerdict(Cause.LIVE)
