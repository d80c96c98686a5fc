"""A video's picture, from YouTube's own hosts for pictures and nowhere else."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from yt_dlp.networking import Request

from enrichment.errors import VideoVerdict, YouTubeChanged
from enrichment.sources.transport import WayOut, https_host
from enrichment.sources.ytdlp import OPTIONS, LeanYoutubeDL
from videos.thumbnails import MOST_BYTES, type_of

PICTURE_HOSTS = frozenset({"i.ytimg.com", "img.youtube.com"})
ADDRESS = "https://i.ytimg.com/vi/{}/mqdefault.jpg"  # 320 by 180
HEADERS = {"Accept": "image/webp, image/jpeg"}


def is_for_pictures(url: str) -> bool:
    """Whether an address is one of YouTube's hosts for pictures, encrypted, at the usual port."""
    return https_host(url) in PICTURE_HOSTS


@contextmanager
def picture_client(proxy: str, ca_file: str = "") -> Iterator[LeanYoutubeDL]:
    """A client for pictures alone on a way out ("" for the machine's own), without cookies."""
    way = WayOut(proxy, ca_file)
    client = LeanYoutubeDL(OPTIONS, way, allows=is_for_pictures, most_bytes=MOST_BYTES + 1)
    with closing(client):
        yield client


def fetch_picture(client: LeanYoutubeDL, youtube_id: str) -> bytes:
    """One request; b"" when YouTube has no picture, or one that is too large.

    Raises SourceError when it could not be asked, or answered something that is no picture.
    """
    try:
        answer = client.urlopen(Request(ADDRESS.format(youtube_id), headers=HEADERS))
    except VideoVerdict:
        return b""
    content = bytes(answer.read())
    if not type_of(content):
        raise YouTubeChanged(detail="what came is neither a JPEG nor a WebP")
    if len(content) > MOST_BYTES:
        return b""
    return content
