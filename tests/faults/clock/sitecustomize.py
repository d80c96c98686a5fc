"""A clock that is wrong: Python imports this at its start where PYTHONPATH names this folder."""

import os
from datetime import timedelta

import time_machine

time_machine.travel(timedelta(seconds=float(os.environ["CLOCK_AHEAD"])), tick=True).start()
