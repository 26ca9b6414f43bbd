"""Who may see which connections, activities and invites: each side its own, the back office all."""

from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, Subquery, Value, When

from accounts.enums import Role
from connections.enums import LIVE_INVITES, OPEN_REFERRALS, ConnectionStatus, InviteStatus, Side

if TYPE_CHECKING:
    from connections.models import (  # noqa: F401
        Activity,
        ActivityInvite,
        Connection,
        Notice,
        Referral,
        ReferralFile,
    )

MOST_DIGITS = 18
REFERRAL_TEXTS = (
    "reference", "reason_key", "contact__name_key", "client__name_key", "from_name_key", "to_name_key",
)  # fmt: skip


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def visible_to(self, user: Any) -> Self:
        """A professional's as such, a client's as such, all to staff and admins; also those that have ended."""
        match getattr(user, "role", ""):
            case Role.STAFF | Role.ADMIN:
                return self.all()
            case Role.PROFESSIONAL:
                return self.filter(professional=user)
            case Role.CLIENT:
                return self.filter(client=user)
        return self.none()

    def accepted(self) -> Self:
        """Those that let each side see the other's rows."""
        return self.filter(status=ConnectionStatus.ACCEPTED)

    def standing(self) -> Self:
        """Those that have not ended."""
        return self.exclude(status=ConnectionStatus.ENDED)

    def between(self, professional: Any, client: Any) -> Self:
        """The pair's, given as users or as their ids; one row at most."""
        return self.filter(professional=professional, client=client)

    def as_shown_to(self, user: Any) -> Self:
        """With the client as ``shown_id``, ``shown_name`` and ``shown_email``, and ``asked_by`` of who asked last.

        Of somebody whom they invited by address a professional is shown that address alone, until it is accepted.
        """
        hidden = Q() if getattr(user, "role", "") == Role.PROFESSIONAL else Q(client__isnull=True)
        by_address = When(hidden & ~Q(invited_email=""), then=F("invited_email"))
        nobody = When(hidden & ~Q(invited_email=""), then=None)
        no_name = When(hidden & ~Q(invited_email=""), then=Value(""))
        return self.annotate(
            shown_id=Case(nobody, default=F("client_id"), output_field=models.BigIntegerField(null=True)),
            shown_name=Case(no_name, default=F("client__name"), output_field=CharField()),
            shown_email=Case(by_address, default=F("client__email"), output_field=CharField()),
            asked_by=Case(
                When(initiated_by=Side.CLIENT, then=F("client_id")),
                default=F("professional_id"),
                output_field=models.BigIntegerField(),
            ),
        )


def accepted_connection(*, professional: str, client: str) -> Exists:
    """Whether the pair that these columns of the outer query name is connected."""
    connections = apps.get_model("connections", "Connection")._default_manager
    return Exists(
        connections.filter(
            professional=OuterRef(professional), client=OuterRef(client), status=ConnectionStatus.ACCEPTED
        )
    )


class ActivityQuerySet(models.QuerySet["Activity"]):
    def visible_to(self, user: Any) -> Self:
        """Their own to professionals, those they are invited to to clients, all to staff and admins."""
        match getattr(user, "role", ""):
            case Role.STAFF | Role.ADMIN:
                return self.all()
            case Role.PROFESSIONAL:
                return self.filter(professional=user)
            case Role.CLIENT:
                invites = apps.get_model("connections", "ActivityInvite")._default_manager
                return self.filter(pk__in=invites.visible_to(user).standing().values("activity"))
        return self.none()

    def planned(self) -> Self:
        """Those that are not cancelled."""
        return self.filter(cancelled_at__isnull=True)


class ActivityInviteQuerySet(models.QuerySet["ActivityInvite"]):
    def visible_to(self, user: Any) -> Self:
        """Only between those who are connected, each side its own; all to staff and admins."""
        rows = self.filter(accepted_connection(professional="activity__professional", client="client"))
        match getattr(user, "role", ""):
            case Role.STAFF | Role.ADMIN:
                return self.all()
            case Role.PROFESSIONAL:
                return rows.filter(activity__professional=user)
            case Role.CLIENT:
                return rows.filter(client=user)
        return self.none()

    def live(self) -> Self:
        """Those that wait for an answer or hold a seat."""
        return self.filter(status__in=LIVE_INVITES)

    def seated(self) -> Self:
        return self.filter(status=InviteStatus.ACCEPTED)

    def standing(self) -> Self:
        """Those that are not cancelled, to activities that are not either."""
        return self.filter(activity__cancelled_at__isnull=True).exclude(status=InviteStatus.CANCELLED)


class ReferralQuerySet(models.QuerySet["Referral"]):
    def visible_to(self, user: Any) -> Self:
        """All to staff and admins, those about them to clients, to professionals those of their own they may see.

        A professional's own are those from or to them or a provider of theirs. What is addressed to them they see
        while it waits for them; everything else as long as they have to do with the person: ``has_to_do_with``.
        """
        match getattr(user, "role", ""):
            case Role.STAFF | Role.ADMIN:
                return self.all()
            case Role.PROFESSIONAL:
                to = Q(to_professional=user), Q(to_provider__user=user)
                sent = Q(from_professional=user), Q(from_provider__user=user)
                waits = (to[0] | to[1]) & Q(status__in=OPEN_REFERRALS)
                return self.filter(waits | has_to_do_with(user), pk__in=_any_of(*to, *sent))
            case Role.CLIENT:
                return self.filter(pk__in=_any_of(Q(client=user), Q(contact__user=user)))
        return self.none()

    def open(self) -> Self:
        """Those about which somebody still has to do something."""
        return self.filter(status__in=OPEN_REFERRALS)

    def by_reference(self, text: str) -> Self:
        """The one that ``text`` names: ``ref_000123``, in any case of letters, or its number alone."""
        number = text.strip().lower().removeprefix("ref_")
        known = number.isascii() and number.isdigit() and len(number) <= MOST_DIGITS
        return self.filter(pk=int(number)) if known else self.none()


def _any_of(*conditions: Q) -> models.QuerySet[Any, Any]:
    """The ids of the referrals that meet one of these, each found by its own index: an OR of joins reads every row."""
    referrals = apps.get_model("connections", "Referral")._default_manager
    first, *others = (referrals.filter(condition).order_by().values("pk") for condition in conditions)
    return first.union(*others)


def has_to_do_with(professional: Any, *, client: int | None = None, contact: int | None = None) -> Q:
    """Whether the professional may know of the person whom ``client`` and ``contact`` name: columns unless ids.

    They are connected, or the person is booked with a provider of the professional (``giving_access_to``). Once the two
    had a connection, the connection alone decides, so that asking again after its end opens nothing.
    An invitation to an address decides nothing, or it would tell whose address it is.
    """
    connections = apps.get_model("connections", "Connection")._default_manager.filter(
        professional=professional, client=OuterRef("client") if client is None else client
    )
    bookings = apps.get_model("bookings", "Booking")._default_manager
    met = bookings.giving_access_to(professional).filter(
        contact=OuterRef("contact") if contact is None else contact
    )
    return Q(Exists(connections.accepted())) | (
        Q(Exists(met)) & ~Q(Exists(connections.filter(known_at__isnull=False)))
    )


class ReferralFileQuerySet(models.QuerySet["ReferralFile"]):
    def visible_to(self, user: Any) -> Self:
        """Whoever sees the referral sees its files."""
        referrals = apps.get_model("connections", "Referral")._default_manager
        return self.filter(referral__in=referrals.visible_to(user))


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: Any) -> Self:
        """Each their own, whatever their role."""
        return self.filter(user=user) if getattr(user, "role", "") else self.none()

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)

    def as_told(self) -> Self:
        """With what is no notice's own: ``shown_id`` and ``shown_name`` of the actor, ``about_name``, ``mail_off``.

        Who works at the clinic is named to colleagues alone; to everybody else it is the clinic that acts.
        """
        choices = apps.get_model("connections", "NoticePreference")._default_manager
        outside = Q(actor__role__in=(Role.CLIENT, Role.PROFESSIONAL))
        known = outside | Q(user__role__in=(Role.STAFF, Role.ADMIN))
        return self.annotate(
            shown_id=Case(When(known, then=F("actor_id")), output_field=models.BigIntegerField(null=True)),
            shown_name=Case(
                When(actor__isnull=True, then=Value("Somebody")),
                When(known, then=F("actor__name")),
                default=Value("The clinic"),
                output_field=CharField(),
            ),
            about_name=Case(
                _named("Activity", "title"),
                _named("ActivityInvite", "activity__title"),
                _named("Referral", "reference"),
                default=Value(""),
                output_field=CharField(),
            ),
            mail_off=Exists(choices.filter(user=OuterRef("user"), kind=OuterRef("kind"), mail=False)),
        )


def _named(model: str, field: str) -> When:
    """What the object of a notice is called, where it is one of ``model``."""
    objects = apps.get_model("connections", model)._default_manager
    names = objects.filter(pk=OuterRef("about_id")).values(field)[:1]
    return When(about_type=f"connections.{model.lower()}", then=Subquery(names))
