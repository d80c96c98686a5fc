"""Loading the yt-dlp in use into a process, once: yt-dlp changes other libraries while it is
loaded, so never a second one.

A process that should use another version has to begin anew; `restart.py` does that for workers.
"""

import importlib
import logging
import os
import sys

from enrichment.ytdlp import versions

logger = logging.getLogger(__name__)

_loaded: str | None = None  # the folder on this process's path, "" for none; None before it loaded


def load() -> None:
    """Load the yt-dlp in use, unless one is loaded already.

    A version that cannot be imported is taken back.
    """
    global _loaded
    while _loaded is None:
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
            for name in set(sys.modules) - before:
                del sys.modules[name]
        else:
            _loaded = folder


def loaded_folder() -> str:
    """The folder of DATA_DIR that this process's yt-dlp comes from; "" for the one that Sammelwerk
    came with.
    """
    return _loaded or ""


def is_outdated() -> bool:
    """Whether this process has loaded another yt-dlp than the one that is in use now.

    Costs reading a small file.
    """
    if _loaded is None:
        return False
    chosen = versions.in_use()
    return _loaded != ("" if chosen is None else chosen.folder)


def put_on_path(folder: str) -> None:
    """Put a folder first on `sys.path`, instead of any other of DATA_DIR's versions; "" for none of
    them.
    """
    own = f"{versions.root()}{os.sep}"
    sys.path[:] = [entry for entry in sys.path if not entry.startswith(own)]
    if folder:
        sys.path.insert(0, folder)
    importlib.invalidate_caches()
