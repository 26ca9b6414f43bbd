"""The face that every kind of practice-management system shows: a second kind is one more folder beside ``sikka``.

Keys are passed in and never kept. Every method raises ``errors.PmsError`` and nothing else. Dates and times that
cross this face are wall-clock time at the practice; the verbs turn them into instants.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Protocol

from integrations.pms.enums import Operation


@dataclass(frozen=True)
class Practice:
    """A practice that has allowed us in."""

    office_id: str
    practice_id: str
    name: str
    system: str
    time_zone: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True)
class Grant:
    """A running key, with what comes along. ``seconds`` is how long it still lives."""

    request_key: str = field(repr=False)
    refresh_key: str = field(repr=False)
    seconds: int
    office_id: str = ""


@dataclass(frozen=True)
class KeyInfo:
    """What the other side says of a running key."""

    status: str
    seconds: int
    request_count: int | None


@dataclass(frozen=True)
class RemotePatient:
    patient_id: str
    first_name: str
    last_name: str
    email: str
    phones: tuple[str, ...]
    birthdate: date | None
    is_active: bool

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True)
class RemoteAppointment:
    """``starts`` is wall-clock time at the practice; None where the row has no day or time that can be read."""

    appointment_id: str
    patient_id: str
    provider_id: str
    operatory: str
    starts: datetime | None
    minutes: int
    status: str
    description: str
    note: str
    changed_at: datetime | None


@dataclass(frozen=True)
class Named:
    """A provider, an operatory or a status, as the practice calls it."""

    id: str
    name: str
    is_active: bool = True


@dataclass(frozen=True)
class Person:
    """Who is to be made or changed there. An empty value is one that we do not know."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Order:
    """One change that we want over there. What an operation does not need stays empty.

    ``reference`` is ours, unique and plain; where the other side keeps a note it stands in there.
    """

    operation: Operation
    reference: str
    office_id: str
    practice_id: str
    target_id: str = ""
    patient_id: str = ""
    provider_id: str = ""
    operatory: str = ""
    day: date | None = None
    at: time | None = None
    minutes: int = 0
    description: str = ""
    status: str = ""
    person: Person = field(default_factory=Person, repr=False)


@dataclass(frozen=True)
class Wired:
    """An order as it goes over the wire."""

    method: str
    path: str
    body: Mapping[str, str] = field(repr=False)


class Progress(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Outcome:
    """How far an accepted order has come. ``code`` says why it was rejected, ``text`` in their own words."""

    progress: Progress
    created_id: str = ""
    code: str = ""
    text: str = field(default="", repr=False)


class Trace(StrEnum):
    """What became of an order whose answer was lost."""

    ACCEPTED = "accepted"  # it waits there or is done; ``remote_id`` names it
    DONE = "done"  # what it wants is there; ``created_id`` names what it makes
    ABSENT = "absent"  # it never arrived
    UNSURE = "unsure"  # nobody can tell


@dataclass(frozen=True)
class Found:
    trace: Trace
    remote_id: str = ""
    created_id: str = ""


@dataclass
class Tally:
    """What a list shows of itself while it is read. What it lacks is evidence only where it is ``whole``."""

    readable: int = 0
    unreadable: int = 0
    unread_ids: set[str] = field(default_factory=set)  # of rows that stand in the list and cannot be read
    foreign: int = 0  # rows of another practice
    short: bool = False  # fewer rows than the vendor's own count, or an answer without a body

    @property
    def whole(self) -> bool:
        """Whether every row that the vendor counts came, and the id of each could be read."""
        return not self.short and self.unreadable == len(self.unread_ids)


class PmsSystem(Protocol):
    """One kind of system."""

    kind: str
    page_rows: int
    practice_id: (
        str  # what is asked with its key is this practice's and none of another one's of the same office
    )
    turn: Callable[[], None]  # waits until the next call may go; whoever makes calls calls it before each

    @property
    def pause_seconds(self) -> float:
        """How long the last answer asks us to wait before the next call."""

    def practices(self) -> list[Practice]:
        """The practices that have allowed us in."""

    def grant(self, *, office_id: str, secret_key: str) -> Grant:
        """A running key by the practice's lasting key."""

    def refresh(self, *, refresh_key: str) -> Grant:
        """The next running key."""

    def key_info(self, key: str) -> KeyInfo:
        """What is said of a running key."""

    def providers(self, key: str) -> list[Named]:
        """Who can be booked there."""

    def operatories(self, key: str) -> list[Named]:
        """Where; empty when the practice does not tell."""

    def statuses(self, key: str) -> list[str]:
        """What an appointment's state may be there."""

    def appointments(
        self,
        key: str,
        *,
        first: date | None = None,
        last: date | None = None,
        changed_since: datetime | None = None,
        tally: Tally | None = None,
    ) -> Iterator[RemoteAppointment]:
        """Appointments of those days, both included, or changed since then. ``tally`` is filled meanwhile."""

    def appointment(self, key: str, appointment_id: str) -> RemoteAppointment | None:
        """The appointment of that id; None when it does not exist.

        Raises BadAnswer where the answer leaves that open.
        """

    def patients(
        self,
        key: str,
        *,
        changed_since: datetime | None = None,
        page: int = 0,
        tally: Tally | None = None,
    ) -> Iterator[RemotePatient]:
        """All patients from that page of ``page_rows`` on, or those changed since then."""

    def patient(self, key: str, patient_id: str) -> RemotePatient | None:
        """One patient; None when there is none of that id."""

    def find_patients(self, key: str, person: Person) -> list[RemotePatient]:
        """Those who may be this person: of the same name, with the same e-mail address or phone."""

    def shows_patients(self, key: str) -> bool:
        """Whether the list of all patients holds a row of this practice."""

    def accepts(self, operation: Operation, fields: Sequence[str], *, system: str) -> bool:
        """Whether that system can be asked to change these fields of ours (name, email, phone) at all."""

    def wired(self, order: Order) -> Wired:
        """The order as it will be sent."""

    def submit(self, key: str, wired: Wired) -> str:
        """Hand it over; the id it has there. A PmsError with ``sent`` leaves open whether it arrived."""

    def outcome(self, key: str, remote_id: str, *, submitted_at: datetime) -> Outcome:
        """How far it has come."""

    def progress(self, key: str, *, since: datetime) -> dict[str, Progress]:
        """How far the orders of the last days have come, by their ids, as far as one list tells it beyond doubt."""

    def trace(
        self, key: str, order: Order, wired: Wired, *, since: datetime, known: frozenset[str],
        listed: frozenset[str], alone: bool,
    ) -> Found:  # fmt: skip
        """Look for an order whose answer was lost.

        ``known`` are the ids of this installation's other orders, ``listed`` those that a whole list of orders must
        hold. ``alone`` says that the id of no other order of the same operation is missing, so that what looks like
        this one is this one. Raises BadAnswer when the list lacks one of ``listed``.
        """

    def made_by(self, key: str, order: Order) -> str:
        """The id of what an order has made over there; '' while it is not to be seen."""
