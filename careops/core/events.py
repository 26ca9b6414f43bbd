"""Events and the handlers that hang on them.

``emit`` writes the Event row and runs the handlers that the roof's table lists for its name, all in one
savepoint. When one raises, the savepoint is rolled back and each runs alone; the one that fails becomes a
HandlerRun that the worker tries again. The verb stands in every case.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import structlog
from django.conf import settings
from django.db import models, transaction
from django.utils.module_loading import import_string

from careops.core import crash, queue
from careops.core.alerts import HANDLER_FAILED, raise_alert
from careops.core.context import current_origin, current_request_id
from careops.core.delivery import Outbox, Wire
from careops.core.models import Event, HandlerRun, subject_of
from careops.core.outbox import State
from careops.core.prepared import insert

log = structlog.get_logger(__name__)
Handler = Callable[[Event], None]
BatchHandler = Callable[[Sequence[Event]], None]
BATCH = 500
_batches: dict[Handler, BatchHandler] = {}


def together(batch: BatchHandler) -> Callable[[Handler], Handler]:
    """Say that ``batch`` does for many events of one name at once what the handler does for each of them."""

    def mark(handler: Handler) -> Handler:
        _batches[handler] = batch
        return handler

    return mark


@cache
def handlers_of(name: str) -> tuple[tuple[str, Handler], ...]:
    """The handlers of an event, in the table's order, each with its dotted path."""
    table: Mapping[str, Sequence[str]] = import_string(settings.EVENT_HANDLERS)
    return tuple((path, import_string(path)) for path in table.get(name, ()))


def emit(name: str, *, subject: models.Model, actor: Any, **data: Any) -> Event:
    """Write that ``name`` happened to ``subject`` and run its handlers, inside the verb's transaction.

    ``actor`` is the user who did it, or None for the system. ``data`` holds ids, states and times only. The
    person an event is about is the subject's ``person_id``, where it has one. Raises
    TransactionManagementError outside a transaction: a change and its event stand or fall together.
    """
    event = _event(name, subject, actor, data)
    insert(event)
    crash.point("event")
    if handlers := handlers_of(name):
        _run_together([event], handlers)
    return event


def emit_many(name: str, happened: Iterable[tuple[models.Model, dict[str, Any]]], *, actor: Any) -> None:
    """Write that ``name`` happened to each of several subjects, each with its data, and run the handlers on all.

    As ``emit`` for each of them, in a handful of statements: a handler that has no form for many runs on each.
    """
    events = [_event(name, subject, actor, data) for subject, data in happened]
    Event.objects.bulk_create(events, batch_size=BATCH)
    crash.point("event")
    if events and (handlers := handlers_of(name)):
        _run_together(events, handlers)


def _event(name: str, subject: models.Model, actor: Any, data: dict[str, Any]) -> Event:
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError(f"{name} was emitted outside a transaction.")
    origin = current_origin()
    event = Event(
        name=name,
        **subject_of(subject),
        person_id=getattr(subject, "person_id", None),
        actor_id=getattr(actor, "pk", None),
        actor_role=getattr(actor, "role", ""),
        request_id=current_request_id(),
        data=data | {"origin": origin} if origin else data,
    )
    event.subject = subject
    return event


def _run_together(events: Sequence[Event], handlers: Sequence[tuple[str, Handler]]) -> None:
    try:
        with transaction.atomic():
            for _, handler in handlers:
                _run_on_all(events, handler)
    except Exception:  # boundary: no handler may break the verb
        for event in events:
            for path, handler in handlers:
                _run_alone(event, path, handler)


def _run_on_all(events: Sequence[Event], handler: Handler) -> None:
    batch = _batches.get(handler)
    if batch is not None and len(events) > 1:
        batch(events)
        return
    for event in events:
        handler(event)


def _run_alone(event: Event, path: str, handler: Handler) -> None:
    try:
        with transaction.atomic():
            handler(event)
    except Exception as error:  # boundary: as above, and no handler may break another
        log.error("event.handler_failed", handler=path, event_id=event.pk, exc_info=error)
        run = HandlerRun.objects.create(
            event=event, handler=path, dedup_key=f"handler:{event.pk}:{path}", request_id=event.request_id
        )
        raise_alert(HANDLER_FAILED, subject=run, detail=f"{event.name} → {path}")
        queue.ring()


def _run_again(run: HandlerRun, wire: Wire) -> str:
    """Run the handler once more; it only writes rows under unique keys, so there is no wire to mark."""
    with transaction.atomic():
        import_string(run.handler)(run.event)
    return ""


HANDLER_RUNS = Outbox(model=HandlerRun, deliver=_run_again, done=State.COMPLETED, owed=HANDLER_FAILED)


def deliver_handler_runs() -> None:
    """Try failed handlers again; part of every tick."""
    HANDLER_RUNS.run()
