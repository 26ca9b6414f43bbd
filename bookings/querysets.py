"""Who may see which providers and bookings, and how both are found."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from django.contrib.postgres.aggregates import StringAgg
from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector
from django.db import connection, models
from django.db.models import Exists, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from accounts.enums import Role
from bookings.enums import LIVE, OPEN, BookingStatus
from careops.core import clock
from careops.core.folding import fold
from careops.core.search import MAX_SEARCH_WORDS, matching

if TYPE_CHECKING:
    from bookings.models import Booking, Provider  # noqa: F401  # named in quotes below

CONFIG = "simple"  # no language's endings are cut: a clinic's names come in any language
PROVIDER_TEXTS = ("search_text", "services__name_key")
BOOKING_TEXTS = ("contact__search_text", "provider__name_key", "notes_key", "service_type_key")
WORD_OF_A_QUERY = re.compile(r'[^\s"-]+')
PLAIN_WORDS = re.compile(r"\w+(?:\s+\w+)*\Z")


def made_in_vain(professional: Any) -> Q:
    """Bookings that the professional made and that were cancelled: they let the professional know nobody."""
    return Q(status=BookingStatus.CANCELLED, created_by=professional)


class ProviderQuerySet(models.QuerySet["Provider"]):
    def visible_to(self, user: Any) -> Self:
        """Whoever is signed in may look for a provider."""
        return self.all() if user is not None and user.is_authenticated else self.none()

    def search(self, text: str) -> Self:
        """Those whose name, sector, address or services hold every word of ``text``.

        On PostgreSQL quotes and a leading minus work as in a web search, and ``rank`` says how well a row matches.
        The beginning of a word counts for the rank, its middle does not.
        """
        words = text.split()[:MAX_SEARCH_WORDS]
        if not words:
            return self
        if connection.vendor == "postgresql":
            return self._ranked(words)
        return self._holding(words)

    def _holding(self, words: Sequence[str]) -> Self:
        for word in words:
            anywhere = matching(self.model, word, PROVIDER_TEXTS)
            self = self.filter(pk__in=self.model._default_manager.filter(anywhere).values("pk"))
        return self

    def _ranked(self, words: Sequence[str]) -> Self:
        text = WORD_OF_A_QUERY.sub(lambda word: fold(word[0]), " ".join(words))
        services = self.model._meta.get_field("services").related_model
        offered = (
            services._default_manager.filter(provider=OuterRef("pk"))
            .order_by()
            .values("provider")
            .annotate(names=StringAgg("name_key", " "))
            .values("names")
        )
        names = Coalesce(Subquery(offered), Value(""), output_field=models.TextField())
        document = (
            SearchVector("name_key", weight="A", config=CONFIG)
            + SearchVector("sector", weight="B", config=CONFIG)
            + SearchVector(names, weight="C", config=CONFIG)
            + SearchVector("search_text", weight="D", config=CONFIG)
        )
        if PLAIN_WORDS.match(text):
            begun = " & ".join(f"{word}:*" for word in text.split())
            query = SearchQuery(begun, search_type="raw", config=CONFIG)
            found = Q(document=query) | Q(pk__in=self._holding(words).values("pk"))
        else:
            query = SearchQuery(text, search_type="websearch", config=CONFIG)
            found = Q(document=query)
        return self.annotate(document=document, rank=SearchRank(document, query)).filter(found)


class BookingQuerySet(models.QuerySet["Booking"]):
    def visible_to(self, user: Any) -> Self:
        """All to staff and admins, their providers' to professionals, their own to clients.

        A professional does not see a booking that they made and that was cancelled, unless another booking gives
        them access to the contact.
        """
        match getattr(user, "role", ""):
            case Role.STAFF | Role.ADMIN:
                return self.all()
            case Role.PROFESSIONAL:
                access = self.model._default_manager.giving_access_to(user)
                known = Exists(access.filter(contact=OuterRef("contact")))
                return self.filter(provider__user=user).exclude(made_in_vain(user) & ~known)
            case Role.CLIENT:
                return self.filter(contact__user=user)
        return self.none()

    def giving_access_to(self, professional: Any) -> Self:
        """Bookings that let the professional know the person: those with one of the professional's providers.

        A booking that the professional made counts until it is cancelled. Else a professional could open any record.
        """
        return self.filter(provider__user=professional).exclude(made_in_vain(professional))

    def live(self) -> Self:
        """Those that hold their seat: to come, or completed."""
        return self.filter(status__in=LIVE)

    def begin_on(self, first: date | None, last: date | None, time_zone: str = "") -> Self:
        """Those that begin on these days, both included; None leaves that end open.

        The days are those of the clock in ``time_zone``, else of the installation's.
        """

        def midnight(day: date) -> datetime:
            if not time_zone:
                return clock.midnight(day)
            return datetime.combine(day, time(), ZoneInfo(time_zone)).astimezone(UTC)

        if first is not None:
            self = self.filter(scheduled_at__gte=midnight(first))
        if last is not None:
            self = self.filter(scheduled_at__lt=midnight(last + clock.DAY))
        return self

    def not_over(self, now: datetime) -> Self:
        """Those that have not ended by the clock: to come, or going on."""
        return self.filter(ends_at__gt=now)

    def left_open(self, now: datetime) -> Self:
        """Those that have ended by the clock, and nobody has said whether the person came."""
        return self.open().filter(scheduled_at__lt=now, ends_at__lte=now)

    def not_reminded(self, now: datetime) -> Self:
        """Those that lie ahead, and whose contact gets no automated message because of a pause."""
        until = Q(contact__paused_until__isnull=True) | Q(contact__paused_until__gt=now)
        return self.open().filter(until, contact__automation_paused=True, scheduled_at__gt=now)

    def open(self) -> Self:
        """Those that are neither over nor cancelled."""
        return self.filter(status__in=OPEN)
