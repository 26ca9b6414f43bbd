"""The installation as a web server serves it, where it is always the moment that ``FROZEN_AT`` names."""

import os

import time_machine

from careops.rsgi import application as application  # sets Django up

time_machine.travel(os.environ["FROZEN_AT"], tick=False).start()
