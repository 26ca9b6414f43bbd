"""Signing up, in and out, one's own account, and the accounts of others."""

from functools import partial
from typing import Any, cast

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import serializers
from accounts.authentication import bearer, caller_of, user_of
from accounts.devices import device_of
from accounts.exceptions import AdminOnly
from accounts.models import User
from accounts.permissions import ADMIN, ANONYMOUS, BACK_OFFICE, SIGNED_IN, STAFF, allowed
from accounts.services.confirmation import confirm_email, disown, resend_confirmation
from accounts.services.passwords import change_password, confirm_password_reset, request_password_reset
from accounts.services.profile import update_profile
from accounts.services.sign_ins import Granted, open_sign_in, refresh, sign_in, sign_out
from accounts.services.sign_up import sign_up
from accounts.services.users import update_user
from accounts.throttles import limit_account_mail, limit_email_change, limit_sign_up
from accounts.tokens import TokenPair, read_access, read_refresh
from careops.core import idempotency
from careops.core.identity import comparable_email
from careops.core.reads import Row
from careops.core.views import ResourceView, RetrieveMixin, rows_of


def _user(user: User) -> dict[str, Any]:
    return {"user": rows_of(serializers.UserSerializer).of(user)}


def _tokens(pair: TokenPair) -> dict[str, str]:
    return {"token": pair.access, "access": pair.access, "refresh": pair.refresh}


def _granted(granted: Granted) -> Response:
    return Response({**_user(granted.user), **_tokens(granted.tokens)})


def _said(message: str, *, status: int = 200) -> Response:
    return Response({"message": message}, status=status)


class SignUpView(ResourceView):
    """Makes an account; the same under both of its addresses."""

    ignores_unknown = True
    read = serializers.UserSerializer
    allow = allowed("accounts.user", create={ANONYMOUS, ADMIN})
    write = {"create": serializers.SignUpSerializer}

    @extend_schema(auth=cast(Any, [{}, {"bearer": []}]), responses={201: serializers.SignedUpSerializer})
    def create(self, request: Request) -> HttpResponseBase:
        """Sign up. Staff and admins are made by an admin only."""
        values, device = self.parse(), device_of(request)
        actor = user_of(request) if request.auth else None
        if actor is None:
            limit_sign_up(address=device.address)
        outcome = idempotency.once(request, partial(sign_up, **values, actor=actor))
        if (refusal := outcome.refusal()) is not None:
            return refusal
        made = outcome.made
        if actor is not None:
            body = _user(made if isinstance(made, User) else User.objects.get(pk=outcome.object_id))
        else:
            # A replay is signed in by the password it carries again, if that is still the right one.
            granted = (
                open_sign_in(user=made, device=device)
                if isinstance(made, User)
                else sign_in(email=values["email"], password=values["password"], device=device)
            )
            body = {**_user(granted.user), **_tokens(granted.tokens)}
        headers = {"Idempotent-Replay": "true"} if outcome.replayed else None
        return Response(body, status=201, headers=headers)


class SignInView(ResourceView):
    """Needs no access token, and none that has run out can stand in the way."""

    authentication_classes = ()
    ignores_unknown = True
    allow = allowed("", sign_in={ANONYMOUS}, refresh={ANONYMOUS}, sign_out={ANONYMOUS})
    write = {
        "sign_in": serializers.CredentialsSerializer,
        "refresh": serializers.RefreshSerializer,
        "sign_out": serializers.SignOutSerializer,
    }

    @extend_schema(responses=serializers.GrantedSerializer)
    def sign_in(self, request: Request) -> Response:
        """Sign in with e-mail and password."""
        return _granted(sign_in(**self.parse(), device=device_of(request)))

    @extend_schema(responses=serializers.TokensSerializer)
    def refresh(self, request: Request) -> Response:
        """Exchange the refresh token for a new pair. Each can be used once."""
        return Response(_tokens(refresh(claims=read_refresh(self.parse()["refresh"]))))

    @extend_schema(responses=serializers.MessageSerializer)
    def sign_out(self, request: Request) -> Response:
        """Sign out on this device, by its refresh token or by its bearer token."""
        text = self.parse().get("refresh")
        claims = read_refresh(text) if text else read_access(bearer(request.headers.get("Authorization", "")))
        sign_out(claims=claims)
        return _said("You are signed out on this device.")


CONFIRMED = "The e-mail address is confirmed."
CONFIRMED_ANEW = (
    "The e-mail address is confirmed. Your new password is set, and every earlier sign-in has ended."
)


class AccountLinkView(ResourceView):
    """What the links in account mails do, for front ends with pages of their own."""

    authentication_classes = ()
    ignores_unknown = True
    read = serializers.MessageSerializer  # type: ignore[assignment]
    allow = allowed(
        "",
        confirm_email={ANONYMOUS},
        disown={ANONYMOUS},
        request_reset={ANONYMOUS},
        confirm_reset={ANONYMOUS},
    )
    write = {
        "confirm_email": serializers.ConfirmationSerializer,
        "disown": serializers.LinkSerializer,
        "request_reset": serializers.EmailSerializer,
        "confirm_reset": serializers.NewPasswordByLinkSerializer,
    }

    @extend_schema(auth=cast(Any, [{}, {"bearer": []}]), responses=serializers.ConfirmedSerializer)
    def confirm_email(self, request: Request) -> Response:
        """Confirm the address that the link was mailed to, and prove the account.

        The account's password, or its bearer token, keeps earlier sign-ins. Any other password is set as the new one
        and ends them all.
        """
        values = self.parse()
        password = values.get("password", "")
        confirmed = confirm_email(
            token=values["token"], password=password, new_password=password, caller=caller_of(request)
        )
        return Response(
            {
                "message": CONFIRMED_ANEW if confirmed.password_changed else CONFIRMED,
                "password_changed": confirmed.password_changed,
            }
        )

    def disown(self, request: Request) -> Response:
        """Say that you did not ask for the account. It is deleted; nothing else is."""
        disown(token=self.parse()["token"])
        return _said("The account is deleted. Nobody can use your address with it.")

    @extend_schema(responses={202: serializers.MessageSerializer})
    def request_reset(self, request: Request) -> Response:
        """Ask for a link to choose a new password. The answer is the same for every address."""
        values = self.parse()
        limit_account_mail(address=device_of(request).address)
        request_password_reset(**values)
        return _said("If there is an account with this address, a mail is on its way.", status=202)

    def confirm_reset(self, request: Request) -> Response:
        """Choose a new password by the link. Every device is signed out."""
        confirm_password_reset(**self.parse())
        return _said("The new password is set. Sign in with it.")


class MeView(RetrieveMixin):
    """One's own account."""

    ignores_unknown = True
    read = serializers.UserSerializer
    allow = allowed(
        "", retrieve=SIGNED_IN, partial_update=SIGNED_IN, change_password=SIGNED_IN, resend=SIGNED_IN
    )
    write = {
        "partial_update": serializers.ProfileChangeSerializer,
        "change_password": serializers.PasswordChangeSerializer,
    }

    def get_queryset(self) -> QuerySet[User]:
        return User.objects.filter(pk=self.request.user.pk or 0)

    def row(self, pk: int | str) -> Row:
        """The user was read with the token already; only after a change they are read again."""
        return self.rows().of(user_of(self.request) if self.action == "retrieve" else self.find(pk))

    def is_shown(self, name: str) -> bool:
        """What the caller changes or is refused; what else they send is ignored, as on every older path."""
        return name in {"name", "email", "role", "is_active"}

    def shown(self, instance: Any, name: str) -> Any:
        return instance.is_active if name == "is_active" else super().shown(instance, name)

    def retrieve(self, request: Request, pk: str = "", **kwargs: Any) -> HttpResponseBase:
        """Your own profile."""
        return super().retrieve(request, pk=pk)

    def partial_update(self, request: Request) -> Response:
        """Change your name or address. A new address has to be confirmed again."""
        caller = user_of(request)
        values = self.parse(present=caller)
        # Before any transaction, whose end could take the count back.
        if comparable_email(values.get("email", caller.email)) != caller.email:
            limit_email_change(user_id=caller.pk)
        with self.changing(caller.pk) as user:
            update_profile(user=user, **values)
        return self.changed(caller.pk)

    @extend_schema(responses=serializers.GrantedSerializer)
    def change_password(self, request: Request) -> Response:
        """Change your password. Every device is signed out; this one goes on with the new tokens.

        The same request again, within a minute, changes nothing and answers another pair.
        """
        sign_in: Any = request.auth
        has_ended = sign_in is not None and sign_in.revoked_at is not None
        granted = change_password(
            user=user_of(request), **self.parse(), device=device_of(request), has_ended=has_ended
        )
        return _granted(granted)

    @extend_schema(request=None, responses={202: serializers.MessageSerializer})
    def resend(self, request: Request) -> Response:
        """Mail the confirming link again."""
        limit_account_mail(address=device_of(request).address)
        resend_confirmation(user=user_of(request))
        return _said("If your address is not confirmed yet, a mail is on its way.", status=202)


class UserView(RetrieveMixin):
    """The accounts of others, as far as one may see them."""

    read = serializers.ManagedUserSerializer
    allow = allowed("", retrieve=BACK_OFFICE, partial_update=BACK_OFFICE)
    write = {"partial_update": serializers.UserChangeSerializer}

    def get_queryset(self) -> QuerySet[User]:
        return User.objects.visible_to(self.request.user)

    def row(self, pk: int | str) -> Row:
        return self.rows().of(self.find(pk))

    def partial_update(self, request: Request, pk: str) -> Response:
        """Change name, role, activity or approval; staff the approval alone.

        A changed role and a deactivation sign the person out everywhere.
        """
        caller = user_of(request)
        with self.changing(pk) as user:
            changes = self.parse(present=user)
            if caller.role == STAFF and (others := sorted(changes.keys() - {"approved"})):
                raise AdminOnly(field=others[0])
            update_user(user=user, actor=caller, **changes)
        return self.changed(pk)
