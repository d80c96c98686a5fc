"""A video with everything that is easy to get wrong: quotes, markup, lines, umlauts."""

from tests.standins.specs import CaptionSpec, ChapterSpec, Cue, VideoSpec

VIDEO = "hemmung_001"
CLOCK = VideoSpec(
    VIDEO,
    title='Die "Ankerhemmung" </script> & mehr',
    channel="Atelier Hemmung",
    duration=605,
    description="Über Anker.\n\nUnd Räder.",
    chapters=(
        ChapterSpec(0, "Worum es geht"),
        ChapterSpec(61, "Der Anker"),
        ChapterSpec(300, "Fragen"),
    ),
    captions=(
        CaptionSpec(
            "de", cues=(Cue(1.5, 2, "Guten <b>Abend</b> & hallo"), Cue(4, 3, "zweite\nZeile"))
        ),
        CaptionSpec("de", auto=True),
    ),
)
