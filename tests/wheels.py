"""Wheels named yt-dlp, built from the installed one: newer, older or broken, and small enough to
install in a moment.
"""

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LIST_MODULES = """
import sys
import django
django.setup()
from enrichment.ytdlp import trial
import yt_dlp.version
trial.try_version(trial.Question("", yt_dlp.version.__version__))
import enrichment.sources.youtube
for name, module in sys.modules.items():
    if name.split(".")[0] == "yt_dlp" and getattr(module, "__file__", None):
        print(module.__file__)
"""
VERSION_FILE = "yt_dlp/version.py"


@cache
def needed_files() -> dict[str, bytes]:
    """The files of the installed yt-dlp that the product loads, by their names in a wheel."""
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    listed = subprocess.run(
        [sys.executable, "-c", LIST_MODULES],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    files: dict[str, bytes] = {}
    for line in listed.stdout.splitlines():
        path = Path(line)
        name = "yt_dlp/" + line.rpartition("/yt_dlp/")[2]
        files[name] = path.read_bytes()
    return files


def build_wheel(
    folder: Path,
    version: str,
    *,
    replaced: Mapping[str, str] | None = None,
    says: str | None = None,
    extra: Mapping[str, str] | None = None,
) -> Path:
    """Build a wheel of this version.

    `replaced`: text by text, in any of its files; `says`: the version its code claims.

    `extra`: more files, by their names.
    """
    files = dict(needed_files())
    line = f"__version__ = {says or version!r}\n"
    files[VERSION_FILE] += line.encode()
    for old, new in (replaced or {}).items():
        found = [name for name, content in files.items() if old.encode() in content]
        assert found, f"nothing to replace: {old}"
        for name in found:
            files[name] = files[name].replace(old.encode(), new.encode())
    files |= {name: content.encode() for name, content in (extra or {}).items()}
    information = f"yt_dlp-{version}.dist-info"
    files[f"{information}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: yt-dlp\nVersion: {version}\n".encode()
    )
    files[f"{information}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    record = [f"{name},sha256={digest(content)},{len(content)}" for name, content in files.items()]
    files[f"{information}/RECORD"] = "\n".join([*record, f"{information}/RECORD,,\n"]).encode()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"yt_dlp-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, content in files.items():
            wheel.writestr(name, content)
    return path


def digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
