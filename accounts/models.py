"""People who sign in, the devices they are signed in on, and the mail about their accounts."""

import uuid
from collections.abc import Iterator
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from accounts.enums import MailKind, Role
from accounts.permissions import admin_may
from accounts.querysets import SignInQuerySet, UserManager
from careops.core import clock
from careops.core.folded import FoldedField, TrigramIndex
from careops.core.outbox import OutboxRow


class User(AbstractBaseUser):
    """A person who signs in with an e-mail address. What they may do follows from the role alone."""

    email = models.EmailField(unique=True, help_text="Stored in lower case.")
    name = models.CharField(max_length=120)
    name_key = FoldedField("name")
    search_text = FoldedField("name", "email")
    role = models.CharField(max_length=16, choices=Role, default=Role.CLIENT)
    is_active = models.BooleanField("active", default=True)
    email_confirmed_at = models.DateTimeField(null=True, blank=True)
    email_changed_at = models.DateTimeField(
        null=True, blank=True, help_text="Empty: it is the address of the sign-up."
    )
    former_email = models.EmailField(
        blank=True,
        default="",
        help_text="The confirmed address before the present one, until that is confirmed.",
    )
    approved_at = models.DateTimeField(
        null=True, blank=True, help_text="When the clinic let this professional in."
    )
    session_version = models.PositiveIntegerField(
        default=0, help_text="A higher number ends every session of the back office for good."
    )
    created_at = models.DateTimeField(default=clock.now)
    last_login = None

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["name"]

    objects = UserManager()

    class Meta:
        ordering = ("name_key", "id")
        indexes: ClassVar = [
            models.Index(fields=["name_key", "id"], name="user_name_key"),
            TrigramIndex(field="name_key", name="user_name_search"),
            TrigramIndex(field="search_text", name="user_search"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="user_role_is_known"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_is_lower_case"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        """How the admin greets this person."""
        return self.name

    @property
    def email_confirmed(self) -> bool:
        """Whether this person proved that the address is theirs."""
        return self.email_confirmed_at is not None

    @property
    def approved(self) -> bool:
        """Whether the clinic has let this person in; only professionals wait for it, and only where the setting says so."""
        asked = self.role == Role.PROFESSIONAL and settings.PROFESSIONALS_NEED_APPROVAL
        return self.approved_at is not None or not asked

    @property
    def is_vouched_for(self) -> bool:
        """Whether this professional's own words may stand in a mail to a stranger, whatever the settings ask."""
        return self.approved_at is not None and self.email_confirmed

    @property
    def is_staff(self) -> bool:
        """Whether the Django admin lets this person in."""
        return self.is_active and self.role in {Role.STAFF, Role.ADMIN}

    @property
    def is_superuser(self) -> bool:
        return False

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Django's question, answered from the same role data the API uses."""
        return self.is_active and admin_may(self.role, perm)

    def has_module_perms(self, app_label: str) -> bool:
        """The admin shows an app when it shows one of its models, so there is nothing more to ask here."""
        return self.is_staff

    def get_session_auth_hash(self) -> str:
        """Changes with the password, with the role and with each deactivation: each ends every session for good."""
        value = f"{self.password}:{self.role}:{self.session_version}"
        return salted_hmac("accounts.session", value, algorithm="sha256").hexdigest()

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        return iter(())


class PasswordResetRequest(models.Model):
    """A request for a reset link, until the worker has looked whose address it is.

    The request itself does not look, so that neither its answer nor its time tells whether there is an account.
    """

    email = models.EmailField()
    created_at = models.DateTimeField(default=clock.now)
    request_id = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"password reset request {self.pk}"


class SignIn(models.Model):
    """One signed-in device. Tokens carry its id; refresh is one conditional UPDATE of ``refresh_jti``."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    refresh_jti = models.CharField(max_length=64)
    previous_jti = models.CharField(max_length=64, blank=True)
    rotated_at = models.DateTimeField(null=True, blank=True)
    address = models.CharField(max_length=64, blank=True, help_text="An IPv6 address stands for its /64.")
    device = models.CharField(max_length=200, blank=True, help_text="What the device called itself.")
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_why = models.CharField(max_length=32, blank=True)

    objects = SignInQuerySet.as_manager()

    class Meta:
        verbose_name = "sign-in"
        ordering = ("-created_at",)
        indexes: ClassVar = [
            models.Index(fields=["user", "address", "created_at"], name="sign_in_user_address"),
            models.Index(fields=["expires_at"], name="sign_in_expiry"),
        ]

    def __str__(self) -> str:
        return f"sign-in of user {self.user_id}"


class AccountMail(OutboxRow):
    """A mail to somebody who signs in. The secret link is made at sending and stored nowhere."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="mails")
    kind = models.CharField(max_length=24, choices=MailKind)
    alert = models.ForeignKey(
        "core.Alert",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="What it tells of.",
    )

    class Meta(OutboxRow.Meta):
        verbose_name = "account mail"
        constraints: ClassVar = [
            *OutboxRow.Meta.constraints,
            models.CheckConstraint(
                condition=Q(kind=MailKind.ALERT, alert__isnull=False)
                | (~Q(kind=MailKind.ALERT) & Q(alert__isnull=True)),
                name="accountmail_of_an_alert_names_it",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} for user {self.user_id}"
