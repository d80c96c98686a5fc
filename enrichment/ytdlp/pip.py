"""pip, as a program of its own: what is newest, and a wheel unpacked into a folder.

Only wheels are taken, so that no code of a package runs while it is installed, and no other package
comes along.
"""

import json
import subprocess
import sys
from pathlib import Path

from enrichment import children
from enrichment.ytdlp.versions import PACKAGE

SECONDS = 180  # until a download counts as stuck
ALLOWED = (
    "yt_dlp",
    "bin",
    "share",
    "etc",
)  # what the wheel may put into the folder, besides its dist-info


class PipError(Exception):
    """pip could not do it. The text is pip's last line about it."""


def newest_version(*, channel: str, wheels: Path | None) -> str:
    """Ask which version pip would install.

    Raises PipError when nothing is found or the index cannot be reached.
    """
    report = _run(
        "install",
        "--dry-run",
        "--ignore-installed",
        "--report",
        "-",
        channel=channel,
        wheels=wheels,
    )
    try:
        return str(json.loads(report)["install"][0]["metadata"]["version"])
    except (ValueError, LookupError, TypeError):
        raise PipError("pip's answer cannot be read") from None


def install(version: str, folder: Path, *, channel: str, wheels: Path | None) -> None:
    """Install exactly this version into the folder. Raises PipError."""
    _run("install", "--target", str(folder), channel=channel, wheels=wheels, version=version)
    for entry in folder.iterdir():
        if entry.name not in ALLOWED and not entry.name.startswith("yt_dlp-"):
            raise PipError(f"the wheel holds more than yt-dlp: {entry.name}")


def _run(*arguments: str, channel: str, wheels: Path | None, version: str = "") -> str:
    command = [sys.executable, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check"]
    command += ["--no-input", "--no-deps", "--only-binary", ":all:"]
    if wheels is not None:
        command += ["--no-index", "--find-links", str(wheels)]
    if channel != "stable":
        command.append("--pre")
    wanted = PACKAGE
    if version:
        wanted = f"{PACKAGE}=={version}"
    command.append(wanted)
    try:
        done = children.run(command, seconds=SECONDS)
    except subprocess.TimeoutExpired:
        raise PipError(f"pip did not end within {SECONDS} seconds") from None
    if done.returncode != 0:
        raise PipError(_reason(done.stderr))
    return done.stdout


def _reason(stderr: str) -> str:
    lines = stderr.splitlines() or ["pip failed without a word"]
    for line in reversed(lines):
        if line.startswith("ERROR:"):
            return line.removeprefix("ERROR:").strip()
    return lines[-1].strip()
