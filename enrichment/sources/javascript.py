"""A JavaScript runtime, where somebody installed one (`requirements-js.txt`): never needed, and
asked for nothing but audio that the second client does not give, as of videos for children.
"""

import shutil
import sys
from functools import cache
from pathlib import Path

RUNTIME = "deno"


@cache
def find_runtime() -> str:
    """Find the runtime of this virtual environment or on the path; "" without one."""
    beside_python = str(Path(sys.executable).parent)
    return shutil.which(RUNTIME, path=beside_python) or shutil.which(RUNTIME) or ""
