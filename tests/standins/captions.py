"""Caption tracks, listed and in the formats YouTube sends them in."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from tests.standins.invention import invent_cues
from tests.standins.specs import CaptionSpec, Cue, VideoSpec
from tests.standins.wire import Response

LANGUAGE_NAMES = {
    "de": "German",
    "en": "English",
    "fr": "French",
    "es": "Spanish",
    "tr": "Turkish",
    "it": "Italian",
}


def tracklist(video: VideoSpec, translations: Sequence[str], client: str) -> dict[str, Any] | None:
    """The `captions` of a player answer; None when there are none."""
    if not video.captions:
        return None
    return {
        "playerCaptionsTracklistRenderer": {
            "captionTracks": [
                _listed(video, number, track, client) for number, track in enumerate(video.captions)
            ],
            "audioTracks": [{"captionTrackIndices": list(range(len(video.captions)))}],
            "translationLanguages": [
                {
                    "languageCode": code,
                    "languageName": {"runs": [{"text": LANGUAGE_NAMES.get(code, code)}]},
                }
                for code in translations
            ],
            "defaultAudioTrackIndex": 0,
        }
    }


def _listed(video: VideoSpec, number: int, track: CaptionSpec, client: str) -> dict[str, Any]:
    query = {
        "v": video.video_id,
        "caps": "asr" if track.auto else "",
        "track": number,
        "sparams": "ip,ipbits,expire,v",
        "lang": track.language,
    }
    if track.auto:
        query["kind"] = "asr"
    if track.needs_po_token or client in track.token_clients:
        query["exp"] = "xpe"
    language = LANGUAGE_NAMES.get(track.language, track.language)
    return {
        "baseUrl": f"https://www.youtube.com/api/timedtext?{urlencode(query)}",
        "name": {
            "runs": [
                {"text": track.name or (f"{language} (auto-generated)" if track.auto else language)}
            ]
        },
        "vssId": track.vss_id or ("a." if track.auto else ".") + track.language,
        "languageCode": track.language,
        "isTranslatable": True,
        "trackName": "",
        **({"kind": "asr"} if track.auto else {}),
    }


def timed_text(video: VideoSpec, query: dict[str, str]) -> Response:
    """What `/api/timedtext` answers: the track in the format asked for (`json3`, `vtt`, `srv3`,
    else `srv1`).
    """
    number = query.get("track", "")
    if not number.isdigit() or int(number) >= len(video.captions):
        return Response(404, b"", "text/html; charset=UTF-8")
    track = video.captions[int(number)]
    wants_token = track.needs_po_token or query.get("exp") == "xpe"
    if track.empty or (wants_token and "pot" not in query):
        return Response(200, b"", "text/html; charset=UTF-8")
    cues = track.cues if track.cues is not None else invent_cues(video, track.language)
    if language := query.get("tlang"):
        cues = tuple(Cue(cue.start, cue.duration, f"[{language}] {cue.text}") for cue in cues)
    content_type, write = _FORMATS.get(query.get("fmt", ""), ("text/xml; charset=UTF-8", _srv1))
    return Response(200, write(cues, rolling=track.auto).encode(), content_type)


def _until_next(cues: Sequence[Cue], number: int) -> float:
    """Seconds an automatic caption stays: until the next but one begins, as it scrolls up one line
    first.
    """
    end = cues[number].start + cues[number].duration
    return (cues[number + 2].start if number + 2 < len(cues) else end + 2) - cues[number].start


def _json3(cues: Sequence[Cue], *, rolling: bool) -> str:
    events = (
        _rolling_events(cues)
        if rolling
        else [_event(cue.start, cue.duration, [{"utf8": cue.text}]) for cue in cues]
    )
    styles: list[dict[str, int]] = (
        [{}, {"mhModeHint": 2, "juJustifCode": 0, "sdScrollDir": 3}] if rolling else []
    )
    positions: list[dict[str, int]] = (
        [{}, {"apPoint": 6, "ahHorPos": 20, "avVerPos": 100, "rcRows": 2, "ccCols": 40}]
        if rolling
        else []
    )
    document = {
        "wireMagic": "pb3",
        "pens": [{}],
        "wsWinStyles": styles,
        "wpWinPositions": positions,
        "events": events,
    }
    return json.dumps(document, ensure_ascii=False)


def _rolling_events(cues: Sequence[Cue]) -> list[dict[str, Any]]:
    """A window definition without text, then per cue its words with offsets, and a line feed
    appended when the line scrolls up.
    """
    end = max((cue.start + cue.duration for cue in cues), default=0)
    events: list[dict[str, Any]] = [
        {"tStartMs": 0, "dDurationMs": _ms(end), "id": 1, "wpWinPosId": 1, "wsWinStyleId": 1}
    ]
    for number, cue in enumerate(cues):
        stays = _until_next(cues, number)
        if number:
            events.append(
                {**_event(cue.start - 0.01, stays, [{"utf8": "\n"}]), "wWinId": 1, "aAppend": 1}
            )
        events.append({**_event(cue.start, stays, _words(cue)), "wWinId": 1})
    return events


def _words(cue: Cue) -> list[dict[str, Any]]:
    words = cue.text.split(" ")
    step = cue.duration / max(1, len(words))
    first: dict[str, Any] = {"utf8": words[0], "acAsrConf": 0}
    return [
        first,
        *(
            {"utf8": f" {word}", "tOffsetMs": _ms(step * place), "acAsrConf": 0}
            for place, word in enumerate(words[1:], 1)
        ),
    ]


def _event(start: float, duration: float, segments: list[dict[str, Any]]) -> dict[str, Any]:
    return {"tStartMs": _ms(start), "dDurationMs": _ms(duration), "segs": segments}


def _srv1(cues: Sequence[Cue], *, rolling: bool) -> str:
    stays = [
        _until_next(cues, number) if rolling else cue.duration for number, cue in enumerate(cues)
    ]
    lines = [
        f'<text start="{cue.start:.2f}" dur="{seconds:.2f}">{escape(escape(cue.text))}</text>'
        for cue, seconds in zip(cues, stays, strict=True)
    ]
    return f'<?xml version="1.0" encoding="utf-8" ?><transcript>{"".join(lines)}</transcript>'


def _srv3(cues: Sequence[Cue], *, rolling: bool) -> str:
    lines = []
    for number, cue in enumerate(cues):
        duration = _until_next(cues, number) if rolling else cue.duration
        lines.append(f'<p t="{_ms(cue.start)}" d="{_ms(duration)}">{escape(cue.text)}</p>')
    head = '<?xml version="1.0" encoding="utf-8" ?><timedtext format="3">'
    return f"{head}<body>{''.join(lines)}</body></timedtext>"


def _vtt(cues: Sequence[Cue], *, rolling: bool) -> str:
    """An automatic track repeats each line: once being written, once as the upper line of the
    next.
    """
    blocks = ["WEBVTT\nKind: captions\nLanguage: de"]
    above = " "
    for cue in cues:
        text = f"{above}\n{cue.text}" if rolling else cue.text
        settings = " align:start position:0%" if rolling else ""
        blocks.append(
            f"{_clock(cue.start)} --> {_clock(cue.start + cue.duration)}{settings}\n{text}"
        )
        above = cue.text
    return "\n\n".join(blocks) + "\n"


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes // 60):02}:{int(minutes % 60):02}:{rest:06.3f}"


_Writer = Callable[..., str]
_FORMATS: dict[str, tuple[str, _Writer]] = {
    "json3": ("application/json; charset=UTF-8", _json3),
    "srv3": ("text/xml; charset=UTF-8", _srv3),
    "vtt": ("text/vtt; charset=UTF-8", _vtt),
}
