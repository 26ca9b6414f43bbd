"""The PostgreSQL engine: a kept connection that died is noticed without a query, instants come in UTC."""

from datetime import UTC, timedelta
from typing import Any

import psycopg
import pytest
from django.db import close_old_connections, connection

from careops.core import clock
from careops.core.models import Event
from tests.services.processes import database_url_of_test

pytestmark = [pytest.mark.postgres_only, pytest.mark.django_db(transaction=True)]


def test_a_good_connection_is_checked_without_a_query() -> None:
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (before,) = cursor.fetchone()
    assert connection.is_usable() is True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone() == (before,)


def test_a_connection_whose_server_process_ended_is_replaced_before_the_next_request(api: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (ours,) = cursor.fetchone()
    with psycopg.connect(database_url_of_test(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [ours])  # answers when it has ended
    close_old_connections()  # what the start of a request does
    assert api.get("/api/health/ready").status_code == 200


def test_instants_come_back_as_they_went_in_utc() -> None:
    at = clock.now() + timedelta(microseconds=1)
    event = Event.objects.create(name="a.b", subject_type="core.event", subject_id=1, at=at)
    (found,) = Event.objects.filter(pk=event.pk).values_list("at", flat=True)
    assert found == at
    assert found.utcoffset() == timedelta(0)
    assert found.astimezone(UTC).isoformat() == at.isoformat()
