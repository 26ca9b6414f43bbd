from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from careops.core.models import Alert, Event

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.routes")]
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def alerts() -> list[int]:
    """The ids of seven alerts, newest first, as their list shows them."""
    made = [
        Alert.objects.create(kind=f"kind{number}", severity="info", count=number) for number in range(1, 8)
    ]
    return [alert.pk for alert in reversed(made)]


@pytest.fixture
def numbers() -> list[int]:
    """Nine events, three at each of three instants: their numbers, newest first, as their list shows them."""
    Event.objects.bulk_create(
        Event(name="seen", at=START + timedelta(hours=number // 3), subject_type="x.y", subject_id=number)
        for number in range(9)
    )
    return list(range(8, -1, -1))


def ids(page: dict[str, Any]) -> list[int]:
    return [row["id"] for row in page["results"]]


def walk(api: APIClient, url: str | None, link: str = "next") -> list[list[int]]:
    pages = []
    while url:
        page = api.get(url).json()
        pages.append([row["number"] for row in page["results"]])
        url = page[link]
    return pages


def test_a_page_by_offset_has_a_total_and_links(api: APIClient, alerts: list[int]) -> None:
    first = api.get("/api/notices?limit=3").json()
    assert {key: first[key] for key in ("count", "next", "previous")} == {
        "count": 7,
        "next": "http://testserver/api/notices?limit=3&offset=3",
        "previous": None,
    }
    assert ids(first) == alerts[:3]
    last = api.get("/api/notices?limit=3&offset=6").json()
    assert {key: last[key] for key in ("count", "next", "previous")} == {
        "count": 7,
        "next": None,
        "previous": "http://testserver/api/notices?limit=3&offset=3",
    }
    assert ids(last) == alerts[6:]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("limit=0", 1), ("limit=1000000000", 7), ("limit=", 7), ("offset=5", 2), ("offset=7", 0),
        ("offset=1000000000", 0), ("offset=" + "9" * 40, 0),
    ],
)  # fmt: skip
def test_a_limit_or_offset_out_of_range_is_drawn_in(
    api: APIClient, alerts: list[int], query: str, shown: int
) -> None:
    answer = api.get(f"/api/notices?{query}")
    assert (answer.status_code, answer.json()["count"], len(ids(answer.json()))) == (200, 7, shown)


@pytest.mark.parametrize(
    "query", ["limit=abc", "offset=1.5", "limit=٣", "offset=--1", "limit=-1", "offset=-5", "skip=-1"]
)
def test_a_limit_or_offset_that_is_no_number_is_refused(api: APIClient, query: str) -> None:
    answer = api.get(f"/api/notices?{query}")
    name = query.partition("=")[0]
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, [name])


def test_no_page_is_larger_than_two_hundred_rows(api: APIClient) -> None:
    Alert.objects.bulk_create(Alert(kind=f"kind{number}", severity="info") for number in range(201))
    assert len(ids(api.get("/api/notices?limit=500").json())) == 200
    assert len(ids(api.get("/api/notices").json())) == 50


def test_a_full_page_costs_two_queries_and_a_page_that_is_not_full_one(
    api: APIClient, alerts: list[int], django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(2):
        api.get("/api/notices?limit=3")
    with django_assert_num_queries(1):
        api.get("/api/notices")


@pytest.mark.parametrize("limit", [1, 2, 4, 9, 50])
def test_a_walk_by_cursor_meets_every_row_once_both_ways(
    api: APIClient, numbers: list[int], limit: int
) -> None:
    there = walk(api, f"/api/sightings?cursor=&limit={limit}")
    assert [number for page in there for number in page] == numbers
    last = f"/api/sightings?cursor=&limit={limit}"
    while (page := api.get(last).json())["next"]:
        last = page["next"]
    back = walk(api, last, "previous")
    assert list(reversed(back)) == there


def test_a_cursor_page_counts_only_when_asked_and_never_skips(
    api: APIClient, numbers: list[int], django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1) as captured:
        page = api.get("/api/sightings?cursor=&limit=4").json()
    assert sorted(page) == ["next", "previous", "results"]
    with django_assert_num_queries(1) as captured:
        api.get(page["next"])
    assert "OFFSET" not in captured.captured_queries[0]["sql"]
    assert api.get("/api/sightings?cursor=&limit=4&count=true").json()["count"] == 9
    assert api.get(page["next"] + "&count=true").json()["count"] == 9


def test_rows_that_arrive_meanwhile_do_not_shift_the_pages(api: APIClient, numbers: list[int]) -> None:
    page = api.get("/api/sightings?cursor=&limit=4").json()
    Event.objects.create(name="new", at=START + timedelta(days=1), subject_type="x.y", subject_id=99)
    assert [row["number"] for row in api.get(page["next"]).json()["results"]] == numbers[4:8]


def test_a_cursor_walks_the_reverse_of_the_lists_own_order(api: APIClient, numbers: list[int]) -> None:
    pages = walk(api, "/api/sightings?cursor=&limit=4&ordering=at")
    assert [number for page in pages for number in page] == numbers[::-1]


def test_a_cursor_in_another_order_is_refused(api: APIClient) -> None:
    answer = api.get("/api/sightings?cursor=&ordering=name")
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_ordering")


@pytest.mark.parametrize("cursor", ["x", "%C3%A9", "W10:abc", "W10", "..", "eyJ9:" + "A" * 43])
def test_a_cursor_that_no_list_gave_out_is_refused(api: APIClient, cursor: str) -> None:
    answer = api.get(f"/api/sightings?cursor={cursor}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


def test_a_cursor_of_another_order_is_refused(api: APIClient, numbers: list[int]) -> None:
    link = api.get("/api/sightings?cursor=&limit=4").json()["next"]
    answer = api.get(link + "&ordering=at")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


def test_a_list_without_cursors_does_not_know_the_parameter(api: APIClient) -> None:
    answer = api.get("/api/notices?cursor=")
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")
