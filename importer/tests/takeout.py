"""Takeout archives as Google makes them, small or large, in two languages."""

import io
import zipfile
from datetime import UTC, datetime, timedelta

from tests.standins import video_id

FIRST = datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC)
HEADERS = {
    "en": "Video ID,Playlist Video Creation Timestamp",
    "de": "Video-ID,Zeitstempel der Erstellung des Playlist-Videos",
}
FOLDERS = {"en": "YouTube and YouTube Music/playlists", "de": "YouTube und YouTube Music/Playlists"}
SUFFIXES = {"en": "videos", "de": "Videos"}


def added_at(number: int) -> datetime:
    """When the video of this number was added."""
    return FIRST + timedelta(hours=number)


def takeout_zip(*, playlists: int, videos: int, language: str = "en") -> bytes:
    """`playlists` lists ("List 0" …) with `videos` videos each; the numbers of the videos go on
    from one list to the next.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(playlists):
            rows = (
                f"{video_id(n)},{added_at(n).isoformat()}"
                for n in range(number * videos, (number + 1) * videos)
            )
            name = f"Takeout/{FOLDERS[language]}/List {number}-{SUFFIXES[language]}.csv"
            archive.writestr(name, "\n".join([HEADERS[language], *rows, ""]))
    return packed.getvalue()
