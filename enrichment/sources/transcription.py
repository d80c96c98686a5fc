"""Speech to text by Groq, or by any server that speaks its protocol."""

import re
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, closing, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import groq
import httpx
from django.conf.locale import LANG_INFO

from enrichment.errors import (
    LONGEST_RETRY_AFTER,
    NetworkBlip,
    SourceError,
    Throttled,
    TranscriptionOff,
    VideoVerdict,
    seconds_to_wait,
)
from enrichment.sources.metadata import language_of
from enrichment.sources.parts import SHORTEST, Part, Recording, Span, UnreadableAudioError, spans
from enrichment.sources.seams import join
from enrichment.sources.types import TranscriptInfo
from videos.causes import Cause
from videos.cues import Cue, from_rows, tidy, to_rows
from videos.stages import CaptionsSource

LARGEST_UPLOAD = (
    24 * 2**20
)  # bytes; the limit is 25 MB, of which the form around the file takes a little
AT_ONCE = 3  # uploads
TIMEOUT = httpx.Timeout(120.0, connect=10.0)  # seconds; ten minutes of audio take a few
SILENT = 0.6  # Whisper's own rule: probably no speech, and not sure of the words either
UNSURE = -1.0
LONGER_THAN_THE_AUDIO = 10.0  # times: a segment that ends that late is not counted in seconds

Progress = Callable[[int, int], None]
Permit = Callable[[float], AbstractContextManager[object]]
Heard = dict[str, Any]  # what is kept of a part, as JSON: {"start", "end", "language", "cues"}


class GroqTranscriber:
    """Transcribes audio files.

    Safe for several threads. The key appears in no error and no representation.
    """

    def __init__(self, *, api_key: str, base_url: str, model: str) -> None:
        self._client = groq.Groq(api_key=api_key, base_url=base_url, max_retries=0, timeout=TIMEOUT)
        self._model = model

    def transcribe(
        self,
        audio: Path,
        *,
        language: str | None = None,
        heard: MutableMapping[str, Heard] | None = None,
        progress: Progress | None = None,
        permit: Permit = nullcontext,
    ) -> TranscriptInfo | None:
        """The text of a recording; None when nobody speaks in it.

        Parts of it lie beside `audio` while they are uploaded.

        `language`: a code, where it is known. `heard`: parts already paid for, by their start; new
        ones are added as they come, so that a run that is throttled goes on where it was.
        `progress` gets parts done and in all. `permit`: entered around each upload with its seconds
        of audio; raising there stops the run. Raises Throttled with `retry_after`, NetworkBlip, or
        a TRANSCRIPTION_FAILED verdict.
        """
        heard = {} if heard is None else heard
        try:
            with closing(Recording(audio)) as recording:
                planned = spans(recording.duration)
                self._hear_all(
                    planned,
                    partial(self._hear, recording, audio.parent, language, permit),
                    heard,
                    progress,
                )
        except UnreadableAudioError as error:
            raise VideoVerdict(Cause.TRANSCRIPTION_FAILED, f"audio: {error}") from None
        return merged([heard[key_of(span)] for span in planned], language)

    def _hear_all(
        self,
        planned: Sequence[Span],
        hear: Callable[[Span], Heard],
        heard: MutableMapping[str, Heard],
        progress: Progress | None,
    ) -> None:
        """Fills `heard` with what is missing of it, several at a time; the first error ends it."""

        def tell() -> None:
            if progress:
                progress(sum(key_of(span) in heard for span in planned), len(planned))

        tell()
        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            runs = {}
            for span in planned:
                if key_of(span) not in heard:
                    runs[pool.submit(hear, span)] = span
            try:
                for run in as_completed(runs):
                    heard[key_of(runs[run])] = run.result()
                    tell()
            finally:
                pool.shutdown(cancel_futures=True)
                # After an error: what the others finished meanwhile is paid for, too.
                for run, span in runs.items():
                    if not run.cancelled() and run.exception() is None:
                        heard[key_of(span)] = run.result()

    def _hear(
        self, recording: Recording, folder: Path, language: str | None, permit: Permit, span: Span
    ) -> Heard:
        """One span, in halves where it is too big for an upload."""
        with recording.cut(span, folder) as part:
            if part is None:
                return {"start": span.start, "end": span.start, "language": "", "cues": []}
            if part.size <= LARGEST_UPLOAD:
                with permit(part.duration):
                    answer = self._upload(part, language)
                if answer is not None:
                    return heard_of(part, answer)
        if span.length < 2 * SHORTEST:
            raise VideoVerdict(Cause.TRANSCRIPTION_FAILED, "too big in any length")
        first_half, second_half = span.halves()
        first = self._hear(recording, folder, language, permit, first_half)
        second = self._hear(recording, folder, language, permit, second_half)
        return {**joined(first, second), "language": first["language"] or second["language"]}

    def _upload(self, part: Part, language: str | None) -> Any:
        """The answer for one file; None when the server finds it too big (413)."""
        try:
            with part.path.open("rb") as file:
                return self._client.audio.transcriptions.create(
                    file=(part.path.name, file),
                    model=self._model,
                    response_format="verbose_json",
                    timestamp_granularities=["segment"],
                    temperature=0,
                    language=spoken_code(language),
                )
        except groq.APIStatusError as error:
            if error.status_code == 413:
                return None
            raise translated(error) from None
        except groq.GroqError as error:
            raise translated(error) from None


def heard_of(part: Part, answer: Any) -> Heard:
    cues = tidy(cues_of(answer, part.start, part.duration))
    return {
        "start": part.start,
        "end": part.start + part.duration,
        "language": code_of(answer),
        "cues": to_rows(cues),
    }


def spoken_code(language: str | None) -> str | groq.Omit:
    """Whisper's code; omitted when it may not know it: then it listens."""
    code = (language or "").split("-")[0].lower()
    return {"iw": "he"}.get(code, code) if len(code) == 2 else groq.omit


SETTING_TO_CHECK = {
    401: "GROQ_API_KEY is not accepted",
    402: "the account has to be paid for",
    403: "GROQ_API_KEY may not use this model",
    404: "GROQ_MODEL or GROQ_BASE_URL is not known there",
}


def translated(error: groq.GroqError) -> SourceError:
    """Groq's exception as ours, by type and status.

    Its text is left out: servers repeat a part of the key in it.
    """
    if isinstance(error, groq.APIStatusError):
        return error_of_status(error)
    kind = type(error).__name__
    if isinstance(error, groq.APIConnectionError):
        return NetworkBlip(Cause.TRANSCRIPTION_FAILED, kind)
    return VideoVerdict(Cause.TRANSCRIPTION_FAILED, kind)


def error_of_status(error: groq.APIStatusError) -> SourceError:
    status, detail = error.status_code, f"HTTP {error.status_code}"
    wait = seconds_to_wait(error.response.headers.get("retry-after"))
    if wait is None and status == 429:
        wait = seconds_in_words(str(error))
    if status in (429, 498):
        cause = Cause.TRANSCRIPTION_THROTTLED
        return Throttled(cause, detail, retry_after=wait, status=status)
    setting = setting_to_check(error)
    if setting:
        return TranscriptionOff(detail=f"{setting} ({detail})", status=status)
    cause = Cause.TRANSCRIPTION_FAILED
    if status in (408, 409) or status >= 500:
        return NetworkBlip(cause, detail, retry_after=wait, status=status)
    return VideoVerdict(cause, detail, status=status)


def setting_to_check(error: groq.APIStatusError) -> str:
    """Return what is wrong with our settings or account, "" for another error."""
    if error.status_code == 400 and str(code_in(error)).startswith("model_"):
        return SETTING_TO_CHECK[404]  # decommissioned, terms not accepted
    return SETTING_TO_CHECK.get(error.status_code, "")


def code_in(error: groq.APIStatusError) -> object:
    """The code in the body of an error, such as `model_decommissioned`; None without one."""
    body = error.body
    inner = body.get("error", body) if isinstance(body, dict) else None
    return inner.get("code") if isinstance(inner, dict) else None


WAIT = re.compile(
    r"try again in (?:(?P<hours>\d{1,3})h)?"
    r"(?:(?P<minutes>\d{1,4})m(?!s))?(?:(?P<seconds>[\d.]{1,9})s)?",
    re.IGNORECASE,
)


def seconds_in_words(text: str) -> float | None:
    """Return the seconds of "try again in 3m2.5s"; None without such words."""
    found = WAIT.search(text)
    if found is None or not any(found.groups()):
        return None
    hours, minutes = int(found["hours"] or 0), int(found["minutes"] or 0)
    return min(hours * 3600 + minutes * 60 + float(found["seconds"] or 0), LONGEST_RETRY_AFTER)


def cues_of(answer: Any, offset: float, length: float = 0.0) -> Iterator[Cue]:
    """The segments of an answer in the recording's own time.

    The library hands them over as plain dicts.

    Other servers with the same interface leave out what they do not know: `length` (seconds) is how
    long the audio is, for an answer without segments or times.
    """
    segments = getattr(answer, "segments", None)
    text = getattr(answer, "text", None)
    if segments is None and isinstance(text, str):
        segments = [{"start": 0.0, "end": length, "text": text}]
    if not isinstance(segments, list):
        raise VideoVerdict(Cause.TRANSCRIPTION_FAILED, "unreadable answer")
    unit = unit_of(segments, length)
    last = 0.0
    for segment in segments:
        if not isinstance(segment, dict):
            raise VideoVerdict(Cause.TRANSCRIPTION_FAILED, "unreadable segment")
        start = number_of(segment.get("start"))
        end = number_of(segment.get("end"))
        begins = last if start is None else start * unit
        ends = max(begins, length) if end is None else end * unit
        last = max(begins, ends)
        if nobody_speaks(segment):
            continue
        yield Cue(offset + begins, offset + last, str(segment.get("text") or ""))


def number_of(value: Any) -> float | None:
    """A finite number, not negative, also as text; None for anything else."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if 0 <= number < float("inf") else None


def unit_of(segments: list[Any], length: float) -> float:
    """Return what the times have to be multiplied with to be seconds: some servers count in milli-
    or nanoseconds.
    """
    if length <= 0:
        return 1.0
    longest = latest_end(segments)
    for unit in (1.0, 1e-3, 1e-6, 1e-9):
        if longest * unit <= length * LONGER_THAN_THE_AUDIO:
            return unit
    raise VideoVerdict(Cause.TRANSCRIPTION_FAILED, "times beyond the audio")


def latest_end(segments: list[Any]) -> float:
    latest = 0.0
    for segment in segments:
        if isinstance(segment, dict):
            latest = max(latest, number_of(segment.get("end")) or 0.0)
    return latest


def nobody_speaks(segment: dict[str, Any]) -> bool:
    """Whisper's own rule. A server that does not say how sure it is means what it wrote."""
    silent = number_of(segment.get("no_speech_prob"))
    try:
        sure = float(segment.get("avg_logprob") or 0.0)
    except (TypeError, ValueError):
        sure = 0.0
    return silent is not None and silent > SILENT and sure < UNSURE


LANGUAGES = {
    str(info["name"]).lower(): code for code, info in LANG_INFO.items() if "name" in info
} | {"chinese": "zh"}


def code_of(answer: Any) -> str:
    """The code of a language named in English; "" for none."""
    name = str(getattr(answer, "language", "") or "").strip().lower()
    return LANGUAGES.get(name) or (language_of(name) if 0 < len(name) <= 3 else "")


def merged(parts: Sequence[Heard], language: str | None) -> TranscriptInfo | None:
    cues = tidy(from_rows(all_joined(parts)["cues"]))
    if not cues:
        return None
    spoken = language or first_language(parts)
    return TranscriptInfo(CaptionsSource.WHISPER, spoken, tuple(cues))


def all_joined(parts: Sequence[Heard]) -> Heard:
    whole = parts[0]
    for part in parts[1:]:
        whole = joined(whole, part)
    return whole


def first_language(parts: Sequence[Heard]) -> str:
    for part in parts:
        if part["language"]:
            return str(part["language"])
    return "und"


def joined(before: Heard, after: Heard) -> Heard:
    cues = join(
        from_rows(before["cues"]),
        from_rows(after["cues"]),
        after["start"],
        max(before["end"], after["start"]),
    )
    return {
        "start": before["start"],
        "end": max(before["end"], after["end"]),
        "language": before["language"],
        "cues": to_rows(cues),
    }


def key_of(span: Span) -> str:
    return f"{span.start:.0f}"
