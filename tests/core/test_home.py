"""The back office's home page: today at a glance, and behind every number the list of exactly its rows."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from bookings import services
from bookings.models import Booking, Provider
from careops.core import health, queue
from careops.core.alerts import HANDLER_FAILED, TASK_FAILED, WORKER_RESTARTED, dismiss, raise_alert
from careops.core.models import Alert
from careops.dashboard import words
from careops.dashboard.figures import count
from messaging.models import Contact, Message
from tests.factories.accounts import make_user
from tests.factories.bookings import make_booking, make_contact, make_provider
from tests.factories.inventory import make_item
from tests.factories.messaging import make_message
from tests.factories.office import office, page
from tests.factories.pms import make_integration, make_writeback

pytestmark = pytest.mark.django_db
HOME = "/admin/"
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)  # a Wednesday
MIDNIGHT = NOON.replace(hour=0)
DAY = timedelta(days=1)


class Links(HTMLParser):
    """The numbers of a page, each with the address behind it and the number of rows that it promises."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, int]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if "data-rows" in named:
            self.found.append((named["href"] or "", int(named["data-rows"] or "")))


def read(browser: Client) -> Any:
    answer = browser.get(HOME)
    assert answer.status_code == 200
    return answer


def a_week_of_work() -> None:
    """Bookings in every state at the edges of every span, and one of everything else that is counted or not."""
    provider, contact = make_provider(capacity=9), make_contact()

    def booked(at: datetime, verb: Callable[..., Any] | None = None) -> None:
        made = make_booking(provider, contact, at=at)
        if verb is not None:
            verb(booking=made, actor=None)

    booked(MIDNIGHT)
    booked(NOON - timedelta(minutes=10), services.confirm)  # going on
    booked(NOON - timedelta(minutes=40), services.confirm)  # over, and left open
    booked(NOON, services.cancel)
    booked(NOON, services.complete)
    booked(NOON + timedelta(minutes=59), services.mark_no_show)
    booked(NOON + timedelta(hours=3), services.confirm)
    booked(MIDNIGHT + timedelta(hours=23, minutes=59))
    for days in (1, 6, 7):
        booked(MIDNIGHT + days * DAY)
    booked(MIDNIGHT - timedelta(minutes=1), services.complete)
    for days, verb in ((7, services.mark_no_show), (20, services.complete), (55, services.mark_no_show)):
        booked(MIDNIGHT - days * DAY, verb)
        booked(NOON - days * DAY, services.complete)
    booked(MIDNIGHT - 55 * DAY - timedelta(minutes=1), services.mark_no_show)
    make_item(2, low_stock_threshold=2)
    make_item(3, low_stock_threshold=2)
    make_item(0, low_stock_threshold=2, is_active=False)
    raise_alert(HANDLER_FAILED, subject=provider)
    raise_alert(TASK_FAILED)
    dismiss(alert=Alert.objects.get(kind="task_failed"), actor=None)
    for state, age in (("failed", 1), ("unknown", 6), ("sent", 1), ("failed", 8)):
        message = make_message(contact, state=state, ended_at=NOON)
        Message.objects.filter(pk=message.pk).update(created_at=NOON - age * DAY)
    Contact.objects.filter(pk=make_contact().pk).update(created_at=NOON - 3 * DAY)
    practice = make_integration()
    make_writeback(practice, contact)
    make_writeback(practice, contact, state="stuck", submitted_at=NOON)
    make_writeback(practice, contact, state="completed", submitted_at=NOON, ended_at=NOON)


@pytest.mark.parametrize(("role", "zone"), [("staff", "Pacific/Auckland"), ("admin", "UTC")])
def test_behind_every_number_is_the_list_of_exactly_its_rows(role: str, zone: str) -> None:
    with time_machine.travel(NOON, tick=False), timezone.override(zone):
        a_week_of_work()
        browser = office(role)
        links = Links(read(browser).content.decode()).found

        answers = {url: browser.get(url) for url, _ in links}
        assert {url for url, answer in answers.items() if answer.status_code != 200} == set()
        listed = {url: answer.context["cl"].result_count for url, answer in answers.items()}

    assert listed == dict(links)
    assert len(links) > 20
    assert len(set(listed.values())) > 5


def test_the_numbers_are_those_of_the_day() -> None:
    with time_machine.travel(NOON, tick=False):
        a_week_of_work()
        shown = read(office("staff")).context
        counted = count()

    assert {figure.label: figure.n for figure in shown["figures"]} == {
        "Booked today": 6,
        "Still to come today": 3,
        "Over and left open": 2,
        "Paused, will not be reminded": 0,
        "Next 7 days": 8,
        "New contacts since Monday": 1,
        "Failed messages, 7 days": 2,
        "Low stock": 1,
        "Open alerts": 2,
    }
    assert [(bar.label, bar.n, bar.height) for bar in shown["hours"] if bar.n] == [
        ("00", 1, 25), ("11", 2, 50), ("12", 1, 25), ("15", 1, 25), ("23", 1, 25),
    ]  # fmt: skip
    assert [bar.label for bar in shown["hours"] if bar.is_now] == ["12"]
    assert [(bar.label, bar.n, bar.height) for bar in shown["no_shows"].weeks] == [
        ("1 Oct", 1, 100), ("8 Oct", 0, 0), ("15 Oct", 0, 0), ("22 Oct", 0, 0), ("29 Oct", 0, 0), ("5 Nov", 0, 0),
        ("12 Nov", 1, 100), ("19 Nov", 1, 67),
    ]  # fmt: skip
    no_shows = shown["no_shows"]
    assert (no_shows.missed, no_shows.ended) == (3, 9)
    assert round(no_shows.rate / 100, 4) == counted["no_show_rate"]


def test_who_comes_next_is_told_by_the_clock_there() -> None:
    with time_machine.travel(NOON, tick=False):
        berlin = make_provider(time_zone="Europe/Berlin", capacity=9)
        over = make_booking(berlin, at=NOON - timedelta(hours=1))
        tomorrow = make_booking(berlin, at=NOON + DAY)
        later = make_booking(berlin, at=NOON + timedelta(hours=1), service_type="Check-up")
        going_on = make_booking(berlin, at=NOON - timedelta(minutes=10))
        done = make_booking(berlin, at=NOON + timedelta(minutes=5))
        services.complete(booking=done, actor=None)
        arrivals = read(office("staff")).context["arrivals"]

    assert over.status == "pending"
    assert [(row["pk"], row["when"], row["has_begun"]) for row in arrivals] == [
        (going_on.pk, "12:50–13:20", True),
        (later.pk, "14:00–14:30", False),
        (tomorrow.pk, "Thu 26 Nov 2026, 13:00–13:30", False),
    ]
    assert (arrivals[1]["service"], arrivals[1]["zone"]) == ("Check-up", "Europe/Berlin")


def test_only_who_comes_on_the_day_of_the_page_is_told_without_a_date() -> None:
    """Where it is tomorrow already, a time alone would be read as today's."""
    evening = NOON.replace(hour=23, minute=5)
    with time_machine.travel(evening, tick=False):
        make_booking(make_provider(time_zone="America/New_York"), at=evening + timedelta(hours=1))
        make_booking(make_provider(time_zone="Europe/Berlin"), at=evening + timedelta(hours=9))
        arrivals = read(office("staff")).context["arrivals"]
    assert [row["when"] for row in arrivals] == ["19:05–19:35", "Thu 26 Nov 2026, 09:05–09:35"]


def test_the_worst_alert_stands_first_and_says_what_it_is_about() -> None:
    item = make_item(1, name="Gauze", sku="GZ-1", low_stock_threshold=2)
    raise_alert(WORKER_RESTARTED)
    raise_alert(HANDLER_FAILED, subject=item)
    raise_alert(HANDLER_FAILED, subject=item)
    shown = read(office("staff"))

    assert [row["severity"] for row in shown.context["alerts"]] == ["Critical", "Warning", "Warning"]
    first = shown.context["alerts"][0]
    assert (first["about"], first["count"]) == ("Item: Gauze (GZ-1)", 2)
    assert [row["name"] for row in shown.context["low_items"]] == ["Gauze"]
    assert page(item) in shown.content.decode()


def test_an_empty_clinic_is_told_in_words() -> None:
    text = read(office("staff")).content.decode()

    for sentence in (
        "Nobody is booked today.", "Nobody is expected.", "No alert is open.", "Nothing is low.",
        "In 8 weeks nobody was marked as come or not come.",
    ):  # fmt: skip
        assert sentence in text


def test_the_page_is_loaded_anew_each_minute_for_whoever_asks_for_it() -> None:
    browser, again = office("staff"), '<meta http-equiv="refresh" content="60">'
    assert again not in read(browser).content.decode()
    assert again in browser.get(f"{HOME}?every=minute").content.decode()


def test_how_the_worker_is_stands_there_in_words() -> None:
    browser = office("staff")
    assert "The worker has never run" in read(browser).content.decode()

    queue.beat()
    shown = read(browser)

    assert (shown.context["runs"].well, shown.context["runs"].sentences) == (True, [words.WELL])
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        make_message(make_contact())
    Message.objects.update(next_attempt_at=timezone.now() - timedelta(minutes=6))
    assert words.SENTENCES["outbox"]["late"] in read(browser).content.decode()


def test_every_part_that_may_be_late_has_its_sentence() -> None:
    never_late = {*health.REQUIRED, "settings"}
    assert set(words.SENTENCES) == set(health.CHECKS) - never_late


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_costs_the_same_for_any_number_of_rows(rows: int, django_assert_num_queries: Any) -> None:
    staff = make_user("staff")
    browser = Client()
    browser.force_login(staff)
    for _ in range(rows):
        make_booking(at=timezone.now() + timedelta(minutes=1))
        services.complete(booking=make_booking(at=timezone.now() - timedelta(days=3)), actor=None)
        make_item(0, low_stock_threshold=1)
        raise_alert(HANDLER_FAILED, subject=make_provider())
        make_message(state="failed", ended_at=timezone.now())
    read(browser)  # the migrations are looked up once in each process
    # Session, user; figures (2); rest and left; hours; weeks; arrivals; alerts and their two kinds of subject; low
    # items; health (4); the sidebar's number.
    with django_assert_num_queries(17):
        read(browser)


def test_a_provider_or_contact_cannot_write_into_the_page() -> None:
    nasty = "<script>alert(1)</script>"
    make_booking(make_provider(name=nasty), make_contact(name=nasty), at=timezone.now())
    raise_alert(HANDLER_FAILED, subject=Provider.objects.get())
    text = read(office("staff")).content.decode()

    assert nasty not in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 3
    assert Booking.objects.count() == 1
