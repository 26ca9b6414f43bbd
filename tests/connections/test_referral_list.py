"""Finding referrals, and what a list costs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.enums import Role
from accounts.models import User
from bookings.models import Provider
from connections.models import Referral
from messaging.models import Contact
from tests.connections.referrals import Scene, problem, upload, url
from tests.factories.bookings import make_contact
from tests.factories.referrals import make_referral

pytestmark = pytest.mark.django_db


def found(scene: Scene, query: str, who: str = "staff") -> list[int]:
    answer = scene.api(who).get(f"/api/referrals?{query}")
    assert answer.status_code == 200, answer.json()
    return [row["id"] for row in answer.json()["results"]]


def test_filters_search_and_order(scene: Scene) -> None:
    knee = scene.referral(urgency="urgent", reason="Knee pain")
    hip = scene.referral("accepted", reason="Hip pain")
    other = make_referral(make_contact(name="Ada Example"), reason="Check of the eyes", urgency="soon")

    assert found(scene, "status=accepted") == [hip.pk]
    assert found(scene, "status=open,accepted&ordering=id") == [knee.pk, hip.pk, other.pk]
    assert found(scene, "urgency=urgent,soon") == [other.pk, knee.pk]
    assert found(scene, "ordering=-urgency") == [knee.pk, other.pk, hip.pk]
    assert found(scene, f"contact_id={other.contact_id}") == [other.pk]
    assert found(scene, f"client_id={scene.client.pk}&status=open") == [knee.pk]
    assert found(scene, f"from_professional_id={scene.sender.pk}") == [hip.pk, knee.pk]
    assert found(scene, f"to_professional_id={scene.receiver.pk}&status=open") == [knee.pk]
    assert found(scene, "search=pain hip") == [hip.pk]
    assert found(scene, "search=ada") == [other.pk]
    assert found(scene, f"search={knee.reference}") == [knee.pk]
    assert problem(scene.api("staff").get("/api/referrals?status=lost")) == (400, "invalid")
    assert problem(scene.api("staff").get("/api/referrals?state=open")) == (400, "unknown_parameter")


def test_everybody_finds_their_own(scene: Scene) -> None:
    mine, other = scene.referral(), make_referral()

    assert found(scene, "", "staff") == [other.pk, mine.pk]
    for who in ("sender", "receiver", "client"):
        assert found(scene, "", who) == [mine.pk]
    for who in ("stranger", "other client"):
        assert found(scene, "", who) == []


def test_a_referral_is_known_by_its_reference() -> None:
    referral = make_referral()
    for text in (referral.reference, referral.reference.upper(), str(referral.pk), f" {referral.pk} "):
        assert Referral.objects.by_reference(text).get() == referral
    for text in ("", "ref_", "ref_x", "ref_²", f"{referral.pk}.0", "ref_" + "9" * 30, "-1", "ref_000000"):
        assert not Referral.objects.by_reference(text).exists()


def test_a_list_costs_the_same_at_any_length(scene: Scene) -> None:
    readers = {who: scene.api(who) for who in ("staff", "receiver", "client")}
    for rows in (1, 3):
        while Referral.objects.count() < rows:
            upload(readers["staff"], scene.referral())
        for who, api in readers.items():
            with CaptureQueriesContext(connection) as captured:
                listed = api.get("/api/referrals").json()["results"]
            assert (who, len(listed), len(captured)) == (who, rows, 3)


OWN = {
    "receiver": ("from_professional", "from_provider", "to_professional", "to_provider"),
    "client": ("client", "contact"),
}


def fill(rows: int = 3000) -> None:
    """Referrals of as many people, so that an index beats reading the table, and statistics that say so."""
    people = User.objects.bulk_create(
        User(email=f"filled{n}@example.com", name="Ada Example", role=Role.PROFESSIONAL) for n in range(rows)
    )
    contacts = Contact.objects.bulk_create(Contact(name="Ada Example", user=person) for person in people)
    providers = Provider.objects.bulk_create(Provider(name="Ada Example", user=person) for person in people)
    Referral.objects.bulk_create(
        Referral(
            reference=f"filled {n}",
            client=people[n],
            contact=contacts[n],
            from_professional=people[n] if n % 2 else None,
            from_provider=None if n % 2 else providers[n],
            to_professional=people[-n] if n % 2 else None,
            to_provider=None if n % 2 else providers[-n],
        )
        for n in range(rows)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@pytest.mark.parametrize("who", OWN)
def test_ones_own_are_found_by_an_index_each_way(scene: Scene, who: str) -> None:
    if connection.vendor == "postgresql":  # PostgreSQL weighs the rows; SQLite decides by the statement
        fill()
    plan = Referral.objects.visible_to(scene.users[who]).order_by("-pk")[:50].explain()
    assert [way for way in OWN[who] if f"connections_referral_{way}_id_" not in plan] == []


def test_one_referral_costs_as_little(scene: Scene) -> None:
    referral, api = scene.referral(), scene.api("receiver")
    upload(api, referral)
    with CaptureQueriesContext(connection) as captured:
        api.get(url(referral))
    assert len(captured) == 3
