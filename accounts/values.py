"""What a user's values may be, and the one form in which they are stored and compared."""

import re

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.exceptions import InvalidEmail, InvalidName
from accounts.models import User

# Line breaks and other controls, and the marks that turn the direction of the text around them.
NOT_IN_A_NAME = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def normal_email(text: str) -> str:
    """Lower case. Raises InvalidEmail, also for letters beyond ASCII, which could pass for another's address."""
    email = text.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise InvalidEmail from None
    if not text.isascii():
        raise InvalidEmail
    return email


def normal_name(text: str) -> str:
    """One line without spaces around it. Raises InvalidName."""
    name = text.strip()
    if not 1 <= len(name) <= 120 or NOT_IN_A_NAME.search(name):
        raise InvalidName
    return name


def check_new_password(password: str, *, email: str, name: str, field: str = "password") -> None:
    """Raises ValidationError under ``field`` when the installation's rules refuse the password."""
    try:
        password_validation.validate_password(password, User(email=email, name=name))
    except ValidationError as error:
        raise ValidationError({field: error.error_list}) from None
