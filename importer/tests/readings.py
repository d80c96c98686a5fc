"""Playlists read as workers read them, a page at a time."""

from typing import Any

from enrichment.leases import Holder
from enrichment.tests.holders import NODE, a_run
from importer.imports import reading
from importer.imports.models import Expansion
from importer.imports.playlist_turns import claim, next_in_turn
from tests.standins import YouTubeStandIn


def ask_at_once(youtube: YouTubeStandIn, settings: Any) -> None:
    """Let all be asked of this stand-in without any pace."""
    settings.YOUTUBE_PROXY = tuple(youtube.proxy_urls)
    settings.YOUTUBE_CA_FILE = str(youtube.ca_file)
    settings.YOUTUBE_BASE_DELAY = 0.0
    settings.YOUTUBE_BURST = 50
    settings.YOUTUBE_HOURLY_BUDGET = 100_000


def read_page(name: str = "", *, node: str = NODE) -> bool:
    """Read the page whose turn it is. False when none could be read."""
    return reading.read_next_page(a_run(name, node=node)) is None


def read_all() -> int:
    """Read every page there is. Returns how many."""
    return sum(iter(read_page, False))


def take_playlist(holder: Holder) -> Expansion | None:
    """Take the playlist whose turn it is."""
    first = next_in_turn()
    return claim(first.pk, holder) if first else None
