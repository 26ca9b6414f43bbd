"""Says after a save how many bookings the provider's terms strand, with a link to exactly those."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from bookings.models import Provider
from bookings.services.stranded import stranded


def say_stranded(request: HttpRequest, provider: Provider) -> None:
    """Add a warning to the next page, if the provider has stranded bookings."""
    count = len(stranded([provider.pk]).get(provider.pk, ()))
    if not count:
        return
    query = urlencode({"stranded": "yes", "provider__id__exact": provider.pk})
    url = f"{reverse('admin:bookings_booking_changelist')}?{query}"
    words = "1 booking now lies" if count == 1 else f"{count} bookings now lie"
    text = format_html(
        '{} outside what {} offers. <a class="underline" href="{}">Show {}</a>',
        words,
        provider.name,
        url,
        "it" if count == 1 else "them",
    )
    messages.warning(request, text)
