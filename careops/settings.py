"""All settings of CareOps. Every value that may differ between installations comes from the environment.

``docs/configuration.md`` describes each variable; a test holds that page, ``.env.example`` and this file equal.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.urls import reverse_lazy

from careops import __version__, engines, production, twins
from careops.api_document import API_DOCUMENT
from careops.back_office import UNFOLD as BACK_OFFICE
from careops.content_security import CONTENT_SECURITY_POLICY as CONTENT_SECURITY_POLICY
from careops.database import database
from careops.environment import (
    Environment,
    days,
    field_key,
    file_type,
    form_url,
    kept_days,
    kind_of_installation,
    log_level,
    pair,
    positive,
    rate,
    sentry_dsn,
    sign_up_role,
    time_zone,
    web_address,
)
from careops.logs import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = Environment()
Environment.read_env(BASE_DIR / ".env")

# --- What kind of installation this is -----------------------------------------------------------------------

DEV_SECRET_KEY = "development-only-key-that-production-refuses-to-start-with"  # noqa: S105
ENVIRONMENT = env("ENVIRONMENT", cast=kind_of_installation, default="development")
PRODUCTION = ENVIRONMENT == "production"
ACCEPTED_RISKS = env.list("ACCEPTED_RISKS", cast=production.risk_name, default=[])
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="" if PRODUCTION else DEV_SECRET_KEY)
JWT_SECRET_KEY = env.str("JWT_SECRET_KEY", default="") or SECRET_KEY
_UNNAMED_HOSTS = [] if PRODUCTION and "any-host" not in ACCEPTED_RISKS else ["*"]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=_UNNAMED_HOSTS) or _UNNAMED_HOSTS
# Where the development servers of the usual front ends listen; the first one is FRONT_END_URL's default.
DEVELOPMENT_ORIGINS = [
    f"http://{host}:{port}" for port in (3000, 5173, 8080) for host in ("localhost", "127.0.0.1")
]
ALLOWED_ORIGINS = env.list("ALLOWED_ORIGINS", default=[] if PRODUCTION else DEVELOPMENT_ORIGINS)
PORT = env.int("PORT", default=8000)
WEB_HOST = env.str("WEB_HOST", default="127.0.0.1")
WEB_PROCESSES = env.int("WEB_PROCESSES", default=1)
WEB_THREADS = env.int("WEB_THREADS", default=4)
LIVE_CALLS = env.int("LIVE_CALLS", default=1)
BODY_SECONDS = env.int("BODY_SECONDS", default=10)
PUBLIC_URL = (env("PUBLIC_URL", cast=web_address, default="") or f"http://127.0.0.1:{PORT}").rstrip("/")
FRONT_END_URL = env("FRONT_END_URL", cast=web_address, default="") or [*ALLOWED_ORIGINS, PUBLIC_URL][0]
FRONT_END_URL = FRONT_END_URL.rstrip("/")
SIGN_UP_URL = env("SIGN_UP_URL", cast=web_address, default="") or f"{FRONT_END_URL}/signup"
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# --- Parts -----------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "corsheaders",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_q",
    "careops",
    "careops.core",
    "accounts",
    "messaging",
    "bookings",
    "inventory",
    "connections",
    "integrations.pms",
    "integrations.nocodebackend",
    "integrations.sandbox",
]

MIDDLEWARE = [
    "careops.core.requests.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "careops.core.requests.DocumentPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "careops.urls"
WSGI_APPLICATION = "careops.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "careops" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# The three roof tables that the ground floor reads without knowing any domain.
EVENT_HANDLERS = "careops.automations.HANDLERS"
TICK = "careops.schedules.TICK"
PERSON_DATA = "careops.person_data.MODULES"
PERSON_LOCKS = "careops.person_data.LOCKS"
UNDO_GUARDS = "careops.undo.GUARDS"
RETENTION = "careops.retention.KEPT"
RETENTION_DAYS = dict(env.list("RETENTION_DAYS", cast=kept_days, default=[]))
MEASURES = "careops.measures.MEASURES"

# --- Database --------------------------------------------------------------------------------------------------

DATABASE_PREPARED_STATEMENTS = env.bool("DATABASE_PREPARED_STATEMENTS", default=True)
DATABASE_LOCK_TIMEOUT_MS = env.int("DATABASE_LOCK_TIMEOUT_MS", default=3000)
DATABASES: dict[str, dict[str, Any]] = {
    "default": database(
        env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'careops.sqlite3'}"),
        prepared_statements=DATABASE_PREPARED_STATEMENTS,
        lock_timeout_ms=DATABASE_LOCK_TIMEOUT_MS,
    )
}
if Path(DATABASES["default"]["NAME"]).parent == VAR_DIR:
    VAR_DIR.mkdir(exist_ok=True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# --- Queue and outbox ------------------------------------------------------------------------------------------

Q_CLUSTER = engines.QUEUE
OUTBOX_LEASE_SECONDS = env.int("OUTBOX_LEASE_SECONDS", default=120)
OUTBOX_BACKOFF_SECONDS = env.list("OUTBOX_BACKOFF_SECONDS", cast=int, default=[30, 300, 1800, 7200, 21600])
WORKER_TICK_SECONDS = env.int("WORKER_TICK_SECONDS", default=10)
WORKER_STALE_SECONDS = env.int("WORKER_STALE_SECONDS", default=45)

# --- People who sign in ----------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.RoleBackend"]
OPEN_SIGNUP_ROLES = env.list("OPEN_SIGNUP_ROLES", cast=sign_up_role, default=["client", "professional"])
PROFESSIONALS_NEED_APPROVAL = env.bool("PROFESSIONALS_NEED_APPROVAL", default=PRODUCTION)
FIRST_ADMIN_SIGNUP = env.bool("FIRST_ADMIN_SIGNUP", default=not PRODUCTION)
PASSWORD_STRICT = env.bool("PASSWORD_STRICT", default=PRODUCTION)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {
        "NAME": f"{_VALIDATION}.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10 if PASSWORD_STRICT else 8},
    },
]
if PASSWORD_STRICT:
    AUTH_PASSWORD_VALIDATORS += [
        {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
        {"NAME": f"{_VALIDATION}.NumericPasswordValidator"},
        {
            "NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator",
            "OPTIONS": {"user_attributes": ("name", "email")},
        },
    ]
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600
ACCESS_TOKEN_MINUTES = env.int("ACCESS_TOKEN_MINUTES", default=30)
REFRESH_TOKEN_DAYS = env.int("REFRESH_TOKEN_DAYS", default=7)
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=ACCESS_TOKEN_MINUTES),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=REFRESH_TOKEN_DAYS),
    "ALGORITHM": "HS256",
    "SIGNING_KEY": JWT_SECRET_KEY,
    "ISSUER": "careops",
    "AUDIENCE": "careops-api",
    "UPDATE_LAST_LOGIN": False,
}

THROTTLES_ENABLED = env.bool("THROTTLES_ENABLED", default=True)
THROTTLE_RATES = {
    "sign_in": env("THROTTLE_SIGN_IN", cast=rate, default="5/min"),
    "sign_up": env("THROTTLE_SIGN_UP", cast=rate, default="10/hour"),
    "account_mail": env("THROTTLE_ACCOUNT_MAIL", cast=rate, default="5/hour"),
    "api": env("THROTTLE_API", cast=rate, default="600/min"),
}
NUM_PROXIES = env.int("NUM_PROXIES", default=0)

# --- Secrets, outside systems, mail ----------------------------------------------------------------------------

FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS", cast=field_key, default=[]) or [SECRET_KEY]
ALLOW_PRIVATE_UPSTREAMS = env.list("ALLOW_PRIVATE_UPSTREAMS", default=[])
EMAIL_URL = env.str("EMAIL_URL", default="")
EMAIL_FILE_PATH = env.str("EMAIL_FILE_PATH", default=str(VAR_DIR / "outbox"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="CareOps <front-desk@example.com>")
if EMAIL_URL:
    vars().update(env.email_url("EMAIL_URL"))
    EMAIL_BACKEND = "careops.core.mail.SmtpBackend"
else:
    EMAIL_BACKEND = "careops.core.mail.FolderBackend"
EMAIL_TIMEOUT = 15

# --- The sandbox: twins of the outside systems, in place of those without credentials, in development only --------

SANDBOX = not PRODUCTION and env.bool("SANDBOX", default=True)
SANDBOX_PORT = env.int("SANDBOX_PORT", default=PORT + 1)
if SANDBOX:
    ALLOW_PRIVATE_UPSTREAMS = [*ALLOW_PRIVATE_UPSTREAMS, twins.host(SANDBOX_PORT)]

# --- Practice management: Sikka -------------------------------------------------------------------------------

SIKKA_BASE_URL = env("SIKKA_BASE_URL", cast=web_address, default="https://api.sikkasoft.com/v4")
SIKKA_APP_ID = env.str("SIKKA_APP_ID", default="")
SIKKA_APP_KEY = env.str("SIKKA_APP_KEY", default="")
if SANDBOX and not SIKKA_APP_ID:
    SIKKA_BASE_URL = twins.sikka(SANDBOX_PORT)
    SIKKA_APP_ID, SIKKA_APP_KEY = twins.SIKKA_APP_ID, twins.SIKKA_APP_KEY
PMS_SYNC_MINUTES = env.int("PMS_SYNC_MINUTES", default=5)
PMS_FULL_SYNC_MINUTES = env.int("PMS_FULL_SYNC_MINUTES", default=60)
PMS_SYNC_DAYS_AHEAD = env.int("PMS_SYNC_DAYS_AHEAD", default=180)
PMS_CALLS_PER_MINUTE = env.int("PMS_CALLS_PER_MINUTE", default=200)
PMS_CONFIRM_BOOKINGS = env.bool("PMS_CONFIRM_BOOKINGS", default=False)

# --- NoCodeBackend: the names of the client library's configuration -------------------------------------------

NOCODEBACKEND = {
    "API_KEY": env.str("NOCODEBACKEND_API_KEY", default=""),
    "BASE_URL": env("NOCODEBACKEND_BASE_URL", cast=web_address, default="https://api.nocodebackend.com"),
    "REFERRALOMSDB_INSTANCE": env.str("REFERRALOMSDB_INSTANCE", default="35557_referralomsdb"),
    "WEBSITE_UPLOADS_INSTANCE": env.str("WEBSITE_UPLOADS_INSTANCE", default="35557_website_uploads"),
    "REFERRALS_TABLE": env.str("NOCODEBACKEND_REFERRALS_TABLE", default="referrals"),
    "UPLOADS_TABLE": env.str("NOCODEBACKEND_UPLOADS_TABLE", default="uploads"),
    "REFERENCE_COLUMN": env.str("NOCODEBACKEND_REFERENCE_COLUMN", default="referral_id"),
    "COLUMN_KINDS": env.list("NOCODEBACKEND_COLUMN_KINDS", cast=pair, default=[]),
    "CALLS_PER_10_SECONDS": env.int("NOCODEBACKEND_CALLS", default=20),
}
NOCODEBACKEND_COLUMNS = env.list("NOCODEBACKEND_COLUMNS", cast=pair, default=[])
_twin = SANDBOX and not NOCODEBACKEND["API_KEY"]
if _twin:
    NOCODEBACKEND |= twins.nocodebackend(SANDBOX_PORT)
NOCODEBACKEND_IMPORT = env.bool("NOCODEBACKEND_IMPORT", default=_twin)

# --- Language, place and time ----------------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
DEFAULT_LANGUAGE = env.str("DEFAULT_LANGUAGE", default="en")
DEFAULT_REGION = env.str("DEFAULT_REGION", default="US")
TIME_ZONE = env("TIME_ZONE", cast=time_zone, default="UTC")
USE_I18N = True
FORMAT_MODULE_PATH = "careops.formats"
USE_TZ = True
INTAKE_FORM_URL = env("INTAKE_FORM_URL", cast=form_url, default="")
REPLY_PAUSE_HOURS = env.int("REPLY_PAUSE_HOURS", default=72)
CLIENT_OPEN_BOOKINGS = env("CLIENT_OPEN_BOOKINGS", cast=positive, default=5)

# --- Stock -----------------------------------------------------------------------------------------------------

STOCK_EXPIRY_ALERT_DAYS = env.list("STOCK_EXPIRY_ALERT_DAYS", cast=days, default=[30, 7])
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", default=5_000_000)

# --- Connections -----------------------------------------------------------------------------------------------

CONNECTION_INVITES_PER_DAY = env("CONNECTION_INVITES_PER_DAY", cast=positive, default=50)
CONNECTION_NEEDS_CONFIRMED_EMAIL = env.bool("CONNECTION_NEEDS_CONFIRMED_EMAIL", default=PRODUCTION)
REFERRAL_FILES_DIR = env.str("REFERRAL_FILES_DIR", default=str(VAR_DIR / "files"))
REFERRAL_FILE_MAX_BYTES = env.int("REFERRAL_FILE_MAX_BYTES", default=10_000_000)
REFERRAL_FILE_TYPES = env.list(
    "REFERRAL_FILE_TYPES", cast=file_type, default=["application/pdf", "image/jpeg", "image/png"]
)
REFERRAL_FILES_MAX = env.int("REFERRAL_FILES_MAX", default=20)
# What the form of a page may hold in all: the largest file that one takes, and the rest of it.
PAGE_MAX_BYTES = max(REFERRAL_FILE_MAX_BYTES, IMPORT_MAX_BYTES) + 1_000_000

# --- API and dashboard -----------------------------------------------------------------------------------------

DASHBOARD_CACHE_SECONDS = env.int("DASHBOARD_CACHE_SECONDS", default=5)
API_VERSION = __version__
MAX_BODY_BYTES = env.int("MAX_BODY_BYTES", default=1_000_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000_000
REST_FRAMEWORK = engines.REST | {"NUM_PROXIES": NUM_PROXIES}
SPECTACULAR_SETTINGS = {"VERSION": API_VERSION, **API_DOCUMENT}
CORS_ALLOWED_ORIGINS = ALLOWED_ORIGINS
CORS_ALLOW_CREDENTIALS = True
CORS_URLS_REGEX = r"^/api/.*$"
CORS_EXPOSE_HEADERS = ["API-Version", "Content-Disposition", "ETag", "Idempotent-Replay", "Location", "Retry-After", "X-Request-ID"]  # fmt: skip
CORS_ALLOW_HEADERS = [
    "accept", "authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "x-request-id",
]  # fmt: skip
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
PROMETHEUS_MULTIPROC_DIR = env.str("PROMETHEUS_MULTIPROC_DIR", default="")
if PROMETHEUS_MULTIPROC_DIR:
    Path(PROMETHEUS_MULTIPROC_DIR).mkdir(parents=True, exist_ok=True)
else:
    env.ENVIRON.pop("PROMETHEUS_MULTIPROC_DIR", None)  # prometheus-client asks only whether it is there

# --- Web security ----------------------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=PRODUCTION)
SECURE_REDIRECT_EXEMPT = [r"^api/health", r"^metrics$"]
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000 if PRODUCTION else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
if env.bool("TRUST_FORWARDED_PROTO", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"

# --- Static files ----------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
# In development files are served from where they lie; only production collects them.
STATIC_ROOT = VAR_DIR / "static" if PRODUCTION else None
# Without a release a file may change while it is served.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "careops.core.static_files.ReleasedFiles"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# --- Logs and errors -------------------------------------------------------------------------------------------

LOG_LEVEL = env("LOG_LEVEL", cast=log_level, default="INFO")
HEARTBEAT_URL = env("HEARTBEAT_URL", cast=web_address, default="")
SENTRY_DSN = env("SENTRY_DSN", cast=sentry_dsn, default="")
LOGGING = logging_config(level=LOG_LEVEL, json=PRODUCTION, sentry_dsn=SENTRY_DSN, environment=ENVIRONMENT)
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")
UNFOLD = BACK_OFFICE

# --- All variables are read: stop here when one of them is missing, unsafe or cannot be understood ------------------

RISKS_TAKEN = production.risks_taken(globals(), env, public_key=DEV_SECRET_KEY)
