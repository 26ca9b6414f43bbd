"""Any limit and offset, asked of a server that knows only pages by number: exact, and by the fewest pages."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from integrations.nocodebackend.errors import UpstreamError

Row = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """One page as it was answered. ``limit`` and ``more`` are what it says of itself; None when it says nothing."""

    rows: list[Row]
    limit: int | None = None
    more: bool | None = None


@dataclass(frozen=True)
class Window:
    """The rows asked for, and whether there are more behind them."""

    rows: list[Row]
    has_more: bool


@dataclass(frozen=True)
class Plan:
    """Pages ``first`` to ``last`` of ``size`` rows each, which hold the window; 1 is the first page."""

    size: int
    first: int
    last: int


def plan(*, limit: int, offset: int, cap: int) -> Plan:
    """The fewest pages of one size up to ``cap`` that hold ``limit`` rows from ``offset`` on; of those the smallest."""
    end = offset + limit - 1
    # Beyond the window's end a page only grows; below the length of the window it can still take fewer than the cap.
    size = min(range(1, min(cap, end + 1) + 1), key=lambda size: (end // size - offset // size, size))
    return Plan(size, offset // size + 1, end // size + 1)


class _Smaller(Exception):
    """The server gives fewer rows a page than it was asked for."""

    def __init__(self, size: int) -> None:
        self.size = size


@dataclass
class Sizes:
    """What is known of the pages of a server: the largest to ask for, and the largest that it surely gives."""

    cap: int
    proven: int = 0


class Pager:
    """Reads windows through ``fetch(page number, size)``. It learns how large a page the server really gives."""

    def __init__(self, fetch: Callable[[int, int], Page], sizes: Sizes) -> None:
        self.fetch, self.sizes = fetch, sizes

    def window(self, *, limit: int, offset: int) -> Window:
        """The rows from ``offset`` on, ``limit`` at most."""
        while limit:
            try:
                chosen = plan(limit=limit, offset=offset, cap=self.sizes.cap)
                return self._window(chosen, limit=limit, offset=offset)
            except _Smaller as smaller:
                self.sizes.cap = smaller.size
        return Window([], has_more=False)

    def pages(self) -> Iterator[list[Row]]:
        """Every page, in order; from the first again when the server turns out to give smaller ones."""
        number, more = 1, True
        before: list[Row] = []
        while more:
            size = self.sizes.cap
            try:
                page = self._page(number, size)
            except _Smaller as smaller:
                self.sizes.cap, number, before = smaller.size, 1, []
                continue
            _refuse_repeated(before, page.rows)
            yield page.rows
            before = page.rows
            number, more = number + 1, _goes_on(page, size)

    def _window(self, plan: Plan, *, limit: int, offset: int) -> Window:
        rows: list[Row] = []
        more, told = True, True
        for number in range(plan.first, plan.last + 1):
            page = self._page(number, plan.size)
            _refuse_repeated(rows[-plan.size :], page.rows)
            rows += page.rows
            more, told = _goes_on(page, plan.size), page.more is not None
            if not more:
                break
        start = offset - (plan.first - 1) * plan.size
        if more and not told and len(rows) == start + limit:
            # A full page that does not say whether it is the last.
            more = bool(self._page(plan.last + 1, plan.size).rows)
        return Window(rows[start : start + limit], has_more=more or len(rows) > start + limit)

    def _page(self, number: int, size: int) -> Page:
        """One page of really that size. Raises _Smaller."""
        page = self.fetch(number, size)
        found = len(page.rows)
        if page.limit is not None and 0 < page.limit < size:
            raise _Smaller(page.limit)
        if found >= size or page.limit == size:
            self.sizes.proven = max(self.sizes.proven, size)
        elif found and page.more:
            raise _Smaller(found)
        elif found and page.more is None and size > self.sizes.proven:
            self._look_whether_short(number, size, found)
        return page

    def _look_whether_short(self, number: int, size: int, found: int) -> None:
        """Whether a page with fewer rows than asked for is the table's end, or all that the server gives at once."""
        if number == 1:
            if self.fetch(2, size).rows:
                raise _Smaller(found)
        elif first := len(self.fetch(1, size).rows):
            if first < size:
                raise _Smaller(first)
            self.sizes.proven = size


def _refuse_repeated(before: list[Row], rows: list[Row]) -> None:
    """A server that shows the same page under every number would never come to an end. Raises UpstreamError."""
    if rows and rows == before:
        raise UpstreamError("bad_answer")


def _goes_on(page: Page, size: int) -> bool:
    return len(page.rows) == size if page.more is None else page.more and bool(page.rows)
