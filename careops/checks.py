"""What ``manage.py check --deploy`` says about the settings of CareOps itself."""

from typing import Any

from django.conf import settings
from django.core import checks


@checks.register(deploy=True)
def accepted_risks(**_options: Any) -> list[checks.CheckMessage]:
    """A warning for each risk that ACCEPTED_RISKS accepts and this installation takes."""
    return [
        checks.Warning(given_up, hint=f"{name} stands in ACCEPTED_RISKS.", id="careops.W001")
        for name, given_up in settings.RISKS_TAKEN.items()
    ]
