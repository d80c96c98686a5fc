"""System checks: an old yt-dlp or a wrong certificate file fails here, at the start, and not one by
one in every import.
"""

import ssl
from importlib import metadata
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

PACKAGE = "yt-dlp"
INSTALLATION = (
    "installation"  # the tag of what depends on the machine and its settings, not on our code
)


@register(INSTALLATION)
def check_yt_dlp(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """The installed yt-dlp is at least as new as the pinned one: YouTube changes, and an older one
    meets pages it cannot read.
    """
    pinned = pinned_version(settings.BASE_DIR / "requirements.txt", PACKAGE)
    if pinned is None:
        return []  # installed some other way, without the file that pins it
    installed = installed_version(PACKAGE)
    if installed and as_numbers(installed) >= as_numbers(pinned):
        return []
    found = f"{PACKAGE} is not installed"
    if installed:
        found = f"{PACKAGE} {installed} is older than {pinned}"
    return [Error(f"{found}.", hint="Run: pip install -r requirements.txt", id="enrichment.E001")]


@register(INSTALLATION)
def check_certificates(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """YOUTUBE_CA_FILE holds certificates: otherwise every request would fail, as if YouTube could
    not be reached.
    """
    try:
        if settings.YOUTUBE_CA_FILE:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(settings.YOUTUBE_CA_FILE)
    except OSError:  # which ssl.SSLError is, too
        return [
            Error(
                "YOUTUBE_CA_FILE cannot be read as certificates.",
                hint="It takes a file in PEM format.",
                id="enrichment.E002",
            )
        ]
    return []


def installed_version(package: str) -> str:
    """Return "" when the package is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def pinned_version(path: Path, package: str) -> str | None:
    """The version a requirements file pins a package to; None without the file or the pin."""
    if not path.is_file():
        return None
    for line in path.read_text(encoding="utf-8").splitlines():
        name, version = pin_in(line)
        if name.lower() == package and version:
            return version
    return None


def pin_in(line: str) -> tuple[str, str]:
    """Read `package==version  # comment`; without a pin the version is ""."""
    name, _, version = line.partition("#")[0].replace(" ", "").partition("==")
    return name, version


def as_numbers(version: str) -> tuple[int, ...]:
    """`2026.10.26` as (2026, 10, 26), without the suffix of a nightly."""
    numbers = []
    for part in version.split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)
