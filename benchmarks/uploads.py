"""A Takeout of 20 playlists and 10,000 lines: seconds until every card is there, and the memory of
the process that took it.

In a process of its own, since memory once used is never given back: `python -m benchmarks.uploads`
prints seconds and MB of both.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time

Row = tuple[str, str, str]

PLAYLISTS, VIDEOS = 20, 500


def peak() -> float:
    """MB this process had at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def upload_once() -> dict[str, float]:
    """Seconds from the uploaded bytes to the last commit, and MB before and after."""
    import io

    from django.contrib.auth import get_user_model

    from benchmarks.intake import scratch_database
    from importer.imports.models import Source
    from importer.intake.uploads import plan_uploads, read_uploads
    from importer.tests.takeout import takeout_zip
    from videos.models import ListEntry

    content = takeout_zip(playlists=PLAYLISTS, videos=VIDEOS, language="de")
    with scratch_database():
        owner = get_user_model().objects.create_user("bench")
        before, began = peak(), time.perf_counter()
        plans = plan_uploads(
            owner=owner,
            video_list=None,
            files=read_uploads([("takeout.zip", io.BytesIO(content))]),
            source=Source.WEB,
        )
        reports = [plan.start() for plan in plans]
        took = time.perf_counter() - began
        assert len(reports) == PLAYLISTS
        assert ListEntry.objects.count() == PLAYLISTS * VIDEOS
    return {"seconds": took, "before": before, "after": peak()}


def rows() -> list[Row]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.uploads"], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    return [
        (
            "upload: a Takeout of 20 lists, 10,000 videos, all visible",
            f"{found['seconds']:.2f} s",
            "at most 10 s",
        ),
        (
            "upload: memory of that process, highest",
            f"{found['after']:.0f} MB",
            f"{found['before']:.0f} MB before it; at most 200 MB",
        ),
    ]


if __name__ == "__main__":
    import logging
    import tempfile

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="sammelwerk-bench-"))
    import django

    django.setup()
    logging.disable(logging.WARNING)
    print(json.dumps(upload_once()))
