"""What a new password may be."""

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError

from accounts.models import User


def check_new_password(password: str, *, email: str, name: str, field: str = "password") -> None:
    """Raises ValidationError under ``field`` when the installation's rules refuse the password."""
    try:
        password_validation.validate_password(password, User(email=email, name=name))
    except ValidationError as error:
        raise ValidationError({field: error.error_list}) from None
