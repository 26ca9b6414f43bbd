"""Whether a text holds an address of the web, as mail programs would turn it into a link."""

import re
import unicodedata
from pathlib import Path

# Countries, and the generic endings that are open to everybody. A name in a mail with one of them becomes a link.
ENDINGS = Path(__file__).with_name("web_endings.txt").read_text().split()
# These stand in no abbreviation: a name that ends so is meant as an address whatever stands before it.
ALWAYS = frozenset(
    [
        "app",
        "biz",
        "com",
        "dev",
        "edu",
        "example",
        "gov",
        "info",
        "io",
        "net",
        "online",
        "org",
        "site",
        "website",
        "xyz",
    ]
)
# Titles and usual abbreviations that people write without the space that belongs behind their full stop.
ABBREVIATIONS = frozenset(
    """
    alex bros capt cia chr co col corp dds dent dipl dir dmd dott dr dra fa fam fr ft gebr gen ges habil hon hr inc ing
    inh insp int joh jos jr lic lt ltd lda ltda ma mag mc md med min mlle mme mr mrs mrt ms mt mx nat no nr orth per ph
    phd prof psych ptr pty pvt rer rev sgt sir soc sr sra srta st sta ste sto th univ ver vet wm
    """.split()  # noqa: SIM905  # as lists they would be four hundred lines
)
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://|\b(?:https?|mailto|javascript)\s*:", re.IGNORECASE)
WORLD_WIDE = re.compile(r"(?<!\w)www\d?\.\w", re.IGNORECASE)
NUMBERS = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])")
ENDING = "|".join(sorted(ENDINGS, key=len, reverse=True))
DOMAIN = re.compile(
    rf"(?<![\w-])((?:\w(?:[\w-]*\w)?\.)+)({ENDING}|xn--[a-z0-9-]+)(?![\w-])(?P<more>[/?#:]\S)?", re.IGNORECASE
)
DOTS = str.maketrans(
    {"\u3002": ".", "\uff0e": ".", "\uff61": "."}
)  # a domain may be written with each of them


def holds_web_address(text: str) -> bool:
    """Whether the text holds a scheme, ``www.``, an address in numbers or a domain with a known ending.

    Initials, titles and usual abbreviations before a full stop make no domain: ``J.Li``, ``Dr.Ma``, ``Co.KG``. With a
    path behind it each of them is one.
    """
    text = unicodedata.normalize("NFKC", text).translate(DOTS)
    if SCHEME.search(text) or WORLD_WIDE.search(text) or NUMBERS.search(text):
        return True
    return any(_is_domain(found) for found in DOMAIN.finditer(text))


def without_web_address(text: str) -> str:
    """The text with its addresses made unusable: each scheme is left out, and a space stands behind each dot."""
    if not holds_web_address(text):
        return text
    text = SCHEME.sub(" ", unicodedata.normalize("NFKC", text).translate(DOTS))
    return re.sub(r"\.(?=\S)", ". ", text)


def _is_domain(found: re.Match[str]) -> bool:
    labels = found[1].lower().rstrip(".").split(".")
    if found["more"] or found[2].lower() in ALWAYS:
        return True
    return not all(len(label) == 1 or label in ABBREVIATIONS for label in labels)
