"""Who may do what: a table beside each view, read by the API and by the Django admin alike.

A view says ``allow = allowed("bookings.booking", list=SIGNED_IN, create={STAFF, ADMIN})``. What no table names is
refused, for everybody.
"""

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

from django.conf import settings
from rest_framework.permissions import BasePermission

from accounts.enums import Role

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

Allow = dict[str, frozenset[str]]

CLIENT: Final = Role.CLIENT
PROFESSIONAL: Final = Role.PROFESSIONAL
STAFF: Final = Role.STAFF
ADMIN: Final = Role.ADMIN
ANONYMOUS: Final = "anonymous"  # whoever sends no token
BACK_OFFICE: Final[frozenset[str]] = frozenset({STAFF, ADMIN})
SIGNED_IN: Final[frozenset[str]] = frozenset({CLIENT, PROFESSIONAL, STAFF, ADMIN})

# The verbs of Django's permission names, as the actions of a viewset.
ADMIN_VERBS = {"view": "list", "add": "create", "change": "partial_update", "delete": "destroy"}
_tables: dict[str, Allow] = {}


def allowed(model_label: str, /, **actions: Iterable[str]) -> Allow:
    """The table of a view: for each action the roles that may do it.

    It is also what the admin goes by for ``model_label`` (such as ``bookings.booking``); give ``""`` for a view
    that stands for no model. Raises ValueError when two views disagree about one action of a model.
    """
    table = {action: frozenset(map(str, roles)) for action, roles in actions.items()}
    if model_label:
        known = _tables.setdefault(model_label.lower(), {})
        for action, roles in table.items():
            if known.setdefault(action, roles) != roles:
                raise ValueError(f"Two views disagree about who may {action} a {model_label}.")
    return table


def admin_may(role: str, perm: str) -> bool:
    """Django's permission name (``bookings.change_booking``) answered from the views' tables; unknown is no.

    A view's own actions have names of the same form: ``bookings.send_reminder_booking``.
    """
    _load_tables()
    app, _, codename = perm.partition(".")
    verb, _, model = codename.rpartition("_")
    table = _tables.get(f"{app}.{model}", {})
    return role in table.get(ADMIN_VERBS.get(verb, verb), frozenset())


@cache
def _load_tables() -> None:
    """Import every view: a command or a worker may ask before the first request does it."""
    import_module(settings.ROOT_URLCONF)


class RoleAllowed(BasePermission):
    """Lets a request through when the view's table names the caller's role for the action."""

    def has_permission(self, request: "Request", view: "APIView") -> bool:
        """An APIView's action is its method in lower case. OPTIONS is for whoever may do anything here."""
        table: Allow = getattr(view, "allow", {})
        role = getattr(request.user, "role", ANONYMOUS)
        method = (request.method or "").lower()
        if method == "options" or not hasattr(view, method):
            # Nothing will be done: a description, or the answer that there is no such method here.
            return any(role in roles for roles in table.values())
        action = getattr(view, "action", None) or ("get" if method == "head" else method)
        return role in table.get(action, frozenset())


class Anyone(BasePermission):
    """For the pages that describe the API."""

    def has_permission(self, request: "Request", view: "APIView") -> bool:
        return True


# What the admin shows and no view of the API stands for.
allowed("core.alert", list=BACK_OFFICE, dismiss=BACK_OFFICE)
allowed("core.event", list=BACK_OFFICE)
allowed("core.accessrecord", list={ADMIN})
allowed("core.handlerrun", list=BACK_OFFICE)
allowed(
    "messaging.messagetemplate", list=BACK_OFFICE, create={ADMIN}, partial_update={ADMIN}, destroy={ADMIN}
)
allowed("accounts.user", retrieve=BACK_OFFICE, partial_update={ADMIN}, approve=BACK_OFFICE)
allowed("accounts.signin", list={ADMIN}, end={ADMIN})
allowed("accounts.accountmail", list={ADMIN})
for _queue_table in ("task", "success", "failure", "ormq", "schedule"):
    allowed(f"django_q.{_queue_table}", list={ADMIN})
