"""The Celery application.

Its rules are in `settings.py`, what the beat sends in `schedule.py`; what must survive is in the
database, not in its queue.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("sammelwerk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
