"""An erased person is in no column of the database and in no file, also in columns that are added later."""

from pathlib import Path
from typing import Any

import pytest

from accounts.enums import MailKind
from accounts.models import PasswordResetRequest, User
from accounts.services.mails import plan_mail
from accounts.tasks import deliver_account_mail
from bookings import services
from careops.core.alerts import HANDLER_FAILED, raise_alert
from careops.core.models import Event, HandlerRun
from careops.core.outbox import UNFINISHED
from connections.tasks import hand_over_invitations
from integrations.pms.models import AppointmentMirror, PatientMirror, PmsIntegration, PmsWriteback
from integrations.pms.person_data import CHANGES
from messaging.models import Contact, Message
from messaging.tasks import deliver_messages
from tests.contract.marks import can_reach, dump, plant, reach
from tests.contract.world import World, make_world
from tests.factories.accounts import client_of, granted
from tests.factories.bookings import make_booking, tomorrow
from tests.factories.inventory import make_item, move
from tests.factories.messaging import make_message
from tests.factories.referrals import make_referral

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("outside")]

WORDS = {"name": "Zinnia Quillfeather", "email": "zinnia@example.com"}

# Models that point at accounts, and whose rows are never a client's.
NOT_A_CLIENTS = {
    "admin.logentry": "nothing writes it",
    "bookings.provider": "what clients book",
    "bookings.service": "belongs to a provider",
    "bookings.openinghours": "belongs to a provider",
    "bookings.closure": "belongs to a provider",
    "connections.activity": "a professional's",
    "inventory.stockimport": "an upload of the back office, deleted after a day",
}
# Where a constraint keeps the column empty in such a row.
REFUSED = {"connections.connection.invited_email"}
# Columns whose mark may stay.
STAYS = {
    "connections.referral.from_name": "the other practice or colleague, not the person",
    "connections.referral.to_name": "the other practice or colleague, not the person",
    "connections.referral.from_name_key": "as from_name",
    "connections.referral.to_name_key": "as to_name",
}


def make_known_client() -> World:
    """A client with rows in every table, and with mails in the folder."""
    world = make_world(**WORDS)
    client, contact = world.users["client"], world.contact
    granted(client)
    plan_mail(user=client, kind=MailKind.RESET_PASSWORD)
    deliver_account_mail()
    hand_over_invitations()
    deliver_messages()
    plan_mail(user=client, kind=MailKind.CONFIRM_EMAIL)
    PasswordResetRequest.objects.create(email=client.email)
    make_message(contact)
    to_nobody = make_message(contact, to_address=client.email, body=WORDS["name"])
    Message.objects.filter(pk=to_nobody.pk).update(
        contact=None
    )  # as an invitation to an address without an account
    make_referral(client_id=client.pk, sender=world.users["professional"])
    raise_alert(HANDLER_FAILED, subject=world.booking, detail="failed")
    HandlerRun.objects.create(
        event=Event.objects.filter(person_id=contact.pk).latest("pk"), handler="x", dedup_key="x:1"
    )
    stock(world)
    practice(world)
    return world


def stock(world: World) -> None:
    """Movements of a visit, and of one that was deleted for good since."""
    item = make_item(100)
    for day in (5, 6):
        visit = make_booking(world.provider, world.contact, at=tomorrow(days=day))
        move(item, -1, booking_id=visit.pk, note=WORDS["name"])
    services.erase(booking=visit, actor=None)


def practice(world: World) -> None:
    """What the practice's lists told of the patient."""
    integration = PmsIntegration.objects.get()
    PatientMirror.objects.create(integration=integration, remote_id="70001", values=WORDS["name"])
    AppointmentMirror.objects.create(
        integration=integration, remote_id="70002", patient_id="70001", description=WORDS["name"],
        starts_at=tomorrow(),
    )  # fmt: skip


def folders(settings: Any) -> tuple[Path, Path]:
    return Path(settings.EMAIL_FILE_PATH), Path(settings.REFERRAL_FILES_DIR)


def erase(world: World) -> None:
    path = f"/api/contacts/{world.contact.pk}?force=true"
    answer = client_of(world.users["admin"]).delete(path)
    assert answer.status_code == 204, answer.json()


def test_no_name_address_or_number_of_an_erased_person_is_left(settings: Any) -> None:
    world = make_known_client()
    words = (*WORDS.values(), world.contact.phone)
    before = dump(*folders(settings))
    assert [word for word in words if word not in before] == []
    mails = [file.read_text() for file in Path(settings.EMAIL_FILE_PATH).glob("*.eml")]
    assert any(WORDS["email"] in mail for mail in mails)

    erase(world)

    after = dump(*folders(settings))
    assert [word for word in words if word in after] == []


def test_no_mark_in_any_column_of_an_erased_person_is_left(settings: Any) -> None:
    world = make_known_client()
    reached = reach(world.contact, world.users["client"])
    for mirror in (PatientMirror, AppointmentMirror):  # they carry the practice's number of the patient alone
        reached[mirror] = set(mirror.objects.values_list("pk", flat=True))
    # A change on its way to the practice holds ids, times and status words, and is needed to cancel the visit at the practice.
    on_the_way = PmsWriteback.objects.filter(operation__in=CHANGES, state__in=UNFINISHED)
    reached[PmsWriteback] -= set(on_the_way.values_list("pk", flat=True))
    missing = {model._meta.label_lower for model in can_reach(Contact, User) if not reached.get(model)}
    assert missing == set(NOT_A_CLIENTS)
    planted, refused = plant(reached)
    assert refused == REFUSED
    assert len(planted) > 60

    erase(world)

    after = dump(*folders(settings))
    assert {column for mark, column in planted.items() if mark in after} - STAYS.keys() == set()
