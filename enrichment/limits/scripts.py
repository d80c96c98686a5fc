"""The Lua scripts: each decision about a lane is one of them, run by Redis as a whole or not at
all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import redis
from redis.exceptions import NoScriptError

from enrichment.limits.rules import Rules, as_lua

FOLDER = Path(__file__).parent / "lua"


class Script:
    """The numbers, the rules, the names of the question's parts, and files of the folder.

    Costs one round trip; a second one when Redis has never seen it (after a restart, or a change of
    the rules).
    """

    def __init__(self, rules: Rules, *files: str, question: Sequence[str] = ()) -> None:
        self.parts = len(question)
        names = ", ".join((*question, "clock"))
        texts = [(FOLDER / f"{file}.lua").read_text() for file in files]
        self.source = f"{as_lua(rules)}local {names} = unpack(ARGV)\n{''.join(texts)}"
        self.sha = hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, client: redis.Redis, key: str, *question: str | float) -> Any:
        """The answer, None when there is nothing to say.

        The last parts of the question may be left out.
        """
        try:
            return client.evalsha(self.sha, 1, key, *question)
        except NoScriptError:
            return client.eval(self.source, 1, key, *question)

    def at(self, clock: float, client: redis.Redis, key: str, *question: str | float) -> Any:
        """Ask at a given time (seconds since 1970), for tests."""
        left_out = [""] * (self.parts - len(question))
        return self(client, key, *question, *left_out, clock)


class Scripts:
    """The decisions about the lanes that have these rules."""

    def __init__(self, rules: Rules) -> None:
        self.acquire = Script(
            rules, "lane", "refusal", "acquire", question=("token", "asked_at", "cost", "bulk")
        )
        self.release = Script(
            rules, "lane", "release", question=("token", "outcome", "retry_after", "jitter")
        )
        self.renew = Script(rules, "lane", "renew", question=("token",))
        self.seed = Script(rules, "lane", "seed", question=("seed",))
        self.close = Script(rules, "lane", "close")
        self.state = Script(rules, "lane", "refusal", "state")


@cache
def scripts_for(rules: Rules) -> Scripts:
    """Made once per process and rules."""
    return Scripts(rules)
