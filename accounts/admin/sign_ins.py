"""Sign-ins and account mail: to look at, and to end."""

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from accounts.models import AccountMail, SignIn
from accounts.services.users import end_sign_in
from careops.core import clock
from careops.core.admin import OutboxAdmin, ReadOnlyAdmin, Verb, label

WHY = {
    "signed_out": "signed out",
    "password_changed": "the password was changed",
    "role_changed": "the role was changed",
    "deactivated": "the account was deactivated",
    "reuse": "an old token was used again",
    "ended_by_admin": "ended by an admin",
}
SESSION = "admin_session"  # noted for the record; the back office keeps its own session
STANDING = {"Signed in": "success", "Back office": "info"}


def _standing(sign_in: SignIn) -> str:
    if sign_in.revoked_why == SESSION:
        return "Back office"
    if sign_in.revoked_at is not None:
        return "Ended"
    return "Signed in" if sign_in.expires_at > clock.now() else "Expired"


@admin.register(SignIn)
class SignInAdmin(ReadOnlyAdmin):
    judged_by = ("revoked_at",)
    list_display = ("who", "standing", "device", "address", "created_at", "why")
    list_filter = (("user", AutocompleteSelectFilter),)
    list_select_related = ("user",)
    search_fields = ("user__search_text", "address")
    fields = ("user", "standing", "device", "address", ("created_at", "expires_at"), ("revoked_at", "why"))
    verbs = (
        Verb(
            name="end",
            label="End this sign-in",
            permission="end",
            icon="logout",
            run=lambda sign_in, actor: end_sign_in(sign_in=sign_in, actor=actor),
            done="The device is signed out.",
            when=lambda sign_in: sign_in.revoked_at is None,
            on_lists=True,
        ),
    )

    @display(description="User", ordering="user__name")
    def who(self, sign_in: SignIn) -> str:
        return sign_in.user.name

    @display(description="Now")
    def standing(self, sign_in: SignIn) -> str:
        word = _standing(sign_in)
        return label(word, STANDING.get(word, ""))

    @display(description="Why it ended")
    def why(self, sign_in: SignIn) -> str:
        return WHY.get(sign_in.revoked_why, "")


@admin.register(AccountMail)
class AccountMailAdmin(OutboxAdmin):
    list_display = ("user", "kind", "shown_state", "attempts", "created_at", "ended_at")
    list_select_related = ("user",)
    search_fields = ("user__search_text",)
    fields = (
        "user", "kind", ("shown_state", "why"), ("attempts", "next_attempt_at", "expires_at"), "attempts_so_far",
        ("created_at", "ended_at", "request_id"),
    )  # fmt: skip
