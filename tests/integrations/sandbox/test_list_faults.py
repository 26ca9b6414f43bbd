"""Lists with a fault, as a client gets them: each differs from the twin's own table."""

from typing import Any

import orjson
import pytest

from integrations.sandbox import list_faults
from integrations.sandbox.twin import Reply

ROWS = [{"appointment_sr_no": str(n), "practice_id": "1", "time": "10:00"} for n in range(4)]
PAGE = {"total_count": "4", "pagination": {"next": "http://x/?offset=1"}, "items": ROWS}


def shown(reply: Reply) -> Any:
    return reply.status, orjson.loads(reply.raw) if reply.raw else None


@pytest.mark.parametrize("wrapped", [False, True])
def test_each_list_says_something_else(wrapped: bool) -> None:
    page = Reply(200, [PAGE] if wrapped else PAGE)

    def document(reply: Reply) -> Any:
        found = shown(reply)[1]
        return found[0] if wrapped else found

    assert (document(list_faults.empty(page))["items"], document(list_faults.empty(page))["total_count"]) == (
        [],
        "0",
    )
    assert shown(list_faults.no_content(page)) == (204, None)
    assert shown(list_faults.no_body(page)) == (200, None)
    short = document(list_faults.short(page))
    assert ([row["appointment_sr_no"] for row in short["items"]], short["total_count"]) == (["0", "1"], "4")
    cut = list_faults.in_progress(page)
    assert (len(document(cut)["items"]), cut.headers) == (2, {"Data-Insert": "in progress"})
    assert document(list_faults.renamed(page))["items"][0] == {
        "appointment_sr_no_v2": "0", "practice_id": "1", "time": "10:00",
    }  # fmt: skip
    assert "time_v2" in document(list_faults.renamed(page, ("time",)))["items"][0]
    assert {row["practice_id"] for row in document(list_faults.other_practice(page))["items"]} == {"999"}


def test_a_success_without_its_rows() -> None:
    reply = Reply(200, {"status": "success", "data": [{"id": 1}]})
    assert shown(list_faults.no_data(reply)) == (200, {"status": "success"})
    assert shown(list_faults.empty(reply)) == (200, {"status": "success", "data": []})


@pytest.mark.parametrize("reply", [Reply(400, {"error_code": "API1004"}), Reply(201, {"id": 5})])
def test_what_is_no_list_stays_as_it_is(reply: Reply) -> None:
    for change in (list_faults.empty, list_faults.no_content, list_faults.no_body, list_faults.no_data, list_faults.in_progress,
                   list_faults.short, list_faults.renamed, list_faults.other_practice):  # fmt: skip
        assert shown(change(reply)) == shown(reply)
