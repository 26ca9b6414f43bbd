"""Signing in to the Django admin, by the same verb, limits and answers as the API."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts.devices import device_of
from accounts.exceptions import InvalidCredentials
from accounts.models import User
from accounts.services.sign_ins import check_credentials, open_session
from careops.core.problems import TooManyRequests


class RoleBackend(BaseBackend):
    """What a user may do there follows from the role: see ``User.has_perm``."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> User | None:
        """The active user, or None. Raises ValidationError, which a sign-in form shows, after too many tries."""
        if request is None or username is None or password is None:
            return None
        device = device_of(request)
        try:
            user = check_credentials(email=username, password=password, address=device.address)
            open_session(user=user, device=device)
        except InvalidCredentials:
            return None
        except TooManyRequests as error:
            text = f"Too many attempts. Try again in {error.retry_after} seconds."
            raise ValidationError(text, code="throttled") from error
        return user

    def get_user(self, user_id: Any) -> User | None:
        """The user of a session, as long as the account is active."""
        return User.objects.active().filter(pk=user_id).first()
