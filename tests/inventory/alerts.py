"""What people have been told of."""

from typing import Any

from django.db.models import Model

from careops.core.models import Alert, subject_of


def alerts(kind: str, subject: Model | None = None) -> list[tuple[str, int]]:
    """Status and count of the alerts of this kind, about ``subject`` where it is given, oldest first."""
    where: dict[str, Any] = {} if subject is None else subject_of(subject)
    return list(Alert.objects.filter(kind=kind, **where).order_by("pk").values_list("status", "count"))
