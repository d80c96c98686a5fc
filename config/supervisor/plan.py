"""What to keep running, as data: made by `manage.py quickstart`, carried to the supervisor in one
environment variable.
"""

import json
import os
from collections.abc import MutableMapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

VARIABLE = "SAMMELWERK_PLAN"


@dataclass(frozen=True)
class Part:
    """One program to keep running. Parts start in the plan's order and stop in the opposite one."""

    name: str  # as `/healthz` names it, where it does
    title: str  # as a person reads it
    argv: tuple[str, ...]
    ready_file: str = (
        ""  # removed before each start; later parts start once it is there ("": at once)
    )
    stop_seconds: float = 3.0  # from the polite signal to the one that cannot be refused
    needs: tuple[str, ...] = ()  # silence of this part means nothing while one of these is down
    # Touched by the part every second, whatever else keeps it busy ("": it only answers health).
    heartbeat_file: str = ""

    def is_ready(self) -> bool:
        return not self.ready_file or Path(self.ready_file).exists()


@dataclass(frozen=True)
class Health:
    """Where `GET /healthz` is answered."""

    host: str
    port: int
    headers: dict[str, str]


@dataclass(frozen=True)
class Plan:
    data_dir: str
    address: str  # what a person opens in the browser
    health: Health
    parts: tuple[Part, ...]
    environ: dict[str, str]  # for every part, on top of the supervisor's own
    once_ready: tuple[str, ...] = ()  # run once when everything answers

    @property
    def logs(self) -> Path:
        return Path(self.data_dir) / "logs"

    def to_environ(self) -> dict[str, str]:
        return {**os.environ, VARIABLE: json.dumps(asdict(self))}

    @classmethod
    def from_environ(cls, environ: MutableMapping[str, str]) -> "Plan":
        """Takes the plan out of `environ`, so that the parts do not inherit it.

        KeyError when there is none.
        """
        raw = json.loads(environ.pop(VARIABLE))
        raw["health"] = Health(**raw["health"])
        raw["parts"] = tuple(map(_part_of, raw["parts"]))
        raw["once_ready"] = tuple(raw["once_ready"])
        return cls(**raw)


def _part_of(raw: dict[str, Any]) -> Part:
    """Make a part of what JSON keeps of it, which has lists for tuples."""
    return Part(**{**raw, "argv": tuple(raw["argv"]), "needs": tuple(raw["needs"])})
