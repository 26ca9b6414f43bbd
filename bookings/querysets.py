"""Who may see which providers and bookings, and how both are found."""

import re
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.aggregates import StringAgg
from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector
from django.db import connection, models
from django.db.models import OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from accounts.enums import Role
from bookings.enums import LIVE, OPEN
from careops.core import clock
from careops.core.filters import MAX_SEARCH_WORDS

if TYPE_CHECKING:
    from bookings.models import Booking, Provider  # noqa: F401  # named in quotes below

CONFIG = "simple"  # no language's endings are cut: a clinic's names come in any language
PROVIDER_TEXTS = ("name", "sector", "address", "services__name")
BOOKING_TEXTS = ("contact__name", "contact__email", "contact__phone", "notes", "service_type")
PLAIN_WORDS = re.compile(r"\w+(?:\s+\w+)*\Z")


class ProviderQuerySet(models.QuerySet["Provider"]):
    def visible_to(self, user: Any) -> Self:
        """Whoever is signed in may look for a provider."""
        return self.all() if user is not None and user.is_authenticated else self.none()

    def search(self, text: str) -> Self:
        """Those whose name, sector, address or services hold every word of ``text``.

        On PostgreSQL words match from their beginning, quotes and a leading minus work as in a web search, and
        ``rank`` says how well. Elsewhere a word may stand inside another, and there is no rank.
        """
        words = text.split()[:MAX_SEARCH_WORDS]
        if not words:
            return self
        if connection.vendor == "postgresql":
            return self._ranked(" ".join(words))
        for word in words:
            anywhere = reduce(or_, (Q(**{f"{field}__icontains": word}) for field in PROVIDER_TEXTS))
            self = self.filter(pk__in=self.model._default_manager.filter(anywhere).values("pk"))
        return self

    def _ranked(self, text: str) -> Self:
        services = self.model._meta.get_field("services").related_model
        offered = (
            services._default_manager.filter(provider=OuterRef("pk"))
            .order_by()
            .values("provider")
            .annotate(names=StringAgg("name", " "))
            .values("names")
        )
        names = Coalesce(Subquery(offered), Value(""), output_field=models.TextField())
        document = (
            SearchVector("name", weight="A", config=CONFIG)
            + SearchVector("sector", weight="B", config=CONFIG)
            + SearchVector(names, weight="C", config=CONFIG)
            + SearchVector("address", weight="D", config=CONFIG)
        )
        if PLAIN_WORDS.match(text):
            begun = " & ".join(f"{word}:*" for word in text.split())
            query = SearchQuery(begun, search_type="raw", config=CONFIG)
        else:
            query = SearchQuery(text, search_type="websearch", config=CONFIG)
        return self.annotate(document=document, rank=SearchRank(document, query)).filter(document=query)


class BookingQuerySet(models.QuerySet["Booking"]):
    def visible_to(self, user: Any) -> Self:
        """All to staff and admins, their providers' to professionals, their own to clients."""
        match getattr(user, "role", ""):
            case Role.STAFF | Role.ADMIN:
                return self.all()
            case Role.PROFESSIONAL:
                return self.filter(provider__user=user)
            case Role.CLIENT:
                return self.filter(contact__user=user)
        return self.none()

    def live(self) -> Self:
        """Those that hold their seat: to come, or completed."""
        return self.filter(status__in=LIVE)

    def begin_on(self, first: date | None, last: date | None) -> Self:
        """Those that begin on these days of the installation's clock, both included; None leaves that end open."""
        if first is not None:
            self = self.filter(scheduled_at__gte=clock.midnight(first))
        if last is not None:
            self = self.filter(scheduled_at__lt=clock.midnight(last + clock.DAY))
        return self

    def not_over(self, now: datetime) -> Self:
        """Those that have not ended by the clock: to come, or going on."""
        return self.filter(ends_at__gt=now)

    def left_open(self, now: datetime) -> Self:
        """Those that have ended by the clock, and nobody has said whether the person came."""
        return self.open().filter(scheduled_at__lt=now, ends_at__lte=now)

    def open(self) -> Self:
        """Those that are neither over nor cancelled."""
        return self.filter(status__in=OPEN)

    def search(self, text: str) -> Self:
        """Those whose contact's name or addresses, notes or service type hold every word of ``text``."""
        for word in text.split()[:MAX_SEARCH_WORDS]:
            self = self.filter(reduce(or_, (Q(**{f"{field}__icontains": word}) for field in BOOKING_TEXTS)))
        return self
