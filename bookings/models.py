"""Who can be booked, when they are open, and who comes when."""

from decimal import Decimal
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q

from bookings.constraints import OnePerSeat
from bookings.enums import LIVE, BookingStatus, Weekday
from bookings.querysets import BookingQuerySet, ProviderQuerySet
from careops.core import clock
from careops.core.folded import FoldedField, TrigramIndex
from careops.core.zones import is_time_zone
from messaging.models import Contact

MINUTES_PER_DAY = 24 * 60
MIDNIGHT = "24:00"
SEAT_RULE = "bookings_one_per_seat"

sector_word = RegexValidator(r"^[a-z][a-z0-9_]*\Z", "Enter one lower-case word, such as real_estate.")
clock_time = RegexValidator(
    r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)\Z", "Enter a time such as 09:00 or 24:00."
)


def known_time_zone(value: str) -> None:
    """Refuse what is not the name of a time zone."""
    if not is_time_zone(value):
        refusal = "Enter the name of a time zone, such as Europe/Berlin."
        raise ValidationError(refusal, code="invalid")


def installation_time_zone() -> str:
    """Return the time zone of the installation, where a provider has none of its own yet."""
    return str(settings.TIME_ZONE)


class Provider(models.Model):
    """Who or what is booked, in any sector, with the terms on which clients book."""

    name = models.CharField(max_length=120)
    name_key = FoldedField("name")
    search_text = FoldedField("name", "sector", "address")
    sector = models.CharField(max_length=40, validators=[sector_word], help_text="A lower-case word.")
    phone = models.CharField(max_length=16, blank=True, help_text="E.164, such as +15550100.")
    email = models.EmailField(blank=True)
    address = models.CharField(max_length=300, blank=True)
    is_active = models.BooleanField("active", default=True)
    time_zone = models.CharField(max_length=64, default=installation_time_zone, validators=[known_time_zone])
    capacity = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(1000)], help_text="Bookings at once."
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="providers",
        verbose_name="professional",
        help_text="The professional whose provider this is.",
    )
    slot_minutes = models.PositiveSmallIntegerField(
        default=15, validators=[MinValueValidator(1), MaxValueValidator(MINUTES_PER_DAY)]
    )
    min_notice_minutes = models.PositiveIntegerField(default=0, validators=[MaxValueValidator(527_040)])
    horizon_days = models.PositiveSmallIntegerField(default=365, validators=[MaxValueValidator(3660)])
    cancel_notice_minutes = models.PositiveIntegerField(default=0, validators=[MaxValueValidator(527_040)])
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    objects = ProviderQuerySet.as_manager()

    class Meta:
        ordering = ("name_key", "id")
        indexes: ClassVar = [
            models.Index(fields=["name_key", "id"], name="provider_name_key"),
            TrigramIndex(field="search_text", name="provider_search"),
            models.Index(fields=["sector"], name="provider_sector"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(name=""), name="provider_has_a_name"),
            models.CheckConstraint(condition=Q(capacity__gte=1), name="provider_has_a_seat"),
            models.CheckConstraint(
                condition=Q(slot_minutes__range=(1, MINUTES_PER_DAY)), name="provider_slots_fit_a_day"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def person_id(self) -> None:
        """A provider is not a contact."""
        return


class Service(models.Model):
    """What a provider offers: how long it takes and what it costs."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="services")
    name = models.CharField(max_length=80)
    name_key = FoldedField("name")
    duration_minutes = models.PositiveSmallIntegerField(
        default=30, validators=[MinValueValidator(1), MaxValueValidator(MINUTES_PER_DAY)]
    )
    buffer_before_minutes = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(MINUTES_PER_DAY)]
    )
    buffer_after_minutes = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(MINUTES_PER_DAY)]
    )
    price = models.DecimalField(
        max_digits=10, decimal_places=2, default=Decimal("0.00"), validators=[MinValueValidator(0)]
    )
    is_active = models.BooleanField("active", default=True)

    class Meta:
        ordering = ("name_key", "id")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(duration_minutes__range=(1, MINUTES_PER_DAY)), name="service_lasts_up_to_a_day"
            ),
            models.CheckConstraint(
                condition=Q(
                    buffer_before_minutes__range=(0, MINUTES_PER_DAY),
                    buffer_after_minutes__range=(0, MINUTES_PER_DAY),
                ),
                name="service_buffers_fit_a_day",
            ),
            models.CheckConstraint(condition=Q(price__gte=0), name="service_price_is_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def person_id(self) -> None:
        return


class OpeningHours(models.Model):
    """One stretch of a weekday by the clock at the provider, from ``opens`` until before ``closes``."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="opening_hours")
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    opens = models.CharField(max_length=5, validators=[clock_time], help_text="Such as 09:00.")
    closes = models.CharField(max_length=5, validators=[clock_time], help_text="Until 24:00.")

    class Meta:
        verbose_name_plural = "opening hours"
        ordering = ("weekday", "opens", "id")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(weekday__in=Weekday.values), name="hours_are_on_a_day_of_the_week"
            ),
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="hours_close_after_they_open"),
            models.CheckConstraint(condition=Q(closes__lte=MIDNIGHT), name="hours_end_by_midnight"),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens} to {self.closes}"

    @property
    def person_id(self) -> None:
        return


class Closure(models.Model):
    """A time in which the provider is closed whatever the opening hours say."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="closures")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)
    reason_key = FoldedField("reason")

    class Meta:
        ordering = ("starts_at", "id")
        indexes: ClassVar = [models.Index(fields=["provider", "ends_at"], name="closure_provider_end")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="closure_ends_after_its_start"
            ),
        ]

    def __str__(self) -> str:
        zone = self.provider.time_zone
        return (
            self.reason or f"Closed from {self.starts_at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"
        )

    @property
    def person_id(self) -> None:
        return


class Booking(models.Model):
    """A contact comes to a provider. It holds one seat from ``busy_from`` to ``busy_until``, buffers included."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="bookings", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="bookings", db_index=False)
    service = models.ForeignKey(
        Service, null=True, blank=True, on_delete=models.SET_NULL, related_name="bookings", db_index=False
    )
    service_type = models.CharField(max_length=80, blank=True)
    service_type_key = FoldedField("service_type")
    status = models.CharField(max_length=16, choices=BookingStatus, default=BookingStatus.PENDING)
    seat = models.SmallIntegerField(default=0)
    scheduled_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    duration_minutes = models.PositiveSmallIntegerField(default=30)
    busy_from = models.DateTimeField()
    busy_until = models.DateTimeField()
    notes = models.TextField(blank=True, max_length=5000)
    notes_key = FoldedField("notes", whole=True)
    override_reason = models.CharField(max_length=300, blank=True)
    cancel_reason = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1, help_text="Raised by each change of time.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    objects = BookingQuerySet.as_manager()

    class Meta:
        ordering = ("-scheduled_at", "-id")
        # Each insert pays for every index, so the foreign keys have none beside these.
        indexes: ClassVar = [
            models.Index(fields=["provider", "scheduled_at", "id"], name="booking_provider_time"),
            models.Index(fields=["scheduled_at", "id"], name="booking_time"),
            models.Index(fields=["status", "scheduled_at"], name="booking_status_time"),
            models.Index(fields=["contact", "scheduled_at"], name="booking_contact_time"),
            models.Index(fields=["updated_at"], name="booking_updated"),
            models.Index(fields=["service"], condition=Q(service__isnull=False), name="booking_service"),
        ]
        constraints: ClassVar = [
            OnePerSeat(name=SEAT_RULE, statuses=LIVE),
            models.CheckConstraint(
                condition=Q(status__in=BookingStatus.values), name="booking_status_is_known"
            ),
            models.CheckConstraint(condition=Q(seat__gte=0), name="booking_seat_is_not_negative"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("scheduled_at")), name="booking_ends_after_its_start"
            ),
            models.CheckConstraint(
                condition=Q(duration_minutes__range=(1, MINUTES_PER_DAY)), name="booking_lasts_up_to_a_day"
            ),
            models.CheckConstraint(
                condition=Q(busy_from__lte=F("scheduled_at"), busy_until__gte=F("ends_at")),
                name="booking_is_busy_while_it_lasts",
            ),
        ]

    def __str__(self) -> str:
        zone = self.provider.time_zone
        local = self.scheduled_at.astimezone(ZoneInfo(zone))
        return f"{self.service_type or 'Booking'}, {local:%a} {local.day} {local:%b %Y, %H:%M} ({zone})"

    @property
    def person_id(self) -> int:
        return self.contact_id
