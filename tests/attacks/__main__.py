"""`make attack`: attack an installation, and print what held.

Without `--url` it starts one of its own in a temporary folder, and ends it. Only addresses of this
machine are attacked.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.attacks.attacks import ATTACKS, Cost
from tests.attacks.target import NotOurs, Person, Target
from tests.attacks.watcher import Watcher

PASSWORD = "correct horse battery staple"
OTHER, ATTACKER = Person("alice", PASSWORD), Person("mallory", PASSWORD)
MAKE_ATTACKER = f"""
from django.contrib.auth.models import User
User.objects.create_user({ATTACKER.name!r}, password={PASSWORD!r})
"""


@contextmanager
def own_installation() -> Iterator[str]:
    """The address of an installation of this checkout, with both people in it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from tests.installation import PATIENT_START, Installation

    with tempfile.TemporaryDirectory(prefix="sammelwerk-attack-") as folder:
        first = {
            "DJANGO_SUPERUSER_USERNAME": OTHER.name,
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
            "DATABASE_URL": os.environ.get("DATABASE_URL", ""),
            "REDIS_URL": os.environ.get("REDIS_URL", ""),
            "SECRET_KEY": os.environ.get("SECRET_KEY", ""),
            # Nothing is ever asked of YouTube.
            "YOUTUBE_PROXY": "http://127.0.0.1:9",
        }
        installation = Installation(Path(folder) / "data", first, start_seconds=PATIENT_START)
        try:
            installation.run()
            subprocess.run(
                [sys.executable, "manage.py", "shell", "-v", "0", "-c", MAKE_ATTACKER],
                env=installation.environ,
                check=True,
            )
            yield f"http://127.0.0.1:{installation.port}"
        finally:
            installation.end()


def person(text: str) -> Person:
    name, _colon, password = text.partition(":")
    return Person(name, password)


def list_page(target: Target) -> str:
    """The address of a list of the other's with some videos in it."""
    list_id = target.new_list(target.other, "Mine")
    urls = [f"other{n:06}" for n in range(200)]
    target.call(target.other, f"/api/lists/{list_id}/videos/batch", {"urls": urls})
    return f"/lists/{list_id}/"


def run(target: Target, wanted: list[str]) -> int:
    """Print a line for each attack; the exit code is 1 when something did not hold."""
    page = list_page(target)
    failed = 0
    for name in wanted:
        attack = ATTACKS[name]
        cost = Cost()
        with Watcher(target, page) as watcher:
            attack(target, cost)
        seen = watcher.seen
        reasons = seen.reasons()
        failed += bool(reasons)
        verdict = "held"
        if reasons:
            verdict = "DID NOT HOLD: " + ", ".join(reasons)
        print(f"{name}: {verdict}")
        print(f"    {(attack.__doc__ or '').strip()} Sent: {cost}")
        slowest = max(seen.health_times, default=0.0)
        print(
            f"    /healthz {dict(seen.health)}, slowest {slowest:.2f} s; the other's page "
            f"{dict(seen.pages)}, p95 {seen.p95():.2f} s; web server {seen.memory:.0f} MB; "
            f"disk +{seen.disk:.0f} MB",
            flush=True,
        )
    return int(failed > 0)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make attack", description=__doc__)
    parser.add_argument("--url", help="of a running installation on this machine")
    parser.add_argument("--other", type=person, default=OTHER, metavar="NAME:PASSWORD")
    parser.add_argument("--attacker", type=person, default=ATTACKER, metavar="NAME:PASSWORD")
    parser.add_argument("attacks", nargs="*", metavar="ATTACK", help=", ".join(ATTACKS))
    chosen = parser.parse_args()
    wanted = chosen.attacks or list(ATTACKS)
    unknown = sorted(set(wanted) - set(ATTACKS))
    if unknown:
        parser.error(f"There is no attack {', '.join(unknown)}; there are {', '.join(ATTACKS)}.")
    try:
        if chosen.url:
            return run(Target(chosen.url.rstrip("/"), chosen.other, chosen.attacker), wanted)
        with own_installation() as url:
            return run(Target(url, OTHER, ATTACKER), wanted)
    except NotOurs as problem:
        parser.error(str(problem))


if __name__ == "__main__":
    sys.exit(main())
