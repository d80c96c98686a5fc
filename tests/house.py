"""Checks what no formatter checks: `python -m tests.house`, part of `make check`.

No line of a template is longer than 120 characters, none of JavaScript or CSS longer than 100.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WIDTHS = {"templates/**/*.html": 120, "static/js/**/*.js": 100, "static/css/**/*.css": 100}


def find_long_lines() -> Iterator[str]:
    for pattern, width in WIDTHS.items():
        for path in sorted(ROOT.glob(pattern)):
            lines = path.read_text(encoding="utf-8").splitlines()
            for number, line in enumerate(lines, 1):
                if len(line) > width:
                    where = f"{path.relative_to(ROOT)}:{number}"
                    yield f"{where}: {len(line)} characters, at most {width}"


def main() -> int:
    problems = list(find_long_lines())
    for problem in problems:
        print(problem)  # noqa: T201
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
