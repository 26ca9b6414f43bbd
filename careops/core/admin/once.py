"""A form of the back office has one effect, however often it is sent.

The form's random key, with a hash of what was sent, is claimed in a row of the request's own transaction. A duplicate
waits for that row and gets the same redirect and messages as the first POST. A refused form frees the key.
"""

import hashlib
import json
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.messages.storage.cookie import MessageDecoder, MessageEncoder
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from careops.core.admin.snapshot import INPUT, read
from careops.core.idempotency import FORM_ANSWERED, InProgress, claim, keyed_hash
from careops.core.models import IdempotencyRecord

UNHASHED = frozenset({"csrfmiddlewaretoken", INPUT})
WAIT_SECONDS = 10.0  # how long a duplicate waits for a first POST that holds no transaction
POLL_SECONDS = 0.1
ALREADY_SENT = "This form was sent already. Check its result before you send it again."
View = Callable[[], Any]


def submit_once(request: HttpRequest, view: View, *, in_transaction: bool = True) -> Any:
    """Run ``view`` for the first of equal POSTs; answer the others as the first was answered.

    Without a snapshot the view just runs. ``in_transaction=False`` is for a view that calls an outside system, or that
    changes each of many rows in a transaction of its own.
    """
    snapshot = read(request)
    # A popup is answered with a script for the page that opened it.
    if snapshot is None or not snapshot.key or IS_POPUP_VAR in request.POST:
        with transaction.atomic() if in_transaction and request.method == "POST" else nullcontext():
            return view()
    work = _in_transaction if in_transaction else _without_transaction
    try:
        return work(request, snapshot.key, view)
    except InProgress:
        messages.error(request, ALREADY_SENT)
        return HttpResponseRedirect(request.get_full_path())


def _in_transaction(request: HttpRequest, key: str, view: View) -> Any:
    with transaction.atomic():
        record, first = _claim(request, key)
        if not first:
            return _answer_again(request, record)
        response = view()
        if _is_refused(request, response):
            transaction.set_rollback(True)
        else:
            _keep(request, record, response)
    return response


def _without_transaction(request: HttpRequest, key: str, view: View) -> Any:
    record, first = _claim(request, key)
    if not first:
        return _answer_again(request, _answered(record))
    refused = True
    try:
        response = view()
        refused = _is_refused(request, response)
        if not refused:
            _keep(request, record, response)
    finally:
        if refused:
            record.delete()
    return response


def _claim(request: HttpRequest, key: str) -> tuple[IdempotencyRecord, bool]:
    body = hashlib.sha256()
    for name, sent in sorted(request.POST.lists()):
        if name not in UNHASHED:
            body.update(repr((name, sent)).encode())
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            body.update(repr((name, file.name, file.size)).encode())
            for chunk in file.chunks():
                body.update(chunk)
            file.seek(0)
    body_hash = keyed_hash(body.digest())
    # Another body under the same key is another form: the user went back, typed anew and saved.
    where = {
        "user_id": request.user.pk or 0,
        "method": "POST",
        "path": request.path_info[:300],
        "key_hash": keyed_hash(f"{key}:{body_hash}".encode()),
    }
    return claim(where, body_hash)


def _is_refused(request: HttpRequest, response: HttpResponse) -> bool:
    """A page that is shown again, or a redirect that says nothing but refusals."""
    levels = {message.level for message in _said(request)}
    return response.status_code != FORM_ANSWERED or (
        messages.ERROR in levels and messages.SUCCESS not in levels
    )


def _said(request: HttpRequest) -> list[Any]:
    storage: Any = messages.get_messages(request)
    return list(storage._queued_messages)  # what this request has added; Django has no public name for it


def _keep(request: HttpRequest, record: IdempotencyRecord, response: HttpResponse) -> None:
    answer = json.dumps({"to": response["Location"], "said": _said(request)}, cls=MessageEncoder)
    IdempotencyRecord.objects.filter(pk=record.pk).update(http_status=response.status_code, answer=answer)


def _answered(record: IdempotencyRecord) -> IdempotencyRecord:
    """The record once its first request has answered. Raises InProgress."""
    until = time.monotonic() + WAIT_SECONDS
    while not record.answer:
        if time.monotonic() > until:
            raise InProgress
        time.sleep(POLL_SECONDS)
        found = IdempotencyRecord.objects.filter(pk=record.pk).first()
        if found is None:  # the first POST was refused
            raise InProgress
        record = found
    return record


def _answer_again(request: HttpRequest, record: IdempotencyRecord) -> HttpResponse:
    answer = json.loads(str(record.answer), cls=MessageDecoder)
    if not answer["to"]:  # forgotten when a person was erased
        raise InProgress
    for message in answer["said"]:
        messages.add_message(request, message.level, message.message, extra_tags=message.extra_tags or "")
    return HttpResponseRedirect(answer["to"])
