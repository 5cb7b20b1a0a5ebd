"""All settings, read from the environment (and `.env`); see `.env.example` for each name.

A value that cannot be read gives way to the default here, and `careersite/checks.py` says in
words what is wrong: with an error of ours nothing starts.
"""

import os
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

from careersite.logs import without_tokens
from newsletter.providers import backend_of

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
if (BASE_DIR / ".env").is_file() and os.environ.get("CAREERSITE_IGNORE_ENV_FILE") != "1":
    env.read_env(str(BASE_DIR / ".env"))


def text(name: str, default: str = "") -> str:
    """An empty value in `.env` means the same as a missing one."""
    return os.environ.get(name, "").strip() or default


def whole_number(name: str, default: int) -> int:
    value = text(name)
    return int(value) if value.isascii() and value.isdigit() else default


def zone(name: str) -> str:
    with suppress(OSError, ValueError, KeyError):
        return ZoneInfo(name).key
    return "UTC"


def host_of(url: str) -> str:
    with suppress(ValueError):
        return urlsplit(url).hostname or "localhost"
    return "localhost"


def words(name: str) -> list[str]:
    return [word.strip() for word in text(name).split(",") if word.strip()]


def secret_keys(data_dir: Path) -> list[str]:
    """`SECRET_KEY` may hold several, newest first: the first signs, all verify."""
    keys = words("SECRET_KEY")
    if keys:
        return keys
    key, path = get_random_secret_key(), data_dir / "secret_key"
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(key)
    return [path.read_text().strip()]


# --- The contract's names -------------------------------------------------------------

DEBUG = text("DEBUG", "on").lower() in env.BOOLEAN_TRUE_STRINGS
DATA_DIR = BASE_DIR / text("DATA_DIR", "var")
PORT = whole_number("PORT", 8000)
SITE_URL = text("SITE_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
DATABASE_URL = text("DATABASE_URL")
REDIS_URL = text("REDIS_URL")
EMAIL_URL = text("EMAIL_URL")
ANYMAIL_ESP = text("ANYMAIL_ESP").lower()
TRUSTED_PROXIES = whole_number("TRUSTED_PROXIES", 0)
SENTRY_DSN = text("SENTRY_DSN")
INDEXNOW_KEY = text("INDEXNOW_KEY")
INDEXNOW_ENDPOINT = "https://api.indexnow.org/indexnow"

for folder in ("media", "private", "outbox", "queue/messages", "queue/control", "static"):
    with suppress(OSError):
        (DATA_DIR / folder).mkdir(parents=True, exist_ok=True)

try:
    SECRET_KEY, *SECRET_KEY_FALLBACKS = secret_keys(DATA_DIR)
except OSError:
    SECRET_KEY, SECRET_KEY_FALLBACKS = get_random_secret_key(), []
SECRET_KEY_IS_GENERATED = not words("SECRET_KEY")

SITE_HOST = host_of(SITE_URL)
SITE_IS_HTTPS = SITE_URL.startswith("https://")
ALLOWED_HOSTS = words("ALLOWED_HOSTS") or [SITE_HOST, "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = words("CSRF_TRUSTED_ORIGINS") or [SITE_URL]

# --- Django ---------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.admin",
    "careersite.accounts.StaffAccounts",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "ckeditor",
    "anymail",
    "careersite.apps.CareersiteConfig",
    "blog.apps.BlogConfig",
    "newsletter.apps.NewsletterConfig",
    "enquiries.apps.EnquiriesConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "careersite.security_headers.SecurityHeaders",
    "careersite.one_host.OneHost",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "careersite.middleware.CompressedPages",
    "careersite.middleware.EntityTags",
    "careersite.middleware.DatabaseAway",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "careersite.urls"
WSGI_APPLICATION = "careersite.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            # Nothing here touches the visitor: public pages must stay the same for all.
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# Opening a connection costs more than all queries of a page together.
KEEP_CONNECTION = {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
        "PRAGMA mmap_size=134217728; PRAGMA cache_size=-16000;"
    ),
}


def database() -> dict:
    if not DATABASE_URL:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "db.sqlite3",
            "OPTIONS": SQLITE_OPTIONS,
            **KEEP_CONNECTION,
        }
    parsed = {}
    if DATABASE_URL.partition(":")[0] in env.DB_SCHEMES:
        with suppress(ValueError):
            parsed = env.db_url_config(DATABASE_URL)
    if parsed.get("ENGINE") == "django.db.backends.sqlite3":
        return {**parsed, "OPTIONS": SQLITE_OPTIONS, **KEEP_CONNECTION}
    if parsed.get("ENGINE") != "django.db.backends.postgresql":
        return {"ENGINE": "django.db.backends.dummy"}  # rather none than another one
    options = {"connect_timeout": 3, **parsed.get("OPTIONS", {})}
    return {**parsed, "OPTIONS": options, **KEEP_CONNECTION}


DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = "careersite.formats"
TIME_ZONE = zone(text("TIME_ZONE", "UTC"))
USE_TZ = True
USE_I18N = True

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# --- Safety ---------------------------------------------------------------------------

SECURE_SSL_REDIRECT = SITE_IS_HTTPS
SECURE_SSL_HOST = urlsplit(SITE_URL).netloc
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if SITE_IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SITE_IS_HTTPS
SECURE_HSTS_PRELOAD = SITE_IS_HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_IS_HTTPS
SESSION_COOKIE_NAME = "__Host-sessionid" if SITE_IS_HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if SITE_IS_HTTPS else "csrftoken"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
EDITOR_VIEW_NAMES = [
    f"admin:{model}_{action}"
    for model in ("blog_article", "blog_page", "newsletter_letter")
    for action in ("add", "change")
]
# Pages that show another page of this site in a frame.
FRAMING_VIEW_NAMES = [f"admin:newsletter_letter_{page}" for page in ("check", "try", "send")]

# --- Files ----------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
PRIVATE_ROOT = DATA_DIR / "private"
OUTBOX_DIR = DATA_DIR / "outbox"
FILE_UPLOAD_PERMISSIONS = 0o644
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "careersite.static_files.HashedStaticFiles"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG

# --- Mail -----------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = text("DEFAULT_FROM_EMAIL", f"Open Seat <news@{SITE_HOST}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_TIMEOUT = 20
EMAIL_BACKEND = "careersite.outbox.EmailBackend"
if EMAIL_URL:
    with suppress(ValueError, ImproperlyConfigured):
        vars().update(env.email_url_config(EMAIL_URL))
    if EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend":
        EMAIL_BACKEND = "newsletter.smtp.EmailBackend"
elif ANYMAIL_ESP:
    EMAIL_BACKEND = backend_of(ANYMAIL_ESP)

DKIM_PRIVATE_KEY_FILE = text("DKIM_PRIVATE_KEY_FILE")
DKIM_SELECTOR = text("DKIM_SELECTOR")
DKIM_DOMAIN = text("DKIM_DOMAIN", DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ")).lower()

# Several, separated by commas, while one takes the place of another.
ANYMAIL_WEBHOOK_SECRET = words("ANYMAIL_WEBHOOK_SECRET")
ANYMAIL = {
    "REQUESTS_TIMEOUT": (5, 20),
    **{
        name.removeprefix("ANYMAIL_"): value
        for name, value in os.environ.items()
        if name.startswith("ANYMAIL_") and name not in ("ANYMAIL_ESP", "ANYMAIL_WEBHOOK_SECRET")
    },
}

# --- The queue ------------------------------------------------------------------------

CELERY_BROKER_URL = text("CELERY_BROKER_URL") or REDIS_URL or "filesystem://localhost"
VISIBILITY_TIMEOUT_S = 900
if CELERY_BROKER_URL.startswith("filesystem:"):
    CELERY_BROKER_TRANSPORT = "careersite.queue_folder:Transport"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(DATA_DIR / "queue" / "messages"),
        "data_folder_out": str(DATA_DIR / "queue" / "messages"),
        "control_folder": str(DATA_DIR / "queue" / "control"),
        "polling_interval": 0.25,
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": VISIBILITY_TIMEOUT_S,
        "socket_timeout": 2,
        "socket_connect_timeout": 2,
        "retry_on_timeout": False,
        "max_retries": 0,  # a broker that is away must not hold up whoever publishes
    }
CELERY_VISIBILITY_TIMEOUT = VISIBILITY_TIMEOUT_S
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 270
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "newsletter.tasks.send_confirmation": {"queue": "mail"},
    "newsletter.tasks.tell_of_pause": {"queue": "mail"},
    "newsletter.tasks.send_personal_mail": {"queue": "mail"},
    # Every other worker may be at the very campaign that is to stop.
    "newsletter.tasks.cancel_withdrawn": {"queue": "mail"},
    "newsletter.tasks.send_campaign": {"queue": "campaigns"},
    "newsletter.tasks.repeat_batch": {"queue": "campaigns"},
    "enquiries.tasks.*": {"queue": "mail"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "queue" / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "newsletter.tasks.sweep", "schedule": 30.0, "options": {"expires": 25}},
    "notify-staff": {
        "task": "enquiries.tasks.notify_staff",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "forget-hidden-pictures": {
        "task": "blog.tasks.forget_hidden_pictures",
        "schedule": 3600.0,
        "options": {"expires": 3500},
    },
    "look-up-sender": {
        "task": "careersite.tasks.look_up_sender",
        "schedule": 300.0,
        "options": {"expires": 290},
    },
}

if INDEXNOW_KEY:
    CELERY_BEAT_SCHEDULE["tell-search-engines"] = {
        "task": "blog.tasks.tell_search_engines",
        "schedule": 60.0,
        "options": {"expires": 55},
    }

# Blog knows nobody: the tasks that others want started after a publication, and after an article
# was taken back, are named here.
AFTER_PUBLISH_TASK = "newsletter.tasks.sweep"
AFTER_WITHDRAWAL_TASK = "newsletter.tasks.cancel_withdrawn"

# --- The editor -----------------------------------------------------------------------

from blog.editor import CKEDITOR_CONFIGS  # noqa: E402, F401  (plain data; hardened in one place)

SILENCED_SYSTEM_CHECKS = ["ckeditor.W001"]  # careersite.E020 takes its place; see SECURITY.md

# --- Reports of errors, if somebody wants them ----------------------------------------

if SENTRY_DSN and find_spec("sentry_sdk"):
    import sentry_sdk

    with suppress(ValueError):
        # Neither what people typed nor who they are leaves this machine.
        sentry_sdk.init(
            dsn=SENTRY_DSN,
            send_default_pii=False,
            include_local_variables=False,
            max_request_body_size="never",
            before_send=without_tokens,
        )

# --- Logs -----------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "careersite.logs.OneLine", "format": "%(levelname)s %(name)s: %(message)s"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"level": "INFO"},
        "django.server": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
    },
}
