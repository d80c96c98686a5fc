"""A full disk: whether it is one, and how its errors are recognised."""

import errno
import shutil

from django.conf import settings
from django.db import DatabaseError

# SQLite's and PostgreSQL's own words; neither driver has a class of its own for all of them.
WORDS = ("disk is full", "no space left on device", "disk full")


def is_disk_full() -> bool:
    """Return whether DATA_DIR has less than DISK_RESERVE bytes left. Costs no query."""
    try:
        return shutil.disk_usage(settings.DATA_DIR).free < settings.DISK_RESERVE
    except OSError:
        return False


def is_full_disk_error(error: BaseException | None) -> bool:
    """Return whether this error, or what caused it, is that the disk is full."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if isinstance(error, DatabaseError) and _has_words_of_full_disk(str(error).lower()):
            return True
        error = error.__cause__
    return False


def _has_words_of_full_disk(text: str) -> bool:
    for words in WORDS:
        if words in text:
            return True
    return False
