"""Keeps the parts of one installation running on one machine: Redis, worker, web server.

`embedded` says which parts there are (it needs Django); everything else here is plain Python,
because the supervisor stays in memory as long as the installation runs: `manage.py quickstart`
prepares the data, then becomes `python -m config.supervisor`.
"""
