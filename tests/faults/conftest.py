"""The fault suite: `make faults`, with FAULTS=full at full length. `make test` passes it over, since it takes minutes."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return None if any("faults" in argument for argument in config.args) else True
