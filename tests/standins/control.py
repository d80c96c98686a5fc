"""Steering a stand-in from another process: JSON over HTTP, described in README.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from tests.standins.calls import CallLog
from tests.standins.failures import Failure
from tests.standins.faults import Fault, Faults, Rule
from tests.standins.groq import GroqStandIn
from tests.standins.pages import PageStyle
from tests.standins.specs import AudioSpec, CaptionSpec, ChapterSpec, Cue, VideoSpec
from tests.standins.wire import Connection, Listener, Request, Response
from tests.standins.youtube import YouTubeStandIn

_PREFIX = "/_control/"


class Control:
    """Serves `/_control/…`, and pictures under `/vi/ID/…` for browsers that do not use the
    proxy.
    """

    def __init__(self, youtube: YouTubeStandIn, groq: GroqStandIn, *, port: int = 0) -> None:
        self._youtube = youtube
        self._groq = groq
        self._rules: dict[int, Rule] = {}
        self._listener = Listener(self._serve, port=port)
        self._routes: dict[tuple[str, str], Callable[[Request, list[str]], object]] = {
            ("GET", ""): self._overview,
            ("POST", "reset"): self._reset,
            ("GET", "calls"): self._calls,
            ("GET", "counts"): lambda request, _: self._log(request).kinds(),
            ("GET", "uploads"): lambda *_: [asdict(upload) for upload in self._groq.uploads],
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): self._remove_faults,
            ("GET", "videos"): lambda _, rest: asdict(self._youtube.catalogue.video(rest[0])),
            ("POST", "videos"): self._change_video,
            ("POST", "playlists"): lambda request, _: asdict(
                self._youtube.catalogue.add_playlist(**request.json())
            ),
            ("POST", "channels"): lambda request, _: asdict(
                self._youtube.catalogue.add_channel(**request.json())
            ),
            ("POST", "latency"): self._set_latency,
            ("POST", "style"): self._set_style,
            ("POST", "ways"): self._set_way,
        }

    @property
    def url(self) -> str:
        return self._listener.url

    def stop(self) -> None:
        self._listener.stop()

    def _serve(self, connection: Connection) -> None:
        while (request := connection.read_request()) is not None:
            connection.send(self._answer(request))

    def _answer(self, request: Request) -> Response:
        path = request.path
        if path.startswith("/vi/"):
            return self._youtube.picture(path.split("/")[2])
        name, *rest = path.removeprefix(_PREFIX).strip("/").split("/")
        route = self._routes.get((request.method, name)) if path.startswith(_PREFIX) else None
        if route is None:
            return Response.of_json({"error": "no such control"}, 404)
        try:
            return Response.of_json(route(request, rest))
        except (ValueError, TypeError, KeyError, IndexError) as error:
            return Response.of_json({"error": f"{type(error).__name__}: {error}"}, 400)

    def _overview(self, *_: object) -> dict[str, Any]:
        return {
            "proxies": self._youtube.proxy_urls,
            "groq": self._groq.base_url,
            "faults": self._faults_in_force(),
            "counts": {"youtube": self._youtube.log.kinds(), "groq": self._groq.log.kinds()},
        }

    def _faults_in_force(self) -> list[dict[str, Any]]:
        """Those added here with their number, those the process began with without one."""
        numbers = {rule: number for number, rule in self._rules.items()}
        rules = [*self._youtube.faults.rules, *self._groq.faults.rules]
        return [
            {"id": numbers.get(rule), "fault": str(rule.fault), "hits": rule.hits} for rule in rules
        ]

    def _log(self, request: Request) -> CallLog:
        return self._groq.log if request.query.get("service") == "groq" else self._youtube.log

    def _calls(self, request: Request, _: list[str]) -> list[dict[str, Any]]:
        kind = request.query.get("kind")
        calls = self._log(request).as_json(int(request.query.get("since", 0)))
        return [call for call in calls if kind in (None, call["kind"])]

    def _reset(self, *_: object) -> dict[str, Any]:
        self._youtube.reset()
        self._groq.reset()
        self._rules.clear()
        return {}

    def _add_fault(self, request: Request, _: list[str]) -> dict[str, Any]:
        values = request.json()
        faults: Faults = (
            self._groq.faults
            if values.pop("service", "youtube") == "groq"
            else self._youtube.faults
        )
        number = max(self._rules, default=0) + 1
        self._rules[number] = faults.add(Fault.of_json(values))
        return {"id": number}

    def _remove_faults(self, _: Request, rest: list[str]) -> dict[str, Any]:
        for number in [int(rest[0])] if rest else list(self._rules):
            self._rules.pop(number).remove()
        return {}

    def _change_video(self, request: Request, _: list[str]) -> dict[str, Any]:
        values = request.json()
        video_id = values.pop("video_id")
        return asdict(self._youtube.catalogue.change(video_id, **_read_video(values)))

    def _set_latency(self, request: Request, _: list[str]) -> dict[str, Any]:
        values = request.json()
        self._youtube.latency = (float(values["low"]), float(values["high"]))
        return values

    def _set_style(self, request: Request, _: list[str]) -> dict[str, Any]:
        self._youtube.style = PageStyle(**request.json())
        return asdict(self._youtube.style)

    def _set_way(self, _: Request, rest: list[str]) -> dict[str, Any]:
        number, act = rest
        {"kill": self._youtube.kill_way, "revive": self._youtube.revive_way}[act](int(number))
        return {}


def _read_video(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a video as JSON has them, with the objects inside made of their own kinds."""
    readers: dict[str, Callable[[Any], Any]] = {
        "chapters": lambda items: tuple(ChapterSpec(**item) for item in items),
        "audio": lambda items: tuple(AudioSpec(**item) for item in items),
        "captions": lambda items: tuple(_read_captions(item) for item in items),
        "countries": tuple,
        "failure": lambda name: Failure(name) if name else None,
        "starts_at": lambda moment: datetime.fromisoformat(moment) if moment else None,
    }
    known = {field.name for field in fields(VideoSpec)}
    if unknown := set(values) - known:
        raise ValueError(f"not part of a video: {', '.join(sorted(unknown))}")
    return {
        name: readers[name](value) if name in readers else value for name, value in values.items()
    }


def _read_captions(item: Mapping[str, Any]) -> CaptionSpec:
    cues = item.get("cues")
    return CaptionSpec(
        **{**item, "cues": tuple(Cue(**cue) for cue in cues) if cues is not None else None}
    )
