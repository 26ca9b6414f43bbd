"""The two tokens of a signed-in device: signed by simplejwt, their claims' types checked by us."""

import re
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts.exceptions import SignInEnded
from accounts.models import SignIn

LONGEST = 2000
USER_ID = re.compile(r"[1-9][0-9]{0,17}")


@dataclass(frozen=True)
class Claims:
    """What a genuine token says: which sign-in, whose, and which token of it."""

    sign_in_id: UUID
    user_id: int
    jti: str


@dataclass(frozen=True)
class TokenPair:
    access: str
    refresh: str


def new_pair(sign_in: SignIn) -> TokenPair:
    """Both tokens of the sign-in as it stands: the refresh token is the one its ``refresh_jti`` names."""
    access, refresh = AccessToken(), RefreshToken()
    refresh["jti"] = sign_in.refresh_jti
    for token in (access, refresh):
        token["user_id"] = str(sign_in.user_id)
        token["sid"] = str(sign_in.pk)
    return TokenPair(access=str(access), refresh=str(refresh))


def read_access(text: str) -> Claims:
    """The claims of a genuine, unexpired access token. Raises SignInEnded."""
    return _read(AccessToken, text)


def read_refresh(text: str) -> Claims:
    """The claims of a genuine, unexpired refresh token. Raises SignInEnded."""
    return _read(RefreshToken, text)


def _read(kind: type[AccessToken] | type[RefreshToken], text: str) -> Claims:
    if len(text) > LONGEST:
        raise SignInEnded
    try:
        token = kind(cast(Any, text))  # its annotation forgets that a token arrives as text
    except (TokenError, ArithmeticError, RecursionError, TypeError, ValueError) as error:
        raise SignInEnded from error
    user_id, sid, jti = (token.get(name) for name in ("user_id", "sid", "jti"))
    # simplejwt hands claims on as they come: true would be user 1, a list a fault (and a bool is an int).
    if type(user_id) not in {int, str} or not USER_ID.fullmatch(str(user_id)):
        raise SignInEnded
    if type(sid) is not str or type(jti) is not str:
        raise SignInEnded
    try:
        return Claims(sign_in_id=UUID(sid), user_id=int(user_id), jti=jti)
    except ValueError as error:
        raise SignInEnded from error
