"""What a referral says about taking back a change of its booking."""

from bookings.enums import BookingStatus
from bookings.models import Booking
from careops.core.models import Event
from connections.models import Referral
from connections.services.moves import BY_BOOKING


def referral_went_on(booking: Booking, change: Event) -> str:
    """Refuse where a person has changed the referral of the booking since."""
    followed = Event.objects.filter(
        subject_type=Referral._meta.label_lower, pk__gt=change.pk, data__booking_id=booking.pk
    )
    present = Referral.objects.filter(booking=booking)
    lost = Referral.objects.filter(pk__in=followed.values("subject_id")).exclude(booking=booking)
    moved = present.exclude(status=BY_BOOKING[BookingStatus(booking.status)])
    return (
        "The referral of this booking has changed since. Change the booking and the referral by hand."
        if moved.exists() or lost.exists()
        else ""
    )
