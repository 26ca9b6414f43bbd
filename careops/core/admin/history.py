"""Events as sentences, and the objects that events and alerts are about as links."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.urls import NoReverseMatch, reverse
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html

from careops.core.admin.shown import date_and_time
from careops.core.models import Event

SYSTEM = "The system"
UNSAID = {"sign_in", "version"}  # ids by another name


def with_actor(events: QuerySet[Event]) -> QuerySet[Event]:
    """Each event with ``actor_name``, in the same query."""
    names = get_user_model()._default_manager.filter(pk=OuterRef("actor_id")).values("name")[:1]
    return events.annotate(actor_name=Subquery(names))


def history_of(obj: Model, reader: Any) -> QuerySet[Event]:
    """The events whose subject the object is, newest first, as far as the reader may see them."""
    events = Event.objects.visible_to(reader).filter(subject_type=obj._meta.label_lower)
    return with_actor(events.filter(subject_id=obj.pk) if isinstance(obj.pk, int) else events.none())


def tell(events: Iterable[Any]) -> list[dict[str, Any]]:
    """What a person reads of each event."""
    return [
        {"at": each.at, "what": title_of(each.name), "who": actor_of(each), "details": details_of(each),
         "request_id": each.request_id}
        for each in events
    ]  # fmt: skip


def title_of(name: str) -> str:
    """``handler.not_found`` as a person says it: Handler not found."""
    return name.replace(".", " ").replace("_", " ").capitalize()


def actor_of(event: Any) -> str:
    """Who did it: a name, the role of somebody whose account is gone, or the system."""
    if event.actor_id is None:
        return SYSTEM
    return event.actor_name or f"A former {event.actor_role or 'user'}"


def details_of(event: Event) -> list[str]:
    """The event's states, times and field names; ids say nothing to a reader."""
    return [
        f"{name.replace('_', ' ')}: {_shown(value)}"
        for name, value in event.data.items()
        if not name.endswith("_id") and name not in UNSAID and value not in (None, "", [], False)
    ]


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if value is True:
        return "yes"
    moment = parse_datetime(value) if isinstance(value, str) and "T" in value else None
    return date_and_time(moment) if moment else str(value)


def find_subjects(rows: Sequence[Any]) -> None:
    """Give each row (event or alert) its ``found_subject``, with one query for each kind of object among them."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        if row.subject_id:
            wanted[row.subject_type].add(row.subject_id)
    known = {kind: model for kind in wanted if (model := _model(kind))}
    # Some are named after what they belong to, so that is read with them.
    found = {
        kind: model._default_manager.select_related().in_bulk(wanted[kind]) for kind, model in known.items()
    }
    for row in rows:
        row.found_subject = found.get(row.subject_type, {}).get(row.subject_id)


def subject_words(row: Any) -> str:
    """The object of an event or alert in words, also when it is gone or is only a name."""
    subject = getattr(row, "found_subject", None)
    if subject is None:
        model = _model(row.subject_type) if row.subject_id else None
        return f"{model._meta.verbose_name} that is gone".capitalize() if model else row.subject_type
    words = f"{subject._meta.verbose_name}: {subject}"
    return words[:1].upper() + words[1:]


def subject_link(row: Any) -> str:
    """As ``subject_words``, and a link where the object has a page that the row's reader may open."""
    if not row.subject_id and "?" in row.subject_type:
        return _list_link(row)
    words, subject = subject_words(row), getattr(row, "found_subject", None)
    if subject is None or not _may_open(subject, getattr(row, "reader", None)):
        return words
    opts = subject._meta
    try:
        page = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[subject.pk])
    except NoReverseMatch:
        return words
    return format_html('<a class="text-link" href="{}">{}</a>', page, words)


def _list_link(row: Any) -> str:
    """A link to the rows of a list: the subject is a model's label, ``?`` and the list's filter."""
    label, _, query = row.subject_type.partition("?")
    model = _model(label)
    if model is None or not _may_open(model(), getattr(row, "reader", None)):
        return str(row.subject_type)
    page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    words = f"The list of {model._meta.verbose_name_plural}"
    return format_html('<a class="text-link" href="{}?{}">{}</a>', page, query, words)


def _may_open(subject: Model, reader: Any) -> bool:
    opts = subject._meta
    return reader is not None and reader.has_perm(f"{opts.app_label}.view_{opts.model_name}")


def _model(kind: str) -> Any:
    try:
        return apps.get_model(kind)
    except (LookupError, ValueError):
        return None
