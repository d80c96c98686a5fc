"""One source per process and way out. Importing this is free: the client libraries (43 MB) are loaded with the first source."""

import atexit

from django.conf import settings

from enrichment.sources.types import VideoSource

_sources: dict[str, VideoSource] = {}


def source_for(proxy: str) -> VideoSource:
    """This process's source for a way out: a proxy's address, or "" for the machine's own. Kept until the process ends."""
    if proxy not in _sources:
        from enrichment.sources.youtube import YouTubeSource  # only a worker gets here; the web server stays without it

        source = YouTubeSource(proxy=proxy, ca_file=settings.YOUTUBE_CA_FILE, cookies_file=settings.YOUTUBE_COOKIES_FILE)
        atexit.register(source.close)
        _sources[proxy] = source
    return _sources[proxy]
