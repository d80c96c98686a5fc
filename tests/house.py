"""Checks what no formatter checks: `python -m tests.house`, part of `make check`.

No line of a template is longer than 120 characters, none of JavaScript or CSS longer than 100. No
function of the product is more complex than ten, booleans, conditional expressions and
comprehensions counted (radon). A comprehension has one `for`, no conditional expression for an
element, and no other one inside of it. No name of a test is longer than 60 characters.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from radon.complexity import cc_visit

ROOT = Path(__file__).resolve().parent.parent
WIDTHS = {"templates/**/*.html": 120, "static/js/**/*.js": 100, "static/css/**/*.css": 100}

APPS = ("config", "videos", "importer", "enrichment")
MOST_COMPLEX = 10
LONGEST_TEST_NAME = 60
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
DENSE = (*COMPREHENSIONS, ast.IfExp)
_TEST_NAME = re.compile(r"^\s*(?:async )?def (test_\w+)", re.MULTILINE)


def product_files() -> Iterator[Path]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "tests" not in path.parts and "migrations" not in path.parts:
                yield path


def find_complex_functions() -> Iterator[str]:
    for path in product_files():
        for block in cc_visit(path.read_text(encoding="utf-8")):
            if block.letter != "C" and block.complexity > MOST_COMPLEX:
                where = f"{path.relative_to(ROOT)}:{block.lineno}"
                yield f"{where}: {block.fullname} has a complexity of {block.complexity}"


def find_dense_comprehensions() -> Iterator[str]:
    for path in product_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, COMPREHENSIONS) and is_dense(node):
                yield f"{path.relative_to(ROOT)}:{node.lineno}: write this comprehension out"


def is_dense(comprehension: ast.expr) -> bool:
    """Whether a comprehension has two `for`, or a condition or another one for an element."""
    if len(comprehension.generators) > 1:  # type: ignore[attr-defined]
        return True
    if isinstance(comprehension, ast.DictComp):
        elements = [comprehension.key, comprehension.value]
    else:
        elements = [comprehension.elt]  # type: ignore[attr-defined]
    return any(isinstance(part, DENSE) for element in elements for part in ast.walk(element))


def find_long_lines() -> Iterator[str]:
    for pattern, width in WIDTHS.items():
        for path in sorted(ROOT.glob(pattern)):
            lines = path.read_text(encoding="utf-8").splitlines()
            for number, line in enumerate(lines, 1):
                if len(line) > width:
                    where = f"{path.relative_to(ROOT)}:{number}"
                    yield f"{where}: {len(line)} characters, at most {width}"


def find_long_test_names() -> Iterator[str]:
    for folder in (*APPS, "tests"):
        for path in sorted((ROOT / folder).rglob("test_*.py")):
            for name in _TEST_NAME.findall(path.read_text(encoding="utf-8")):
                if len(name) > LONGEST_TEST_NAME:
                    where = path.relative_to(ROOT)
                    yield f"{where}: {name} has {len(name)} characters, at most {LONGEST_TEST_NAME}"


def main() -> int:
    problems = [
        *find_long_lines(),
        *find_complex_functions(),
        *find_dense_comprehensions(),
        *find_long_test_names(),
    ]
    for problem in problems:
        print(problem)  # noqa: T201
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
