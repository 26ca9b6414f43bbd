"""What a person's tags, time zone and language may be, and the one normal form in which they are stored and compared."""

import re
from collections.abc import Iterable

from careops.core.identity import CONTROL, without_needless_format
from careops.core.zones import is_time_zone
from messaging.exceptions import InvalidLanguage, InvalidTags, InvalidTimeZone

TAG = re.compile(r"[\w\u200c\u200d-]{1,40}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,4})?")
MAX_TAGS = 20


def normal_tags(tags: Iterable[str]) -> list[str]:
    """Lower-case words, each once, in the given order, without needless format characters. Raises InvalidTags."""
    words = list(dict.fromkeys(without_needless_format(tag).strip().lower() for tag in tags))
    if len(words) > MAX_TAGS or not all(TAG.fullmatch(word) for word in words):
        raise InvalidTags
    return words


def normal_time_zone(text: str) -> str:
    """A name of the time zone database, '' for none. Raises InvalidTimeZone."""
    name = text.strip()
    if name and not is_time_zone(name):
        raise InvalidTimeZone
    return name


def normal_language(text: str) -> str:
    """A language tag in lower case, '' for none. Raises InvalidLanguage."""
    language = text.strip().lower().replace("_", "-")
    if language and not LANGUAGE.fullmatch(language):
        raise InvalidLanguage
    return language


def one_line(text: str) -> str:
    """The text with every run of white space and control characters made one space: fit for a header."""
    return " ".join(CONTROL.sub(" ", text).split())
