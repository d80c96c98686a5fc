"""The product's own settings, on a database and a Redis of the test run's own."""

import os
import tempfile

os.environ.setdefault(
    "SECRET_KEY", "only-for-the-tests-and-long-enough-to-please-the-deployment-check-0123456789"
)
WORKER = os.environ.get(
    "PYTEST_XDIST_WORKER", ""
)  # tests run in several processes, each with everything of its own
if WORKER or "DATA_DIR" not in os.environ:
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="sammelwerk-tests-")

from config import settings as product  # noqa: E402
from config.settings import *  # noqa: E402, F403

REDIS_PREFIX = f"sammelwerk-test{WORKER}:"
CHANNEL_PREFIX = f"{REDIS_PREFIX}channels"
CHANNEL_LAYERS["default"]["CONFIG"]["prefix"] = CHANNEL_PREFIX  # type: ignore[index]  # noqa: F405
CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"] = REDIS_PREFIX  # noqa: F405
SHARED_CACHE = product.CACHES[
    "shared"
]  # for test_throttles; the other tests count in memory, which is empty at their start
CACHES = {
    **product.CACHES,
    "shared": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "shared"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# looks for a static file when it is asked for, instead of for all of them with each test's client
WHITENOISE_AUTOREFRESH = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}  # noqa: F405  a file, as in production
else:  # no test takes the server's power away, so none waits for its disk
    DATABASES["default"]["OPTIONS"]["options"] += " -c synchronous_commit=off"  # noqa: F405
