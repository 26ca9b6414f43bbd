"""Phone numbers, e-mail addresses and names: the stored form of each spelling."""

import unicodedata
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from careops.core.identity import (
    comparable_email,
    normal_email,
    normal_name,
    normal_phone,
    readable_name,
    shown_domain,
)
from careops.core.problems import Invalid

SEPARATORS = st.sampled_from(["", " ", "-", ".", "/", "\u00a0", "\u2011", " (", ") "])


def refusal(normal: Any, text: str) -> str:
    """The code with which the text is refused."""
    with pytest.raises(Invalid) as refused:
        normal(text)
    return refused.value.code


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("+1234567890", "+1234567890"),
        ("+44 (0)20 7946 0018", "+442079460018"),
        ("+39 (0)6 698 12345", "+390669812345"),
        ("0044 20 7946 0018", "+442079460018"),
        ("011 44 20 7946 0018", "+442079460018"),
        ("(202) 555-0123", "+12025550123"),
        ("1 202.555.0123", "+12025550123"),
        ("+49 176/1112223 ext. 12", "+491761112223"),
        ("202-555-0123 x12", "+12025550123"),
        ("tel:+442079460018;ext=7", "+442079460018"),
        ("\u202a+44 20 7946 0018\u202c", "+442079460018"),
        ("\uff0b\uff14\uff14\uff12\uff10\uff17\uff19\uff14\uff16\uff10\uff10\uff11\uff18", "+442079460018"),
        ("+\u0664\u0664\u0662\u0660\u0667\u0669\u0664\u0666\u0660\u0660\u0661\u0668", "+442079460018"),
        ("+4512345678", "+4512345678"),
        ("+493055502099", "+493055502099"),
        (" ", ""),
        ("-", ""),
    ],
)
def test_a_phone_number_is_plus_and_digits(written: str, stored: str) -> None:
    assert normal_phone(written) == stored


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("555-0123", "impossible_phone"),
        ("12", "impossible_phone"),
        ("0000000000", "impossible_phone"),
        ("442079460018", "impossible_phone"),
        ("+1234567", "invalid_phone"),
        ("+1234567890123456", "invalid_phone"),
        ("+0442079460018", "invalid_phone"),
        ("call me", "invalid_phone"),
        ("1-800-FLOWERS", "invalid_phone"),
        ("2025550123, 5550124", "invalid_phone"),
        ("x12", "invalid_phone"),
    ],
)
def test_a_phone_number_that_reaches_nobody_is_refused(written: str, code: str) -> None:
    assert refusal(normal_phone, written) == code


@pytest.mark.parametrize(
    ("region", "written", "stored"),
    [
        ("DE", "0176/1112223", "+491761112223"),
        ("GB", "020 7946 0018", "+442079460018"),
        ("AU", "0011 44 20 7946 0018", "+442079460018"),
        ("AU", "0044 20 7946 0018", "+442079460018"),
    ],
)
def test_a_number_without_plus_is_dialled_from_the_region(
    settings: Any, region: str, written: str, stored: str
) -> None:
    settings.DEFAULT_REGION = region
    assert normal_phone(written) == stored


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        (" Ada@Example.COM ", "ada@example.com"),
        ("jo.doe@example.org\u200b", "jo.doe@example.org"),
        ("x@ex\u00e4mple.de", "x@xn--exmple-cua.de"),
        ("x@exa\u0308mple.de", "x@xn--exmple-cua.de"),
        ("x@XN--EXMPLE-CUA.de", "x@xn--exmple-cua.de"),
        ("anna@stra\u00dfe.example", "anna@xn--strae-oqa.example"),
        ("a@ex\u3002de", "a@ex.de"),
        ("", ""),
    ],
)
def test_an_address_has_one_form(written: str, stored: str) -> None:
    assert (normal_email(written), comparable_email(written)) == (stored, stored)


@pytest.mark.parametrize(
    "written",
    [
        "ada", "a b@example.com", "fat\u0131ma@example.com", "=?utf-8?q?eva?=@example.com", "\u212aim@example.com",
        "a@exam\u212aple.com", "a\u202e@example.com", "a@[127.0.0.1]", "a@-x.de", "a@example.com\r\nBcc: b@c.de",
        "a@b@c.de", "a" * 250 + "@example.com",
    ],
)  # fmt: skip
def test_what_reaches_another_mailbox_or_none_is_no_address(written: str) -> None:
    assert refusal(normal_email, written) == "invalid_email"
    assert comparable_email(written) == written.strip().lower()


def test_a_domain_is_shown_in_its_own_letters() -> None:
    assert (shown_domain("xn--strae-oqa.example"), shown_domain("ex_ample.com")) == (
        "stra\u00dfe.example", "ex_ample.com",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("  Ada \u00a0 Byron ", "Ada Byron"),
        ("Jose\u0301", "Jos\u00e9"),
        ("A\u200bda\ufeff\u00ad", "Ada"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
        ("A\u200cda\u200d", "Ada"),
        ("\u0645\u06cc\u200c\u00ad\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
        ("e\u0301\u200d\u0301", "\u00e9\u0301"),
        ("\u674e\u200d\u660e", "\u674e\u660e"),
        ("\u09b0\u200d\u09cd\u09af", "\u09b0\u200d\u09cd\u09af"),
        ("Dr \U0001f469\u200d\u2695\ufe0f", "Dr \U0001f469\u200d\u2695\ufe0f"),
        ("\U0001f642\u200d\u2194\ufe0f\u200d", "\U0001f642\u200d\u2194\ufe0f"),
    ],
)
def test_a_name_is_one_line_in_one_normal_form(written: str, stored: str) -> None:
    assert (normal_name(written), readable_name(written)) == (stored, stored)


@pytest.mark.parametrize("written", ["", "\u200b", "Ada\r\nBcc: b@c.de", "Jane\u202eenaJ", "J" * 121])
def test_what_is_no_name_is_refused_and_made_readable_elsewhere(written: str) -> None:
    assert refusal(normal_name, written) == "invalid_name"
    readable = readable_name(written)
    assert readable == "" or normal_name(readable) == readable


@settings(max_examples=300, deadline=None)
@given(st.integers(10**7, 10**15 - 1), st.lists(SEPARATORS, min_size=15, max_size=15))
def test_a_number_with_plus_is_kept_however_it_is_separated(number: int, between: list[str]) -> None:
    digits = str(number)
    written = "+" + "".join(digit + gap for digit, gap in zip(digits, between, strict=False))
    assume("(0)" not in "".join(written.split()))  # that zero is dialled inside the country only
    assert normal_phone(written) == f"+{digits}"


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=40) | st.from_regex(r"[0-9+() ./-]{1,24}", fullmatch=True))
def test_the_stored_form_is_stored_as_it_is(text: str) -> None:
    for normal in (normal_phone, normal_name, normal_email):
        for written in (text, f"a@{text}", f"a@{text}.example"):
            try:
                stored = normal(written)
            except Invalid:
                continue
            assert normal(stored) == stored
            assert unicodedata.is_normalized("NFC", stored)
