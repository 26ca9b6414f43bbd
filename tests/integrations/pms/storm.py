"""A day of work at the desk under a seeded schedule of faults, and what must hold when it is over.

The oracle is the twin's ledger: what it accepted, which says nothing of what we believe.
"""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bookings import services
from bookings.enums import OPEN
from bookings.models import Booking
from careops.core import clock
from careops.core.models import Alert, Event
from careops.core.outbox import State
from integrations.pms.enums import IntegrationState, Operation
from integrations.pms.models import AppointmentLink, PmsIntegration, PmsWriteback
from integrations.pms.services import integrations
from integrations.sandbox.faults import Fault, Kind
from integrations.sandbox.sikka import OFFICE, SECRET, SikkaTwin
from integrations.sandbox.sikka.office import GONE
from tests.factories.bookings import make_contact, tomorrow
from tests.integrations.pms.desk import Desk

STEPS, PATIENCE_DAYS = 14, 3
PATHS = (
    "/appointments$",
    "/appointments$",
    "/appointment$",
    "/appointments/",
    "/patient$",
    "/patients",
    "/writeback_status",
    "/writebacks",
    "/request_key",
)
ALERT_OF = {
    State.FAILED: "pms_writeback_failed",
    State.UNKNOWN: "pms_writeback_unknown",
    State.STUCK: "pms_writeback_stuck",
}
SWITCHES: dict[str, tuple[Any, ...]] = {
    "rotate_refresh_key": (False, True),
    "array_envelope": (False, True),
    "write_answer": ("long_message", "url", "id"),
    "expired_as": ("API1025", "401"),
    "created_id_in": ("created_id", "own"),
    "commands_in_plan": (True, True, False),
    "status_in_plan": (True, True, False),
    "bad_key_status": (401, 400),
}
ANSWERS: tuple[dict[str, Any], ...] = (
    {"status": 500}, {"status": 503, "answer": {"error_code": "API2002"}}, {"status": 504},
    {"status": 429, "headers": {"X-Rate-Limit-Reset": "30"}}, {"status": 400, "answer": {"error_code": "API1025"}},
    {"status": 401}, {"status": 412, "answer": {"error_code": "API2017"}},
    {"status": 400, "answer": {"error_code": "API1026"}}, {"status": 403, "answer": {"error_code": "API9999"}},
)  # fmt: skip
LIST_FAULTS = (
    Kind.EMPTY, Kind.NO_CONTENT, Kind.NO_BODY, Kind.NO_DATA, Kind.IN_PROGRESS, Kind.SHORT, Kind.RENAMED,
    Kind.OTHER_PRACTICE,
)  # fmt: skip
RENAMED: tuple[tuple[str, ...], ...] = ((), ("time",), ("email", "cell"), ("status",))


class Storm:
    """Chooses by its seed what the desk does, what goes wrong and when."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk, self.chance = desk, random.Random(seed)
        self.hours = list(range(2, 22))
        self.ended_keys, self.began = 0, clock.now()
        self.contacts = [make_contact(name=f"Person {word}") for word in ("One", "Two", "Three")]
        desk.sikka.switch(**{name: self.chance.choice(values) for name, values in SWITCHES.items()})

    def rage(self) -> None:
        """Work and faults in turn, then fair weather until nothing more can come."""
        for _ in range(STEPS):
            for _ in range(self.chance.randint(0, 2)):
                self.desk.sikka.faults.add(self.fault())
            self.chance.choice(self.deeds())()
            self.desk.work(minutes=self.chance.choice((0, 0, 1, 4, 40)))
        self.desk.sikka.faults.clear()
        self.desk.sikka.switch(spu_online=True)
        self.be_authorised()
        for _ in range(PATIENCE_DAYS * 2):
            self.desk.later(hours=12)
            self.desk.work(minutes=30)

    def be_authorised(self) -> None:
        """What a person does who was told that the practice must be authorised again."""
        row = PmsIntegration.objects.get()
        told = Alert.objects.unresolved().filter(kind="pms_needs_authorisation").exists()
        assert told == (row.state == IntegrationState.NEEDS_AUTHORISATION)
        if told:
            integrations.renew(integration=row, actor=None)

    def fault(self) -> Fault:
        kinds = (
            Kind.DROP,
            Kind.DROP,
            Kind.ANSWER,
            Kind.HTML,
            Kind.TRUNCATED,
            Kind.GARBAGE,
            Kind.WRONG_TYPES,
            Kind.HANG,
            *LIST_FAULTS,
        )
        kind = self.chance.choice(kinds)
        how: dict[str, Any] = (
            dict(self.chance.choice(ANSWERS)) if kind is Kind.ANSWER else {"done": self.chance.random() < 0.6}
        )
        if kind is Kind.RENAMED:
            how["columns"] = self.chance.choice(RENAMED)
        times = self.chance.choice((1, 1, 1, 2, 3))
        return Fault(kind, path=self.chance.choice(PATHS), times=times, seconds=0.05, **how)

    def deeds(self) -> tuple[Callable[[], Any], ...]:
        return (
            self.book, self.book, self.book, self.move, self.move, self.cancel, self.cancel, self.end_keys,
            self.switch_server, self.lose_refresh_keys,
        )  # fmt: skip

    def book(self) -> None:
        if self.hours:
            hour = self.hours.pop(self.chance.randrange(len(self.hours)))
            self.desk.book(contact=self.chance.choice(self.contacts), at=tomorrow(hour, days=9))

    def move(self) -> None:
        booking = self.one_of_ours()
        if booking is not None and self.hours:
            hour = self.hours.pop(self.chance.randrange(len(self.hours)))
            services.reschedule(booking=booking, actor=None, at=tomorrow(hour, days=9))

    def cancel(self) -> None:
        if (booking := self.one_of_ours()) is not None:
            services.cancel(booking=booking, actor=None)

    def one_of_ours(self) -> Booking | None:
        found = list(Booking.objects.open().order_by("pk"))
        return self.chance.choice(found) if found else None

    def end_keys(self) -> None:
        self.ended_keys += 1
        self.desk.sikka.keys.end_request_keys(self.desk.sikka.now())

    def lose_refresh_keys(self) -> None:
        self.desk.sikka.keys.revoke(self.desk.sikka.offices[OFFICE])

    def switch_server(self) -> None:
        self.desk.sikka.switch(spu_online=not self.desk.sikka.switches["spu_online"])


def broken(sikka: SikkaTwin) -> list[str]:
    """What does not hold and should, a sentence each."""
    return [*doubled(sikka), *silent(), *unlike(sikka), *cancelled_though_held(sikka), *keys(sikka)]


def cancelled_though_held(sikka: SikkaTwin) -> list[str]:
    """Bookings that a reading has cancelled although the practice's own table holds the appointment."""
    wrong = []
    held = {number for number, row in table(sikka).items() if row["status"].lower() not in GONE}
    for link in AppointmentLink.objects.filter(remote_id__in=held, booking__status="cancelled"):
        ended = Event.objects.filter(
            name="booking.cancelled", subject_type="bookings.booking", subject_id=link.booking_id
        )
        if ended.latest("pk").data.get("origin"):
            wrong.append(f"booking {link.booking_id} was cancelled, and the practice holds {link.remote_id}")
    return wrong


def table(sikka: SikkaTwin) -> dict[str, dict[str, str]]:
    """The appointments in the practice's own system."""
    return sikka.offices[OFFICE].rows["appointments"]


def is_held(sikka: SikkaTwin, booking: Booking) -> bool:
    """Whether the practice lacks the appointment, and an alert says that this is held."""
    numbers = AppointmentLink.objects.filter(booking=booking).values_list("remote_id", flat=True)
    told = Alert.objects.unresolved().filter(kind="pms_sync_held")
    return bool(numbers) and not set(numbers) & set(table(sikka)) and told.exists()


def doubled(sikka: SikkaTwin) -> list[str]:
    """Creating twice what is wanted once."""
    notes = Counter(one["body"]["note"] for one in sikka.ledger.of("appointment"))
    people = Counter(one["body"]["firstname"] + one["body"]["lastname"] for one in sikka.ledger.of("patient"))
    return [f"{what} was accepted {times} times" for what, times in (notes + people).items() if times > 1]


def silent() -> list[str]:
    """Rows whose end a person must know of and is not told, and rows that nobody works at any more."""
    wrong = [
        f"writeback {row.pk} is being sent by nobody"
        for row in PmsWriteback.objects.filter(state=State.SENDING)
    ]
    for row in PmsWriteback.objects.filter(state__in=ALERT_OF):
        kinds = open_alerts_of(row)
        if ALERT_OF[State(row.state)] not in kinds and not is_over(row):
            wrong.append(f"writeback {row.pk} is {row.state} and no alert says so")
    return wrong


def is_over(row: PmsWriteback) -> bool:
    """Whether what failed is wanted no longer: a newer wish took its place, or the booking it put there is called off.

    A calling off that failed is never over so: the practice may still wait for the patient.
    """
    if row.state != State.FAILED:
        return False
    rows = PmsWriteback.objects.filter(entity_type=row.entity_type, entity_id=row.entity_id)
    if rows.filter(pk__gt=row.pk).exists():
        return True
    if row.entity_type != "bookings.booking" or row.operation == Operation.CHANGE_APPOINTMENT_STATUS:
        return False
    return Booking.objects.filter(pk=row.entity_id).exclude(status__in=OPEN).exists()


def open_alerts_of(row: PmsWriteback) -> set[str]:
    found = Alert.objects.unresolved().filter(subject_type="pms.pmswriteback", subject_id=row.pk)
    return set(found.values_list("kind", flat=True))


def unlike(sikka: SikkaTwin) -> list[str]:
    """Bookings that the practice does not have as they are here, with nothing that tells of it."""
    wrong = []
    for booking in Booking.objects.all():
        if is_told_of(booking) or is_held(sikka, booking):
            continue
        refs = [f"Ref {ref}" for ref in PmsWriteback.objects.of(booking).values_list("reference", flat=True)]
        rows = sikka.offices[OFFICE].rows["appointments"].values()
        there = [row for row in rows if row.get("note") in refs and row["status"].lower() not in GONE]
        local = booking.scheduled_at.astimezone(ZoneInfo(PmsIntegration.objects.get().time_zone))
        wanted = [(f"{local:%Y-%m-%d}", f"{local:%H:%M}")] if booking.status in OPEN else []
        found = [(row["date"][:10], row["time"]) for row in there]
        if found != wanted:
            wrong.append(
                f"booking {booking.pk} is {booking.status}: wanted {wanted}, the practice has {found}"
            )
    return wrong


def is_told_of(booking: Booking) -> bool:
    """Whether an open alert tells that something about this booking, or about its patient, is not as it should be."""
    rows = PmsWriteback.objects.of(booking) | PmsWriteback.objects.of(booking.contact)
    return any(open_alerts_of(row) for row in rows)


def keys(sikka: SikkaTwin) -> list[str]:
    """A practice that lost its keys, or that asked for more of them than had ended or were lost on the way."""
    row = PmsIntegration.objects.get()
    wrong = []
    if (row.secret_key, bool(row.request_key), bool(row.refresh_key)) != (SECRET, True, True):
        wrong.append("a key was erased")
    if row.state != IntegrationState.ACTIVE:
        wrong.append(f"the practice is {row.state} though its keys are good")
    if row.lease_token is not None:
        wrong.append("the lease on the keys was not given back")
    given = len(sikka.ledger.of("granted")) + len(sikka.ledger.of("refreshed"))
    kept = Event.objects.filter(name="pms_integration.key_renewed").count()
    lost = sum(1 for fault in sikka.faults.shown if fault.path == "/request_key" and fault.done)
    if given > kept + lost:
        wrong.append(f"{given} keys were given out, {kept} kept and {lost} lost on the way")
    return wrong


def asked_too_often(storm: Storm) -> list[str]:
    """More renewals than keys that had ended, were said to have ended, or were old."""
    kept = Event.objects.filter(name="pms_integration.key_renewed").count()
    old = (clock.now() - storm.began) / timedelta(hours=17) + 1
    called_ended = sum(1 for fault in storm.desk.sikka.faults.shown if seems_ended(fault))
    allowed = 1 + storm.ended_keys + old + called_ended
    return [f"{kept} renewals where {allowed:.0f} had a reason"] if kept > allowed else []


def seems_ended(fault: Fault) -> bool:
    """Whether it says of a key that it ended, or takes the code from a 401 that has another reason."""
    return fault.status in {400, 401} or (
        fault.path == "/writeback_status" and fault.kind in {Kind.HTML, Kind.TRUNCATED, Kind.WRONG_TYPES}
    )
