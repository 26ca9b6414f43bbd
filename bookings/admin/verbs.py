"""What the front desk does with a booking."""

from collections.abc import Callable
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from bookings import services
from bookings.enums import MOVES, BookingStatus
from bookings.models import Booking
from bookings.services.seats import is_open
from bookings.services.status import too_early
from bookings.services.undo import can_undo
from careops.core import clock
from careops.core.admin import Verb
from messaging.services.contacts import resume_automation


def told_field() -> forms.BooleanField:
    """A checkbox: the client knows already, so no message is sent."""
    return forms.BooleanField(
        label="I have told them", required=False, widget=UnfoldBooleanWidget,
        help_text="Otherwise the client gets a message, also while automated messages are paused.",
    )  # fmt: skip


class CancelForm(forms.Form):
    reason = forms.CharField(
        max_length=300, required=False, widget=UnfoldAdminTextInputWidget, help_text="May be left empty."
    )
    quiet = told_field()


class UndoForm(forms.Form):
    quiet = told_field()


class ReopenForm(forms.Form):
    reason = forms.CharField(max_length=300, widget=UnfoldAdminTextInputWidget)


def _may_become(status: BookingStatus) -> Callable[[Booking], bool]:
    return lambda booking: (
        status in MOVES.get(booking.status, ())
        and not too_early(status, booking.scheduled_at, booking.provider.time_zone)
    )


def will_not_be_reminded(booking: Booking) -> bool:
    """Whether the visit lies ahead and a pause keeps its reminders back."""
    return is_open(booking) and booking.scheduled_at > clock.now() and booking.contact.is_paused


def _on(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The verb as the back office calls it: booking and actor by position."""
    return lambda booking, actor, **values: verb(booking=booking, actor=actor, **values)


VERBS = (
    Verb(
        name="confirm",
        label="Confirm",
        icon="check",
        variant="primary",
        run=_on(services.confirm),
        done="The booking is confirmed.",
        when=_may_become(BookingStatus.CONFIRMED),
        on_lists=True,
    ),
    Verb(
        name="complete",
        label="Complete",
        icon="done_all",
        run=_on(services.complete),
        done="The booking is completed.",
        when=_may_become(BookingStatus.COMPLETED),
        on_lists=True,
    ),
    Verb(
        name="no-show",
        label="Mark as no-show",
        icon="person_off",
        run=_on(services.mark_no_show),
        done="The booking is marked as a no-show; the seat is free again.",
        when=_may_become(BookingStatus.NO_SHOW),
        on_lists=True,
    ),
    Verb(
        name="remind",
        label="Send reminder",
        permission="send_reminder",
        icon="notifications_active",
        run=_on(services.remind),
        done="The reminder is on its way.",
        when=lambda booking: is_open(booking) and booking.scheduled_at > clock.now(),
        on_lists=True,
    ),
    Verb(
        name="resume-messages",
        label="Resume messages",
        permission="messaging.resume_automation_contact",
        icon="play_arrow",
        run=lambda booking, actor: resume_automation(contact=booking.contact, actor=actor),
        done="Automated messages go out again.",
        when=will_not_be_reminded,
        on_lists=True,
    ),
    Verb(
        name="cancel",
        label="Cancel booking",
        permission="cancel",
        icon="event_busy",
        variant="danger",
        run=_on(services.cancel),
        form=CancelForm,
        done="The booking is cancelled; the seat is free again.",
        note="The seat becomes free, and messages about the booking that still wait are withdrawn. The client gets a message.",
        when=_may_become(BookingStatus.CANCELLED),
        on_lists=True,
    ),
    Verb(
        name="undo",
        label="Undo last change",
        permission="undo",
        icon="undo",
        run=_on(services.undo),
        form=UndoForm,
        done="The last change is taken back.",
        note="The status or time from before the last change is put back, if its seat is still free.",
        when=can_undo,
    ),
    Verb(
        name="reopen",
        label="Reopen",
        permission="reopen",
        icon="restart_alt",
        run=_on(services.reopen),
        form=ReopenForm,
        done="The booking is confirmed again.",
        note="The booking becomes confirmed again, if its seat is still free.",
        when=lambda booking: booking.status not in MOVES,
    ),
)
