"""Folding: the form of a text in which case, accents, apostrophes and hyphens make no difference."""

import unicodedata

from careops.core.identity import LONGEST_READ, ascii_digits, shown_domain, without_format

# Letters that Unicode does not take apart. A folded sharp s is ss by case folding.
LETTERS = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",
        "ħ": "h",
        "ŧ": "t",
        "ŋ": "n",
    }
)
APOSTROPHES = dict.fromkeys(map(ord, "'’ʼ‘`´ʹ′ʻ"))
SPACES = dict.fromkeys(map(ord, "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212,;"), " ")
# Marks of these classes make another letter: nukta, the voicing of kana, virama.
PARTS_OF_LETTERS = frozenset({0, 7, 8, 9})
MOST = 200


def fold(text: str) -> str:
    """Lower case without accents and apostrophes, hyphens and commas as spaces, digits of every script as 0 to 9.

    What follows the first LONGEST_READ characters is left out.
    """
    plain = unicodedata.normalize(
        "NFKD", without_format(text[:LONGEST_READ]).translate(APOSTROPHES | SPACES)
    ).casefold()
    apart = unicodedata.normalize("NFKD", plain)
    bare = "".join(each for each in apart if unicodedata.combining(each) in PARTS_OF_LETTERS)
    together = unicodedata.normalize("NFKC", bare.translate(LETTERS)).translate(APOSTROPHES | SPACES)
    return " ".join(ascii_digits(together).split())


def folded_lines(texts: list[str], *, whole: bool = False) -> str:
    """One line per text that is not empty; an e-mail address also with its domain in its own letters.

    A line has at most 200 characters, unless ``whole``.
    """
    lines, most = [], None if whole else MOST
    for text in texts:
        local, at, domain = text.rpartition("@")
        # Word by word: ``fold`` reads the beginning of a long text alone.
        lines.append(" ".join(filter(None, map(fold, text.split()))) if whole else fold(text)[:MOST])
        if at and "xn--" in domain:
            lines.append(fold(f"{local}@{shown_domain(domain)}")[:most])
    return "\n".join(filter(None, lines))
