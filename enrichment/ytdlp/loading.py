"""Loading the yt-dlp in use into a process, once: yt-dlp changes other libraries while it is
loaded, so never a second one.

A process that should use another version has to begin anew; `restart.py` does that for workers.
"""

import importlib
import logging
import os
import sys

from enrichment.ytdlp import in_process, versions

logger = logging.getLogger(__name__)


def load() -> None:
    """Load the yt-dlp in use, unless one is loaded already.

    A version that cannot be imported is taken back.
    """
    while not in_process.is_loaded():
        chosen = versions.in_use()
        folder = "" if chosen is None else chosen.folder
        put_on_path(folder)
        before = set(sys.modules)
        try:
            importlib.import_module("enrichment.sources.youtube")
        except Exception:
            if chosen is None:
                raise
            logger.exception("yt-dlp %s cannot be loaded; the one before is used", chosen.version)
            versions.take_back(chosen.version, "it could not be loaded")
            drop_modules_except(before)
        else:
            in_process.note_loaded(folder)


def drop_modules_except(names: set[str]) -> None:
    for name in set(sys.modules) - names:
        del sys.modules[name]


def is_outdated() -> bool:
    """Whether this process has loaded another yt-dlp than the one in use now.

    Costs reading a small file.
    """
    if not in_process.is_loaded():
        return False
    return in_process.loaded_folder() != versions.folder_in_use()


def put_on_path(folder: str) -> None:
    """Put a folder first on `sys.path`, instead of any other of DATA_DIR's versions; "" for none of
    them.
    """
    own = f"{versions.root()}{os.sep}"
    sys.path[:] = [entry for entry in sys.path if not entry.startswith(own)]
    if folder:
        sys.path.insert(0, folder)
    importlib.invalidate_caches()
