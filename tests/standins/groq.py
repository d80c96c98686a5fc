"""The stand-in for Groq: speech to text over plain HTTP, which hears the words of our invented
audio.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from types import TracebackType
from typing import Any, Self

from tests.standins.calls import CallLog
from tests.standins.exchange import Counter, plain_trouble
from tests.standins.faults import Faults, Rule
from tests.standins.speech import Recording, Word, listen
from tests.standins.wire import Connection, Listener, Request, Response

PATH = "/openai/v1/audio/transcriptions"
LARGEST_UPLOAD = 25 * 1024 * 1024
_SEGMENT_SECONDS = 5
_MODELS = frozenset({"whisper-large-v3", "whisper-large-v3-turbo"})
_LANGUAGES = {"de": "German", "en": "English", "tr": "Turkish", "fr": "French"}
_FIELD = re.compile(rb'name="([^"]+)"')


@dataclass(frozen=True)
class Upload:
    """One transcription asked for.

    `start` in seconds of the video, `duration` in seconds, `size` in bytes.
    """

    video_id: str | None
    start: float
    duration: float
    size: int
    model: str
    language: str
    audio_language: str
    role: str


class GroqStandIn:
    """Give its `base_url` and `api_key` to a client.

    The words heard are those of `speech.words_between`, so seams can be checked; `natural`: real
    words, for people to look at.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        api_key: str = "gsk_stand_in",
        latency: tuple[float, float] = (0, 0),
        natural: bool = False,
    ) -> None:
        self.api_key = api_key
        self._natural = natural
        self.uploads: list[Upload] = []
        self._default_latency = latency
        self._counter = Counter(latency)
        self._listener = Listener(self._serve, port=port)

    @property
    def base_url(self) -> str:
        return self._listener.url

    @property
    def environment(self) -> dict[str, str]:
        """The product's settings that lead here."""
        return {"GROQ_BASE_URL": self.base_url, "GROQ_API_KEY": self.api_key}

    @property
    def faults(self) -> Faults:
        return self._counter.faults

    @property
    def log(self) -> CallLog:
        """Calls have the kind `transcription`, and the video id when the audio tells it."""
        return self._counter.log

    def kill(self) -> None:
        """Dead: new connections are refused by the system."""
        self._listener.stop()

    def revive(self) -> None:
        self._listener.start()

    def reset(self) -> None:
        self._counter.reset(self._default_latency)
        self._listener.start()
        self.uploads.clear()

    def stop(self) -> None:
        self._counter.end()
        self._listener.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _serve(self, connection: Connection) -> None:
        while (request := connection.read_request()) is not None:
            form = _read_form(request)
            recording = listen(form.get("file", b""))
            call = self.log.begin(
                kind="transcription" if request.path == PATH else "other",
                video_id=recording.video_id if recording else None,
                way=0,
                method=request.method,
                url=request.target,
            )
            answer = partial(self._answer, request, form, recording)
            if not self._counter.meet(connection, call, answer=answer, troubled=_troubled):
                return

    def _answer(
        self, request: Request, form: dict[str, bytes], recording: Recording | None
    ) -> Response:
        if request.method != "POST" or request.path != PATH:
            return _error(404, "Unknown request URL", "unknown_url")
        if request.headers.get("authorization") != f"Bearer {self.api_key}":
            return _error(401, "Invalid API Key", "invalid_api_key")
        if len(form.get("file", b"")) > LARGEST_UPLOAD:
            return _error(413, "Request Entity Too Large", "request_too_large")
        if form.get("model", b"").decode() not in _MODELS:
            return _error(
                404, "The model does not exist or you do not have access to it.", "model_not_found"
            )
        if recording is None:
            return _error(400, "could not process file - is it a valid media file?", None)
        self.uploads.append(_upload(form, recording))
        return _transcript(form, recording, recording.words(natural=self._natural))


def _upload(form: dict[str, bytes], recording: Recording) -> Upload:
    return Upload(
        recording.video_id,
        recording.start,
        recording.duration,
        len(form["file"]),
        form["model"].decode(),
        form.get("language", b"").decode(),
        recording.language,
        recording.role,
    )


def _transcript(form: dict[str, bytes], recording: Recording, heard: list[Word]) -> Response:
    text = " ".join(word.text for word in heard)
    wanted = form.get("response_format", b"json")
    if wanted == b"text":
        return Response(200, f" {text}\n".encode(), "text/plain; charset=utf-8")
    if wanted != b"verbose_json":
        return Response.of_json({"text": f" {text}", "x_groq": {"id": "req_standin"}})
    answer: dict[str, Any] = {
        "task": "transcribe",
        "language": _LANGUAGES.get(recording.language, recording.language),
        "duration": round(recording.duration, 2),
        "text": f" {text}",
        "segments": _segments(heard),
        "x_groq": {"id": "req_standin"},
    }
    if b"word" in form.get("timestamp_granularities[]", b""):
        answer["words"] = [
            {"word": word.text, "start": round(word.start, 2), "end": round(word.end, 2)}
            for word in heard
        ]
    return Response.of_json(answer)


def _segments(heard: list[Word]) -> list[dict[str, Any]]:
    """Windows of five seconds, counted from the beginning of what was sent, as the model has no
    idea of the video's own time.
    """
    segments = []
    for number, (_, group) in enumerate(
        groupby(heard, lambda word: int(word.start // _SEGMENT_SECONDS))
    ):
        words = list(group)
        segments.append(
            {
                "id": number,
                "seek": 0,
                "start": round(words[0].start, 2),
                "end": round(words[-1].end, 2),
                "text": " " + " ".join(word.text for word in words),
                "tokens": [],
                "temperature": 0,
                "avg_logprob": -0.2,
                "compression_ratio": 1.4,
                "no_speech_prob": 0.01,
            }
        )
    return segments


def _troubled(rule: Rule) -> Response:
    fault = rule.fault
    if fault.act != "status":
        return plain_trouble(rule)
    codes = {401: "invalid_api_key", 413: "request_too_large", 429: "rate_limit_exceeded"}
    response = _error(
        fault.status,
        "Rate limit reached for model" if fault.status == 429 else "Trouble on demand",
        codes.get(fault.status),
    )
    if fault.retry_after is not None:
        response.headers["retry-after"] = str(fault.retry_after)
    return response


def _error(status: int, message: str, code: str | None) -> Response:
    kind = "invalid_request_error" if status < 500 else "internal_server_error"
    return Response.of_json(
        {"error": {"message": message, "type": kind, **({"code": code} if code else {})}}, status
    )


def _read_form(request: Request) -> dict[str, bytes]:
    """The fields of a multipart form; repeated ones are joined by commas.

    Empty for any other body.
    """
    kind, _, boundary = request.headers.get("content-type", "").partition("boundary=")
    if not kind.startswith("multipart/form-data") or not boundary:
        return {}
    form: dict[str, bytes] = {}
    for part in request.body.split(b"--" + boundary.strip('"').encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        if found := _FIELD.search(head):
            name, value = found[1].decode(), content.removesuffix(b"\r\n")
            form[name] = form[name] + b"," + value if name in form else value
    return form
