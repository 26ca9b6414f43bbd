"""What always holds on the ground floor: outboxes, alerts, automations, migrations.

An invariant is a function whose docstring is the rule and which yields a sentence, with ids only, for each thing
that breaks it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.module_loading import import_string

from careops.core import clock
from careops.core.alerts import kinds
from careops.core.append_only import missing_guards
from careops.core.folded import TrigramIndex, folded_fields, missing_triggers
from careops.core.models import Alert
from careops.core.outbox import OutboxRow, State

Invariant = Callable[[], Iterator[str]]
# The reaper comes with every tick; a bare qcluster ticks each minute, up to half a minute late.
REAPED_WITHIN = timedelta(minutes=3)


def migrations_are_applied() -> Iterator[str]:
    """The database has every migration."""
    executor = MigrationExecutor(connection)
    for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield f"{migration.app_label}.{migration.name} is not applied: run manage.py migrate"


def clocks_agree() -> Iterator[str]:
    """The clock of this machine agrees with the database's."""
    ahead = timezone.now() - clock.database_now()
    if abs(ahead) > clock.TOLERANCE:
        yield f"it differs by {ahead.total_seconds():+.0f} s: let both machines set their clocks by NTP"


def no_orphan_leases() -> Iterator[str]:
    """Nothing is being sent by a worker that is gone."""
    for model in apps.get_models():
        if issubclass(model, OutboxRow):
            rows = model._default_manager.filter(state=State.SENDING, lease_until__lt=Now() - REAPED_WITHIN)
            for pk in rows.order_by("pk").values_list("pk", flat=True):
                yield f"{model._meta.label_lower} {pk}: its lease has run out: is the worker running?"


def one_open_alert_per_subject() -> Iterator[str]:
    """Of each kind and subject one alert is open at most."""
    doubled = Alert.objects.unresolved().order_by().values("kind", "subject_type", "subject_id")
    for row in doubled.annotate(rows=Count("pk")).filter(rows__gt=1).order_by("kind", "subject_id"):
        yield f"{row['kind']} of {row['subject_type']} {row['subject_id']}: {row['rows']} alerts are open"


def alert_kinds_are_known() -> Iterator[str]:
    """Every open alert is of a kind that says what to do."""
    rows = Alert.objects.unresolved().exclude(kind__in=kinds())
    for pk, kind in rows.order_by("pk").values_list("pk", "kind"):
        yield f"alert {pk}: nobody knows the kind {kind}"


def automations_exist() -> Iterator[str]:
    """Every handler in the table of automations can be called."""
    table: Mapping[str, Sequence[str]] = import_string(settings.EVENT_HANDLERS)
    for path in sorted({path for paths in table.values() for path in paths}):
        try:
            import_string(path)
        except ImportError:
            yield f"{path} cannot be imported"


def folded_texts_are_current() -> Iterator[str]:
    """Every folded text is that of its row as it now is, and on SQLite triggers keep its index in step."""
    for model in apps.get_models():
        fields = folded_fields(model)
        for row in model._default_manager.order_by("pk").iterator() if fields else ():
            if stale := [field.name for field in fields if getattr(row, field.name) != field.value_of(row)]:
                yield f"{model._meta.label_lower} {row.pk}: {', '.join(stale)} is not of its present texts"
        indexes = [index.name for index in model._meta.indexes if isinstance(index, TrigramIndex)]
        for name in indexes if connection.vendor == "sqlite" else ():
            if missing := missing_triggers(name):
                yield f"{name}: the triggers {', '.join(missing)} are missing from the database"


def records_are_guarded() -> Iterator[str]:
    """Triggers of the database let nobody change what was recorded."""
    for model in apps.get_models():
        if missing := missing_guards(model):
            yield f"{model._meta.label_lower}: the triggers {', '.join(missing)} are missing or switched off"


INVARIANTS: tuple[Invariant, ...] = (
    migrations_are_applied,
    clocks_agree,
    no_orphan_leases,
    one_open_alert_per_subject,
    alert_kinds_are_known,
    automations_exist,
    folded_texts_are_current,
    records_are_guarded,
)
