"""What a person's values may be, and the one normal form in which they are stored and compared."""

import re
from collections.abc import Iterable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from messaging.exceptions import (
    InvalidEmail,
    InvalidLanguage,
    InvalidPhone,
    InvalidTags,
    InvalidTimeZone,
)

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
E164 = re.compile(r"\+[1-9][0-9]{7,14}")
SEPARATORS = re.compile(r"[\s().\-/]")
TAG = re.compile(r"[\w-]{1,40}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,4})?")
MAX_TAGS = 20


def normal_email(text: str) -> str:
    """Lower case, '' for none. Raises InvalidEmail."""
    email = text.strip().lower()
    if not email:
        return ""
    try:
        validate_email(email)
    except ValidationError:
        raise InvalidEmail from None
    if len(email) > 254 or CONTROL.search(email):
        raise InvalidEmail
    return email


def normal_phone(text: str) -> str:
    """E.164, '' for none; a number without + is one of DEFAULT_REGION. Only the shape is checked.

    Raises InvalidPhone.
    """
    phone = SEPARATORS.sub("", text)
    if not phone:
        return ""
    if re.fullmatch(r"[0-9]+", phone):
        try:
            number = phonenumbers.parse(phone, settings.DEFAULT_REGION)
        except phonenumbers.NumberParseException:
            raise InvalidPhone from None
        phone = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    if not E164.fullmatch(phone):
        raise InvalidPhone
    return phone


def normal_tags(tags: Iterable[str]) -> list[str]:
    """Lower-case words, each once, in the given order. Raises InvalidTags."""
    words = list(dict.fromkeys(tag.strip().lower() for tag in tags))
    if len(words) > MAX_TAGS or not all(TAG.fullmatch(word) for word in words):
        raise InvalidTags
    return words


def normal_time_zone(text: str) -> str:
    """A name of the time zone database, '' for none. Raises InvalidTimeZone."""
    try:
        return ZoneInfo(text.strip()).key if text.strip() else ""
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidTimeZone from None


def normal_language(text: str) -> str:
    """A language tag in lower case, '' for none. Raises InvalidLanguage."""
    language = text.strip().lower().replace("_", "-")
    if language and not LANGUAGE.fullmatch(language):
        raise InvalidLanguage
    return language


def one_line(text: str) -> str:
    """The text with every run of white space and control characters made one space: fit for a header."""
    return " ".join(CONTROL.sub(" ", text).split())
