"""SQLite files: what NewPipe and its relatives export, and any other with addresses in its tables.

A database is hostile until shown otherwise: it is opened in memory, only real tables are read, and
every step counts against the budget.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from importer.intake.files.json_exports import drafts_of_document, settled
from importer.intake.files.reading import (
    FileLine,
    FileProblem,
    FileRefused,
    Given,
    Heading,
)
from importer.parsing import Unusable, parse_address

_MARK = b"SQLite format 3\x00"
_LARGEST = 50_000_000  # bytes, held in memory
_LONGEST_VALUE = 1_000_000  # bytes
_STEPS = 10_000  # of SQLite's machine, after which the budget is asked
_MOST_TABLES = 200
_READ_AND_WRITE_VERSIONS = slice(18, 20)  # bytes of the header; 2 needs a second file beside it
_ROLLBACK_JOURNAL = b"\x01\x01"
_TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    " AND sql NOT LIKE 'CREATE VIRTUAL%' LIMIT ?"
)
_OF_NEWPIPE = frozenset({"streams", "playlists", "playlist_stream_join"})
_PLAYLISTS = (
    "SELECT p.uid, p.name, s.url, s.title FROM playlists p"
    " JOIN playlist_stream_join j ON j.playlist_id = p.uid JOIN streams s ON s.uid = j.stream_id"
    " ORDER BY p.uid, j.join_index"
)
_HISTORY = (
    "SELECT s.url, s.title, h.access_date AS watched_at"
    " FROM stream_history h JOIN streams s ON s.uid = h.stream_id ORDER BY h.access_date"
)


class Database:
    name = "sqlite"

    def recognises(self, given: Given) -> bool:
        return given.head.startswith(_MARK)

    def read(self, given: Given) -> Iterator[tuple[Heading, FileLine]]:
        """Yield the lists in it. Of tables that nobody knows, only what is an address counts."""
        with closing(_Tables(given)) as tables:
            is_known = tables.names >= _OF_NEWPIPE
            document = _of_newpipe(tables) if is_known else _of_anybody(tables)
        number = 0
        for heading, line in settled(
            drafts_of_document(document, given), PurePath(given.name).stem
        ):
            if is_known or not isinstance(parse_address(line.text), Unusable):
                number += 1
                yield heading, replace(line, number=number)


class _Tables:
    """A database in memory. Raises FileRefused for one that is damaged or costs too much."""

    def __init__(self, given: Given) -> None:
        content = bytearray(given.stream.read(_LARGEST + 1))
        if len(content) > _LARGEST:
            raise FileRefused(FileProblem.TOO_LARGE)
        content[_READ_AND_WRITE_VERSIONS] = _ROLLBACK_JOURNAL
        self._given = given
        self._refused: FileRefused | None = None
        self._database = sqlite3.connect(":memory:")
        self._database.row_factory = sqlite3.Row
        self._database.text_factory = _text
        self._database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
        self._database.set_progress_handler(self._costs_too_much, _STEPS)
        self._database.deserialize(bytes(content))
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "query_only = ON"):
            self._database.execute(f"PRAGMA {pragma}")
        self.names = frozenset(row["name"] for row in self.rows(_TABLES, _MOST_TABLES))

    def rows(self, query: str, *values: Any) -> Iterator[dict[str, Any]]:
        try:
            for row in self._database.execute(query, values):
                self._given.budget.look()
                yield dict(row)
        except sqlite3.Error as error:
            raise self._refused or FileRefused(FileProblem.DAMAGED) from error

    def rows_of(self, table: str) -> list[dict[str, Any]]:
        name = table.replace('"', '""')
        return list(self.rows(f'SELECT * FROM "{name}"'))  # noqa: S608  # one of its own tables

    def close(self) -> None:
        self._database.close()

    def _costs_too_much(self) -> int:
        try:
            self._given.budget.look(_STEPS // 100)
        except FileRefused as refused:
            self._refused = refused
            return 1
        return 0


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _of_newpipe(tables: _Tables) -> dict[str, Any]:
    document: dict[str, Any] = {"playlists": _playlists_of_newpipe(tables)}
    for name in ("remote_playlists", "subscriptions"):
        if name in tables.names:
            document[name] = _named_addresses(tables, name)
    if "stream_history" in tables.names:
        document["watch_history"] = list(tables.rows(_HISTORY))
    return document


def _playlists_of_newpipe(tables: _Tables) -> list[dict[str, Any]]:
    playlists: dict[int, dict[str, Any]] = {}
    for row in tables.rows(_PLAYLISTS):
        playlist = playlists.setdefault(row["uid"], {"name": row["name"], "videos": []})
        playlist["videos"].append({"url": row["url"], "title": row["title"]})
    return list(playlists.values())


def _named_addresses(tables: _Tables, table: str) -> list[dict[str, Any]]:
    addresses = []
    for row in tables.rows_of(table):
        addresses.append({"url": row.get("url"), "name": row.get("name")})
    return addresses


def _of_anybody(tables: _Tables) -> dict[str, Any]:
    return {name: tables.rows_of(name) for name in sorted(tables.names)}
