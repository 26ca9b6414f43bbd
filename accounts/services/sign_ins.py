"""Signing in and out, and going on being signed in."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from accounts.devices import Device
from accounts.exceptions import InvalidCredentials, SignInEnded
from accounts.models import SignIn, User
from accounts.throttles import limit_sign_in
from accounts.tokens import Claims, TokenPair, new_pair
from careops.core import clock
from careops.core.access import note_refused_sign_in, note_sign_in
from careops.core.events import emit
from careops.core.identity import comparable_email

TWO_TABS = timedelta(seconds=10)  # as long as this an old token may be sent again without suspicion


@dataclass(frozen=True)
class Granted:
    """A user who is now signed in on one more device."""

    user: User
    tokens: TokenPair


def check_credentials(*, email: str, password: str, address: str) -> User:
    """The active user with this e-mail and password.

    Raises TooManyRequests before any hashing, else InvalidCredentials: one answer, after the same work, for an
    unknown e-mail, a wrong password and an inactive account.
    """
    email = comparable_email(email)
    well_known = SignIn.objects.vouching().filter(user=OuterRef("pk"), address=address)
    user = User.objects.filter(email=email).annotate(trusted=Exists(well_known)).first()
    limit_sign_in(email=email, address=address, trusted=user is not None and user.trusted)
    if user is None:
        make_password(password)
        note_refused_sign_in(None)
        raise InvalidCredentials
    if not user.check_password(password) or not user.is_active:
        note_refused_sign_in(user.pk)
        raise InvalidCredentials
    return user


def sign_in(*, email: str, password: str, device: Device) -> Granted:
    """Sign in on one device. Raises TooManyRequests, InvalidCredentials."""
    user = check_credentials(email=email, password=password, address=device.address)
    return open_sign_in(user=user, device=device)


def open_sign_in(*, user: User, device: Device) -> Granted:
    """Sign a user in whose password was just checked or set.

    Raises InvalidCredentials when the password was changed, or the account ended, since ``user`` was read.
    """
    sign_in = _recorded(user=user, device=device)
    return Granted(user=user, tokens=new_pair(sign_in))


@transaction.atomic
def open_session(*, user: User, device: Device) -> None:
    """Note that a user signed in to the admin, which keeps its own session. Raises InvalidCredentials."""
    sign_in = _recorded(user=user, device=device)
    SignIn.objects.filter(pk=sign_in.pk).end(why="admin_session")


@transaction.atomic
def _recorded(*, user: User, device: Device) -> SignIn:
    # The lock makes a change of password wait for this row, or this wait for the change and see it.
    same = User.objects.active().select_for_update(no_key=True).filter(pk=user.pk, password=user.password)
    if not same.values_list("pk").first():
        raise InvalidCredentials
    sign_in = SignIn.objects.create(
        user=user,
        refresh_jti=uuid.uuid4().hex,
        address=device.address,
        device=device.name,
        expires_at=_refresh_end(),
    )
    emit("user.signed_in", subject=user, actor=user, sign_in=str(sign_in.pk))
    note_sign_in(user.pk)
    return sign_in


def refresh(*, claims: Claims) -> TokenPair:
    """Exchange a refresh token for a new pair. Of many at once, one wins.

    Raises SignInEnded for every other. The use of a token that was exchanged more than ten seconds ago means
    that somebody else holds it: then the sign-in ends.
    """
    sign_in = SignIn(pk=claims.sign_in_id, user_id=claims.user_id, refresh_jti=uuid.uuid4().hex)
    here = SignIn.objects.standing().filter(pk=claims.sign_in_id, user_id=claims.user_id)
    # Conditions on the row itself, and a subquery on the user: an UPDATE that waited looks at them again.
    won = here.filter(refresh_jti=claims.jti, user_id__in=User.objects.active().values("pk")).update(
        refresh_jti=sign_in.refresh_jti,
        previous_jti=F("refresh_jti"),
        rotated_at=Now(),
        expires_at=_refresh_end(),
    )
    if not won:
        _end_when_reused(claims)
        raise SignInEnded
    return new_pair(sign_in)


@transaction.atomic
def _end_when_reused(claims: Claims) -> None:
    just_rotated = Q(previous_jti=claims.jti, rotated_at__isnull=False, rotated_at__gt=Now() - TWO_TABS)
    here = SignIn.objects.filter(pk=claims.sign_in_id, user_id=claims.user_id)
    if here.exclude(refresh_jti=claims.jti).filter(~just_rotated).end(why="reuse"):
        user = User.objects.get(pk=claims.user_id)
        emit("user.refresh_reused", subject=user, actor=None, sign_in=str(claims.sign_in_id))


@transaction.atomic
def sign_out(*, claims: Claims) -> None:
    """End the sign-in that a token belongs to, on that device only; once is as good as twice."""
    here = SignIn.objects.filter(pk=claims.sign_in_id, user_id=claims.user_id)
    if here.end(why="signed_out"):
        user = User.objects.get(pk=claims.user_id)
        emit("user.signed_out", subject=user, actor=user, sign_in=str(claims.sign_in_id))


def end_all(*, user: User, why: str) -> int:
    """End every sign-in of a user at once; the number of them."""
    return SignIn.objects.filter(user=user).end(why=why)


def _refresh_end() -> datetime:
    return clock.now() + timedelta(days=settings.REFRESH_TOKEN_DAYS)
