"""How the tables of other projects are read from their checkouts. See `tests/foreign_suites.py`."""
