"""The twin of Sikka's ONE API: a package of its own because the outside system has so many forms."""

from integrations.sandbox.sikka.keys import APP_ID, APP_KEY
from integrations.sandbox.sikka.office import Office
from integrations.sandbox.sikka.twin import OFFICE, SECRET, SikkaTwin

__all__ = ["APP_ID", "APP_KEY", "OFFICE", "SECRET", "Office", "SikkaTwin"]
