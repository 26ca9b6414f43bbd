"""The installation's own settings, on a database of the tests' own and with the few things tests need otherwise."""

import os

from tests.services import run

# A developer's own environment or .env must not decide what the tests see.
_FIXED = {
    "DATABASE_URL": run.database_url(),
    "ENVIRONMENT": "development",
    "DEBUG": "0",
    "EMAIL_URL": "",
    "REDIS_URL": "",
    "SENTRY_DSN": "",
    "SANDBOX": "0",
    "NOCODEBACKEND_API_KEY": "",
    "THROTTLES_ENABLED": "0",
    "DASHBOARD_CACHE_SECONDS": "0",
    "INTAKE_FORM_URL": "https://forms.example.com/intake?booking={booking_id}",
}
os.environ.update(_FIXED)

from careops.settings import *  # noqa: E402, F403
from careops.settings import DATABASES, INSTALLED_APPS  # noqa: E402

# Only here: it checks that migrations stand in one line, and nobody runs it in an installation.
INSTALLED_APPS = [*INSTALLED_APPS, "django_linear_migrations"]

# Argon2 is slow on purpose; tests marked `argon2` get it back.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_FILE_PATH = str(run.folder() / "outbox")
REFERRAL_FILES_DIR = str(run.folder() / "files")

if run.ENGINE == "sqlite":
    # A file, because some tests start real servers that share it; nothing here outlives a power cut.
    DATABASES["default"]["TEST"] = {"NAME": str(run.folder() / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"
