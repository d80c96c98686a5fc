"""YouTube's addresses, as we write them."""


def watch_url(youtube_id: str) -> str:
    """Return the address of a video's page."""
    return f"https://www.youtube.com/watch?v={youtube_id}"
