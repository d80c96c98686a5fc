"""What the installation's database holds, read past the product: rows, and a log of every step each
video ever took.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections import defaultdict
from typing import Any

import psycopg

from tests.system import System

COLUMNS = "video_id, stage_from, stage_to"
SQLITE_LOG = f"""
CREATE TABLE stage_log (id INTEGER PRIMARY KEY, video_id INTEGER, stage_from TEXT, stage_to TEXT);
CREATE TRIGGER stage_log AFTER UPDATE ON videos_video BEGIN
    INSERT INTO stage_log ({COLUMNS}) VALUES (NEW.id, OLD.import_stage, NEW.import_stage);
END;
"""
POSTGRES_LOG = f"""
CREATE TABLE stage_log (id BIGSERIAL PRIMARY KEY, video_id BIGINT, stage_from TEXT, stage_to TEXT);
CREATE FUNCTION stage_log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO stage_log ({COLUMNS}) VALUES (NEW.id, OLD.import_stage, NEW.import_stage);
    RETURN NULL;
END $$;
CREATE TRIGGER stage_log AFTER UPDATE ON videos_video FOR EACH ROW EXECUTE FUNCTION stage_log();
"""
# A stage without what it says, or with what belongs to a later one; a finished video with work; one
# in a list that waits for nothing.
HALF_WRITTEN = """
SELECT v.youtube_id, v.import_stage FROM videos_video v WHERE
    (v.import_stage = 'created' AND v.title <> '')
    OR (v.import_stage NOT IN ('created', 'error') AND v.title = '')
    OR (v.import_stage IN ('created', 'metadata')
        AND EXISTS (SELECT 1 FROM videos_transcript t WHERE t.video_id = v.id))
    OR (v.import_stage IN ('captions', 'chapters', 'complete') AND (
        v.captions_source = ''
        OR (v.captions_source <> 'none')
            <> EXISTS (SELECT 1 FROM videos_transcript t WHERE t.video_id = v.id)))
    OR (v.import_stage IN ('complete', 'error')
        AND EXISTS (SELECT 1 FROM enrichment_enrichmentjob j WHERE j.video_id = v.id))
    OR (v.import_stage NOT IN ('complete', 'error')
        AND EXISTS (SELECT 1 FROM videos_listentry e WHERE e.video_id = v.id)
        AND NOT EXISTS (SELECT 1 FROM enrichment_enrichmentjob j WHERE j.video_id = v.id))
"""
ONE_BY_ONE = [
    ("created", "metadata"),
    ("metadata", "captions"),
    ("captions", "chapters"),
    ("chapters", "complete"),
]


class Database:
    """The database of a running system: SQLite's file, or the server DATABASE_URL names."""

    def __init__(self, system: System) -> None:
        self._url = system.environ.get("DATABASE_URL", "")
        self._file = system.data_dir / "sammelwerk.sqlite3"

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        if self._url:
            with psycopg.connect(self._url, autocommit=True) as server:
                return server.execute(statement.encode()).fetchall()
        with contextlib.closing(sqlite3.connect(self._file, timeout=20)) as file:
            return file.execute(statement).fetchall()

    def value(self, statement: str) -> Any:
        return self.rows(statement)[0][0]

    def change(self, script: str) -> None:
        if self._url:
            with psycopg.connect(self._url, autocommit=True) as server:
                server.execute(script.encode())
            return
        with contextlib.closing(sqlite3.connect(self._file, timeout=20)) as file:
            file.executescript(script)

    def earlier(self, table: str, column: str, seconds: float) -> str:
        """The statement that sets a moment of every row so many seconds earlier."""
        moved = f"{column} - INTERVAL '{seconds} seconds'"
        if not self._url:  # to the microsecond, as Django writes it and compares it with
            moved = f"strftime('%Y-%m-%d %H:%M:%f000', {column}, '-{seconds} seconds')"
        return f"UPDATE {table} SET {column} = {moved} WHERE {column} IS NOT NULL;"

    def log_stages(self) -> None:
        """From here on every write to a video leaves a line: a stale or doubled one cannot hide
        behind the last state.
        """
        self.change(POSTGRES_LOG if self._url else SQLITE_LOG)

    def steps(self) -> dict[str, list[tuple[str, str]]]:
        """Each video's writes in order, as (stage before, stage after)."""
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        statement = (
            "SELECT v.youtube_id, s.stage_from, s.stage_to FROM stage_log s "
            "JOIN videos_video v ON v.id = s.video_id ORDER BY s.id"
        )
        for youtube_id, before, after in self.rows(statement):
            found[youtube_id].append((before, after))
        return found

    def half_written(self) -> list[tuple[Any, ...]]:
        """Videos that are not wholly in the stage they say: must be none at any moment."""
        return self.rows(HALF_WRITTEN)

    def everything_about(self, youtube_id: str) -> list[list[tuple[Any, ...]]]:
        """Every row of a video, to be compared with itself later."""
        of_video = f"(SELECT id FROM videos_video WHERE youtube_id = '{youtube_id}')"
        tables = (
            "videos_transcript",
            "videos_chapter",
            "videos_listentry",
            "enrichment_enrichmentjob",
            "stage_log",
        )
        own = self.rows(f"SELECT * FROM videos_video WHERE youtube_id = '{youtube_id}'")
        return [
            own,
            *(
                self.rows(f"SELECT * FROM {table} WHERE video_id = {of_video} ORDER BY id")
                for table in tables
            ),
        ]
