"""Limit and offset over a server of pages: for any limit, offset and table the answer is the slice, in fewest pages."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.nocodebackend.client import ReferralClient, UploadsClient
from integrations.nocodebackend.errors import BadRequest, UpstreamError
from integrations.nocodebackend.paging import Page, Pager, Plan, Sizes, plan
from integrations.sandbox.nocodebackend import NoCodeBackendTwin


class Server:
    """Pages of so many rows; ``largest`` is all it gives at once, ``tells`` whether it says what it gave."""

    def __init__(self, rows: int, largest: int, *, tells: bool) -> None:
        self.rows = [{"id": number} for number in range(rows)]
        self.largest, self.tells, self.asked = largest, tells, 0

    def fetch(self, number: int, size: int) -> Page:
        self.asked += 1
        given = min(size, self.largest)
        start = (number - 1) * given
        found = self.rows[start : start + given]
        return Page(found, given, start + given < len(self.rows)) if self.tells else Page(found)


WINDOWS = {"limit": st.integers(0, 70), "offset": st.integers(0, 150), "total": st.integers(0, 150)}


@given(**WINDOWS, cap=st.integers(1, 40), largest=st.integers(1, 40), tells=st.booleans())
def test_the_answer_is_the_slice(
    limit: int, offset: int, total: int, cap: int, largest: int, tells: bool
) -> None:
    server = Server(total, largest, tells=tells)
    pager = Pager(server.fetch, Sizes(cap))
    for _ in range(2):  # the second time it knows how large a page is given
        window = pager.window(limit=limit, offset=offset)
        assert window.rows == server.rows[offset : offset + limit]
        assert window.has_more == (limit > 0 and offset + limit < total)


@given(**WINDOWS, cap=st.integers(1, 40))
def test_a_server_that_gives_what_is_asked_is_asked_for_the_fewest_pages(
    limit: int, offset: int, total: int, cap: int
) -> None:
    server = Server(total, 1000, tells=True)
    Pager(server.fetch, Sizes(cap)).window(limit=limit, offset=offset)
    end = offset + limit - 1
    fewest = min(end // size - offset // size + 1 for size in range(1, cap + 1)) if limit else 0
    assert server.asked <= fewest
    if total > end:
        assert server.asked == fewest


@given(total=st.integers(0, 150), cap=st.integers(1, 40), largest=st.integers(1, 40), tells=st.booleans())
def test_all_pages_together_are_the_table(total: int, cap: int, largest: int, tells: bool) -> None:
    server = Server(total, largest, tells=tells)
    seen = [row["id"] for page in Pager(server.fetch, Sizes(cap)).pages() for row in page]
    assert seen[-total or len(seen) :] == list(range(total))
    assert sorted(set(seen)) == list(range(total))


def test_a_window_that_no_page_holds_alone_takes_two() -> None:
    assert plan(limit=60, offset=70, cap=100).first == plan(limit=60, offset=70, cap=100).last
    two = plan(limit=100, offset=50, cap=100)
    assert two.last - two.first == 1
    assert plan(limit=250, offset=90, cap=100) == Plan(85, 2, 4)  # pages of 100 would be four


@pytest.mark.parametrize(
    ("limit", "offset"), [(1, 0), (5, 32), (10, 10), (11, 7), (50, 0), (37, 1), (200, 0), (3, 99)]
)
@pytest.mark.parametrize(
    "switches",
    [{}, {"metadata": False}, {"max_limit": 6}, {"max_limit": 6, "metadata": False}, {"sort": False}],
    ids=str,
)
def test_the_client_answers_slices_of_the_twin(
    twin: NoCodeBackendTwin,
    clients: tuple[ReferralClient, UploadsClient],
    switches: dict[str, Any],
    limit: int,
    offset: int,
) -> None:
    twin.switch(**switches)
    referrals, uploads = clients
    window = slice(offset, offset + limit)
    assert [row["id"] for row in referrals.get_referrals(limit, offset)] == list(range(1, 38))[window]
    assert [row["id"] for row in uploads.get_uploads(limit, offset)] == list(range(1, 27))[window]


@pytest.mark.parametrize("switches", [{}, {"metadata": False}, {"max_limit": 4}, {"sort": False}], ids=str)
def test_all_rows_come_once(
    twin: NoCodeBackendTwin, clients: tuple[ReferralClient, UploadsClient], switches: dict[str, Any]
) -> None:
    twin.switch(**switches)
    referrals, uploads = clients
    assert [row["id"] for row in referrals.iter_referrals()] == list(range(1, 38))
    assert [row["id"] for row in uploads.iter_uploads()] == list(range(1, 27))


def test_a_server_that_shows_one_page_under_every_number_is_not_read_for_ever() -> None:
    rows = [{"id": number} for number in range(10)]
    with pytest.raises(UpstreamError):
        list(Pager(lambda number, size: Page(rows, size, more=True), Sizes(10)).pages())
    with pytest.raises(UpstreamError):
        Pager(lambda number, size: Page(rows, size, more=True), Sizes(10)).window(limit=20, offset=0)


@pytest.mark.parametrize("bound", [-1, True, 1.5, "5", None, 10**16])
def test_a_bound_that_is_no_number_is_refused_without_a_call(
    twin: NoCodeBackendTwin, referrals: ReferralClient, bound: Any
) -> None:
    with pytest.raises(BadRequest):
        referrals.get_referrals(bound)
    with pytest.raises(BadRequest):
        referrals.get_referrals(1, bound)
    assert twin.calls == []
