"""The installation as a web server serves it at the moment that ``FROZEN_AT`` names; from there its clock runs on."""

import os

import time_machine

from careops.wsgi import application as application  # sets Django up

time_machine.travel(os.environ["FROZEN_AT"]).start()
