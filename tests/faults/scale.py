"""How large the faults are: so that the suite takes minutes, or with FAULTS=full as large as they
were promised.
"""

import os
from typing import TypeVar

N = TypeVar("N", int, float)

FULL = os.environ.get("FAULTS", "") == "full"


def scaled(full: N, short: N) -> N:
    return full if FULL else short
