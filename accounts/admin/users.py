"""Users: made and changed by admins, looked at by staff."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordWidget

from accounts.enums import Role
from accounts.exceptions import LastAdmin
from accounts.models import User
from accounts.services.sign_up import sign_up
from accounts.services.users import lock_with_admins, update_user
from careops.core.admin import BackOfficeAdmin, Verb, VerbForm, label

WAITING = "waiting"
ROLES: dict[str, str] = {"admin": "primary", "staff": "success", "professional": "info"}


def _waits(user: User) -> bool:
    return user.is_active and user.role == Role.PROFESSIONAL and user.approved_at is None


def _is_approved(user: User) -> bool:
    return user.role == Role.PROFESSIONAL and user.approved_at is not None


class ApprovalFilter(DropdownFilter):
    title = "approval"
    parameter_name = "approval"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(WAITING, "Waits for approval")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Those of the alert; all where the filter is not set."""
        return queryset.waiting_for_approval() if self.value() == WAITING else queryset


class NewUserForm(VerbForm):
    password = forms.CharField(
        max_length=128,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="Give it to the person in a safe way; it can be changed after signing in.",
    )

    def carry_out(self) -> User:
        values = {name: self.cleaned_data[name] for name in ("name", "email", "role", "password")}
        return sign_up(actor=self.actor, **values)


class UserForm(VerbForm):
    def carry_out(self) -> User:
        changes = self.changes()
        try:
            return update_user(user=self.instance, actor=self.actor, **changes)
        except LastAdmin as refusal:
            refusal.field = "role" if "role" in changes else "is_active"
            raise


@admin.register(User)
class UserAdmin(BackOfficeAdmin):
    judged_by = ("approved_at", "is_active", "role")
    list_display = (
        "name", "email", "shown_role", "is_active", "shown_confirmed", "shown_approved", "created_at",
    )  # fmt: skip
    list_filter = (("role", ChoicesDropdownFilter), "is_active", ApprovalFilter)
    search_fields = ("search_text",)
    ordering = ("name_key", "id")
    form = UserForm
    fieldsets = (
        (None, {"fields": (("name", "email"), ("role", "is_active"))}),
        ("Account", {"fields": (("email_confirmed_at", "approved_at"), ("created_at", "devices"))}),
    )
    add_fieldsets = ((None, {"fields": (("name", "email"), ("role", "password"))}),)
    readonly_fields: ClassVar = ("email_confirmed_at", "approved_at", "created_at", "devices")
    verbs = (
        Verb(
            name="approve",
            label="Approve",
            permission="approve",
            icon="how_to_reg",
            run=lambda user, actor: update_user(user=user, actor=actor, approved=True),
            done="The professional is approved and told by mail.",
            when=_waits,
            on_lists=True,
        ),
        Verb(
            name="withdraw_approval",
            label="Withdraw the approval",
            permission="approve",
            icon="person_off",
            run=lambda user, actor: update_user(user=user, actor=actor, approved=False),
            done="The approval is withdrawn. Connections that stand stay.",
            when=_is_approved,
        ),
    )

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[VerbForm]:
        if obj is None:
            kwargs["form"] = NewUserForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The address is the person's own to change, because it has to be confirmed anew."""
        return (*self.readonly_fields, "email") if obj else ()

    def lock(self, found: User, verb: Verb | None) -> None:
        lock_with_admins(found)

    @display(description="Role", ordering="role")
    def shown_role(self, user: User) -> str:
        return label(user.get_role_display(), ROLES.get(user.role, ""))

    @display(description="Confirmed", boolean=True, ordering="email_confirmed_at")
    def shown_confirmed(self, user: User) -> bool:
        return user.email_confirmed

    @display(description="Approved", boolean=True, ordering="approved_at")
    def shown_approved(self, user: User) -> bool:
        return user.approved

    @display(description="Signed in on")
    def devices(self, user: User) -> str:
        standing = user.sign_ins.standing().count()
        words = f"{standing} device" if standing == 1 else f"{standing} devices"
        page = reverse("admin:accounts_signin_changelist")
        return format_html('<a class="text-link" href="{}?user__id__exact={}">{}</a>', page, user.pk, words)
