"""The baseline for a worker: a bare loop of the same lean yt-dlp calls.

`python -m benchmarks.bare PROXY CA_FILE ID…` prints its CPU seconds.
"""

import sys
import time


def main(proxy: str, ca_file: str, youtube_ids: list[str]) -> None:
    from enrichment.sources.youtube import YouTubeSource  # needs Django set up

    source = YouTubeSource(proxy=proxy, ca_file=ca_file)
    source.fetch_open_track(
        source.fetch_metadata(youtube_ids[0]), ["de", "en"]
    )  # loads what a worker has loaded
    began = time.process_time()
    for youtube_id in youtube_ids:
        source.fetch_open_track(source.fetch_metadata(youtube_id), ["de", "en"])
    print(time.process_time() - began)
    source.close()


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
