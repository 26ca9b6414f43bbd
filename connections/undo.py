"""What a referral says about taking back a change of its booking."""

from collections.abc import Sequence

from django.db.models import Q

from bookings.enums import BookingStatus
from bookings.models import Booking
from careops.core.models import Event
from connections.models import Referral
from connections.services.moves import BY_BOOKING

WENT_ON = "The referral of this booking has changed since. Change the booking and the referral by hand."


def referral_went_on(changes: Sequence[tuple[Booking, Event]]) -> dict[int, str]:
    """Refuse where a person has changed the referral of the booking since."""
    since = {booking.pk: last.pk for booking, last in changes}
    events = Event.objects.filter(
        subject_type=Referral._meta.label_lower, pk__gt=min(since.values()), data__booking_id__in=list(since)
    )
    told = [
        (pk, referral, data["booking_id"])
        for pk, referral, data in events.values_list("pk", "subject_id", "data")
    ]
    followed = [(referral, booking) for pk, referral, booking in told if pk > since[booking]]
    rows = Referral.objects.filter(Q(booking__in=since) | Q(pk__in=[referral for referral, _ in followed]))
    found = {pk: (booking, status) for pk, booking, status in rows.values_list("pk", "booking_id", "status")}
    wanted = {booking.pk: BY_BOOKING[BookingStatus(booking.status)] for booking, _ in changes}
    moved = {booking for booking, status in found.values() if booking in wanted and status != wanted[booking]}
    lost = {booking for referral, booking in followed if referral in found and found[referral][0] != booking}
    return dict.fromkeys(moved | lost, WENT_ON)
