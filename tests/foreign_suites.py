"""Other projects' own test tables, tried on the product: `python -m tests.foreign_suites FOLDER`
prints pass rates.

FOLDER holds a checkout of each project under its repository's name (`FOLDER/yt-dlp`,
`FOLDER/NewPipeExtractor` …); what is not there is left out. Nothing of them is part of this
repository. A case that we answer otherwise on purpose is listed with its reason in
`tests/suites/deliberate.py` and does not count. Ends with 1 where another one fails.
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

Case = tuple[str, bool, str]  # its name, whether it came out right, what came out
Suite = Callable[[Path], Iterator[Case]]


def suites() -> dict[str, tuple[str, Suite]]:
    """Each suite by its title: the folder it is in, and what runs it."""
    from tests.suites import addresses, subtitles, takeouts

    return {
        "NewPipeExtractor link handlers": ("NewPipeExtractor", addresses.newpipe),
        "NewPipeExtractor Takeout files": ("NewPipeExtractor", takeouts.takeout_files),
        "NewPipeExtractor subscriptions": ("NewPipeExtractor", takeouts.subscription_literals),
        "yt-dlp YoutubeIE": ("yt-dlp", addresses.youtube_ie),
        "yt-dlp YoutubeTabIE": ("yt-dlp", addresses.youtube_tab_ie),
        "get-video-id": ("get-video-id", addresses.get_video_id),
        "jsVideoUrlParser": ("jsVideoUrlParser", addresses.js_video_url_parser),
        "tubearchivist": ("tubearchivist", addresses.tubearchivist),
        "WPT file parsing (webvtt.js)": ("webvtt.js", subtitles.wpt_files),
        "webvtt-py": ("webvtt-py", subtitles.webvtt_py),
        "pysubs2": ("pysubs2", subtitles.pysubs2),
        "srt": ("srt", subtitles.srt),
    }


def main(folder: Path) -> int:
    """Print a line for each suite, and one for each case that came out otherwise.

    Return how many of those were not meant.
    """
    from tests.suites.deliberate import reason_for

    unmeant = 0
    for title, (name, suite) in suites().items():
        if not (folder / name).is_dir():
            print(f"{title:45} not there")
            continue
        cases = list(suite(folder / name))
        failed = [case for case in cases if not case[1]]
        meant = [case for case in failed if reason_for(case[0])]
        counted = len(cases) - len(meant)
        passed = len(cases) - len(failed)
        unmeant += counted - passed
        print(f"{title:45} {passed} of {counted}, and {len(meant)} otherwise on purpose")
        for case in failed:
            reason = reason_for(case[0]) or "NOT MEANT"
            print(f"    {case[0]!r}: {case[2]} ({reason})")
    return unmeant


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    sys.exit(1 if main(Path(sys.argv[1])) else 0)
