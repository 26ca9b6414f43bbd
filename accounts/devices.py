"""Where a request comes from, as a sign-in remembers it."""

from dataclasses import dataclass

from django.http import HttpRequest
from rest_framework.request import Request

from careops.core.throttling import client_address


@dataclass(frozen=True)
class Device:
    """A network address, and what the browser or app calls itself."""

    address: str
    name: str = ""


def device_of(request: HttpRequest | Request) -> Device:
    name = str(request.META.get("HTTP_USER_AGENT", "")).replace("\0", "")
    return Device(address=client_address(request), name=name[:200])
