"""The back office as people with a role see it, and what its pages say."""

from typing import Any

from django.db import models
from django.test import Client

from accounts.models import User
from tests.factories.accounts import make_user


def office(role: str) -> Client:
    """A browser in which a new user with this role is signed in."""
    return office_of(make_user(role))


def office_of(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def page(target: models.Model | type[models.Model], name: str = "") -> str:
    """The address of a table's list, or of an object's page."""
    opts = target._meta
    base = f"/admin/{opts.app_label}/{opts.model_name}/"
    return f"{base}{name}" if isinstance(target, type) else f"{base}{target.pk}/{name or 'change'}/"


def errors(response: Any) -> dict[str, list[str]]:
    """What the page says beside each field of its form; ``__all__`` stands for the whole form."""
    assert response.status_code == 200, response.status_code
    context = response.context
    form = context["adminform"].form if "adminform" in context else context["form"]
    return {field: list(said) for field, said in form.errors.items()}


def said(response: Any) -> list[str]:
    """The messages at the top of the page that a redirect led to."""
    return [str(message) for message in response.context["messages"]]
