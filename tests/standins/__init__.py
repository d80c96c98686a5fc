"""Stand-ins for YouTube and Groq: what every test, `make demo` and `make bench` talk to instead.

See README.md.
"""

from tests.standins.catalogue import Catalogue, video_id
from tests.standins.failures import Failure
from tests.standins.faults import Fault
from tests.standins.groq import GroqStandIn
from tests.standins.pages import PageStyle
from tests.standins.specs import (
    AudioSpec,
    CaptionSpec,
    ChannelSpec,
    ChapterSpec,
    Cue,
    PlaylistSpec,
    VideoSpec,
)
from tests.standins.speech import words_between
from tests.standins.youtube import YouTubeStandIn

__all__ = [
    "AudioSpec",
    "CaptionSpec",
    "Catalogue",
    "ChannelSpec",
    "ChapterSpec",
    "Cue",
    "Failure",
    "Fault",
    "GroqStandIn",
    "PageStyle",
    "PlaylistSpec",
    "VideoSpec",
    "YouTubeStandIn",
    "video_id",
    "words_between",
]
