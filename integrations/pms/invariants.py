"""What always holds of the practices and what is wanted there, asked of the rows and not through the verbs."""

from collections.abc import Iterator

from django.db.models import Exists, OuterRef

from careops.core.models import Alert, subject_of
from careops.core.outbox import State
from integrations.pms.alerts import NEEDS_AUTHORISATION, WRITEBACK_STUCK, WRITEBACK_UNKNOWN
from integrations.pms.enums import USABLE, IntegrationState, Operation
from integrations.pms.models import PatientLink, PmsIntegration, PmsWriteback
from integrations.pms.sync import invariants as sync

OPEN_THERE = (State.SENDING, State.SUBMITTED, State.STUCK, State.UNKNOWN)
TOLD = {State.UNKNOWN: WRITEBACK_UNKNOWN, State.STUCK: WRITEBACK_STUCK}


def doubtful_writebacks_are_told() -> Iterator[str]:
    """Somebody is told of each writeback that is stuck or whose outcome is unknown."""
    for state, kind in TOLD.items():
        about = {**subject_of(PmsWriteback()), "subject_id": OuterRef("pk")}
        told = Alert.objects.unresolved().filter(kind=kind.name, **about)
        rows = PmsWriteback.objects.filter(~Exists(told), state=state)
        for pk in rows.order_by("pk").values_list("pk", flat=True):
            yield f"writeback {pk}: it is {state}, and no alert says so"


def lost_authorisations_are_told() -> Iterator[str]:
    """Somebody is told of each practice that must be authorised again."""
    about = {**subject_of(PmsIntegration()), "subject_id": OuterRef("pk")}
    told = Alert.objects.unresolved().filter(kind=NEEDS_AUTHORISATION.name, **about)
    rows = PmsIntegration.objects.filter(~Exists(told), state=IntegrationState.NEEDS_AUTHORISATION)
    for pk in rows.order_by("pk").values_list("pk", flat=True):
        yield f"practice {pk}: it must be authorised again, and no alert says so"


def one_change_at_a_time() -> Iterator[str]:
    """Of one booking or contact a practice is asked one thing at a time."""
    before = PmsWriteback.objects.filter(
        integration=OuterRef("integration"),
        entity_type=OuterRef("entity_type"),
        entity_id=OuterRef("entity_id"),
        pk__lt=OuterRef("pk"),
        state__in=OPEN_THERE,
    )
    rows = PmsWriteback.objects.filter(Exists(before), state__in=OPEN_THERE)
    for pk in rows.order_by("pk").values_list("pk", flat=True):
        yield f"writeback {pk}: an earlier one of the same object is still open there"


def what_was_made_is_linked() -> Iterator[str]:
    """What a practice has made for us is linked to what it was made for."""
    patients = PatientLink.objects.filter(integration=OuterRef("integration"), contact=OuterRef("entity_id"))
    made = PmsWriteback.objects.filter(state=State.COMPLETED).exclude(contact__erased_at__isnull=False)
    rows = made.filter(~Exists(patients), operation=Operation.CREATE_PATIENT)
    for pk in rows.order_by("pk").values_list("pk", flat=True):
        yield f"writeback {pk}: its contact is not linked to the patient that was made"


def usable_practices_have_keys() -> Iterator[str]:
    """A practice that can be asked has a running key."""
    for row in PmsIntegration.objects.filter(state__in=USABLE).order_by("pk"):
        if not row.holds("request_key"):
            yield f"practice {row.pk}: it is {row.state} without a key"


INVARIANTS = (
    doubtful_writebacks_are_told,
    lost_authorisations_are_told,
    one_change_at_a_time,
    what_was_made_is_linked,
    usable_practices_have_keys,
    *sync.INVARIANTS,
)
