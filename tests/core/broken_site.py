"""The installation with the tests' own routes, some of which are broken, as a web server serves it."""

from django.conf import settings

from careops.rsgi import application as application  # sets Django up

settings.ROOT_URLCONF = "tests.core.routes"
