"""From yt-dlp's answer about one video to a VideoInfo: the one typed parse of it.

Pure, no requests.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from enrichment.errors import YouTubeChanged, cause_of_playability, error_for
from enrichment.sources.chapters import chapters_of
from enrichment.sources.types import (
    CHANNEL_ID_LENGTH,
    CHANNEL_LENGTH,
    DESCRIPTION_LENGTH,
    LANGUAGE_LENGTH,
    TITLE_LENGTH,
    CaptionTrack,
    VideoInfo,
)
from videos.causes import Cause
from videos.text import one_line, storable

Json = dict[str, Any]
NOT_YET = {
    "is_live": Cause.LIVE,
    "is_upcoming": Cause.UPCOMING,
}  # playable, and not the whole video
CAPTION_LISTS = ("captions", "playerCaptionsTracklistRenderer")
SCHEDULED_START = (  # where a player response says when an upcoming video begins
    "playabilityStatus",
    "liveStreamability",
    "liveStreamabilityRenderer",
    "offlineSlate",
    "liveStreamOfflineSlateRenderer",
    "scheduledStartTime",
)
LONGEST = 2**31 - 1  # seconds: what the column takes


def read_video(youtube_id: str, answer: Json, responses: Sequence[Json]) -> VideoInfo:
    """The video yt-dlp's unprocessed `answer` and YouTube's player `responses` describe.

    Raises the verdict when it cannot be imported, with what is known of it as `info`;
    YouTubeChanged when the answer makes no sense.
    """
    info = known_of(youtube_id, answer, responses)
    cause, reason = verdict_of(answer, responses)
    cause = cause or NOT_YET.get(str(answer.get("live_status")))
    if cause is not None:
        error = error_for(cause, reason)
        error.info = info if info.title else None
        error.starts_at = starts_at(answer, responses) if cause == Cause.UPCOMING else None
        raise error
    if not info.title or answer.get("id") != youtube_id:
        raise YouTubeChanged(detail="no title")
    return info


def known_of(youtube_id: str, answer: Json, responses: Sequence[Json]) -> VideoInfo:
    description = storable(text_of(answer, "description"), DESCRIPTION_LENGTH)
    duration = seconds_of(answer.get("duration"))
    tracks = tuple(tracks_of(answer, responses))
    return VideoInfo(
        youtube_id=youtube_id,
        title=one_line(text_of(answer, "title"), TITLE_LENGTH),
        channel=one_line(channel_of(answer, responses), CHANNEL_LENGTH),
        channel_id=one_line(text_of(answer, "channel_id"), CHANNEL_ID_LENGTH),
        duration=duration,
        description=description,
        published_at=day_of(text_of(answer, "upload_date")),
        chapters=chapters_of(own_chapters(answer), description, duration),
        tracks=tracks,
        language=original_language(responses) or automatic_language(tracks),
    )


def own_chapters(answer: Json) -> Iterator[tuple[float, str]]:
    for chapter in dicts(answer.get("chapters")):
        if is_number(chapter.get("start_time")):
            yield chapter["start_time"], str(chapter.get("title") or "")


def channel_of(answer: Json, responses: Sequence[Json]) -> str:
    """Return the channel's name; "" when YouTube does not say.

    yt-dlp takes it from the page's owner renderer alone, and some pages come without one. The
    player response names the author of every video whose details YouTube tells.
    """
    name = text_of(answer, "channel")
    if name:
        return name
    for response in responses:
        author = dig(response, "videoDetails", "author")
        if isinstance(author, str) and author:
            return author
    return ""


# The verdict --------------------------------------------------------------------------------------


def verdict_of(answer: Json, responses: Sequence[Json]) -> tuple[Cause | None, str]:
    """Why the video cannot be imported, and YouTube's words for it; (None, "") when it can."""
    verdicts = _verdicts_in(responses)
    if _is_playable(verdicts):
        if not answer.get("formats") and _is_protected(responses):
            return Cause.DRM, "licenseInfos"
        return None, ""
    if not verdicts or any(map(refuses_the_client, responses)):
        return None, ""
    return _refusal_in(verdicts[0], is_live=answer.get("live_status") == "is_live")


def _verdicts_in(responses: Sequence[Json]) -> list[Json]:
    verdicts = []
    for response in responses:
        verdict = response.get("playabilityStatus")
        if isinstance(verdict, dict):
            verdicts.append(verdict)
    return verdicts


def _is_playable(verdicts: Sequence[Json]) -> bool:
    for verdict in verdicts:
        if verdict.get("status") == "OK":
            return True
    return False


def _refusal_in(verdict: Json, *, is_live: bool) -> tuple[Cause | None, str]:
    status, reason = str(verdict.get("status")), reason_of(verdict)
    cause = cause_of_playability(status, reason)
    if is_live and status == "LIVE_STREAM_OFFLINE" and cause == Cause.UPCOMING:
        cause = Cause.LIVE
    return cause, f"{status}: {reason}"[:500]


def _is_protected(responses: Sequence[Json]) -> bool:
    for response in responses:
        if dig(response, "streamingData", "licenseInfos"):
            return True
    return False


def refuses_the_client(response: Json) -> bool:
    """Whether YouTube tells all about a video and only will not play it here, as with videos for
    children. It plays for people.
    """
    verdict = response.get("playabilityStatus")
    bare = (
        isinstance(verdict, dict)
        and verdict.get("status") == "UNPLAYABLE"
        and reason_of(verdict) == "This video is not available"
    )
    return bare and str(dig(response, "videoDetails", "lengthSeconds") or "0") != "0"


def reason_of(verdict: Json) -> str:
    """Everything YouTube says about a video that cannot be played, in one line."""
    screen = verdict.get("errorScreen")
    message = dig(screen, "playerErrorMessageRenderer")
    interstitial = dig(screen, "playerInterstitialRenderer", "content", "interstitialViewModel")
    parts = [verdict.get("reason"), dig(message, "reason"), dig(message, "subreason")]
    parts += [dig(interstitial, "title"), dig(interstitial, "description")]
    messages = verdict.get("messages")
    if isinstance(messages, list):
        parts += messages
    if dig(screen, "playerCaptchaViewModel"):
        parts.append("captcha")
    said = []
    for part in parts:
        text = plain_text(part)
        if text and text not in said:
            said.append(text)
    return ". ".join(said)


def plain_text(part: Any) -> str:
    """The text of YouTube's many ways to wrap one."""
    if isinstance(part, dict):
        part = part.get("simpleText") or part.get("content") or text_of_runs(part.get("runs"))
    if not isinstance(part, str):
        return ""
    return one_line(part, 300)


def text_of_runs(runs: Any) -> str:
    texts = []
    for run in dicts(runs):
        texts.append(str(run.get("text", "")))
    return "".join(texts)


def starts_at(answer: Json, responses: Sequence[Json]) -> datetime | None:
    """When an upcoming video begins, in UTC; None when YouTube does not say."""
    candidates = [answer.get("release_timestamp")]
    for response in responses:
        candidates.append(dig(response, *SCHEDULED_START))
    for candidate in candidates:
        if re.fullmatch(r"\d{9,11}", str(candidate)):
            return datetime.fromtimestamp(int(str(candidate)), UTC)
    return None


# Captions -----------------------------------------------------------------------------------------


def tracks_of(answer: Json, responses: Sequence[Json]) -> Iterator[CaptionTrack]:
    """The caption tracks, never translated ones: those yt-dlp can fetch, else those YouTube lists
    and withholds.
    """
    seen = set()
    for track in open_tracks(answer, original_language(responses)):
        if (track.kind, track.language, track.url) not in seen:
            seen.add((track.kind, track.language, track.url))
            yield track
    if not seen:
        yield from map(withheld_track, first_caption_list(responses))


def open_tracks(answer: Json, spoken: str | None) -> Iterator[CaptionTrack]:
    yield from listed(answer.get("subtitles"), "manual")
    yield from by_original(listed(answer.get("automatic_captions"), "auto"), spoken)


def first_caption_list(responses: Sequence[Json]) -> list[Json]:
    """Return the first list that has tracks."""
    for response in responses:
        tracks = dicts(dig(response, *CAPTION_LISTS, "captionTracks"))
        if tracks:
            return tracks
    return []


def withheld_track(raw: Json) -> CaptionTrack:
    kind: Literal["manual", "auto"] = "manual"
    if raw.get("kind") == "asr":
        kind = "auto"
    return CaptionTrack(language_of(raw.get("languageCode")), kind, "", blocked=True)


def listed(container: Any, kind: Literal["manual", "auto"]) -> Iterator[CaptionTrack]:
    """The json3 tracks of one of yt-dlp's two lists.

    Its keys are made up of several things, the address says the language.
    """
    if not isinstance(container, dict):
        return
    for key, formats in container.items():
        for entry in dicts(formats):
            if entry.get("ext") != "json3" or not isinstance(url := entry.get("url"), str):
                continue
            query = parse_qs(urlsplit(url).query)
            if "tlang" not in query:
                yield CaptionTrack(language_of(query.get("lang", [key])[0]), kind, url)


def by_original(tracks: Iterable[CaptionTrack], language: str | None) -> list[CaptionTrack]:
    return sorted(tracks, key=lambda track: track.language != language)


def original_language(responses: Sequence[Json]) -> str | None:
    """The original audio's language where a video has several: the track whose id ends in `.4`.

    None for all others.
    """
    for response in responses:
        for track in dicts(dig(response, *CAPTION_LISTS, "audioTracks")):
            track_id = str(track.get("audioTrackId"))
            if track_id.endswith(".4"):
                return language_of(track_id.split(".")[0])
    return None


def automatic_language(tracks: Iterable[CaptionTrack]) -> str | None:
    for track in tracks:
        if track.kind == "auto":
            return track.language
    return None


def language_of(code: Any) -> str:
    """A language code as it may be stored; `und` for none."""
    return re.sub(r"[^A-Za-z0-9-]", "", str(code or ""))[:LANGUAGE_LENGTH] or "und"


# Taking apart -------------------------------------------------------------------------------------


def dig(value: Any, *keys: str) -> Any:
    """What lies under these keys; None as soon as one is not there."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def dicts(value: Any) -> list[Json]:
    if not isinstance(value, list | tuple):
        return []
    return [item for item in value if isinstance(item, dict)]


def text_of(answer: Json, key: str) -> str:
    value = answer.get(key)
    if not isinstance(value, str):
        return ""
    return value


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def seconds_of(value: Any) -> int | None:
    return int(value) if is_number(value) and 0 < value <= LONGEST else None


def day_of(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None
