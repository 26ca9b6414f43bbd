"""Every answer that shows a person leaves its record, and so does every denial: the whole table, and every page."""

from typing import Any

import pytest

from careops.core.access import WRITER
from careops.core.models import Event
from messaging.models import Contact
from tests.contract.routes import operations
from tests.contract.test_permissions import answered
from tests.contract.world import CALLERS, make_world
from tests.core.test_admin_pages import MAKE
from tests.factories.bookings import make_booking
from tests.factories.office import office, page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("outside")]


BOARD = ("/admin/board/api/feed?from={day}&to={day}", "/admin/board/api/bookings/{booking}")


def shown_in(answer: Any) -> set[int]:
    """The contacts of whom an address or a name stands in the answer."""
    parts = answer.streaming_content if answer.streaming else [answer.content]
    text = b"".join(parts).decode(errors="replace")
    return {
        contact.pk
        for contact in Contact.objects.known()
        if any(mark and mark in text for mark in (contact.email, contact.phone, contact.name))
    }


def name_everybody() -> None:
    """Give each contact a name, an address and a number that stand nowhere else."""
    for contact in Contact.objects.known():
        mark = f"Q{contact.pk}x"
        Contact.objects.filter(pk=contact.pk).update(
            name=f"Person {mark}z", email=f"{mark.lower()}@people.example", phone=f"+1999555{contact.pk:04}"
        )


def persons_of_events() -> set[int | None]:
    return set(Event.objects.values_list("person_id", flat=True))


def records_of(answer: Any) -> list[dict[str, Any]]:
    """What this process has to write of one answer; a live server may still write of another test's."""
    found = [fields for fields in WRITER.waiting() if fields["request_id"] == answer["X-Request-ID"]]
    WRITER.clear()
    return found


@pytest.mark.parametrize("who", CALLERS)
def test_each_cell_of_the_permission_table_leaves_what_it_must(who: str, monkeypatch: Any) -> None:
    world = make_world()
    name_everybody()
    client, wrong = world.caller(who), []
    kept: dict[str, Any] = {}
    own = client.request

    def request(**given: Any) -> Any:
        answer: Any = own(**given)
        kept["shown"], kept["records"], kept["written"] = (
            shown_in(answer),
            records_of(answer),
            persons_of_events(),
        )
        return answer

    monkeypatch.setattr(client, "request", request)
    for operation in operations():
        told = persons_of_events()
        status = int(answered(operation, world, who, client))
        made = kept["records"]
        # Who is made by the answer itself stands in its event.
        recorded = {pk for record in made for pk in record["person_ids"]} | (kept["written"] - told)
        denied = status in {401, 403}
        if status < 300 and not kept["shown"] <= recorded:
            wrong.append(f"{operation} {status}: shows {kept['shown'] - recorded} without a record")
        if len(made) > 1 or (denied and [record["action"] for record in made] != ["denied"]):
            wrong.append(f"{operation} {status}: {[record['action'] for record in made]}")
    assert wrong == []


@pytest.mark.parametrize("model", MAKE, ids=lambda model: model._meta.label_lower)
def test_each_page_of_the_back_office_leaves_its_record(model: Any) -> None:
    obj, browser = MAKE[model](), office("admin")
    name_everybody()
    for address in (page(model), page(obj), page(obj, "history"), page(obj, "delete")):
        answer = browser.get(address)
        if answer.status_code == 200:
            made = records_of(answer)
            assert shown_in(answer) <= {pk for record in made for pk in record["person_ids"]}, address


def test_an_answer_that_shows_somebody_unsaid_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: where nothing says who is shown, the walk finds it."""
    monkeypatch.setattr("careops.core.reads.show", lambda _ids: None)
    world = make_world()
    name_everybody()
    answer = world.caller("staff").get(f"/api/contacts/{world.contact.pk}")
    assert shown_in(answer) == {world.contact.pk}
    assert records_of(answer) == []


def test_the_board_and_the_home_page_leave_their_records() -> None:
    booking, browser = make_booking(), office("staff")
    name_everybody()
    seen = set()
    for address in ("/admin/", *BOARD):
        answer = browser.get(address.format(day=booking.scheduled_at.date(), booking=booking.pk))
        assert answer.status_code == 200, address
        shown = shown_in(answer)
        assert shown <= {pk for record in records_of(answer) for pk in record["person_ids"]}, address
        seen |= {address} if shown else set()
    assert seen == {"/admin/", *BOARD}
