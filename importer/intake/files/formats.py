"""The readers of single files, in the order in which they are asked."""

from importer.intake.files.bookmarks import Bookmarks, Xml
from importer.intake.files.databases import Database
from importer.intake.files.json_exports import JsonExport
from importer.intake.files.own_lists import OwnJson, OwnTable
from importer.intake.files.plain import PlainText
from importer.intake.files.property_lists import PropertyList
from importer.intake.files.reading import FileProblem, FileRefused, Given, Reader
from importer.intake.files.shortcuts import Shortcut
from importer.intake.files.tables import Table

# The first that recognises a file reads it, so the more particular ones come first.
SINGLE_FILES: tuple[Reader, ...] = (
    Database(),
    OwnJson(),
    OwnTable(),
    Shortcut(),
    PropertyList(),
    Bookmarks(),
    Xml(),
    JsonExport(),
    Table(),
    PlainText(),
)


def reader_of(given: Given) -> Reader:
    """Return the reader of a single file. Raises FileRefused where there is none."""
    for reader in SINGLE_FILES:
        if reader.recognises(given):
            return reader
    raise FileRefused(FileProblem.UNKNOWN_FORMAT)
