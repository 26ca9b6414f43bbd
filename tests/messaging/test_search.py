"""Finding people by name, address and number, and their order: the same by the API, the back office and both engines."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.enums import Role
from accounts.models import User
from careops.core.folding import fold
from careops.core.search import matching
from inventory.models import Item
from messaging.models import Contact
from tests.factories.accounts import client_of, client_with, make_user
from tests.factories.bookings import make_booking, make_provider, make_service, tomorrow
from tests.factories.messaging import make_contact, make_message

pytestmark = pytest.mark.django_db

FOUND = [
    ("Tomás Herrera", "tomas herrera"),
    ("Hana Suzuki", "Suzuki, Hana"),
    ("Ökonom", "ökonom"),
    ("Jörg Müller", "MÜLLER"),
    ("Jörg Müller", "Muller jorg"),
    ("Мария Иванова", "мария"),
    ("Łukasz Øster", "lukasz oster"),
    ("Straße", "STRASSE"),
    ("Ægir Đorđe", "aegir dorde"),
    ("José Díaz", "jose\u0301"),
    ("Sean O’Brien", "O'Brien"),
    ("Sean O'Brien", "oʼbrien"),
    ("Anne-Marie Roux", "marie anne\u2011"),
    ("Ana Li", "li"),
]
NUMBERS = [
    ("+12025550123", "(202) 555-0123"),
    ("+12025550123", "202-555-0123"),
    ("+12025550123", "202.555.0123"),
    ("+12025550123", "+1 202 555 0123"),
    ("+12025550123", "5550123"),
    ("+12025550123", "0123"),
    ("+491761112223", "0176/1112223"),
    ("+491761112223", "+49 (0)176 1112223"),
    ("+491761112223", "0049 176 1112223"),
    ("+442079460018", "011 44 20 7946 0018"),
    ("+442079460018", "٢٠ ٧٩٤٦"),
]


@pytest.fixture
def office() -> Client:
    client = Client()
    client.force_login(make_user(Role.STAFF))
    return client


def everywhere(office: Client, term: str) -> list[list[str]]:
    """The names of the contacts that the API, the admin's list and its choices find."""
    api = client_with(Role.STAFF).get("/api/contacts", {"search": term, "ordering": "name"})
    listed = office.get("/admin/messaging/contact/", {"q": term})
    chosen = office.get("/admin/messaging/contact/choices/", {"term": term}).json()["results"]
    return [
        [row["name"] for row in api.json()["results"]],
        [contact.name for contact in listed.context["cl"].result_list],
        [row["text"].partition(" · ")[0] for row in chosen],
    ]


@pytest.mark.parametrize(("name", "term"), FOUND)
def test_a_name_is_found_as_people_write_it(office: Client, name: str, term: str) -> None:
    make_contact(name="Zoë Quist")
    make_contact(name=name)
    assert everywhere(office, term) == [[name]] * 3
    assert everywhere(office, f"{term} nobody") == [[]] * 3


@pytest.mark.parametrize(("phone", "term"), NUMBERS)
def test_a_number_is_found_as_people_write_it(office: Client, phone: str, term: str) -> None:
    make_contact(name="Zoë Quist", phone="+33199887766")
    make_contact(name="Ada", phone=phone)
    assert everywhere(office, term) == [["Ada"]] * 3


def test_an_address_is_found_by_either_spelling_of_its_domain(office: Client) -> None:
    make_contact(name="Ada", email="x@xn--exmple-cua.de")
    for term in ("exämple.de", "xn--exmple", "X@EXÄMPLE", "x@example.de"):
        assert everywhere(office, term) == [["Ada"]] * 3


def test_a_changed_name_and_number_are_found_at_once(staff_api: APIClient, office: Client) -> None:
    contact = make_contact(name="Ada", phone="+12025550123")
    staff_api.patch(f"/api/contacts/{contact.pk}", {"name": "Żaneta", "phone": "+442079460018"})
    assert everywhere(office, "zaneta") == everywhere(office, "7946") == [["Żaneta"]] * 3
    assert everywhere(office, "ada") == everywhere(office, "5550123") == [[]] * 3


def test_an_erased_person_is_found_nowhere(admin_api: APIClient, office: Client) -> None:
    contact = make_contact(name="Ada")
    admin_api.delete(f"/api/contacts/{contact.pk}")
    contact.refresh_from_db()
    assert (contact.name_key, contact.search_text) == ("", "")
    assert everywhere(office, "ada") == [[]] * 3


ORDER = [
    "Abe",
    "Ábel",
    "Anna",
    "Ann Lee",
    "Émile",
    "łukasz",
    "Mullan",
    "Müller",
    "O’Brien",
    "Ole",
    "Ødegaard",
    "Zoë",
    "жук",
    "Мария",
]
EXPECTED = [
    "Abe", "Ábel", "Ann Lee", "Anna", "Émile", "łukasz", "Mullan", "Müller", "O’Brien", "Ødegaard", "Ole", "Zoë",
    "жук", "Мария",
]  # fmt: skip


def test_people_are_ordered_as_a_person_expects(staff_api: APIClient, office: Client) -> None:
    provider = make_provider()
    for hour, name in enumerate(ORDER):
        make_booking(provider, make_contact(name=name), at=tomorrow(days=hour + 2))
    names = [row["name"] for row in staff_api.get("/api/contacts?ordering=name").json()["results"]]
    backwards = [row["name"] for row in staff_api.get("/api/contacts?ordering=-name").json()["results"]]
    booked = staff_api.get("/api/bookings?ordering=client_name").json()["results"]
    listed = office.get("/admin/messaging/contact/?o=1").context["cl"].result_list
    assert names == EXPECTED
    assert backwards == EXPECTED[::-1]
    assert [row["client_name"] for row in booked] == EXPECTED
    assert [contact.name for contact in listed] == EXPECTED


def test_accounts_providers_and_items_are_found_and_ordered_alike() -> None:
    admin = client_of(make_user(Role.ADMIN, name="Admin"))
    for name in ("Ödon Zeta", "Odo Alpha", "zoë"):
        make_user(Role.PROFESSIONAL, name=name)
        make_service(make_provider(name=name, sector="medical"), name="Kräuterbad")
        Item.objects.create(name=name, sku=name[:2].encode().hex())
    expected = ["Odo Alpha", "Ödon Zeta", "zoë"]
    users = [row["name"] for row in admin.get("/api/users").json() if row["name"] != "Admin"]
    providers = [row["name"] for row in admin.get("/api/providers").json()["results"]]
    items = [row["name"] for row in admin.get("/api/inventory").json()["results"]]
    assert [users, providers, items] == [expected] * 3
    for path in ("users", "providers", "inventory"):
        found = admin.get(f"/api/{path}", {"search": "ODON"}).json()
        rows = found if isinstance(found, list) else found["results"]
        assert [row["name"] for row in rows] == ["Ödon Zeta"]
    services = admin.get("/api/providers", {"search": "krauterbad odon"}).json()["results"]
    assert [row["name"] for row in services] == ["Ödon Zeta"]


def test_bookings_messages_and_referrals_are_found_by_the_person(
    staff_api: APIClient, office: Client
) -> None:
    contact = make_contact(name="Tomás Herrera", phone="+12025550123")
    booking = make_booking(make_provider(name="Dr. Łoś"), contact)
    make_message(contact, subject="Hello")
    staff_api.post(
        "/api/referrals", {"contact_id": contact.pk, "from_name": "A", "to_name": "B", "reason": "Knee"}
    )
    for term in ("herrera tomas", "(202) 555-0123", "los herrera"):
        found = staff_api.get("/api/bookings", {"search": term}).json()["results"]
        assert [row["id"] for row in found] == [booking.pk]
        assert len(office.get("/admin/bookings/booking/", {"q": term}).context["cl"].result_list) == 1
    assert len(office.get("/admin/messaging/message/", {"q": "tomas"}).context["cl"].result_list) >= 1
    assert staff_api.get("/api/referrals", {"search": "tomas HERRERA"}).json()["count"] == 1


def test_a_hidden_address_finds_nobody_in_the_directory() -> None:
    hidden = make_user(Role.PROFESSIONAL, name="Ödon", email="secretword@example.com")
    api = client_of(make_user(Role.CLIENT))
    assert api.get("/api/users", {"search": "secretword"}).json() == []
    assert [row["id"] for row in api.get("/api/users", {"search": "odon"}).json()] == [hidden.pk]


@pytest.mark.parametrize("model", [Contact, User, Item])
def test_a_search_uses_the_index(model: Any) -> None:
    """PostgreSQL prefers reading a small table whole, so that is switched off; SQLite says which table it asks."""
    rows = model.objects.filter(matching(model, "herrera", ["search_text"])).order_by()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = rows.explain()
    name = {Contact: "contact_search", User: "user_search", Item: "item_search"}[model]
    assert name in plan
    assert ("VIRTUAL TABLE INDEX" in plan) or ("Bitmap Index Scan" in plan)


def test_an_order_by_name_uses_the_index() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
    assert "contact_name_key" in Contact.objects.order_by("name_key", "pk")[:50].explain()


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.text(st.characters(categories=("L", "M", "Nd", "P", "S")), min_size=1, max_size=12),
        min_size=1,
        max_size=4,
    )
)
def test_what_is_stored_finds_itself(words: list[str]) -> None:
    contact = make_contact(name=" ".join(words)[:120])
    try:
        for spelling in (
            contact.name,
            contact.name.upper(),
            contact.name.swapcase(),
            " ".join(reversed(words)),
        ):
            if fold(spelling) == "" or sorted(fold(spelling).split()) != sorted(contact.name_key.split()):
                continue  # another letter in capitals: it folds to another text
            assert Contact.objects.filter(
                matching(Contact, spelling, ["search_text"]), pk=contact.pk
            ).exists()
    finally:
        contact.delete()
