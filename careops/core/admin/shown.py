"""Small pieces of a page that look the same on lists and on an object's own page."""

from datetime import datetime

from django.template.loader import render_to_string
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

SUBTLE = "block text-font-subtle-light dark:text-font-subtle-dark"


def label(text: str, variant: str = "") -> SafeString:
    """Text on a colour; the colour says nothing that the text does not."""
    return render_to_string("unfold/helpers/label.html", {"text": text, "variant": variant})


def two_lines(first: str, second: str) -> SafeString:
    return format_html('<span class="block">{}</span><span class="{}">{}</span>', first, SUBTLE, second)


def date_and_time(moment: datetime) -> str:
    """By the clock of the installation."""
    return formats.date_format(timezone.localtime(moment), "DATETIME_FORMAT")
