"""The stand-in's own certificate authority, and one certificate for all of YouTube's hosts."""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path

import trustme

HOSTS = (
    "youtube.com",
    "*.youtube.com",
    "youtu.be",
    "*.youtube-nocookie.com",
    "*.googlevideo.com",
    "*.ytimg.com",
    "*.ggpht.com",
    "youtubei.googleapis.com",
)


def is_known(host: str) -> bool:
    """Whether a host belongs to YouTube; every other one is what a server-side request must never
    reach.
    """
    host = host.lower()
    return any(
        host.endswith(known[1:]) if known.startswith("*") else host == known for known in HOSTS
    )


@cache
def authority() -> trustme.CA:
    """One per process: making it costs some milliseconds, and one CA file then fits every
    stand-in.
    """
    return trustme.CA(organization_name="Stand-in", organization_unit_name="Stand-in for YouTube")


@cache
def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    authority().issue_cert(*HOSTS).configure_cert(context)
    return context


def write_authority(path: Path) -> Path:
    """Puts the CA certificate, which clients must trust, into a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    authority().cert_pem.write_to_path(path)
    return path
