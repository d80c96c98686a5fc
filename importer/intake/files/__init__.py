"""Files as a way in: a registry of small readers, one per format, that turn a file into lines with
what it knows about each.
"""

from importer.intake.files.reading import (
    DEFAULT_LIMITS,
    Budget,
    FileLine,
    FileProblem,
    FileRefused,
    Group,
    Heading,
    Kind,
    Limits,
    ReadResult,
)
from importer.intake.files.registry import read_file

__all__ = [
    "DEFAULT_LIMITS",
    "Budget",
    "FileLine",
    "FileProblem",
    "FileRefused",
    "Group",
    "Heading",
    "Kind",
    "Limits",
    "ReadResult",
    "read_file",
]
