"""The Lua scripts: each decision is one of them, run by Redis as a whole or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import redis
from redis.exceptions import NoScriptError

from enrichment.limits.rules import lua_constants

FOLDER = Path(__file__).parent / "lua"


class Script:
    """The constants, `lane.lua` and one decision.

    Costs one round trip; a second one when Redis has never seen it (after a restart).
    """

    def __init__(self, name: str) -> None:
        self.source = (
            lua_constants()
            + (FOLDER / "lane.lua").read_text()
            + (FOLDER / f"{name}.lua").read_text()
        )
        self.sha = hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, client: redis.Redis, key: str, *args: str | bytes) -> Any:
        try:
            return client.evalsha(self.sha, 1, key, *args)
        except NoScriptError:
            return client.eval(self.source, 1, key, *args)


acquire = Script("acquire")
release = Script("release")
renew = Script("renew")
close = Script("close")
state = Script("state")
