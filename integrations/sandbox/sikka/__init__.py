"""The twin of Sikka's ONE API: a package of its own because the outside system has so many forms."""

from careops.twins import SIKKA_APP_ID as APP_ID
from careops.twins import SIKKA_APP_KEY as APP_KEY
from integrations.sandbox.sikka.office import Office
from integrations.sandbox.sikka.twin import OFFICE, SECRET, SikkaTwin

__all__ = ["APP_ID", "APP_KEY", "OFFICE", "SECRET", "Office", "SikkaTwin"]
