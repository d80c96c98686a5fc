"""Settings.

Every value a person may set comes from the environment or `.env` (see `.env.example`); the rest is
fixed here.
"""

import hashlib
import os
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import connections
from config.data_dir import kept_secret_key, redis_socket
from config.env import Env
from config.schedule import beat_schedule

# What any part of it writes (database, keys, logs, audio) is for its own user alone.
os.umask(0o077)

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env(BASE_DIR / ".env")

# State --------------------------------------------------------------------------------------------

DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / ".data"))).expanduser().resolve()
try:
    DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
except OSError:
    raise env.unreadable("DATA_DIR", "a folder that can be written") from None
if not os.access(DATA_DIR, os.W_OK):
    raise env.unreadable("DATA_DIR", "a folder that can be written")

# With less than this left on its disk, an installation says that the disk is full.
DISK_RESERVE = 64 * 1024 * 1024  # bytes

DATABASE_URL = env.address("DATABASE_URL", "", ("postgres", "postgresql", "sqlite"))
DATABASE_POOLED = env.boolean("DATABASE_POOLED", default=False)
EMBEDDED_DATABASE = not DATABASE_URL
EMBEDDED_REDIS = not env.text("REDIS_URL")
REDIS_SOCKET = redis_socket(DATA_DIR)
REDIS_URL = env.address("REDIS_URL", f"unix://{REDIS_SOCKET}", ("redis", "rediss", "unix"))
REDIS_PREFIX = "sammelwerk:"  # in front of every key, so one Redis may serve other programs too

# Django -------------------------------------------------------------------------------------------

DEBUG = env.boolean("DEBUG", default=False)
DEMO = env.boolean("DEMO", default=False)  # set by `make demo`: pages say so
HOST = env.text("HOST", "127.0.0.1")
PORT = env.integer("PORT", 8000, low=1, high=65535)
ALLOWED_HOSTS = env.words(
    "ALLOWED_HOSTS",
    "localhost,127.0.0.1,[::1]" + ("" if HOST in {"0.0.0.0", "::"} else f",{HOST}"),  # noqa: S104
)
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")


def _site_url() -> str:
    """The first trusted origin that names one host, or the web server's own address."""
    for origin in CSRF_TRUSTED_ORIGINS:
        if "*" not in origin:
            return origin
    return f"http://{HOST}:{PORT}"


def _secret_key() -> str:
    """SECRET_KEY, or on the embedded default one that is made once and kept in DATA_DIR."""
    key = env.text("SECRET_KEY")
    if key:
        return key
    if not EMBEDDED_DATABASE:
        raise ImproperlyConfigured(
            "SECRET_KEY is required with DATABASE_URL: it takes a long random text."
        )
    return kept_secret_key(DATA_DIR)


SECRET_KEY = _secret_key()

INSTALLED_APPS = [
    "config.apps.ConfigConfig",
    "rest_framework.authtoken",  # empty since tokens are digests; migrations read what it had
    "importer",
    "enrichment",
    "videos",
    "config.admin.SiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.known_callers",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
        },
    },
]

DATABASES = {
    "default": connections.database(
        DATABASE_URL or f"sqlite:///{DATA_DIR / 'sammelwerk.sqlite3'}", pooled=DATABASE_POOLED
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

FORMAT_MODULE_PATH = ["config.formats"]
LANGUAGE_CODE = env.text("LANGUAGE_CODE", "en")
LANGUAGES = [("de", _("German")), ("en", _("English"))]
if LANGUAGE_CODE not in dict(LANGUAGES):
    raise env.unreadable("LANGUAGE_CODE", "de or en")
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.text("TIME_ZONE", "Europe/Zurich")
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "list_index"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# Two-factor sign-in: the name that apps show, and no delays of the library's, which grow for ever;
# `videos.two_factor` has its own.
OTP_TOTP_ISSUER = "Sammelwerk"
OTP_TOTP_THROTTLE_FACTOR = 0
OTP_STATIC_THROTTLE_FACTOR = 0

# Sign-in by OpenID Connect, besides the password; off without the provider's address.
OIDC_ISSUER = env.address("OIDC_ISSUER", "", ("https", "http"))
OIDC_CLIENT_ID = env.text("OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = env.text("OIDC_CLIENT_SECRET")
OIDC_NAME = env.text("OIDC_NAME", "OpenID Connect")  # the provider's, on the button
OIDC_CREATE_USERS = env.boolean("OIDC_CREATE_USERS", default=False)
if OIDC_ISSUER and not OIDC_CLIENT_ID:
    raise env.unreadable("OIDC_CLIENT_ID", "the name that OIDC_ISSUER knows this installation by")

# 10,000 addresses with surrounding text are about 1 MB.
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
# Somebody may drop a folder of shortcuts; how much they hold together is limited by
# `config.server`.
DATA_UPLOAD_MAX_NUMBER_FILES = 100

SESSION_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
# The YouTube player refuses pages without a referrer.
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
# Behind TLS (any CSRF_TRUSTED_ORIGINS with https) cookies travel only encrypted; a plain local
# address works as it is.
BEHIND_TLS = any(origin.startswith("https://") for origin in CSRF_TRUSTED_ORIGINS)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
# How many proxies in front append to X-Forwarded-For; 0: the header counts for nothing.
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", int(BEHIND_TLS), high=10)
SECURE_SSL_REDIRECT = BEHIND_TLS
# Watchdogs and Prometheus ask from inside.
SECURE_REDIRECT_EXEMPT = [r"^healthz/?$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0  # a year
# Whether other names of the domain are ready for TLS, and whether browsers should know it in
# advance, is not for us to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None

# Pictures of videos: kept here, so that no browser asks Google for them, or YouTube's.
KEEP_THUMBNAILS = env.boolean("KEEP_THUMBNAILS", default=False)
PICTURE_HOSTS = ["https://img.youtube.com", "https://i.ytimg.com"]
if KEEP_THUMBNAILS:
    PICTURE_HOSTS = []

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", *PICTURE_HOSTS],
        "frame-src": ["https://www.youtube-nocookie.com"],
        "script-src": [SELF],
        "style-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

# REST ---------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "URL_FORMAT_OVERRIDE": None,  # `format` is a parameter of our own calls (csv, vtt, srt, txt)
    "EXCEPTION_HANDLER": "videos.api.errors.plain_errors",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Sammelwerk",
    "DESCRIPTION": "Imports YouTube videos into lists.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,  # what a call takes is not what it answers
    "DEFAULT_GENERATOR_CLASS": "config.api_schema.Generator",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# What all processes count together (REST's throttles). The default cache is each process's own
# memory.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "shared": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": f"{REDIS_PREFIX}cache",
        "OPTIONS": {
            "serializer": "config.cache.JsonSerializer",
            "socket_timeout": 0.3,
            "socket_connect_timeout": 0.3,
        },  # seconds; a request does not wait longer to be counted
    },
}

# Channels and Celery ------------------------------------------------------------------------------

# Redis shares its channels between all its numbered databases, so the installation's own mark is
# part of their names.
CHANNEL_PREFIX = f"{REDIS_PREFIX}{hashlib.sha256(SECRET_KEY.encode()).hexdigest()[:8]}:channels"
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "enrichment.channel_layer.ChannelLayer",
        "CONFIG": {
            "prefix": CHANNEL_PREFIX,
            "keepalive": connections.redis_keepalive(REDIS_URL),
        },
    },
}

# Each is a way out of its own.
YOUTUBE_PROXY = env.addresses("YOUTUBE_PROXY", ("http", "https", "socks5", "socks5h", "socks4"))
YOUTUBE_MAX_CONCURRENT = env.integer("YOUTUBE_MAX_CONCURRENT", 3, low=1, high=64)
GROQ_API_KEY = env.text("GROQ_API_KEY")

VISIBILITY_TIMEOUT = 900  # seconds until Redis sends a message again that no process took
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1).replace(
    "?db=", "?virtual_host="
)  # in Celery's words
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": VISIBILITY_TIMEOUT,
    "global_keyprefix": REDIS_PREFIX,
    "max_retries": 0,
    **connections.broker(REDIS_URL),
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A message is a hint: when Redis is down the beat brings the next one.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
# A message is a hint and is gone once a process has it: what is lost with that process, the sweep
# and the next beat bring back.
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_TIME_LIMIT = 280
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
# a process keeps its database connection: `enrichment.worker` looks after it
CELERY_DB_REUSE_MAX = CELERY_WORKER_MAX_TASKS_PER_CHILD
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 250_000  # kB
# Seconds a running video has to end when the worker is stopped.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 3.0
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TASK_DEFAULT_QUEUE = "celery"
# in memory: a schedule file that a kill left half-written would stop every later start
CELERY_BEAT_SCHEDULER = "enrichment.beat:PatientScheduler"

# Mail about imports: without EMAIL_HOST none is ever sent.
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.integer("EMAIL_PORT", 587, low=1, high=65535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_SSL = env.boolean("EMAIL_USE_SSL", default=False)
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS", default=not EMAIL_USE_SSL)
if EMAIL_USE_SSL and EMAIL_USE_TLS:
    raise env.unreadable("EMAIL_USE_TLS", "0 where EMAIL_USE_SSL is 1")
EMAIL_TIMEOUT = 10  # seconds a worker waits for each answer of the mail server
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", EMAIL_HOST_USER or "sammelwerk@localhost")
if "@" not in DEFAULT_FROM_EMAIL:
    raise env.unreadable("DEFAULT_FROM_EMAIL", "the mail address of a sender")
# Where the links of a mail lead: a worker does not know under which name people open the site.
SITE_URL = env.address("SITE_URL", _site_url(), ("http", "https"))

# YouTube and Groq ---------------------------------------------------------------------------------

YOUTUBE_CA_FILE = env.file("YOUTUBE_CA_FILE")
YOUTUBE_COOKIES_FILE = env.file("YOUTUBE_COOKIES_FILE")
YOUTUBE_BASE_DELAY = env.seconds("YOUTUBE_BASE_DELAY", 2.0)
YOUTUBE_BURST = env.integer("YOUTUBE_BURST", 5, low=1)
YOUTUBE_HOURLY_BUDGET = env.integer("YOUTUBE_HOURLY_BUDGET", 300, low=1)
CAPTION_LANGUAGES = env.words("CAPTION_LANGUAGES", "de,en")
GROQ_BASE_URL = env.address("GROQ_BASE_URL", "https://api.groq.com", ("http", "https"))
GROQ_MODEL = env.text("GROQ_MODEL", "whisper-large-v3-turbo")
GROQ_AUDIO_SECONDS_PER_HOUR = env.integer("GROQ_AUDIO_SECONDS_PER_HOUR", 7200)
MAX_BATCH_LINES = env.integer("MAX_BATCH_LINES", 10_000, low=1)
# Of one user; 0 is no limit.
USER_MAX_VIDEOS = env.integer("USER_MAX_VIDEOS", 1_000_000)
USER_MAX_IMPORTS_UNDER_WAY = env.integer("USER_MAX_IMPORTS_UNDER_WAY", 1_000)
USER_MAX_IMPORTS_A_DAY = env.integer("USER_MAX_IMPORTS_A_DAY", 10_000)
METRICS_TOKEN = env.text("METRICS_TOKEN")
YTDLP_AUTO_UPDATE = env.text("YTDLP_AUTO_UPDATE", "off").lower()
if YTDLP_AUTO_UPDATE not in {"off", "stable", "nightly"}:
    raise env.unreadable("YTDLP_AUTO_UPDATE", "off, stable or nightly")
WEBHOOK_ALLOWED_HOSTS = env.words("WEBHOOK_ALLOWED_HOSTS")
ADMIN_WEBHOOK_URL = env.address("ADMIN_WEBHOOK_URL", "", ("http", "https"))

# What is done only where it is turned on, and may last long: each takes a process at a time.
SLOW_WORK = {
    "transcribes": bool(GROQ_API_KEY),
    "keeps_thumbnails": KEEP_THUMBNAILS,
    "sends_mail": bool(EMAIL_HOST),
    "updates_ytdlp": YTDLP_AUTO_UPDATE != "off",
}
# A process for each permit, and so for each video and each page of a playlist that is being read.
# Beside them one for a check of a followed playlist that waits for its permit, two for deliveries,
# one that is there for the beat's short work, and those for slow work. Each costs 30 to 60 MB.
CELERY_WORKER_CONCURRENCY = (
    YOUTUBE_MAX_CONCURRENT * max(1, len(YOUTUBE_PROXY)) + 4 + sum(SLOW_WORK.values())
)
CELERY_BEAT_SCHEDULE = beat_schedule(
    **SLOW_WORK,
    tells_operator=bool(ADMIN_WEBHOOK_URL),
)

# Logging ------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname:<7} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        name: {"level": "WARNING"}
        for name in ("celery", "kombu", "daphne", "httpx", "httpcore", "groq", "django.request")
    },
}
