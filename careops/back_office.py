"""How the Django admin looks and what its sidebar holds. Settings only: nothing here asks a database."""

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def _may_see(permission: str, request: HttpRequest) -> bool:
    return bool(request.user.has_perm(permission))


def _page(title: str, icon: str, app: str, model: str, **more: Any) -> dict[str, Any]:
    """A list of the sidebar, shown to whoever may see its rows."""
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{model}_changelist"),
        "permission": partial(_may_see, f"{app}.view_{model}"),
        **more,
    }


def _group(title: str, *items: dict[str, Any], folded: bool = False) -> dict[str, Any]:
    return {"title": title, "separator": True, "collapsible": folded, "items": list(items)}


BOARD = {
    "title": "Board",
    "icon": "calendar_view_day",
    "link": reverse_lazy("board"),
    "permission": partial(_may_see, "bookings.view_booking"),
}
HOME = {"title": "Today", "icon": "today", "link": reverse_lazy("admin:index")}

NAVIGATION = [
    _group(
        "Today's work",
        BOARD,
        HOME,
        _page("Bookings", "event", "bookings", "booking"),
        _page("Contacts", "contacts", "messaging", "contact"),
        _page("Messages", "mail", "messaging", "message"),
        _page("Alerts", "notifications", "core", "alert", badge="careops.dashboard.home.active_alerts"),
    ),
    _group(
        "Providers",
        _page("Providers", "stethoscope", "bookings", "provider"),
        _page("Services", "list_alt", "bookings", "service"),
        _page("Opening hours", "schedule", "bookings", "openinghours"),
        _page("Closures", "event_busy", "bookings", "closure"),
    ),
    _group(
        "Stock",
        _page("Items", "inventory_2", "inventory", "item"),
        _page("Lots", "package_2", "inventory", "lot"),
        _page("Movements", "swap_vert", "inventory", "stockmovement"),
        _page("Recipes", "receipt_long", "inventory", "recipeline"),
    ),
    _group(
        "Connections",
        _page("Referrals", "move_up", "connections", "referral"),
        _page("Connections", "diversity_1", "connections", "connection"),
        _page("Activities", "groups", "connections", "activity"),
        _page("Invites", "how_to_reg", "connections", "activityinvite"),
        _page("Notices", "notifications_active", "connections", "notice"),
    ),
    _group(
        "Outside systems",
        _page("Practices", "local_hospital", "pms", "pmsintegration"),
        _page("Conflicts", "rule", "pms", "pmsconflict"),  # those that wait have an alert, which is counted
        _page("Writebacks", "sync_alt", "pms", "pmswriteback"),
        _page("Appointments there", "event_note", "pms", "appointmentmirror"),
        _page("Patients there", "patient_list", "pms", "patientmirror"),
        _page("Referrals there", "sync", "nocodebackend", "referralsync"),
        _page("NoCodeBackend", "cloud", "nocodebackend", "instance"),
    ),
    _group("Words", _page("Message templates", "edit_note", "messaging", "messagetemplate")),
    _group(
        "People who sign in",
        _page("Users", "group", "accounts", "user"),
        _page("Sign-ins", "devices", "accounts", "signin"),
    ),
    _group(
        "Operations",
        _page("Events", "history", "core", "event"),
        _page("Automation runs", "replay", "core", "handlerrun"),
        _page("Access records", "visibility", "core", "accessrecord"),
        _page("Account mail", "forward_to_inbox", "accounts", "accountmail"),
        _page("Invitations", "outgoing_mail", "connections", "invitation"),
        _page("Schedules", "timer", "django_q", "schedule"),
        _page("Waiting in the queue", "hourglass_empty", "django_q", "ormq"),
        _page("Failed tasks", "error", "django_q", "failure"),
    ),
]

# A quiet teal; each step is dark enough for the text that the theme puts on it.
TEAL = {
    "50": "oklch(98.2% .012 192)",
    "100": "oklch(95% .028 192)",
    "200": "oklch(90% .052 192)",
    "300": "oklch(83% .078 192)",
    "400": "oklch(75% .1 192)",
    "500": "oklch(66% .105 192)",
    "600": "oklch(50% .085 195)",
    "700": "oklch(44% .075 195)",
    "800": "oklch(38% .062 196)",
    "900": "oklch(33% .05 197)",
    "950": "oklch(25% .038 198)",
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "CareOps",
    "SITE_HEADER": "CareOps",
    "SITE_SUBHEADER": "Back office",
    "SITE_SYMBOL": "health_and_safety",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _: static("careops/favicon.svg")},
    ],
    "STYLES": [lambda _: static("careops/back_office.css")],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "COLORS": {"primary": TEAL},
    "DASHBOARD_CALLBACK": "careops.dashboard.home.home",
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": NAVIGATION},
}
