"""The catalogue of `make demo`: one playlist that shows every state of a video, while YouTube is
slow and sometimes annoyed.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.standins.catalogue import video_id
from tests.standins.failures import Failure
from tests.standins.faults import Fault
from tests.standins.invention import invent_chapters, invent_description
from tests.standins.specs import AudioSpec, CaptionSpec, PlaylistSpec, VideoSpec
from tests.standins.speech import WORDLESS
from tests.standins.youtube import YouTubeStandIn

DEMO_PLAYLIST_ID = "PLdemoSammelwerkUhrenUndMaschinen1"
LATENCY = (0.3, 0.9)
"""Seconds an answer takes."""
_THROTTLE = Fault("status", kind="watch", status=429, quota=24, times=1, retry_after=30)
"""Once, after the first two dozen videos: the breaker opens for half a minute, and all goes on."""
DELAY = 0.5
"""Seconds between two videos in the demo, so that two minutes show everything."""
LECTURES_ID = "PLdemoSammelwerkVorlesungenTechnik"
LECTURES = "Vorlesungen Technik"
_FIRST = 7_000_000
_FIRST_LECTURE = _FIRST + 500

_GERMAN = {
    "Uhrmacherin Lea Brandt": (
        "Eine Taschenuhr von 1890 zerlegen, ohne etwas zu verlieren",
        "Was die Unruh wirklich tut",
        "Ölen: wo, womit und vor allem wie wenig",
        "Eine gebrochene Zugfeder wechseln",
        "Der Anker unter der Lupe",
        "Zifferblätter reinigen, ohne sie zu ruinieren",
        "Warum diese Uhr nachts stehen bleibt",
        "Regulieren in sechs Lagen",
        "Meine erste selbst gebaute Hemmung",
    ),
    "Feinmechanik für alle": (
        "Auf ein Hundertstel genau drehen",
        "Zahnräder von Hand fräsen",
        "Messschieber oder Mikrometer",
        "Stahl blau anlassen, gleichmäßig und ohne Flecken",
        "Spitzenlos rund: so wird eine Welle gerade",
        "Kleine Gewinde schneiden, M0,6 und darunter",
        "Die Drehbank ausrichten",
        "Was eine Feile kann, wenn man sie lässt",
    ),
    "Vorlesungen Maschinenbau": (
        "Mechanik 1: Kräfte am Punkt",
        "Mechanik 2: Reibung und Keilwirkung",
        "Mechanik 3: Schwingungen mit Dämpfung",
        "Getriebelehre: die Evolvente",
        "Werkstoffkunde: warum Federn ermüden",
        "Maschinenelemente: Lager und Schmierung",
        "Regelungstechnik: der Fliehkraftregler",
        "Technische Zeichnungen lesen",
    ),
    "Museum der Zeitmesser": (
        "Die Turmuhr von St. Anna geht wieder",
        "Vom Sonnenstand zur Atomuhr",
        "Ein Marinechronometer erzählt",
        "Das Astrolabium in zwölf Minuten",
        "Wie man im Mittelalter wusste, wie spät es ist",
        "Die große Spieluhr von 1760",
        "Wasseruhren, Kerzenuhren, Feueruhren",
        "Die Eisenbahn und die Erfindung der gleichen Zeit",
    ),
}
_ENGLISH = {
    "The Escapement Room": (
        "The lever escapement, slowed down 200 times",
        "Why the tourbillon was invented",
        "A perpetual calendar explained with paper wheels",
        "Repeaters: a watch that tells the time in the dark",
        "Seven escapements nobody uses any more",
        "The verge and why it lasted 500 years",
        "Listening to a watch: what the beat tells you",
    ),
    "Small Gears Workshop": (
        "Cutting a wheel on a home-made dividing head",
        "Making a click spring from piano wire",
        "Restoring a rusty carriage clock, part 1",
        "Restoring a rusty carriage clock, part 2",
        "Bushing a worn plate",
        "The cheapest lathe that still works",
        "Polishing pivots without breaking them",
    ),
    "Lectures in Mechanics": (
        "Lecture 1: What is a mechanism?",
        "Lecture 2: Four bars and what they can do",
        "Lecture 3: Cams",
        "Lecture 4: The geometry of gear teeth",
        "Lecture 5: Pendulums and temperature",
        "Lecture 6: Energy that goes astray",
    ),
    "Machines Explained Slowly": (
        "How a sewing machine makes a stitch",
        "Inside a mechanical calculator",
        "The lock that cannot be picked (and was)",
        "A music box, from pin to comb",
        "The governor: how steam learned moderation",
        "A typewriter from 1923, key by key",
        "What a differential does on a bend",
    ),
}
_LECTURER = "Hochschule für Feinwerktechnik"
_LECTURE_TITLES = (
    "Einführung: Was ist ein Getriebe?",
    "Zahnformen und ihre Geometrie",
    "Reibung in kleinen Lagern",
    "Federn als Energiespeicher",
    "Hemmungen im Vergleich",
    "Schwingungen und ihre Dämpfung",
    "Werkstoffe: Messing, Stahl, Rubin",
    "Toleranzen und Passungen",
    "Schmierung in der Feinwerktechnik",
    "Messen auf ein Tausendstel",
    "Temperatur und Gang",
    "Fehlersuche an Mechanismen",
)
_WITHOUT_CAPTIONS = frozenset({3, 17, 29, 41, 52})
"""Places in the playlist. Their speech goes to Groq, if transcription is on.
"""
_WORDLESS = 44
"""The place of a video in which a watch ticks and nobody speaks: it stays without captions."""
_FAILURES = {
    5: Failure.PRIVATE,
    13: Failure.DELETED,
    22: Failure.GEO_SUBREASON,
    31: Failure.MEMBERS,
    38: Failure.AGE,
    45: Failure.UPCOMING,
    55: Failure.PRIVATE,
}


def fill(youtube: YouTubeStandIn) -> None:
    """Makes the demo's videos and its playlist known, and adds the spells of throttling."""
    videos = [
        _video(place, language, channel, title)
        for place, (language, channel, title) in enumerate(_titles())
    ]
    youtube.catalogue.add(*videos)
    youtube.catalogue.add(
        PlaylistSpec(
            DEMO_PLAYLIST_ID,
            tuple(video.video_id for video in videos),
            title="Uhren und Maschinen",
            channel="Sammlung Brandt",
            description="Was ein Uhrwerk im Innersten zusammenhält.",
        )
    )
    lectures = lecture_videos()
    youtube.catalogue.add(*lectures)
    youtube.catalogue.add(
        PlaylistSpec(
            LECTURES_ID,
            tuple(video.video_id for video in lectures),
            title=LECTURES,
            channel=_LECTURER,
        )
    )
    youtube.faults.add(_THROTTLE)


def lecture_videos() -> list[VideoSpec]:
    """The videos of the demo's second list, which it had for a while."""
    return [_lecture(place, title) for place, title in enumerate(_LECTURE_TITLES)]


def _lecture(place: int, title: str) -> VideoSpec:
    draw = random.Random(title)
    duration = draw.randint(1500, 4200)
    return VideoSpec(
        video_id=video_id(_FIRST_LECTURE + place),
        title=title,
        channel=_LECTURER,
        duration=duration,
        description=invent_description(draw, "de"),
        chapters=invent_chapters(draw, "de", duration),
        captions=(CaptionSpec("de"),),
        audio=(AudioSpec("de"),),
        language="de",
    )


def _titles() -> list[tuple[str, str, str]]:
    """Language, channel and title of all of them, well mixed and always in the same order."""
    german = [("de", channel, title) for channel, titles in _GERMAN.items() for title in titles]
    english = [("en", channel, title) for channel, titles in _ENGLISH.items() for title in titles]
    titles = german + english
    random.Random(DEMO_PLAYLIST_ID).shuffle(titles)
    return titles


def _video(place: int, language: str, channel: str, title: str) -> VideoSpec:
    draw = random.Random(title)
    failure = _FAILURES.get(place)
    lecture = title.startswith(("Lecture", "Mechanik"))
    spoken_only = place in _WITHOUT_CAPTIONS or place == _WORDLESS
    spoken = WORDLESS if place == _WORDLESS else language
    shortest, longest = 240, 1500  # seconds
    if spoken_only:
        shortest, longest = 180, 600
    elif lecture:
        shortest, longest = 2400, 5100
    duration = draw.randint(shortest, longest)
    values: dict[str, Any] = {}
    if failure is Failure.UPCOMING:
        values["starts_at"] = datetime.now(UTC) + timedelta(hours=3)
    return VideoSpec(
        video_id=video_id(_FIRST + place),
        title=title,
        channel=channel,
        duration=duration,
        description=invent_description(draw, language),
        chapters=invent_chapters(draw, language, duration)
        if lecture or draw.random() < 0.4
        else (),
        captions=() if spoken_only else _captions(draw, language),
        audio=(AudioSpec(spoken),),
        language=language,
        failure=failure,
        **values,
    )


def _captions(draw: random.Random, language: str) -> tuple[CaptionSpec, ...]:
    automatic = CaptionSpec(language, auto=True)
    return (automatic,) if draw.random() < 0.6 else (CaptionSpec(language), automatic)
