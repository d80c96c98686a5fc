"""Installing a newer yt-dlp, trying it, putting it to use, and going back: what the command and the
beat do.

A version is used only after its trial. A trial at YouTube takes a permit like any other request;
where none is to be had, or YouTube does not answer, the trial without a network decides alone, and
the outcome says so.
"""

import json
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from redis.exceptions import RedisError

from enrichment import children, limits
from enrichment.limits import Denied, Lane, Permit
from enrichment.ytdlp import pip, versions
from enrichment.ytdlp.trial import Question, Verdict
from enrichment.ytdlp.versions import Installed, as_version

logger = logging.getLogger(__name__)

TRIAL_SECONDS = 60
CHECKED_EVERY = 20 * 3600  # seconds between two looks of the beat, which comes by every hour
UPDATING = "updating"  # the lock of a whole update


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    `kept`: the old version stays because something was wrong; `text` says what, or what was done.
    """

    text: str
    kept: bool = False


def update(
    *, channel: str, wheels: Path | None = None, say: Callable[[str], None] = logger.info
) -> Outcome:
    """Install the newest version of a channel (`stable`, `nightly`), or of a folder of wheels, try
    it and use it.
    """
    with versions.locked(UPDATING):
        try:
            newest = _newest(channel, wheels)
        except pip.PipError as error:
            return Outcome(f"No yt-dlp could be found: {error}", kept=True)
        current = versions.version_in_use()
        if as_version(newest) == as_version(current):
            return Outcome(f"yt-dlp {current} is in use, and there is no newer one.")
        if as_version(newest) < as_version(current):
            text = f"yt-dlp {current} stays: {newest} is older."
            return Outcome(text, kept=wheels is not None)
        return _install(newest, channel=channel, wheels=wheels, say=say)


def _newest(channel: str, wheels: Path | None) -> str:
    """Ask pip, and remember what an index said. Raises PipError."""
    newest = pip.newest_version(channel=channel, wheels=wheels)
    if wheels is None:
        versions.remember_newest(newest)
    return newest


def _install(
    version: str, *, channel: str, wheels: Path | None, say: Callable[[str], None]
) -> Outcome:
    current = versions.version_in_use()
    folder = versions.new_folder(version)
    say(f"Installing yt-dlp {version} …")
    try:
        pip.install(version, folder, channel=channel, wheels=wheels)
        say("Trying it …")
        problem, note = try_out(version, folder)
    except pip.PipError as error:
        problem, note = str(error), ""
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if problem:
        shutil.rmtree(folder, ignore_errors=True)
        versions.refuse(version, problem)
        logger.error("yt-dlp %s is not used: %s", version, problem)
        return Outcome(f"yt-dlp {current} stays. {version} cannot be used: {problem}.", kept=True)
    origin = channel if wheels is None else "folder"
    versions.switch_to(Installed(version, str(folder), origin, time.time()))
    logger.warning("yt-dlp %s is in use now, %s before", version, current)
    text = f"yt-dlp {version} is in use now; workers change over before their next video."
    return Outcome(f"{text} {note} {current} is kept for --rollback.")


def roll_back() -> Outcome:
    """Go back to the version before the one in use."""
    state = versions.read_state()
    if state.in_use is None:
        version = versions.bundled_version()
        return Outcome(f"yt-dlp {version}, which Sammelwerk came with, is in use already.")
    before = versions.take_back(state.in_use.version, versions.BY_HAND)
    logger.warning("yt-dlp %s is in use again, %s taken back", before, state.in_use.version)
    return Outcome(f"yt-dlp {before} is in use again; {state.in_use.version} was taken back.")


def check(*, channel: str, wheels: Path | None = None) -> Outcome:
    """Say which version is in use and which is the newest, and change nothing else."""
    try:
        newest = _newest(channel, wheels)
    except pip.PipError as error:
        return Outcome(f"No yt-dlp could be found: {error}", kept=True)
    current = versions.version_in_use()
    if as_version(newest) <= as_version(current):
        return Outcome(f"yt-dlp {current} is in use, and there is no newer one.")
    return Outcome(f"yt-dlp {current} is in use; {newest} is there.")


def update_by_itself() -> Outcome | None:
    """For the beat: update when that is wanted and was not done today.

    Never tries again what was taken back.
    """
    channel = settings.YTDLP_AUTO_UPDATE
    state = versions.read_state()
    if channel == "off" or time.time() - state.checked_at < CHECKED_EVERY:
        return None
    seen = check(channel=channel)
    newest = versions.read_state().newest
    if seen.kept:
        logger.warning("%s", seen.text)
        return seen
    if newest in state.taken_back or as_version(newest) <= as_version(versions.version_in_use()):
        return seen
    return update(channel=channel)


# The trial ----------------------------------------------------------------------------------------


def try_out(version: str, folder: Path) -> tuple[str, str]:
    """Try a version.

    Answers the problem, "" when it can be used, and what to say about the trial at YouTube.
    """
    permit = _acquire()
    if permit is None:
        verdict = _ask_trial(Question(str(folder), version))
        return verdict.problem, "YouTube was not asked: it allows no request right now."
    lane = limits.lane(permit.lane)
    try:
        return _try_at_youtube(version, folder, lane)
    finally:
        lane.limiter.on_success(permit)


def _try_at_youtube(version: str, folder: Path, lane: Lane) -> tuple[str, str]:
    """One request with the new version; one more with the one in use when the new one did not
    understand the answer.
    """
    proxy, ca_file = lane.proxy, settings.YOUTUBE_CA_FILE
    verdict = _ask_trial(Question(str(folder), version, True, proxy, ca_file))
    if verdict.problem:
        return verdict.problem, ""
    if verdict.real == "read":
        return "", "It read a video at YouTube."
    if verdict.real != "unreadable":
        return "", f"YouTube could not be asked ({verdict.detail})."
    current = versions.version_in_use()
    old = _ask_trial(Question(versions.folder_in_use(), current, True, proxy, ca_file))
    if old.real == "read":
        return "it does not understand a video that the one in use reads", ""
    return "", "Neither it nor the one before reads a video at YouTube right now."


def _acquire() -> Permit | None:
    """A permit for the trial; None while none is to be had, or without a Redis or a database to
    ask.
    """
    try:
        answer = limits.acquire_youtube(bulk=False)
    except (RedisError, DatabaseError):
        return None
    return None if isinstance(answer, Denied) else answer


def _ask_trial(question: Question) -> Verdict:
    """Run one trial in a process of its own.

    It inherits the environment, and is told the way out on its standard input.
    """
    command = [sys.executable, "-m", "enrichment.ytdlp.trial"]
    module = os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings")
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": module}
    try:
        done = children.run(
            command,
            seconds=TRIAL_SECONDS,
            input=json.dumps(asdict(question)),
            cwd=settings.BASE_DIR,
            env=environ,
        )
    except subprocess.TimeoutExpired:
        return Verdict(f"its trial did not end within {TRIAL_SECONDS} seconds")
    return _verdict_of(done.stdout)


def _verdict_of(output: str) -> Verdict:
    """Read the last line, whatever stands before it."""
    try:
        return Verdict(**json.loads(output.rpartition("\n")[2]))
    except (ValueError, TypeError):
        return Verdict("its trial ended without a verdict")
