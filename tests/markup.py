"""HTML as a browser understands it, for tests that compare markup."""

from __future__ import annotations

import re

_QUOTED = re.compile(r'("[^"]*")')


def squeeze(html: str) -> str:
    """Write every run of white space outside of quoted values as one space, and none before `>`."""
    parts = _QUOTED.split(html)
    for number in range(0, len(parts), 2):
        parts[number] = re.sub(r"\s+", " ", parts[number]).replace(" >", ">")
    return "".join(parts)
