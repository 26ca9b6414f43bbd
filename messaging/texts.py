"""The words of automated messages: built-in texts, and the safe filling of any text with a closed list of names.

A text is filled by replacing ``{name}`` once. Nothing is evaluated: whatever is not one of the text's own
names stays as it stands.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

PLACEHOLDER = re.compile(r"(?<!\{)\{([a-z_]+)\}(?!\})")
COMMON_NAMES = ("contact_name",)
BUILT_IN_LANGUAGE = "en"
# A value that fills a text; one that depends on the language of the text takes it and returns the words.
Value = str | Callable[[str], str]


@dataclass(frozen=True)
class Text:
    """A built-in text and the names that it, and the clinic's own words in its place, may use."""

    key: str
    subject: str
    body: str
    names: tuple[str, ...]


TEXTS: dict[str, Text] = {}


def register(key: str, *, subject: str, body: str, names: tuple[str, ...] = ()) -> Text:
    """Declare a text once, beside the automation that sends it; ``contact_name`` is always among its names."""
    text = Text(key, subject, body, (*COMMON_NAMES, *names))
    if TEXTS.setdefault(key, text) != text:
        raise ValueError(f"The text {key} is declared twice.")
    if unknown := {name for part in (subject, body) for name in unknown_names(key, part)}:
        raise ValueError(f"The text {key} uses unknown names: {', '.join(sorted(unknown))}.")
    return text


def in_language(value: Value, language: str) -> str:
    """The value as a text in this language."""
    return value if isinstance(value, str) else value(language)


def fill(template: str, values: Mapping[str, str]) -> str:
    """``template`` with each ``{name}`` of ``values`` replaced; values are not looked at again."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template)


def unknown_names(key: str, template: str) -> list[str]:
    """What looks like a name in ``template`` but is none of the text's, in order."""
    known = names_of(key)
    return [name for name in PLACEHOLDER.findall(template) if name not in known]


def names_of(key: str) -> tuple[str, ...]:
    """The names that a text may use."""
    return TEXTS[key].names if key in TEXTS else COMMON_NAMES


WELCOME = register(
    "welcome",
    subject="Welcome, {contact_name}",
    body=(
        "Hello {contact_name},\n\n"
        "thank you for getting in touch. We have your details now and will write to this address about your "
        "bookings.\n\n"
        "Simply answer this message if something is not right."
    ),
)
