"""Who asks: ``Authorization: Bearer <access token>`` over the API, the back office's session on its own pages.

A token, its sign-in and the user are one statement per request.
"""

from typing import TYPE_CHECKING

from rest_framework.authentication import BaseAuthentication, SessionAuthentication

from accounts.exceptions import SignInEnded
from accounts.models import SignIn, User
from accounts.tokens import read_access
from careops.core.problems import Unauthorized

if TYPE_CHECKING:
    from rest_framework.request import Request


class SignInAuthentication(BaseAuthentication):
    """``request.user`` is the user, ``request.auth`` the SignIn. Whatever is sent and is not good is a 401."""

    def authenticate(self, request: "Request") -> tuple[User, SignIn] | None:
        """Raises SignInEnded."""
        header: str = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        claims = read_access(bearer(header))
        sign_in = SignIn.objects.with_user(sign_in_id=claims.sign_in_id, user_id=claims.user_id)
        if sign_in is None:
            raise SignInEnded
        return sign_in.user, sign_in

    def authenticate_header(self, request: "Request") -> str:
        return 'Bearer realm="api"'


class JustChangedPassword(SignInAuthentication):
    """Also takes a sign-in that the user's own change of password has just ended, for the same change again."""

    def authenticate(self, request: "Request") -> tuple[User, SignIn] | None:
        """Raises SignInEnded."""
        try:
            return super().authenticate(request)
        except SignInEnded:
            claims = read_access(bearer(request.META["HTTP_AUTHORIZATION"]))
            ended = SignIn.objects.just_ended_by_password()
            sign_in = ended.filter(pk=claims.sign_in_id, user_id=claims.user_id).first()
            if sign_in is None:
                raise
            return sign_in.user, sign_in


class BackOfficeSession(SessionAuthentication):
    """Whoever is signed in to the Django admin; a request that may change something carries the CSRF token."""

    def authenticate(self, request: "Request") -> tuple[User, None] | None:
        """Raises PermissionDenied without the CSRF token."""
        found: tuple[User, None] | None = super().authenticate(request)
        return found if found and found[0].is_staff else None


def user_of(request: "Request") -> User:
    """The user of a request, where the view's table lets nobody else in. Raises Unauthorized."""
    if not isinstance(request.user, User):
        raise Unauthorized
    return request.user


def caller_of(request: "Request") -> User | None:
    """The user of the bearer token, where a view asks for none; None without one that is good."""
    try:
        found = SignInAuthentication().authenticate(request)
    except SignInEnded:
        return None
    return found[0] if found else None


def bearer(header: str) -> str:
    """The token in an Authorization header. Raises SignInEnded for any other scheme."""
    scheme, _, text = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not text:
        raise SignInEnded
    return text.strip()
