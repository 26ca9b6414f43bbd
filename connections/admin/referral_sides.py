"""The two sides of a referral in the forms of the back office."""

from collections.abc import Mapping
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.enums import Role
from accounts.models import User
from bookings.admin.labels import provider_label
from bookings.models import Provider
from careops.core.admin import ObjectField
from connections.services.parties import SideGiven


def account_label(user: User) -> str:
    return f"{user.name} · {user.email}"


def professionals(label: str) -> ObjectField:
    rows = User.objects.filter(role=Role.PROFESSIONAL, is_active=True)
    return ObjectField(rows, label_of=account_label, label=label, required=False)


def providers(label: str) -> ObjectField:
    return ObjectField(
        Provider.objects.filter(is_active=True), label_of=provider_label, label=label, required=False
    )


def outsider(label: str) -> forms.CharField:
    return forms.CharField(label=label, max_length=120, required=False, widget=UnfoldAdminTextInputWidget)


def chosen_id(chosen: Any) -> int | None:
    return chosen.pk if chosen else None


def side_given(values: Mapping[str, Any], which: str) -> SideGiven:
    return SideGiven(
        professional_id=chosen_id(values[f"{which}_professional"]),
        provider_id=chosen_id(values[f"{which}_provider"]),
        name=values[f"{which}_name"],
    )
