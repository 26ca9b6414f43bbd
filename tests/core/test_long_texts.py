"""Texts of a hundred thousand characters, made to cost the square of their length, are answered at once."""

import subprocess
import sys

import pytest

LONG = 100_000
TEXTS = {
    "accents": "'a' + '\\u0301\\u0323' * LONG",
    "accents in a domain": "'a@b' + '\\u0301\\u0323' * LONG + '.de'",
    "spaces": "'1' + ' ' * LONG + 'x'",
    "commas": "'1' + ',' * LONG + 'ext'",
    "brackets": "'(0' * LONG",
    "labels": "'a@' + 'a.' * LONG",
    "umlauts": "'a@' + 'ü' * LONG + '.de'",
}
FUNCTIONS = """
import os, sys
import django; django.setup()
from careops.core.folding import fold, folded_lines
from careops.core.identity import comparable_email, normal_email, normal_name, normal_phone, readable_name
from careops.core.lists.layout import normal
from careops.core.problems import Invalid
from careops.core.search import _numbers
LONG = %d
text = %s
for read in (normal_name, normal_email, comparable_email, normal_phone, readable_name, fold, normal, _numbers,
             lambda text: folded_lines([text])):
    try:
        found = read(text)
        list(found)
    except Invalid:
        pass
"""


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_long_text_is_read_or_refused_at_once(text: str) -> None:
    done = subprocess.run([sys.executable, "-c", FUNCTIONS % (LONG, text)], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
