"""What ``manage.py check`` says about the settings of CareOps itself."""

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


@checks.register
def retention_days(**_options: Any) -> list[checks.CheckMessage]:
    """An error for each entry of RETENTION_DAYS that cannot be carried out."""
    from careops.core.retention import wrong_days  # it asks the apps, which are loaded by now

    return [checks.Error(sentence, id="careops.E001") for sentence in wrong_days(settings.RETENTION_DAYS)]
