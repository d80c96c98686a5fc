"""Twelve hours of audio, fetched, cut and transcribed: the worker's memory and CPU.

In a process of its own, as a worker is: `python -m benchmarks.long_audio` runs the job against the
stand-ins its environment names and prints seconds and MB.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

Row = tuple[str, str, str]

HOURS = 12
ID = "zwoelfhours"


def peak() -> float:
    """MB this process had at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def transcribe_once() -> dict[str, float]:
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from benchmarks.intake import scratch_database
    from enrichment import jobs, limits, pipeline, transcription
    from enrichment.inline import next_holder
    from enrichment.limits import Permit
    from enrichment.sources.registry import source_for
    from videos.models import ListEntry, Transcript, Video, VideoList

    with scratch_database():
        video = Video.objects.create(youtube_id=ID)
        video_list = VideoList.objects.create(
            owner=get_user_model().objects.create_user("bench"), name="Long"
        )
        ListEntry.objects.create(video_list=video_list, video=video, position=1)
        jobs.enqueue([video.pk], bulk=False, now=timezone.now())
        run = next_holder()
        permit = limits.acquire_youtube(bulk=False, holder=run.name)
        assert isinstance(permit, Permit)
        first = jobs.claim(run)
        assert first is not None
        way = limits.lane(permit.lane)
        pipeline.enrich(first, permit, limiter=way.limiter, source=source_for(way.proxy))
        before, began, cpu = peak(), time.perf_counter(), time.process_time()
        second = jobs.claim_transcription(next_holder())
        assert second is not None
        transcription.transcribe(second)
        found = {
            "seconds": time.perf_counter() - began,
            "cpu": time.process_time() - cpu,
            "before": before,
            "after": peak(),
        }
        assert Transcript.objects.get(video=video).cues[-1][0] > HOURS * 3600 - 60
    return found


def rows() -> list[Row]:
    from tests.redis_process import RedisProcess
    from tests.standins import GroqStandIn, VideoSpec, YouTubeStandIn

    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        YouTubeStandIn() as youtube,
        GroqStandIn() as groq,
    ):
        youtube.catalogue.add(VideoSpec(ID, title="Long", duration=HOURS * 3600))
        redis = RedisProcess(Path(name) / "redis.sock")
        redis.start()
        try:
            own = {
                "REDIS_URL": redis.url,
                "DATABASE_URL": "",
                "DATA_DIR": name,
                "GROQ_AUDIO_SECONDS_PER_HOUR": "1000000",
            }
            environ = {**os.environ, **youtube.environment, **groq.environment, **own}
            command = [sys.executable, "-m", "benchmarks.long_audio"]
            done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
        finally:
            redis.kill()
    found = json.loads(done.stdout)
    return [
        (
            f"transcription: {HOURS} h of audio, highest memory",
            f"{found['after']:.0f} MB",
            f"{found['before']:.0f} MB before it; at most 300 MB",
        ),
        (
            f"transcription: {HOURS} h of audio, CPU",
            f"{found['cpu']:.1f} s",
            f"{found['seconds']:.1f} s in all, the fetching included",
        ),
    ]


if __name__ == "__main__":
    import logging

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    logging.disable(logging.WARNING)
    print(json.dumps(transcribe_once()))
