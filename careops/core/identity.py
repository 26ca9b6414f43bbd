"""A phone number, an e-mail address and a name: what each may be, and the one form that is stored and compared."""

import re
import unicodedata
from collections.abc import Callable

import idna
import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from careops.core.problems import Invalid
from careops.core.web_addresses import holds_web_address, without_web_address

NAME_LENGTH, EMAIL_LENGTH = 120, 254
# Unicode's normal forms cost the square of a run of accents, so no longer text is normalised.
LONGEST_READ = 1000
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# These turn the direction of the text around them, so a text that holds one reads as another text.
DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
NOT_IN_A_NAME = re.compile(f"{CONTROL.pattern}|{DIRECTION.pattern}")
JOINERS = "\u200c\u200d"
# The letters of these scripts take another form beside a joiner, by the first word of the letters' Unicode names.
WITH_JOINERS = frozenset(
    [
        "ARABIC",
        "SYRIAC",
        "MANDAIC",
        "NKO",
        "MONGOLIAN",
        "DEVANAGARI",
        "BENGALI",
        "GURMUKHI",
        "GUJARATI",
        "ORIYA",
        "TAMIL",
        "TELUGU",
        "KANNADA",
        "MALAYALAM",
        "SINHALA",
        "KHMER",
        "MYANMAR",
        "TIBETAN",
        "BALINESE",
        "JAVANESE",
    ]
)
EMOJI_STYLE = "\ufe0f"
ENCODED_WORD = re.compile(r"=\?|\?=")

E164 = re.compile(r"\+[1-9][0-9]{7,14}")
EXTENSION = re.compile(
    r"(?<=[0-9)])[\s,]*(?:;\s*ext=|#|ext(?:ension|n)?|x)[.:\s]*[0-9]{1,6}\s*\Z", re.IGNORECASE
)
TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212"
SEPARATORS = re.compile(rf"[\s().\-/{DASHES}]")
POSSIBLE = phonenumbers.ValidationResult.IS_POSSIBLE
BY_DIALLED_PREFIX = phonenumbers.CountryCodeSource.FROM_NUMBER_WITH_IDD


class InvalidEmail(Invalid):
    code, field, detail = "invalid_email", "email", "This is not an e-mail address."


class InvalidName(Invalid):
    code, field = "invalid_name", "name"
    detail = f"A name is one line of 1 to {NAME_LENGTH} characters."


class NameHoldsWebAddress(InvalidName):
    code = "name_holds_web_address"
    detail = "A name holds no address of the web. Leave it out, or write a space behind the full stop."


class InvisibleText(Invalid):
    """A text of which nothing would be seen."""

    code, detail = "invisible_text", "Write at least one visible character."

    def __init__(self, field: str) -> None:
        super().__init__()
        self.field = field


class InvalidPhone(Invalid):
    code, field = "invalid_phone", "phone"
    detail = "A phone number is + and 8 to 15 digits, such as +15550100."


class ImpossiblePhone(Invalid):
    """A number without ``+`` that no phone of DEFAULT_REGION, or of the country it names, can have."""

    code, field = "impossible_phone", "phone"
    detail = "This number cannot be dialled. Write it with + and the country code, such as +12025550123."


def normal_name(text: str) -> str:
    """One line in NFC, white space folded, without format characters.

    Raises InvalidName, and NameHoldsWebAddress because names stand in mails. A joiner stays between letters of the
    scripts that need it, such as Persian and Hindi.
    """
    name = text.strip()
    if len(name) > LONGEST_READ or NOT_IN_A_NAME.search(name):
        raise InvalidName
    name = _one_spaced(name)
    if not 1 <= len(name) <= NAME_LENGTH:
        raise InvalidName
    if holds_web_address(name):
        raise NameHoldsWebAddress
    return name


def readable_name(text: str) -> str:
    """The nearest name to a text of an outside system: what no name may hold is left out. Empty for none."""
    name = _one_spaced(NOT_IN_A_NAME.sub(" ", text[:LONGEST_READ]))
    return _one_spaced(without_web_address(name))[:NAME_LENGTH].strip()


def normal_email(text: str, *, required: bool = False) -> str:
    """Lower case, the domain as IDNA 2008 names it in ASCII (``xn--…``), '' for none. Raises InvalidEmail.

    Format characters are taken out. The part before the @ is ASCII: another letter reaches another mailbox.
    """
    if len(text) > LONGEST_READ or DIRECTION.search(text):
        raise InvalidEmail
    email = without_format(text).strip()
    if not email and not required:
        return ""
    local, _, domain = email.rpartition("@")
    if not local.isascii() or CONTROL.search(email) or ENCODED_WORD.search(local):
        raise InvalidEmail
    email = f"{local.lower()}@{ascii_domain(domain)}"
    try:
        validate_email(email)
    except ValidationError:
        raise InvalidEmail from None
    if len(email) > EMAIL_LENGTH:
        raise InvalidEmail
    return email


def ascii_domain(domain: str) -> str:
    """The domain's A-labels by IDNA 2008 (RFC 5891, mapped as UTS 46 says), lower case. Raises InvalidEmail.

    A letter that stands for one of ASCII is refused: the address would read as another one.
    """
    if any(not each.isascii() and unicodedata.normalize("NFKC", each).isascii() for each in domain):
        raise InvalidEmail
    try:
        return idna.encode(domain, uts46=True).decode().lower()
    except (idna.IDNAError, UnicodeError):
        raise InvalidEmail from None


def comparable_email(text: str) -> str:
    """The stored form of an address at sign-in; a text that is no address stays as typed, in lower case."""
    try:
        return normal_email(text)
    except InvalidEmail:
        return text.strip().lower()


def shown_domain(domain: str) -> str:
    """The domain in its own letters; as it is where it is not of IDNA 2008."""
    try:
        return idna.decode(domain)
    except (idna.IDNAError, UnicodeError):
        return domain


def normal_phone(text: str) -> str:
    """``+`` and 8 to 15 digits, '' for none. Separators, ``(0)`` and an extension are taken out.

    A number that begins with ``+`` is kept as given, 00 stands for ``+``, and any other number is one of
    DEFAULT_REGION. Raises InvalidPhone, and ImpossiblePhone for one that is not written with ``+``.
    """
    if len(text) > LONGEST_READ:
        raise InvalidPhone
    text = ascii_digits(text)
    text = EXTENSION.sub("", without_format(text).replace("\uff0b", "+").strip().removeprefix("tel:"))
    digits = SEPARATORS.sub("", text)
    if not digits:
        return ""
    if digits.startswith("+"):
        phone = _without_trunk_zero(text) if TRUNK_ZERO.search(text) else digits
    elif re.fullmatch(r"[0-9]+", digits):
        phone = _dialled(digits)
    else:
        raise InvalidPhone
    if not E164.fullmatch(phone):
        raise InvalidPhone
    return phone


def _dialled(digits: str) -> str:
    """The number that these digits dial from DEFAULT_REGION; 00 is ``+`` in every region."""
    number = _parsed(digits, settings.DEFAULT_REGION)
    if digits.startswith("00") and (number is None or number.country_code_source != BY_DIALLED_PREFIX):
        number = _parsed(f"+{digits[2:]}", None)
    if number is None or phonenumbers.is_possible_number_with_reason(number) != POSSIBLE:
        raise ImpossiblePhone
    return _e164(number)


def _without_trunk_zero(text: str) -> str:
    """Without ``(0)``, unless the country keeps that zero in its numbers, as Italy does."""
    number = _parsed(text, None)
    return SEPARATORS.sub("", TRUNK_ZERO.sub("", text)) if number is None else _e164(number)


def _parsed(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        return None


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def repaired_name(stored: str) -> str:
    """The stored form of a name that was stored under older rules."""
    return readable_name(stored) or stored


def repaired_email(stored: str) -> str:
    """The stored form of an address that was stored under older rules; what is no address is left as it is."""
    return comparable_email(stored)


def repaired_phone(stored: str) -> str:
    """The number that a stored one was meant to be: without a dialled 0 or 00 behind a country's code.

    Only where that is a number of its country, and the stored one is none.
    """
    code = phonenumbers.country_code_for_region(settings.DEFAULT_REGION)
    dialled = re.sub(rf"\A\+{code}00", "+", stored)
    number = _parsed(dialled, None)
    if number is None or not phonenumbers.is_valid_number(number):
        return stored
    with_zero = f"+{number.country_code}0{number.national_number}"
    return _e164(number) if dialled != stored or stored == with_zero else stored


def ascii_digits(text: str) -> str:
    """The text with the digits of every script as 0 to 9."""
    return "".join(str(unicodedata.decimal(each, each)) for each in text)


def without_format(text: str) -> str:
    """The text without the characters that only say how it is laid out (Unicode category Cf)."""
    return "".join(each for each in text if unicodedata.category(each) != "Cf")


def without_needless_format(text: str) -> str:
    """The text without format characters. One joiner stays where letters or emoji are drawn differently without it."""
    if text.isascii():
        return text
    bare = [each for each in text if unicodedata.category(each) != "Cf" or each in JOINERS]
    kept: list[str] = []
    for at, each in enumerate(bare):
        if each not in JOINERS:
            kept.append(each)
            continue
        behind = next((later for later in bare[at:] if later not in JOINERS), "")
        if kept and _joins(kept[-1], each, behind):
            kept.append(each)
    return "".join(kept)


def visible_text(field: str) -> Callable[[str], str]:
    """A reader for ``read_each``: the text without needless format characters. It raises InvisibleText."""

    def read(text: str) -> str:
        if kept := without_needless_format(text).strip():
            return kept
        raise InvisibleText(field)

    return read


def _joins(before: str, joiner: str, behind: str) -> bool:
    """Whether the joiner changes how the two characters are drawn: letters of some scripts, or emoji."""
    if _takes_joiners(before) and _takes_joiners(behind):
        return True
    return joiner == "\u200d" and _is_emoji(before) and _is_emoji(behind)


def _takes_joiners(character: str) -> bool:
    return bool(character) and unicodedata.name(character, "").partition(" ")[0] in WITH_JOINERS


def _is_emoji(character: str) -> bool:
    return bool(character) and (
        character == EMOJI_STYLE or unicodedata.category(character) in ("So", "Sk", "Sm")
    )


def _one_spaced(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", without_needless_format(text)).split())
