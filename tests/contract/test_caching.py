"""No browser and no proxy keeps an answer that a person had to sign in for."""

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from tests.contract.routes import Operation, operations
from tests.contract.test_no_html import ask
from tests.contract.test_permissions import who_may
from tests.contract.world import body_for, form_of, make_world, path_of
from tests.factories.accounts import PASSWORD, make_user
from tests.factories.office import office

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("outside"), pytest.mark.any_engine]

# Counts alone, and never anybody's data: a browser may show them again for the seconds they hold.
OTHERWISE = {Operation("dashboard", "GET"): "private, max-age"}


def test_every_answer_of_the_api_says_so() -> None:
    world = make_world()
    clients = {who: world.caller(who) for who in ("admin", "professional", "client")}
    said = {}
    for row in operations():
        who = who_may(row)
        answer = ask(clients[who], row.method, path_of(row, world), body_for(row, world, who), form_of(row))
        said[row] = answer["Cache-Control"].partition("=")[0]
    assert {row: words for row, words in said.items() if words != "private, no-store"} == OTHERWISE


def test_so_do_tokens_refusals_and_an_answer_without_a_body() -> None:
    user = make_user("staff")
    api = APIClient()
    granted = api.post("/api/auth/login", {"email": user.email, "password": PASSWORD})
    refused = api.get("/api/auth/me")
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {granted.json()['token']}")
    shown = api.get("/api/auth/me")
    unchanged = api.get("/api/auth/me", headers={"If-None-Match": shown["ETag"]})
    answers = (granted, refused, shown, unchanged)
    assert [answer.status_code for answer in answers] == [200, 401, 200, 304]
    assert {answer["Cache-Control"] for answer in answers} == {"private, no-store"}


def test_the_feed_of_the_board_is_asked_anew_each_time() -> None:
    answer = office("staff").get("/admin/board/api/feed?from=2027-03-01&to=2027-03-01")
    assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-cache")


def test_every_page_of_the_back_office_says_so() -> None:
    browser = office("admin")
    lists = [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model, each in admin.site._registry.items()
        if each.has_module_permission(browser.get("/admin/").wsgi_request)
    ]
    pages = ["/admin/", "/admin/board/", "/admin/password_change/", *lists]
    assert len(pages) > 15
    answers = {path: browser.get(path) for path in pages} | {"/admin/login/": Client().get("/admin/login/")}
    assert {path for path, answer in answers.items() if answer.status_code != 200} == set()
    kept = {path for path, answer in answers.items() if "no-store" not in answer.get("Cache-Control", "")}
    assert kept == set()
