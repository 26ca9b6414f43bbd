import pytest
from rest_framework.test import APIClient

from careops.core.models import Alert

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.routes")]


@pytest.fixture
def url() -> str:
    return f"/api/notices/{Alert.objects.create(kind='a', severity='info').pk}"


def test_a_single_object_has_a_strong_etag_that_spares_reading_it_again(api: APIClient, url: str) -> None:
    tag = api.get(url)["ETag"]
    assert tag[0] == tag[-1] == '"'
    again = api.get(url, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    assert api.get(url, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_change_under_the_present_etag_is_made_and_under_an_old_one_refused(
    api: APIClient, url: str
) -> None:
    tag = api.get(url)["ETag"]
    changed = api.patch(url, {"kind": "b"}, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["kind"]) == (200, "b")
    stale = api.patch(url, {"kind": "c"}, headers={"If-Match": tag})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert api.delete(url, headers={"If-Match": tag}).status_code == 412
    assert api.get(url).json()["kind"] == "b"
    assert changed["ETag"] == api.get(url)["ETag"]
    assert api.delete(url, headers={"If-Match": changed["ETag"]}).status_code == 204


def test_any_version_and_no_condition_are_accepted(api: APIClient, url: str) -> None:
    assert api.patch(url, {"kind": "b"}, headers={"If-Match": "*"}).status_code == 200
    assert api.patch(url, {"kind": "c"}).status_code == 200


def test_a_weak_etag_is_no_ground_for_a_change(api: APIClient, url: str) -> None:
    tag = api.get(url)["ETag"]
    assert api.patch(url, {"kind": "b"}, headers={"If-Match": f"W/{tag}"}).status_code == 412


def test_changing_what_is_not_there_is_not_found_with_any_condition(api: APIClient) -> None:
    assert api.patch("/api/notices/987654", {"kind": "b"}).status_code == 404
    assert api.patch("/api/notices/987654", {"kind": "b"}, headers={"If-Match": "*"}).status_code == 404


def test_what_is_created_is_answered_as_it_is_read(api: APIClient) -> None:
    made = api.post("/api/notices", {"kind": "new", "is_staff": True})
    assert (made.status_code, made["Location"]) == (201, f"/api/notices/{made.json()['id']}")
    read = api.get(made["Location"])
    assert (read.content, read["ETag"]) == (made.content, made["ETag"])


def test_an_empty_form_is_an_empty_body(api: APIClient, url: str) -> None:
    answer = api.patch(url, b"", content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()["kind"]) == (200, "a")
