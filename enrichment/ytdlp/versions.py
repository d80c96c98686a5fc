"""Which versions of yt-dlp DATA_DIR has, and which one is in use.

Everything is said by one file, `DATA_DIR/ytdlp/state.json`, which is replaced as a whole: a reader
sees the state before a change or after it, never half of it. Importing this costs nothing, and
never loads yt-dlp.
"""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from django.conf import settings
from packaging.version import InvalidVersion, Version

PACKAGE = "yt-dlp"
KEPT_SECONDS = 3600  # a process that loaded a version may still read a module from its folder
BY_HAND = "taken back by hand"
REFUSED_AT_MOST = 20  # versions that are remembered as taken back


@dataclass(frozen=True)
class Installed:
    """A version in DATA_DIR.

    `channel`: where it came from (`stable`, `nightly`, `folder`); `installed_at`: Unix time.

    `proved`: a video was read with it since it is in use.
    """

    version: str
    folder: str
    channel: str = "stable"
    installed_at: float = 0.0
    proved: bool = False


@dataclass(frozen=True)
class State:
    """`in_use` and `before`: None is the version Sammelwerk came with.

    `taken_back`: versions that turned out worse.

    `newest`: the newest version an index spoke of, "" when none was asked; `checked_at`: when that
    was, Unix time.
    `reason`: why a version was last taken back, "" when none was.
    """

    in_use: Installed | None = None
    before: Installed | None = None
    taken_back: tuple[str, ...] = ()
    reason: str = ""
    newest: str = ""
    checked_at: float = 0.0


def root() -> Path:
    return Path(settings.DATA_DIR) / "ytdlp"


def state_file() -> Path:
    return root() / "state.json"


def read_state() -> State:
    """Read the state; an empty one without a file, or with one that cannot be read."""
    try:
        raw = json.loads(state_file().read_text(encoding="utf-8"))
        return State(
            in_use=_installed(raw.get("in_use")),
            before=_installed(raw.get("before")),
            taken_back=tuple(map(str, raw.get("taken_back", ()))),
            reason=str(raw.get("reason", "")),
            newest=str(raw.get("newest", "")),
            checked_at=float(raw.get("checked_at", 0)),
        )
    except (OSError, ValueError, TypeError, AttributeError):
        return State()


def write_state(state: State) -> None:
    """Replace the state in one step, so that a kill or a full disk leaves the one before."""
    root().mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = root() / f"state.{os.getpid()}.json"
    try:
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(asdict(state), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(state_file())
    finally:
        fresh.unlink(missing_ok=True)


def _installed(raw: Any) -> Installed | None:
    if not isinstance(raw, dict):
        return None
    known = {}
    for field in fields(Installed):
        if field.name in raw:
            known[field.name] = raw[field.name]
    return Installed(**known)


@contextmanager
def locked(name: str = "lock") -> Iterator[None]:
    """Hold the state against every other process that wants to change it.

    Waits for as long as that takes.

    Not to be taken twice by one process. `name`: another one for what takes long, and changes the
    state only at its end.
    """
    root().mkdir(parents=True, exist_ok=True, mode=0o700)
    with (root() / name).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@cache
def bundled_version() -> str:
    """The version Sammelwerk came with; "" without one."""
    own = root()
    for found in metadata.distributions(name=PACKAGE):
        if not Path(str(found.locate_file(""))).is_relative_to(own):
            return found.version
    return ""


def in_use(state: State | None = None) -> Installed | None:
    """The version in DATA_DIR that workers use; None when they use the one Sammelwerk came with.

    That is so without one in DATA_DIR, when its folder is gone, and when a new Sammelwerk brought
    one at least as new.
    """
    chosen = (read_state() if state is None else state).in_use
    if chosen is None or not (Path(chosen.folder) / "yt_dlp").is_dir():
        return None
    if as_version(chosen.version) <= as_version(bundled_version()):
        return None
    return chosen


def folder_in_use() -> str:
    """The folder of the version in DATA_DIR that workers use; "" when they use Sammelwerk's."""
    chosen = in_use()
    if chosen is None:
        return ""
    return chosen.folder


def version_in_use(state: State | None = None) -> str:
    chosen = in_use(state)
    return bundled_version() if chosen is None else chosen.version


def as_version(text: str) -> Version:
    """A version to compare with others; what cannot be read is older than everything."""
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")


def released_on(version: str) -> date | None:
    """The day in a version such as `2026.10.26` or `2026.10.27.232815.dev0`; None without one."""
    try:
        return date(*map(int, version.split(".")[:3]))
    except (ValueError, TypeError):
        return None


@dataclass(frozen=True)
class Described:
    """What a person should know of the yt-dlp in use.

    `channel`: where it comes from, "" for Sammelwerk itself.

    `days_old`: None when the version does not say. `newer`: a newer version an index spoke of, ""
    when none is known.
    `reason`: why a version was last taken back or refused, "" when none was.
    """

    version: str
    channel: str
    days_old: int | None
    newer: str
    reason: str


def describe(today: date) -> Described:
    """Describe the version that workers use.

    Costs reading one small file, and never loads yt-dlp.
    """
    state = read_state()
    chosen = in_use(state)
    version = version_in_use(state)
    channel, newer = "", ""
    if chosen is not None:
        channel = chosen.channel
    if as_version(state.newest) > as_version(version):
        newer = state.newest
    return Described(
        version=version,
        channel=channel,
        days_old=_days_old(version, today),
        newer=newer,
        reason=state.reason,
    )


def _days_old(version: str, today: date) -> int | None:
    released = released_on(version)
    if released is None:
        return None
    return max((today - released).days, 0)


def switch_to(chosen: Installed) -> None:
    """Put a version to use; the one in use until now is kept for a rollback."""
    with locked():
        state = read_state()
        taken_back = _without(state.taken_back, chosen.version)
        state = replace(
            state, in_use=chosen, before=in_use(state), taken_back=taken_back, reason=""
        )
        write_state(state)
        remove_unused(state)


def refuse(version: str, reason: str) -> None:
    """Remember a version that failed its trial, so that it is not installed again by itself."""
    with locked():
        state = read_state()
        taken_back = (*_without(state.taken_back, version), version)[-REFUSED_AT_MOST:]
        write_state(replace(state, taken_back=taken_back, reason=f"{version}: {reason}"))


def _without(versions: tuple[str, ...], version: str) -> tuple[str, ...]:
    return tuple(other for other in versions if other != version)


def take_back(version: str, reason: str) -> str | None:
    """Go back to the version before `version`.

    Answers which one that is; None when `version` is not in use any more.
    """
    with locked():
        state = read_state()
        if state.in_use is None or state.in_use.version != version:
            return None
        taken_back = (*state.taken_back, version)[-REFUSED_AT_MOST:]
        state = replace(
            state,
            in_use=state.before,
            before=None,
            taken_back=taken_back,
            reason=f"{version}: {reason}",
        )
        write_state(state)
        return version_in_use(state)


def remember_proved(version: str) -> None:
    """Note that a video was read with the version in use."""
    with locked():
        state = read_state()
        if state.in_use is not None and state.in_use.version == version:
            write_state(replace(state, in_use=replace(state.in_use, proved=True)))


def remember_newest(newest: str) -> None:
    """Note what an index said is newest."""
    with locked():
        write_state(replace(read_state(), newest=newest, checked_at=time.time()))


def new_folder(version: str) -> Path:
    """An empty folder to install into. Nothing uses it until `switch_to` names it."""
    folder = root() / f"{version}-{time.time_ns():x}"
    folder.mkdir(parents=True, mode=0o700)
    return folder


def remove_unused(state: State) -> None:
    """Remove the folders that neither the version in use nor the one before needs.

    Hold the lock.
    """
    needed = _folders_of(state)
    for folder in root().iterdir():
        is_old = time.time() - folder.stat().st_mtime > KEPT_SECONDS
        if folder.is_dir() and is_old and str(folder) not in needed:
            shutil.rmtree(folder, ignore_errors=True)


def _folders_of(state: State) -> set[str]:
    folders = set()
    for version in (state.in_use, state.before):
        if version is not None:
            folders.add(version.folder)
    return folders
