"""Who may see which contacts and messages, and how contacts are found."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Cast

from accounts.enums import Role
from careops.core.models import Event
from careops.core.outbox import OutboxQuerySet, State

if TYPE_CHECKING:
    from messaging.models import Contact, Message  # noqa: F401  (names the queryset's rows)

BACK_OFFICE = frozenset({Role.STAFF, Role.ADMIN})


class ContactQuerySet(models.QuerySet["Contact"]):
    def visible_to(self, user: Any) -> Self:
        """All to staff and admins, those booked with them to professionals, their own to clients.

        A cancelled booking that a professional made gives no access to its contact.
        """
        match getattr(user, "role", ""):
            case Role.STAFF | Role.ADMIN:
                return self.all()
            case Role.PROFESSIONAL:
                bookings = apps.get_model("bookings", "Booking")._default_manager
                return self.filter(pk__in=bookings.giving_access_to(user).values("contact"))
            case Role.CLIENT:
                return self.filter(user=user)
        return self.none()

    def known(self) -> Self:
        """Those who are still a person to us: erased ones keep a row only for the history."""
        return self.filter(erased_at__isnull=True)

    def settled(self) -> Self:
        """Contacts that own their addresses: those that are no possible duplicate of another contact."""
        return self.filter(possible_duplicate_of__isnull=True)

    def with_address(self, email: str, phone: str) -> "Contact | None":
        """The first that has the e-mail address, else the one that has the phone number; empty is no address."""
        found = self.filter(email=email).first() if email else None
        return found or (self.filter(phone=phone).first() if phone else None)

    def paused(self, now: datetime) -> Self:
        """Those whose automation stands still at ``now``: until resumed, or until a time to come."""
        until = Q(paused_until__isnull=True) | Q(paused_until__gt=now)
        return self.filter(until, automation_paused=True)

    def with_pause_over(self, now: datetime) -> Self:
        """Those whose pause had an end, which has come."""
        return self.filter(automation_paused=True, paused_until__lte=now)

    def tagged(self, tag: str) -> Self:
        """Those that carry the tag, which is in normal form."""
        if connection.vendor == "postgresql":
            return self.filter(tags__contains=[tag])
        text = self.annotate(tags_text=Cast("tags", models.TextField()))
        return text.filter(tags_text__contains=json.dumps(tag))


class MessageQuerySet(OutboxQuerySet["Message"]):
    def of_person(self, contact: "Contact") -> Self:
        """All that went to or came from the contact, to their account, or to their address as nobody's."""
        rows, addresses = Q(contact=contact), {contact.email}
        if contact.user is not None:
            rows |= Q(user=contact.user)
            addresses.add(contact.user.email)
        rows |= Q(contact__isnull=True, user__isnull=True, to_address__in=addresses - {""})
        return self.filter(rows)

    def about_person(self, contact: "Contact") -> Self:
        """All messages about events of the contact, also where the event's subject was deleted since."""
        found = self.none()
        happened = Event.objects.filter(person_id=contact.pk).order_by()
        for subject_type in happened.values_list("subject_type", flat=True).distinct():
            ids = happened.filter(subject_type=subject_type).values("subject_id")
            found |= self.filter(about_type=subject_type, about_id__in=ids)
        return found

    def visible_to(self, user: Any) -> Self:
        """Conversations belong to the back office."""
        return self.all() if getattr(user, "role", "") in BACK_OFFICE else self.none()

    def went_wrong(self, since: datetime) -> Self:
        """Those made since then that did not arrive, or may not have."""
        return self.filter(state__in=(State.FAILED, State.BOUNCED, State.UNKNOWN), created_at__gte=since)
