"""A professional is found, connected and heard of only after the clinic has approved them."""

from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import AccountMail, User
from accounts.services.users import update_user
from accounts.tasks import deliver_account_mail, review_approvals
from careops.core.models import Alert, Event
from connections.models import Connection
from connections.tasks import hand_over_invitations
from messaging.models import Message
from tests.factories.accounts import PASSWORD, client_of, client_with, make_user, with_token
from tests.factories.bookings import make_provider, tomorrow
from tests.factories.connections import connect, make_professional
from tests.factories.links import mails_in
from tests.factories.office import office, office_of, page, said

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def approval_needed(settings: Any) -> None:
    settings.PROFESSIONALS_NEED_APPROVAL = True


def sign_up(email: str = "pro@example.com", role: str = "professional") -> dict[str, Any]:
    body = {"name": "Pro Example", "email": email, "password": PASSWORD, "role": role}
    answer = APIClient().post("/api/auth/signup", body)
    assert answer.status_code == 201
    return dict(answer.json())


def self_made(**fields: Any) -> User:
    """A professional who has signed up alone."""
    return make_professional(**{"approved_at": None, **fields})


def outcome(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def found_by(role: str) -> list[int]:
    return [row["id"] for row in client_with(role).get("/api/users?role=professional").json()]


def ask(professional: User) -> tuple[int, str]:
    return outcome(
        client_with("client").post("/api/connection/request-pro", {"professional_id": professional.pk})
    )


def waiting() -> list[tuple[str, str]]:
    return list(Alert.objects.filter(kind="professionals_waiting").values_list("status", "detail"))


def test_the_sign_up_says_that_the_clinic_has_still_to_approve() -> None:
    made = sign_up()
    assert (made["user"]["approved"], set(made)) == (False, {"user", "token", "access", "refresh"})
    assert with_token(made["access"]).get("/api/auth/me").json()["approved"] is False
    assert sign_up("client@example.com", "client")["user"]["approved"] is True


@pytest.mark.parametrize("needed", [True, False])
def test_where_no_approval_is_asked_nobody_waits(settings: Any, needed: bool) -> None:
    settings.PROFESSIONALS_NEED_APPROVAL = needed
    assert sign_up()["user"]["approved"] is not needed
    assert (User.objects.get().pk in found_by("client")) is not needed
    assert len(waiting()) == needed


def test_an_account_made_by_an_admin_is_approved() -> None:
    body = {"name": "Pro", "email": "pro@example.com", "password": PASSWORD, "role": "professional"}
    made = client_with("admin").post("/api/auth/register", body).json()["user"]
    assert (made["approved"], found_by("client")) == (True, [made["id"]])
    client = make_user()
    client_with("admin").patch(f"/api/users/{client.pk}", {"role": "professional"})
    assert sorted(found_by("client")) == sorted([made["id"], client.pk])


@pytest.mark.parametrize(
    ("fields", "admitted"),
    [
        ({}, True),
        ({"approved_at": None}, False),
        ({"email_confirmed_at": None}, False),
        ({"approved_at": None, "email_confirmed_at": None}, False),
    ],
)
def test_only_who_is_confirmed_and_approved_is_listed_and_asked(
    fields: dict[str, Any], admitted: bool
) -> None:
    professional = make_professional(**fields)
    unknown = outcome(client_with("client").post("/api/connection/request-pro", {"professional_id": 999_999}))
    assert [professional.pk in found_by(role) for role in ("client", "professional", "staff")] == [
        admitted,
        admitted,
        True,
    ]
    assert ask(professional) == ((201, "") if admitted else unknown)
    assert Connection.objects.count() == admitted


def test_the_answer_to_a_request_to_them_is_that_of_an_unknown_id() -> None:
    client = client_with("client")
    bodies = []
    for pk in (self_made().pk, 999_999):
        problem = client.post("/api/connection/request-pro", {"professional_id": pk}).json()
        bodies.append({name: value for name, value in problem.items() if name != "request_id"})
    assert bodies[0] == bodies[1]


def calls(api: APIClient, connection: int, referral: int) -> list[Any]:
    invited = {"client_email": "stranger@example.com"}
    answer = {"connection_id": connection, "action": "accept"}
    return [
        api.post("/api/connection/invite-client", invited),
        api.post("/api/connection/respond", answer),
        api.post("/api/connection/respond", {**answer, "action": "reject"}),
        api.post("/api/referrals", {"client_id": 1, "reason": "x", "to_name": "Elsewhere"}),
        api.get("/api/referrals"),
        api.patch(f"/api/referrals/{referral}", {"status": "accepted"}),
        api.get(f"/api/referrals/{referral}/files"),
    ]


def test_who_waits_may_not_invite_answer_or_refer() -> None:
    professional, client = make_professional(), make_user()
    client_of(client).post("/api/connection/request-pro", {"professional_id": professional.pk})
    User.objects.filter(pk=professional.pk).update(approved_at=None)
    for answer in calls(client_of(professional), Connection.objects.get().pk, 1):
        assert outcome(answer) == (403, "not_approved")
        assert answer.json()["detail"].startswith("The clinic has not approved your account yet.")
    assert Connection.objects.get().status == "pending"


def test_who_is_approved_and_not_confirmed_is_told_what_is_missing() -> None:
    professional = make_professional(email_confirmed_at=None)
    for answer in calls(client_of(professional), 1, 1)[:1]:
        assert outcome(answer) == (403, "email_unconfirmed")


def test_a_client_accepts_nobody_whose_approval_was_withdrawn() -> None:
    professional, client = make_professional(), make_user(email="client@example.com")
    client_of(professional).post("/api/connection/invite-client", {"client_email": client.email})
    hand_over_invitations()
    connection = Connection.objects.get()
    update_user(user=professional, actor=None, approved=False)
    answer = {"connection_id": connection.pk, "action": "accept"}
    assert outcome(client_of(client).post("/api/connection/respond", answer)) == (404, "not_found")
    rejected = client_of(client).post("/api/connection/respond", {**answer, "action": "reject"})
    assert rejected.status_code == 200


def test_an_invitation_that_waits_goes_nowhere_after_the_approval_was_withdrawn() -> None:
    professional = make_professional()
    client_of(professional).post("/api/connection/invite-client", {"client_email": "stranger@example.com"})
    update_user(user=professional, actor=None, approved=False)
    hand_over_invitations()
    assert not Message.objects.exists()


def test_a_connection_stands_when_the_approval_is_withdrawn_and_nobody_is_referred() -> None:
    professional, client = make_professional(), make_user()
    connect(professional, client)
    update_user(user=professional, actor=None, approved=False)
    assert client_of(client).get("/api/connection/list").json()[0]["status"] == "accepted"
    referral = {"client_id": client.pk, "reason": "x", "to_professional_id": professional.pk}
    answer = client_with("staff").post("/api/referrals", {**referral, "from_name": "Elsewhere"})
    assert answer.status_code == 404


def test_a_provider_is_given_to_nobody_who_waits_and_they_describe_no_stranger() -> None:
    professional = self_made()
    body = {"name": "Practice", "sector": "dentist", "user_id": professional.pk}
    assert client_with("admin").post("/api/providers", body).json()["errors"][0]["field"] == "user_id"
    provider = make_provider(user=professional)  # as one was given before the approval was withdrawn
    stranger = {"client_name": "Anybody", "client_email": "stranger@example.com"}
    booking = {"provider_id": provider.pk, "scheduled_at": tomorrow().isoformat(), **stranger}
    assert outcome(client_of(professional).post("/api/bookings", booking)) == (403, "not_approved")
    assert not Message.objects.exists()


@pytest.mark.parametrize("role", ["staff", "admin"])
def test_the_clinic_approves_by_the_api_and_the_alert_closes(role: str, outbox: Path) -> None:
    made = sign_up()
    User.objects.update(email_confirmed_at="2026-01-01T00:00:00Z")
    sign_up("second@example.com")
    assert waiting() == [("active", "Waiting: 2.")]
    pk = made["user"]["id"]
    answer = client_with(role).patch(f"/api/users/{pk}", {"approved": True})
    assert (answer.status_code, answer.json()["approved"]) == (200, True)
    assert waiting() == [("active", "Waiting: 1.")]
    assert found_by("client") == [pk]
    AccountMail.objects.exclude(kind="approved").delete()
    deliver_account_mail()
    (mail,) = mails_in(outbox)
    assert (mail["To"], mail["Subject"]) == ("pro@example.com", "The clinic has approved your account")
    assert mail.get_content().startswith("Hello Pro Example,")
    second = User.objects.get(email="second@example.com")
    update_user(user=second, actor=None, is_active=False)
    assert waiting() == [("resolved", "Waiting: 1.")]
    assert Event.objects.filter(name="user.approved", subject_id=pk).count() == 1


def test_approving_again_changes_nothing_and_withdrawing_opens_the_alert() -> None:
    professional = make_professional()
    staff, path = client_with("staff"), f"/api/users/{professional.pk}"
    assert staff.patch(path, {"approved": True}).status_code == 200
    assert not Event.objects.filter(name="user.approved").exists()
    assert staff.patch(path, {"approved": False}).json()["approved"] is False
    assert (waiting(), AccountMail.objects.count()) == ([("active", "Waiting: 1.")], 0)


def test_staff_change_the_approval_and_nothing_else() -> None:
    professional = self_made()
    staff, path = client_with("staff"), f"/api/users/{professional.pk}"
    whole = staff.get(path).json()
    for field, value in {"name": "Other", "role": "admin", "is_active": False}.items():
        answer = staff.patch(path, {**whole, "approved": True, field: value})
        assert (outcome(answer), answer.json()["errors"][0]["field"]) == ((403, "admin_only"), field)
    professional.refresh_from_db()
    assert (professional.name, professional.approved_at) == (whole["name"], None)
    assert staff.patch(path, {**whole, "approved": True}).status_code == 200
    client = make_user()
    assert outcome(staff.patch(f"/api/users/{client.pk}", {"approved": False})) == (400, "not_a_professional")


def test_the_back_office_approves_from_a_list() -> None:
    first, second, other = self_made(), self_made(), make_professional()
    review_approvals()
    browser = office("staff")
    shown = browser.get(page(User, "?approval=waiting")).content.decode()
    assert [user.email in shown for user in (first, second, other)] == [True, True, False]
    alert = Alert.objects.get()
    assert "/admin/accounts/user/?approval=waiting" in browser.get(page(alert)).content.decode()
    chosen = {"action": "approve", "_selected_action": [first.pk, second.pk]}
    browser.post(page(User), chosen)
    assert not User.objects.waiting_for_approval().exists()
    assert [status for status, _ in waiting()] == ["resolved"]


def test_the_back_office_approves_and_withdraws_on_the_page_of_the_account() -> None:
    professional, admin = self_made(), make_user("admin")
    answer = office_of(admin).post(page(professional, "do/approve"), follow=True)
    assert said(answer) == ["The professional is approved and told by mail."]
    professional.refresh_from_db()
    assert professional.approved_at is not None
    office_of(admin).post(page(professional, "do/withdraw_approval"))
    professional.refresh_from_db()
    assert professional.approved_at is None


def test_the_hourly_review_sees_a_changed_setting(settings: Any) -> None:
    settings.PROFESSIONALS_NEED_APPROVAL = False
    self_made()
    review_approvals()
    assert waiting() == []
    settings.PROFESSIONALS_NEED_APPROVAL = True
    review_approvals()
    assert waiting() == [("active", "Waiting: 1.")]
    settings.PROFESSIONALS_NEED_APPROVAL = False
    review_approvals()
    assert waiting() == [("resolved", "Waiting: 1.")]
