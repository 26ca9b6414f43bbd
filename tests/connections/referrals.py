"""The two sides, the front desk and the person of one referral, each signed in."""

from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from accounts.enums import Role
from accounts.models import User
from bookings.models import Provider
from careops.core.models import Event
from connections.models import Referral
from messaging.models import Contact
from tests.factories.accounts import client_of, make_user
from tests.factories.bookings import make_client, make_provider, tomorrow
from tests.factories.connections import connect
from tests.factories.referrals import PDF, make_referral

SEES_ALL = (Role.STAFF, Role.ADMIN)


@dataclass
class Scene:
    """A client, connected with the professional who refers; and the one who is referred to, with a provider."""

    client: User
    contact: Contact
    sender: User
    receiver: User
    provider: Provider
    users: dict[str, User]

    def api(self, who: str) -> APIClient:
        return client_of(self.users[who])

    def referral(self, status: str = "open", **asked: Any) -> Referral:
        return make_referral(self.contact, sender=self.sender, receiver=self.receiver, status=status, **asked)


def make_scene() -> Scene:
    client, contact = make_client()
    sender, receiver = make_user(Role.PROFESSIONAL), make_user(Role.PROFESSIONAL)
    connect(sender, client)
    users = {
        "sender": sender,
        "receiver": receiver,
        "client": client,
        "staff": make_user(Role.STAFF),
        "admin": make_user(Role.ADMIN),
        "stranger": make_user(Role.PROFESSIONAL),
        "other client": make_client()[0],
    }
    return Scene(client, contact, sender, receiver, make_provider(user=receiver, capacity=50), users)


def url(referral: Referral, more: str = "") -> str:
    return f"/api/referrals/{referral.pk}{more}"


def problem(answer: Any) -> tuple[int, str]:
    """The status and code of a refusal; the status and '' of anything else."""
    refused = answer.status_code >= 400
    return answer.status_code, answer.json()["code"] if refused else ""


def told(referral: Referral) -> list[str]:
    """What happened to the referral, oldest first."""
    events = Event.objects.filter(subject_type="connections.referral", subject_id=referral.pk)
    return list(events.order_by("pk").values_list("name", flat=True))


def appointment(provider: Provider, hour: int = 12, **more: Any) -> dict[str, Any]:
    return {"provider_id": provider.pk, "scheduled_at": tomorrow(hour).isoformat(), **more}


def upload(
    api: APIClient, referral: Referral, content: bytes = PDF, name: str = "letter.pdf", **headers: Any
) -> Any:
    file = SimpleUploadedFile(name, content, content_type="application/octet-stream")
    return api.post(url(referral, "/files"), {"file": file}, format="multipart", **headers)
