"""`python -m config.supervisor`: what `manage.py quickstart` becomes once the data is prepared."""

import os
import sys

from config.supervisor.plan import Plan
from config.supervisor.supervisor import Supervisor

if __name__ == "__main__":
    sys.exit(Supervisor(Plan.from_environ(os.environ)).run())
