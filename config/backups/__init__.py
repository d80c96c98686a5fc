"""Backups of a whole installation: `manage.py backup` and `manage.py restore`.

A backup is one ZIP file: `manifest.json`, the secret key of the embedded default, and the database
as it was at one moment, while everything goes on running.

| database | is kept as | because |
| --- | --- | --- |
| SQLite | a copy of its file | SQLite copies a database that is being written, as of one moment |
| PostgreSQL | COPY's text of each table | one REPEATABLE READ transaction; needs no pg_dump |
"""
