"""YouTube as our source: metadata, chapters and caption list in one request, the caption track in a second one."""

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from yt_dlp.networking import Request

from enrichment.errors import SourceError, Throttled
from enrichment.sources import playlists, transcript_api
from enrichment.sources.audio import AUDIO_OPTIONS, fetch_audio
from enrichment.sources.captions import in_order, transcript
from enrichment.sources.metadata import read_video
from enrichment.sources.types import AudioFile, Playlist, TranscriptInfo, VideoInfo
from enrichment.sources.ytdlp import OPTIONS, TIMEOUT, LeanYoutubeDL, WayOut
from videos.causes import Cause
from videos.cues import Cue, CuesError, read_json3

VIDEOS_PER_CLIENT = (
    100  # yt-dlp's client keeps a little of everything it saw, so it is renewed now and then
)
TRACKS_TRIED = 2  # a track may be empty, and the next one is not


class YouTubeSource:
    """Everything asked of YouTube on one way out. One per process, not for use by several threads at once.

    Nothing but SourceError is raised: VideoVerdict is final, Throttled says something about us, NetworkBlip may be tried again at once.
    """

    def __init__(
        self,
        *,
        proxy: str = "",
        ca_file: str = "",
        cookies_file: str = "",
        timeout: float = TIMEOUT,
    ) -> None:
        """`proxy`: the way out, "" for the machine's own. `ca_file`: authorities to trust besides the usual ones. `timeout`: seconds."""
        self._way = WayOut(proxy, ca_file, cookies_file, timeout)
        self._client: LeanYoutubeDL | None = None
        self._videos = 0

    def fetch_metadata(self, youtube_id: str) -> VideoInfo:
        """One request. An error about the video may carry what is known of it in `info`."""
        ydl = self.client()
        self._videos += 1
        answer = ydl.ask(f"https://www.youtube.com/watch?v={youtube_id}", "Youtube")
        return read_video(youtube_id, answer, ydl.youtube.player_responses)

    def fetch_captions(
        self, youtube_id: str, info: VideoInfo, languages: Sequence[str]
    ) -> TranscriptInfo | None:
        """The best track as text; None when the video has none. No request without tracks, one with them, two more when they are withheld.

        A track YouTube lists and does not give raises Throttled, never None.
        """
        tracks = in_order(info.tracks, languages)
        open_tracks = [track for track in tracks if not track.blocked][:TRACKS_TRIED]
        for track in open_tracks:
            cues = self._fetch_track(track.url)
            if cues is None:
                return self._fetch_otherwise(youtube_id, languages)
            if found := transcript(track.kind, track.language, cues):
                return found
        return None if open_tracks or not tracks else self._fetch_otherwise(youtube_id, languages)

    def fetch_playlist(self, playlist: str, *, skip: int = 0, limit: int | None = None) -> Playlist:
        """The list of a playlist id, a channel id, or a channel's `@handle`, `c/name` or `user/name`."""
        return playlists.fetch_playlist(self.client(), playlist, skip=skip, limit=limit)

    def fetch_audio(
        self, youtube_id: str, folder: Path, *, progress: Callable[[int, int], None] | None = None
    ) -> AudioFile:
        """The smallest audio of the original language as a file in `folder`: one request, and one per 8 MB."""
        with closing(LeanYoutubeDL(AUDIO_OPTIONS, self._way)) as ydl:
            return fetch_audio(ydl, youtube_id, folder, progress=progress)

    def client(self) -> LeanYoutubeDL:
        """The client, renewed after so many videos; the session (its cookies) goes on."""
        if self._client is None or self._videos >= VIDEOS_PER_CLIENT:
            old, self._client = self._client, LeanYoutubeDL(OPTIONS, self._way)
            self._videos = 0
            if old is not None:
                self._client.cookiejar = old.cookiejar
                self._client.youtube.api_key = old.youtube.api_key
                old.close()
        return self._client

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _fetch_track(self, url: str) -> list[Cue] | None:
        """The cues at a json3 address; None when YouTube does not give them: an empty answer, a page, or nothing there."""
        try:
            return read_json3(self.client().urlopen(Request(url)).read().decode("utf-8", "replace"))
        except CuesError:
            return None
        except SourceError as error:
            if error.status in (404, 410):
                return None
            raise

    def _fetch_otherwise(self, youtube_id: str, languages: Sequence[str]) -> TranscriptInfo:
        found = transcript_api.fetch_transcript(self.client(), youtube_id, languages)
        if found is None:
            raise Throttled(Cause.BLOCKED, "tracks listed, none given")
        return found
