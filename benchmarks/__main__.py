"""`make bench`: every figure next to its baseline from the same run.

`python -m benchmarks intake system` runs only those.
"""

import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from typing import Any

Row = tuple[str, str, str]  # what, the figure, what it is compared with


def parts() -> dict[str, Callable[[], Iterable[Row]]]:
    from benchmarks import (
        hosts,
        intake,
        limiter,
        long_audio,
        million,
        neighbours,
        pages,
        search,
        search_typing,
        search_writing,
        size,
        sockets,
        system,
        uploads,
    )

    every: dict[str, Any] = {
        "intake": intake,
        "uploads": uploads,
        "limiter": limiter,
        "long_audio": long_audio,
        "neighbours": neighbours,
        "sockets": sockets,
        "hosts": hosts,
        "system": system,
        "pages": pages,
        "search": search,
        "search_typing": search_typing,
        "search_writing": search_writing,
        "size": size,
        "million": million,
    }
    return {name: part.rows for name, part in every.items()}


def main(wanted: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="sammelwerk-bench-"))
    import django

    django.setup()
    logging.disable(logging.WARNING)
    known = parts()
    unknown = set(wanted) - set(known)
    if unknown:
        sys.exit(
            f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}."
        )
    for name in wanted or known:
        for what, figure, compared in known[name]():
            print(f"{what:<64} {figure:>12}   {compared}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
