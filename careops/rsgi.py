"""What the web server serves."""

from django.conf import settings

from careops.server.application import Application
from careops.server.limits import ServerLimits
from careops.wsgi import application as wsgi  # sets Django up

application = Application(
    wsgi,
    ServerLimits(
        threads=settings.WEB_THREADS,
        body_seconds=settings.BODY_SECONDS,
        json_bytes=settings.MAX_BODY_BYTES,
        page_bytes=settings.PAGE_MAX_BYTES,
        api_version=settings.API_VERSION,
        session_cookie=settings.SESSION_COOKIE_NAME,
    ),
)
