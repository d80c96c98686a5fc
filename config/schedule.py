"""What the beat sends, and how often.

Each message says that there may be work of a kind, and never expires, which would compare clocks of
hosts: while no worker takes them, no more are sent (`enrichment.beat`).
"""

from typing import Any

Schedule = dict[str, dict[str, Any]]


def beat_schedule(
    *,
    transcribes: bool,
    keeps_thumbnails: bool,
    sends_mail: bool,
    updates_ytdlp: bool,
    tells_operator: bool,
) -> Schedule:
    """Return Celery's schedule: what every installation does, and what is turned on in this one."""
    schedule: Schedule = {
        "enrich": _tick("enrichment.tasks.enrich_next", every=1.0),
        "sweep": _tick("enrichment.tasks.sweep", every=5.0),
        "read": _tick("importer.tasks.read_next", every=1.0),
        "settle": _tick("importer.tasks.settle", every=10.0),
        "check": _tick("importer.tasks.check_next", every=60.0),
        "deliver": _tick("importer.tasks.deliver_next", every=10.0),
        "search": _tick("videos.tasks.mend_search", every=7.0),
    }
    if transcribes:
        schedule["transcribe"] = _tick("enrichment.tasks.transcribe_next", every=2.0)
    if keeps_thumbnails:
        # Five pictures each time, and one of 64 folders each time.
        schedule["keep-thumbnails"] = _tick("enrichment.tasks.keep_thumbnails", every=5.0)
        schedule["remove-thumbnails"] = _tick("enrichment.tasks.remove_thumbnails", every=60.0)
    if sends_mail:
        schedule["send-mail"] = _tick("importer.tasks.send_next_mail", every=10.0)
        schedule["announce-standstill"] = _tick("importer.tasks.announce_standstill", every=60.0)
    if updates_ytdlp:
        # It looks once a day; an hour later when that was not possible.
        schedule["update-ytdlp"] = _tick("enrichment.tasks.update_ytdlp", every=3600.0)
    if tells_operator:
        schedule["tell-operator"] = _tick("importer.tasks.tell_operator", every=10.0)
    return schedule


def _tick(task: str, *, every: float) -> dict[str, Any]:
    """Return one entry of the schedule; `every` in seconds."""
    return {"task": task, "schedule": every}
