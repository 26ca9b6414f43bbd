"""What the routes of accounts take and answer."""

from typing import Any, ClassVar

from rest_framework import serializers

from accounts.enums import Role
from careops.core.bodies import Body
from careops.core.reads import ReadSerializer


class UserSerializer(ReadSerializer):
    """A user, as they see themselves."""

    person_column: ClassVar = "contact"

    id = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=Role.choices)
    email_confirmed = serializers.BooleanField()
    approved = serializers.BooleanField(
        help_text="False: a professional whom the clinic has still to approve."
    )
    created_at = serializers.DateTimeField()


class ManagedUserSerializer(UserSerializer):
    """A user, as admins and staff see them."""

    is_active = serializers.BooleanField()


class TokensSerializer(serializers.Serializer[Any]):
    """``token`` is the access token again, under the name that older clients read."""

    token = serializers.CharField()
    access = serializers.CharField()
    refresh = serializers.CharField()


class GrantedSerializer(TokensSerializer):
    user = UserSerializer()


class SignedUpSerializer(serializers.Serializer[Any]):
    """The tokens are absent when an admin made the account."""

    user = UserSerializer()
    token = serializers.CharField(required=False)
    access = serializers.CharField(required=False)
    refresh = serializers.CharField(required=False)


class MessageSerializer(serializers.Serializer[Any]):
    message = serializers.CharField()


def _password(**options: Any) -> serializers.CharField:
    return serializers.CharField(max_length=128, trim_whitespace=False, write_only=True, **options)


class SignUpSerializer(serializers.Serializer[Any]):
    email = serializers.CharField(max_length=254)
    name = serializers.CharField(max_length=120)
    password = _password()
    role = serializers.ChoiceField(choices=Role.choices, default=Role.CLIENT)


class CredentialsSerializer(serializers.Serializer[Any]):
    email = serializers.CharField(max_length=254)
    password = _password()


class RefreshSerializer(serializers.Serializer[Any]):
    refresh = serializers.CharField()


class SignOutSerializer(serializers.Serializer[Any]):
    refresh = serializers.CharField(
        required=False, help_text="Without it, the bearer token says which device."
    )


class LinkSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=200)


class ConfirmationSerializer(LinkSerializer):
    password = _password(
        required=False,
        help_text="The account's password keeps earlier sign-ins. Another one is set anew, and ends them all. "
        "Not needed with the bearer token of the account.",
    )


class ConfirmedSerializer(MessageSerializer):
    password_changed = serializers.BooleanField(help_text="True: every earlier sign-in has ended.")


class EmailSerializer(serializers.Serializer[Any]):
    email = serializers.CharField(max_length=254)


class NewPasswordByLinkSerializer(LinkSerializer):
    password = _password()


class PasswordChangeSerializer(serializers.Serializer[Any]):
    old_password = _password()
    new_password = _password()


class ProfileChangeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120, required=False)
    email = serializers.CharField(max_length=254, required=False)


class UserChangeSerializer(Body):
    name = serializers.CharField(max_length=120, required=False)
    role = serializers.ChoiceField(choices=Role.choices, required=False)
    is_active = serializers.BooleanField(required=False)
    approved = serializers.BooleanField(
        required=False, help_text="Staff may change it, too. Only professionals are approved."
    )
