"""YouTube as our source: metadata, chapters and caption list in one request, the caption track in a
second one.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from yt_dlp.networking import Request

from enrichment.errors import (
    NetworkBlip,
    SourceError,
    Throttled,
    VideoVerdict,
    YouTubeChanged,
)
from enrichment.sources import playlists, transcript_api
from enrichment.sources.audio import address_of, fetch_audio
from enrichment.sources.captions import in_order, transcript
from enrichment.sources.javascript import find_runtime
from enrichment.sources.metadata import read_video, tracks_of
from enrichment.sources.second_client import ANSWER_LASTS, SecondClient, choose_scripted_audio
from enrichment.sources.transport import WayOut
from enrichment.sources.types import (
    REQUEST_TIMEOUT,
    WITHHELD,
    AudioFile,
    AudioSession,
    CaptionTrack,
    Continuation,
    ListPage,
    TranscriptInfo,
    VideoInfo,
    Withheld,
)
from enrichment.sources.ytdlp import OPTIONS, Json, LeanYoutubeDL
from enrichment.ytdlp import watching
from videos.addresses import watch_url
from videos.causes import Cause
from videos.cues import Cue, CuesError, read_json3

VIDEOS_PER_CLIENT = (
    100  # yt-dlp's client keeps a little of everything it saw, so it is renewed now and then
)
TRACKS_TRIED = 2  # a track may be empty, and the next one is not


class YouTubeSource:
    """Everything asked of YouTube on one way out.

    One per process, not for use by several threads at once.

    Nothing but SourceError is raised: VideoVerdict is final, Throttled says something about us,
    NetworkBlip may be tried again at once.
    """

    def __init__(
        self,
        *,
        proxy: str = "",
        ca_file: str = "",
        cookies_file: str = "",
        timeout: float = REQUEST_TIMEOUT,
    ) -> None:
        """`proxy`: the way out, "" for the machine's own.

        `ca_file`: authorities to trust besides the usual ones. `timeout`: seconds.
        """
        self._way = WayOut(proxy, ca_file, cookies_file, timeout)
        self._client: LeanYoutubeDL | None = None
        self._second: SecondClient | None = None
        self._videos = 0

    def fetch_metadata(self, youtube_id: str, *, one_request: bool = False) -> VideoInfo:
        """One request; two more get around a page that cannot be read, unless `one_request`.

        An error about the video may carry what is known of it in `info`. Whether the answer was
        understood is counted for a yt-dlp that nobody has proved yet.
        """
        try:
            info = self._fetch_metadata(youtube_id, one_request=one_request)
        except VideoVerdict:
            watching.note_read()
            raise
        except Throttled as error:
            if error.cause == Cause.BLOCKED and self.client().youtube.signed_out:
                raise YouTubeChanged(Cause.SIGN_IN, "the login's cookies are expired") from None
            raise
        except NetworkBlip:
            raise
        except Exception as error:
            if not (isinstance(error, SourceError) and error.cause == Cause.SIGN_IN):
                watching.note_unreadable(youtube_id)
            raise
        watching.note_read()
        return info

    def _fetch_metadata(self, youtube_id: str, *, one_request: bool) -> VideoInfo:
        ydl = self.client()
        ydl.youtube.only_page = one_request
        self._videos += 1
        answer = ydl.ask(watch_url(youtube_id), "Youtube")
        return read_video(youtube_id, answer, ydl.youtube.player_responses)

    def fetch_open_track(
        self, info: VideoInfo, languages: Sequence[str]
    ) -> TranscriptInfo | Withheld | None:
        """The best track the watch page lists and gives.

        No request without tracks that are open, one or two with them.

        WITHHELD when YouTube lists tracks and gives none of their texts; None when the video has no
        captions.
        """
        return self._first_of(self.client(), info.tracks, languages)

    def fetch_track_of_second_client(
        self, youtube_id: str, languages: Sequence[str]
    ) -> TranscriptInfo | Withheld | None:
        """The best track the second client is given, in the watch page's session.

        Two requests, WITHHELD when it has none.
        """
        second = self._second_client()
        answer = second.ask(youtube_id, self._visitor_data())
        tracks = tuple(tracks_of(answer.info, answer.responses))
        return self._first_of(second.ydl, tracks, languages) or WITHHELD

    def fetch_track_of_transcript_api(
        self, youtube_id: str, languages: Sequence[str]
    ) -> TranscriptInfo | Withheld | None:
        """The best track youtube-transcript-api gets.

        Two requests, three when the watch page's key is not known.
        """
        ydl = self._second_client().ydl
        ydl.youtube.api_key = self.client().youtube.api_key
        return transcript_api.fetch_transcript(ydl, youtube_id, languages) or WITHHELD

    def fetch_list_page(self, playlist: str, continuation: Continuation | None = None) -> ListPage:
        """Fetch the first page of a playlist or channel, or the one a continuation leads to;
        `playlist` as `playlists.fetch_page` takes it.
        """
        return playlists.fetch_page(self.client(), playlist, continuation)

    def fetch_audio(
        self,
        youtube_id: str,
        folder: Path,
        *,
        session: AudioSession | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> AudioFile:
        """The smallest audio of the original language as a file in `folder`.

        One request per 8 MB, and one for its address, unless `session` (from `audio_session`) or
        the last question for captions brought it already; one more without any visitor data.
        """
        second = self._second_client()
        if session is not None and session.address is not None and self._may_use(session):
            return fetch_audio(second.ydl, session.address, folder, progress=progress)
        visitor_data = self._visitor_data()
        if not visitor_data and session is not None:
            visitor_data = session.visitor_data
        chosen = self._choose_audio(second, youtube_id, visitor_data)
        return fetch_audio(second.ydl, address_of(chosen), folder, progress=progress)

    def _choose_audio(self, second: SecondClient, youtube_id: str, visitor_data: str) -> Json:
        """The second client's audio; where it gives none, that of a client with JavaScript, if
        somebody installed a runtime.
        """
        try:
            answer = second.remembered(youtube_id) or second.ask(youtube_id, visitor_data)
            return second.choose_audio(answer)
        except VideoVerdict as verdict:
            runtime = find_runtime()
            if not runtime or verdict.cause != Cause.TRANSCRIPTION_FAILED:
                raise
            try:
                return choose_scripted_audio(self._way, runtime, youtube_id)
            except (VideoVerdict, YouTubeChanged):
                raise verdict from None

    def audio_session(self, youtube_id: str) -> AudioSession:
        """What a later transcription needs to fetch the audio without asking again. No request."""
        address = None
        if self._second is not None and (answer := self._second.remembered(youtube_id)):
            with suppress(SourceError):
                address = address_of(self._second.choose_audio(answer))
        return AudioSession(
            visitor_data=self._visitor_data(),
            way=digest_of(self._way.proxy),
            until=time.time() + ANSWER_LASTS,
            address=address,
        )

    def client(self) -> LeanYoutubeDL:
        """The client, renewed after so many videos; the session (its cookies) goes on."""
        if self._client is None or self._videos >= VIDEOS_PER_CLIENT:
            old, self._client = self._client, LeanYoutubeDL(OPTIONS, self._way)
            self._videos = 0
            if old is not None:
                go_on_with(self._client, old)
        return self._client

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
        if self._second is not None:
            self._second.close()
            self._second = None

    def _second_client(self) -> SecondClient:
        """The second client; in the watch page's session unless that is somebody's login."""
        if self._second is None:
            self._second = SecondClient(self._way)
        if not self._way.cookies_file:
            self._second.ydl.cookiejar = self.client().cookiejar
        return self._second

    def _may_use(self, session: AudioSession) -> bool:
        """Whether an address of before is still good here: it belongs to the way out that asked,
        for some hours.
        """
        return session.way == digest_of(self._way.proxy) and time.time() < session.until

    def _visitor_data(self) -> str:
        if self._client is None:
            return ""
        return self._client.youtube.visitor_data

    def _first_of(
        self, ydl: LeanYoutubeDL, tracks: Iterable[CaptionTrack], languages: Sequence[str]
    ) -> TranscriptInfo | Withheld | None:
        ordered = in_order(tracks, languages)
        open_tracks = [track for track in ordered if not track.blocked][:TRACKS_TRIED]
        for track in open_tracks:
            cues = fetch_cues(ydl, track.url)
            if cues is None:
                return WITHHELD
            if found := transcript(track.kind, track.language, cues):
                return found
        if ordered and not open_tracks:
            return WITHHELD
        return None


def go_on_with(client: LeanYoutubeDL, old: LeanYoutubeDL) -> None:
    client.cookiejar = old.cookiejar
    client.youtube.api_key = old.youtube.api_key
    client.youtube.visitor_data = old.youtube.visitor_data
    old.close()


def digest_of(proxy: str) -> str:
    """A name for a way out that may be stored: its address may hold a password."""
    return hashlib.sha256(proxy.encode()).hexdigest()[:8]


def fetch_cues(ydl: LeanYoutubeDL, url: str) -> list[Cue] | None:
    """The cues at a json3 address; None when YouTube does not give them: an empty answer, a page,
    or nothing there.
    """
    try:
        return read_json3(ydl.urlopen(Request(url)).read().decode("utf-8", "replace"))
    except CuesError:
        return None
    except SourceError as error:
        if error.status in (404, 410):
            return None
        raise
