#!/usr/bin/env python
"""Run a CareOps command: ``manage.py help`` lists them."""

import os
import signal
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import Error as DatabaseFault

from careops.core.database_faults import sentence_about

if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:  # It ends with 0 when it is told to end, also while it is still loading.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: os._exit(0))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "careops.settings")
    if sys.argv[1:2] == [
        "make_keys"
    ]:  # It makes what the installation's settings need, so it cannot ask for them.
        settings.configure(INSTALLED_APPS=["careops"])
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"CareOps cannot start: {error}")
    except DatabaseFault as error:
        if not (sentence := sentence_about(error)):
            raise
        sys.exit(sentence)
