"""Format characters: no door keeps those that nobody sees, no search fails over them, and none is left where it counts."""

from decimal import Decimal
from typing import Any

import pytest

from careops.core.models import Event
from connections.models import Activity
from inventory.models import Item
from tests.factories.accounts import client_with
from tests.factories.bookings import make_provider
from tests.factories.inventory import make_item, make_lot
from tests.factories.messaging import make_contact
from tests.factories.office import errors, office, page
from tests.inventory.lists import csv_of, values

pytestmark = pytest.mark.django_db
SPACE, HYPHEN, TURN, MARK = "\u200b", "\u00ad", "\u202e", "\ufeff"
PERSIAN = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
FORM = {"sku": "N1", "unit": "box", "on_hand": "0", "low_stock_threshold": "0", "cost": "0.00"}
SENTENCE = "Write at least one visible character."


def invisible(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 400, answer.content
    return [(each["field"], each["code"]) for each in answer.json()["errors"]]


def test_short_texts_lose_them_and_keep_the_joiners_of_words_and_emoji() -> None:
    admin, professional = client_with("admin"), client_with("professional")
    written, stored = f"{MARK}Glo{HYPHEN}ves{SPACE} {PERSIAN}{TURN} {FAMILY}", f"Gloves {PERSIAN} {FAMILY}"
    provider = make_provider()
    service = {"name": written, "duration_minutes": 30}

    answers = [
        admin.post("/api/inventory", {"name": written, "unit": f"box{SPACE}"}),
        admin.post(f"/api/providers/{provider.pk}/services", service),
        professional.post("/api/activities", {"title": written.replace(TURN, "")}),
    ]

    assert [answer.status_code for answer in answers] == [201] * 3, answers[-1].content
    assert [answer.json().get("name") for answer in answers[:2]] == [stored] * 2
    assert Activity.objects.get().title == stored
    assert answers[0].json()["unit"] == "box"


def test_a_text_of_which_nothing_is_seen_is_refused() -> None:
    admin, professional = client_with("admin"), client_with("professional")
    provider, item = make_provider(), make_item()
    lot, nothing = make_lot(item), f"{SPACE}{MARK}\u200d"
    on_page = office("admin").post(page(Item, "add/"), {**FORM, "name": nothing})

    assert invisible(admin.post("/api/inventory", {"name": nothing})) == [("name", "invisible_text")]
    assert invisible(admin.patch(f"/api/inventory/{item.pk}", {"unit": nothing})) == [
        ("unit", "invisible_text")
    ]
    assert invisible(admin.patch(f"/api/inventory/{item.pk}/lots/{lot.pk}", {"code": nothing})) == [
        ("code", "invisible_text")
    ]
    assert invisible(admin.post(f"/api/providers/{provider.pk}/services", {"name": nothing})) == [
        ("name", "invisible_text")
    ]
    assert invisible(professional.post("/api/activities", {"title": nothing})) == [("title", "blank")]
    assert errors(on_page)["name"] == [SENTENCE]


def test_a_lot_has_one_code_however_it_was_copied() -> None:
    item = make_item(0)
    lot = make_lot(item, 5, code="L-1")
    staff = client_with("staff")

    moved = staff.post(
        f"/api/inventory/{item.pk}/movements",
        {"change": 2, "reason": "received", "lot_code": f"L{HYPHEN}-1{SPACE}"},
    )

    assert moved.status_code == 201, moved.content
    lot.refresh_from_db()
    assert (lot.quantity, item.lots.count()) == (Decimal(7), 1)


def test_the_cells_and_headers_of_a_list() -> None:
    rows = values(csv_of(f"sk{HYPHEN}u{SPACE},name,unit", f"GLV{SPACE},{PERSIAN}{HYPHEN},{SPACE}"))
    assert rows == [{"sku": "GLV", "name": PERSIAN}]


def test_tags() -> None:
    contact, staff = make_contact(), client_with("staff")

    changed = staff.patch(f"/api/contacts/{contact.pk}", {"tags": [f"VIP{SPACE}", PERSIAN, "vip"]})

    assert (changed.status_code, changed.json()["tags"]) == (200, ["vip", PERSIAN])
    for term in (f"v{HYPHEN}ip", PERSIAN):
        assert staff.get("/api/contacts", {"tag": term}).json()["count"] == 1


@pytest.mark.parametrize(
    "term",
    [
        f"by{SPACE}ron", f"{MARK}Byron{TURN}", "\u202a+49 30 5550\u00ad2099\u202c", f"030{SPACE}/ 5550 2099",
        PERSIAN, PERSIAN.replace("\u200c", ""), SPACE,
    ],
)  # fmt: skip
def test_a_search_term_without_them_finds_the_same(settings: Any, term: str) -> None:
    settings.DEFAULT_REGION = "DE"
    make_contact(name=f"Ada Byron {PERSIAN}", phone="+493055502099")
    staff = client_with("staff")

    assert staff.get("/api/contacts", {"search": term}).json()["count"] == 1
    assert b"Ada Byron" in office("staff").get("/admin/messaging/contact/", {"q": term}).content


def test_a_column_that_is_not_folded_is_searched_without_them_too() -> None:
    Event.objects.create(name="item.created", subject_type="inventory.item", subject_id=1)
    found = office("admin").get("/admin/core/event/", {"q": f"item.cre{SPACE}ated"})
    assert found.context["cl"].result_count == 1
