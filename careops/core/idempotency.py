"""A POST under an Idempotency-Key has one effect, however often it is sent.

The record is a row of the request's own transaction: a crash or a 5xx leaves nothing, and a concurrent twin
waits on the unique row, then answers what the first one made.
"""

import hashlib
import hmac
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import OperationalError, transaction
from django.db.models import Model
from django.http import Http404, HttpResponse
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from careops.core import clock
from careops.core.models import IdempotencyRecord
from careops.core.problems import (
    Conflict,
    DomainError,
    Invalid,
    Problem,
    Unprocessable,
    is_lock_timeout,
    problem_of,
    problem_response,
)

KEPT_FOR = timedelta(hours=24)
FORM_ANSWERED = 302  # the status of every form's record, and of no other
FORGOTTEN = '{"to": "", "said": []}'
REFUSALS = (DomainError, APIException, Http404, PermissionDenied, DjangoValidationError)


class InvalidKey(Invalid):
    code, detail = "invalid_idempotency_key", "An Idempotency-Key has 1 to 255 printable ASCII characters."


class Mismatch(Unprocessable):
    code, detail = "idempotency_mismatch", "This Idempotency-Key was used with another body."


class InProgress(Conflict):
    code, retry_after = "idempotency_in_progress", 1
    detail = "The first request under this Idempotency-Key is still at work."


@dataclass(frozen=True)
class Outcome:
    """What a request came to: a problem, or an object, of which a replay has the reference only."""

    made: Model | None = None
    object_type: str = ""
    object_id: int = 0
    problem: dict[str, Any] | None = None
    replayed: bool = False

    def refusal(self) -> HttpResponse | None:
        """The stored or fresh problem as an answer; None for a success."""
        if self.problem is None:
            return None
        headers = {"Idempotent-Replay": "true"} if self.replayed else None
        return problem_response(self.problem, headers=headers)


def once(request: Request, make: Callable[[], Model]) -> Outcome:
    """Run ``make`` once per key; without the header, just run it, in no transaction of ours.

    Raises InvalidKey, Mismatch, InProgress. A 4xx that ``make`` raises is stored and returned as the
    outcome's problem; anything else, and a 429, goes through and leaves no record.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return _success(make())
    if not (1 <= len(key) <= 255 and key.isascii() and key.isprintable()):
        raise InvalidKey
    where = {
        "user_id": request.user.pk or 0,
        "method": request.method or "",
        "path": request.path_info[:300],
        "key_hash": keyed_hash(key.encode()),
    }
    body_hash = keyed_hash(request.body)
    with transaction.atomic():
        record, is_first = claim(where, body_hash)
        if is_first:
            return _first(record, make)
        if not hmac.compare_digest(record.request_hash, body_hash):
            raise Mismatch
        return Outcome(
            object_type=record.object_type,
            object_id=record.object_id or 0,
            problem=record.problem,
            replayed=True,
        )


def keyed_hash(text: bytes) -> str:
    """What is stored in place of the caller's key and body: nobody can read or guess the text from it."""
    return hmac.new(settings.SECRET_KEY.encode(), text, hashlib.sha256).hexdigest()


def claim(where: dict[str, Any], body_hash: str) -> tuple[IdempotencyRecord, bool]:
    """The record of the key, and whether it is the caller's own. On PostgreSQL the insert waits for a twin."""
    token = uuid.uuid4()
    for _ in range(2):
        record = IdempotencyRecord(**where, token=token, request_hash=body_hash)
        try:
            IdempotencyRecord.objects.bulk_create([record], ignore_conflicts=True)
        except OperationalError as error:
            if is_lock_timeout(error):
                raise InProgress from error
            raise
        found = IdempotencyRecord.objects.filter(**where).first()
        if found is not None and not _is_over(found):
            return found, found.token == token
        if found is not None:
            IdempotencyRecord.objects.filter(pk=found.pk, token=found.token).delete()
    raise InProgress


def _is_over(record: IdempotencyRecord) -> bool:
    """Whether the key is free again: by this process's clock, and then by the database's too."""
    return record.created_at <= clock.now() - KEPT_FOR and record.created_at <= clock.agreed_now() - KEPT_FOR


def _first(record: IdempotencyRecord, make: Callable[[], Model]) -> Outcome:
    try:
        with transaction.atomic():
            made = make()
    except REFUSALS as error:
        problem = problem_of(error)
        if not isinstance(problem, Problem) or problem.status >= 500 or problem.status == 429:
            raise
        _store(record, http_status=problem.status, problem=problem.document())
        return Outcome(problem=problem.document())
    _store(record, http_status=201, object_type=made._meta.label_lower, object_id=made.pk)
    return _success(made)


def _success(made: Model) -> Outcome:
    return Outcome(made=made, object_type=made._meta.label_lower, object_id=made.pk)


def _store(record: IdempotencyRecord, **outcome: Any) -> None:
    IdempotencyRecord.objects.filter(pk=record.pk).update(**outcome)


def forget_answers() -> None:
    """Forget where forms of the back office led and what they said: the messages may name a person."""
    IdempotencyRecord.objects.filter(http_status=FORM_ANSWERED).update(answer=FORGOTTEN)
