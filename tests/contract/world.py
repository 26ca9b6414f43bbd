"""A small clinic in which every route has something to act on, and a valid request for every operation."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rest_framework.test import APIClient

from accounts.enums import MailKind, Role
from accounts.links import LINKS
from accounts.models import User
from bookings import services
from bookings.models import Booking, Provider
from careops.core.alerts import HANDLER_FAILED, raise_alert
from careops.core.models import Alert
from careops.core.outbox import State
from connections.enums import NoticeKind
from connections.models import Notice
from connections.services.notices import notify
from integrations.pms.models import AppointmentLink, PatientLink, ProviderLink
from integrations.sandbox.sikka import OFFICE
from messaging.models import Contact
from tests.contract.routes import Operation
from tests.factories.accounts import PASSWORD, client_of, granted, make_user
from tests.factories.bookings import (
    make_booking,
    make_client,
    make_closure,
    make_contact,
    make_provider,
    make_service,
    open_hours,
    tomorrow,
)
from tests.factories.connections import connect, make_activity, make_invite, make_request
from tests.factories.inventory import make_item, make_lot
from tests.factories.messaging import make_message
from tests.factories.pms import link_provider, make_conflict, make_stored, make_writeback
from tests.factories.referrals import make_referral, make_referral_file, pdf

# Who asks: the client and the professional own what is asked for, the others of their role do not.
CALLERS = ("none", "client", "professional", "staff", "admin", "other client", "other professional")
NEW_PASSWORD = "another horse battery"


@dataclass
class World:
    users: dict[str, User]
    contact: Contact
    provider: Provider
    booking: Booking
    ended: Booking
    unbooked: Provider
    ids: dict[str, int] = field(default_factory=dict)

    def caller(self, who: str) -> APIClient:
        return client_of(self.users[who]) if who in self.users else APIClient()


def make_world(**client_fields: Any) -> World:
    """The client's booking at the professional's provider, and what belongs to them."""
    client, contact = make_client(**client_fields)
    professional = make_user(Role.PROFESSIONAL)
    provider = make_provider(user=professional, capacity=3)
    hours = open_hours(provider, "00:00", "24:00")
    ended = make_booking(provider, contact, at=tomorrow(8))
    services.cancel(booking=ended, actor=None, reason="")
    users = {
        "client": client,
        "professional": professional,
        "staff": make_user(Role.STAFF),
        "admin": make_user(Role.ADMIN),
        "other client": make_client()[0],
        "other professional": make_user(Role.PROFESSIONAL),
    }
    booking = make_booking(provider, contact)
    world = World(users, contact, provider, booking, ended, make_provider(user=professional))
    raise_alert(HANDLER_FAILED, subject=provider, detail="It failed.")
    make_message(contact)
    item = make_item(100)
    world.ids = {
        "alerts": Alert.objects.get().pk,
        "bookings": booking.pk,
        "contacts": contact.pk,
        "inventory": item.pk,
        "lots": make_lot(item).pk,
        "messages": contact.pk,
        "notifications": _notice(client, professional).pk,
        "providers": provider.pk,
        "users": client.pk,
        "services": make_service(provider).pk,
        "opening-hours": hours[0].pk,
        **_practice(world),
        "closures": make_closure(provider, tomorrow(days=30), tomorrow(days=31)).pk,
        **_connected(client, professional),
        **_referred(contact, professional),
        "nocodebackend/referrals": 7,  # the twin's own
        "nocodebackend/uploads": 3,
    }
    return world


def _connected(client: User, professional: User) -> dict[str, int]:
    """The professional's connection with the client, who waits to answer one invite; somebody else asks besides."""
    activity = make_activity(professional)
    return {
        "connection": connect(professional, client).pk,
        "requests": make_request(professional).pk,
        "invites": make_invite(activity, client).pk,
        "activities": make_activity(professional).pk,
    }


def _referred(contact: Contact, professional: User) -> dict[str, int]:
    """The contact, referred to the professional by a colleague, with a file that the professional added."""
    referral = make_referral(contact, receiver=professional)
    return {
        "referrals": referral.pk,
        "accepted": make_referral(contact, receiver=professional, status="accepted").pk,
        "files": make_referral_file(referral, actor=professional).pk,
    }


def id_at(world: World, parts: list[str], place: int) -> int:
    """The world's object behind the words before that place: by all of them, else by the last one."""
    return world.ids.get("/".join(parts[:place])) or world.ids[parts[place - 1]]


def _practice(world: World) -> dict[str, int]:
    """A practice of the sandbox that the provider works at, with a patient, an appointment and a failed writeback."""
    practice = make_stored(system="Dolphin")
    link = link_provider(practice, world.provider)
    PatientLink.objects.create(integration=practice, contact=world.contact, remote_id="70001")
    AppointmentLink.objects.create(integration=practice, booking=world.ended, remote_id="70002")
    failed = make_writeback(practice, world.contact, state=State.FAILED)
    asked = make_conflict(practice, world.contact)
    return {
        "integrations": practice.pk,
        "links": ProviderLink.objects.get(provider=link).pk,
        "patients": 70001,
        "appointments": 70002,
        "writebacks": failed.pk,
        "conflicts": asked.pk,
    }


def path_of(operation: Operation, world: World) -> str:
    """The address of the operation, on the world's object of each kind."""
    parts = operation.route.split("/")
    for place, part in enumerate(parts):
        if part.startswith("{"):
            parts[place] = str(id_at(world, parts, place))
    if operation in ON_ANOTHER:
        parts[1] = str(ON_ANOTHER[operation](world))
    return "/api/" + "/".join(parts) + QUERIES.get(operation, "")


def body_of(operation: Operation, world: World) -> dict[str, Any] | None:
    """What a caller who may do it sends, or None where the operation takes nothing."""
    return BODIES[operation](world) if operation in BODIES else None


def _link(kind: MailKind, **fields: Any) -> str:
    user = make_user(**fields)
    return f"{user.pk}-{LINKS[kind].make_token(user)}"


def _notice(user: User, actor: User) -> Notice:
    notify(user=user, kind=NoticeKind.CONNECTION_ENDED, about=actor, occurrence=1, actor=actor)
    return Notice.objects.latest("pk")


def _sign_up(world: World) -> dict[str, Any]:
    return {"name": "Grace Example", "email": "grace@example.com", "password": PASSWORD, "role": "client"}


def _refresh(world: World) -> dict[str, Any]:
    return {"refresh": granted(world.users["client"]).tokens.refresh}


def _booking(world: World) -> dict[str, Any]:
    return {"provider_id": world.provider.pk, "scheduled_at": tomorrow(15).isoformat()}


ON_ANOTHER: dict[Operation, Callable[[World], int]] = {
    Operation("referrals/{id}/book", "POST"): lambda world: world.ids["accepted"],
    Operation("bookings/{id}/reopen", "POST"): lambda world: world.ended.pk,
    Operation("bookings/{id}/undo", "POST"): lambda world: world.ended.pk,
    Operation("providers/{id}", "DELETE"): lambda world: world.unbooked.pk,
}
QUERIES = {Operation("contacts/{id}", "DELETE"): "?force=true"}
BODIES: dict[Operation, Callable[[World], dict[str, Any]]] = {
    Operation("auth/register", "POST"): _sign_up,
    Operation("auth/signup", "POST"): _sign_up,
    Operation("auth/login", "POST"): lambda world: {
        "email": world.users["client"].email,
        "password": PASSWORD,
    },
    Operation("auth/refresh", "POST"): _refresh,
    Operation("auth/logout", "POST"): _refresh,
    Operation("auth/me", "PATCH"): lambda world: {"name": "Grace Example"},
    Operation("auth/password", "POST"): lambda world: {
        "old_password": PASSWORD,
        "new_password": NEW_PASSWORD,
    },
    Operation("auth/password/reset", "POST"): lambda world: {"email": world.users["client"].email},
    Operation("auth/password/reset/confirm", "POST"): lambda world: {
        "token": _link(MailKind.RESET_PASSWORD),
        "password": NEW_PASSWORD,
    },
    Operation("auth/email/confirm", "POST"): lambda world: {
        "token": _link(MailKind.CONFIRM_EMAIL, email_confirmed_at=None), "password": PASSWORD,
    },
    Operation("auth/email/not-me", "POST"): lambda world: {
        "token": _link(MailKind.CONFIRM_EMAIL, email_confirmed_at=None)
    },
    Operation("users/{id}", "PATCH"): lambda world: {"name": "Grace Example"},
    Operation("contacts", "POST"): lambda world: {"name": "Grace Example", "email": "grace@example.com"},
    Operation("contacts/{id}", "PATCH"): lambda world: {"notes": "Comes with her dog."},
    Operation("messages", "POST"): lambda world: {"contact_id": world.contact.pk, "body": "See you."},
    Operation("connection/request-pro", "POST"): lambda world: {
        "professional_id": world.users["other professional"].pk
    },
    Operation("connection/invite-client", "POST"): lambda world: {"client_email": "grace@example.com"},
    Operation("connection/respond", "POST"): lambda world: {
        "connection_id": world.ids["requests"], "action": "accept",
    },
    Operation("activities", "POST"): lambda world: {"title": "Walking group"},
    Operation("activities/invite", "POST"): lambda world: {
        "activity_id": world.ids["activities"], "client_id": world.users["client"].pk,
    },
    Operation("activities/respond", "POST"): lambda world: {
        "invite_id": world.ids["invites"], "action": "accept",
    },
    Operation("notifications/preferences", "PATCH"): lambda world: {"connection_ended": {"mail": False}},
    Operation("notifications/read-all", "POST"): lambda world: {"up_to": 1},
    Operation("providers", "POST"): lambda world: {"name": "Harbour Clinic", "sector": "medical"},
    Operation("providers/{id}", "PATCH"): lambda world: {"name": "Harbour Clinic"},
    Operation("providers/{provider_id}/services", "POST"): lambda world: {"name": "First visit"},
    Operation("providers/{provider_id}/services/{id}", "PATCH"): lambda world: {"price": "20.00"},
    Operation("providers/{provider_id}/opening-hours", "POST"): lambda world: {
        "weekday": 1, "opens": "09:00", "closes": "17:00",
    },
    Operation("providers/{provider_id}/opening-hours", "PUT"): lambda world: {"hours": []},
    Operation("providers/{provider_id}/opening-hours/{id}", "PATCH"): lambda world: {"opens": "08:00"},
    Operation("providers/{provider_id}/closures", "POST"): lambda world: {
        "starts_at": tomorrow(days=40).isoformat(),
        "ends_at": tomorrow(days=41).isoformat(),
    },
    Operation("providers/{provider_id}/closures/{id}", "PATCH"): lambda world: {"reason": "Moving house"},
    Operation("providers/{provider_id}/services/{id}/recipe", "PUT"): lambda world: {
        "items": [{"item_id": world.ids["inventory"], "amount": 1.5}]
    },
    Operation("inventory", "POST"): lambda world: {"name": "Gloves", "sku": "GLV-100", "quantity": 12},
    Operation("inventory/{id}", "PATCH"): lambda world: {"quantity": 9},
    Operation("inventory/{item_id}/lots/{id}", "PATCH"): lambda world: {"code": "A-17"},
    Operation("inventory/{item_id}/movements", "POST"): lambda world: {"change": -2, "reason": "used"},
    Operation("referrals", "POST"): lambda world: {
        "contact_id": world.contact.pk, "to_name": "City Radiology", "reason": "Knee pain",
    },
    Operation("referrals/{id}", "PATCH"): lambda world: {"answer": "On Monday."},
    Operation("referrals/{id}/book", "POST"): _booking,
    Operation("referrals/{referral_id}/files", "POST"): lambda world: {"file": pdf()},
    Operation("nocodebackend/sync-referral", "POST"): lambda world: {"referral_id": world.ids["referrals"]},
    Operation("bookings", "POST"): _booking,
    Operation("pms/integrations", "POST"): lambda world: {"name": "Quay Dental"},
    Operation("pms/integrations/{id}", "PATCH"): lambda world: {"name": "Quay Dental"},
    Operation("pms/integrations/{id}/authorize", "POST"): lambda world: {"office_id": OFFICE},
    Operation("pms/integrations/{integration_id}/links", "POST"): lambda world: {
        "provider_id": world.unbooked.pk, "remote_id": "DOC2",
    },
    Operation("pms/integrations/{integration_id}/appointments", "POST"): lambda world: {
        "booking_id": world.booking.pk
    },
    Operation("pms/integrations/{integration_id}/appointments/{remote_id}", "PATCH"): lambda world: {
        "status": "cancelled"
    },
    Operation("pms/integrations/{integration_id}/patients", "POST"): lambda world: {
        "contact_id": make_contact().pk
    },
    Operation("pms/integrations/{integration_id}/patients/{remote_id}", "PATCH"): lambda world: {
        "name": "Grace Example"
    },
    Operation("pms/conflicts/{id}/settle", "POST"): lambda world: {"keep": "theirs"},
    Operation("bookings/{id}", "PATCH"): lambda world: {"scheduled_at": tomorrow(16).isoformat()},
    Operation("bookings/{id}/reopen", "POST"): lambda world: {"reason": "Cancelled by mistake"},
}  # fmt: skip


def body_for(operation: Operation, world: World, who: str) -> dict[str, Any] | None:
    """As ``body_of``; only clients book without saying for whom, only professionals refer without saying who does."""
    body = body_of(operation, world)
    if operation == Operation("bookings", "POST") and body is not None and "client" not in who:
        body["contact_id"] = world.contact.pk
    if operation == Operation("referrals", "POST") and body is not None and "professional" not in who:
        body["from_name"] = "Dr Example"
    return body


def form_of(operation: Operation) -> str:
    """How its body is written."""
    return "multipart" if operation == Operation("referrals/{referral_id}/files", "POST") else "json"
