"""Invented yet plausible words: titles, channels, descriptions, chapters and speech, the same in
every run for the same seed.
"""

from __future__ import annotations

import random

from tests.standins.specs import AudioSpec, CaptionSpec, ChapterSpec, Cue, VideoSpec

CHANNELS = {
    "de": (
        "Werkbank am Abend",
        "Atelier Hemmung",
        "Feinmechanik für alle",
        "Vorlesungen Maschinenbau",
        "Uhrmacherin Lea Brandt",
        "Museum der Zeitmesser",
        "Die Drehbank",
        "Physik zum Mitnehmen",
    ),
    "en": (
        "The Escapement Room",
        "Bench and Balance",
        "Lectures in Mechanics",
        "Small Gears Workshop",
        "Northlight Clockmaking",
        "Machines Explained Slowly",
    ),
}
_SUBJECTS = {
    "de": (
        "Die Ankerhemmung",
        "Das Tourbillon",
        "Eine Taschenuhr von 1890",
        "Zahnräder berechnen",
        "Der ewige Kalender",
        "Die Unruh auswuchten",
        "Federn härten",
        "Drehen auf Hundertstel",
        "Das Pendel und die Temperatur",
        "Schwingungen und Resonanz",
        "Eine Turmuhr in Betrieb",
        "Getriebe, die nie stehen",
    ),
    "en": (
        "The lever escapement",
        "A marine chronometer",
        "Cutting wheels by hand",
        "Why springs get tired",
        "Poising a balance",
        "The geometry of gear teeth",
        "Restoring a tower clock",
        "Friction and how to lose it",
        "Turning to a hundredth",
        "The perpetual calendar",
        "Pendulums and temperature",
        "Reading a movement",
    ),
}
_ANGLES = {
    "de": (
        "Schritt für Schritt",
        "einfach erklärt",
        "in der Werkstatt",
        "Vorlesung {n}",
        "Teil {n}",
        "ein Rundgang",
        "was oft schiefgeht",
    ),
    "en": (
        "step by step",
        "explained simply",
        "at the bench",
        "lecture {n}",
        "part {n}",
        "a tour",
        "common mistakes",
    ),
}
_CHAPTERS = {
    "de": (
        "Worum es geht",
        "Das Werkzeug",
        "Zerlegen",
        "Messen",
        "Die schwierige Stelle",
        "Zusammenbau",
        "Probelauf",
        "Fragen",
    ),
    "en": (
        "What this is about",
        "The tools",
        "Taking it apart",
        "Measuring",
        "The hard part",
        "Assembly",
        "Test run",
        "Questions",
    ),
}
SPEECH = {
    "de": (
        "wir fangen mit dem großen Rad an",
        "und achten auf das Spiel",
        "hier sieht man den Anker",
        "das Öl gehört nur an diese Stelle",
        "jetzt die Feder langsam spannen",
        "so läuft die Uhr wieder gleichmäßig",
        "das ist auf ein Hundertstel genau",
        "wer zu fest anzieht hat verloren",
    ),
    "en": (
        "we begin with the large wheel",
        "and keep an eye on the play",
        "here you can see the lever",
        "oil belongs in this place only",
        "now wind the spring slowly",
        "and the clock runs evenly again",
        "this is true to a hundredth",
        "tighten it too much and it is over",
    ),
}
_CUE_SECONDS = 5


def invent_video(video_id: str) -> VideoSpec:
    """A playable video for any id; of a hundred about 55 have manual captions, 35 automatic ones
    and 10 none.
    """
    draw = random.Random(video_id)
    language = draw.choice(("de", "de", "en"))
    duration = draw.randint(95, 2400)
    return VideoSpec(
        video_id=video_id,
        title=_invent_title(draw, language),
        channel=draw.choice(CHANNELS[language]),
        duration=duration,
        description=invent_description(draw, language),
        chapters=invent_chapters(draw, language, duration) if draw.random() < 0.35 else (),
        captions=_invent_captions(draw, language),
        audio=(AudioSpec(language),),
        language=language,
        views=draw.randint(80, 900_000),
        uploaded=_invent_date(draw),
    )


def _invent_title(draw: random.Random, language: str) -> str:
    subject = draw.choice(_SUBJECTS[language])
    angle = draw.choice(_ANGLES[language])
    return f"{subject}: {angle.format(n=draw.randint(1, 12))}"


def _invent_date(draw: random.Random) -> str:
    year, month, day = draw.randint(2016, 2025), draw.randint(1, 12), draw.randint(1, 28)
    return f"{year}-{month:02}-{day:02}T09:30:00-07:00"


def invent_description(draw: random.Random, language: str) -> str:
    return (
        ". ".join(phrase[0].upper() + phrase[1:] for phrase in draw.sample(SPEECH[language], 3))
        + "."
    )


def invent_chapters(draw: random.Random, language: str, duration: int) -> tuple[ChapterSpec, ...]:
    """Three or more, the first at 0:00, ten seconds long at least: YouTube's own rule."""
    titles = _CHAPTERS[language][: draw.randint(3, 8)]
    step = max(10, duration // len(titles))
    return tuple(
        ChapterSpec(number * step, title)
        for number, title in enumerate(titles)
        if number * step < duration - 10
    )


def _invent_captions(draw: random.Random, language: str) -> tuple[CaptionSpec, ...]:
    share = draw.random()
    if share < 0.40:
        return (CaptionSpec(language),)
    if share < 0.55:
        return (CaptionSpec("de"), CaptionSpec("en"), CaptionSpec(language, auto=True))
    if share < 0.90:
        return (CaptionSpec(language, auto=True),)
    return ()


def invent_cues(video: VideoSpec, language: str) -> tuple[Cue, ...]:
    """Speech for the whole length, one sentence every five seconds, never the same twice
    running.
    """
    phrases = SPEECH.get(language, SPEECH["en"])
    draw = random.Random(f"{video.video_id}/{language}")
    starts = range(0, max(1, video.duration - 1), _CUE_SECONDS)
    spoken = [draw.randrange(len(phrases))]
    for _ in starts[1:]:
        spoken.append((spoken[-1] + draw.randrange(1, len(phrases))) % len(phrases))
    said = [f"{phrase[0].upper()}{phrase[1:]}." for phrase in phrases]
    return tuple(
        Cue(start + 0.16, _CUE_SECONDS - 0.4, said[place])
        for start, place in zip(starts, spoken, strict=True)
    )
