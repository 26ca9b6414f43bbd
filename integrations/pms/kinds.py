"""The kinds of systems that we know, one line each. A test puts another one in its place."""

from django.utils.module_loading import import_string

from integrations.pms.system import PmsSystem

SYSTEMS = {"sikka": "integrations.pms.sikka.system.SikkaSystem"}


def system_of(kind: str) -> PmsSystem:
    """A new caller of a system of that kind."""
    made: PmsSystem = import_string(SYSTEMS[kind])()
    return made
