"""Providers and what belongs to one: services, opening hours, closures.

Every change locks the provider first, as booking does, so that no booking is made by terms that are just changing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import ProtectedError

from accounts.enums import Role
from accounts.models import User
from bookings.exceptions import (
    EndsBeforeStart,
    HasBookings,
    NotAProfessional,
    ProviderInUse,
    UnknownPart,
    UnknownProvider,
)
from bookings.models import Closure, OpeningHours, Provider, Service
from bookings.services.seats import lock_provider
from careops.core import clock
from careops.core.events import emit
from careops.core.folded import with_folded
from careops.core.identity import normal_email, normal_name, normal_phone, visible_text
from careops.core.problems import read_each

Part = TypeVar("Part", Service, OpeningHours, Closure)
NORMAL: Mapping[str, Callable[[str], str]] = {
    "name": normal_name, "email": normal_email, "phone": normal_phone,
}  # fmt: skip
NORMAL_PART: Mapping[str, Callable[[str], str]] = {"name": visible_text("name")}
NAMES: Mapping[type, str] = {Service: "service", OpeningHours: "opening_hours", Closure: "closure"}


@transaction.atomic
def create_provider(*, actor: Any, **values: Any) -> Provider:
    """Make a provider of these field values; the others than name, email and phone are validated.

    Raises NotAProfessional, InvalidName, InvalidEmail, InvalidPhone, ImpossiblePhone.
    """
    _refuse_other_users(values)
    values = read_each(NORMAL, values)
    provider = Provider(**values)
    provider.save(force_insert=True)
    emit("provider.created", subject=provider, actor=actor, is_active=provider.is_active)
    return provider


@transaction.atomic
def update_provider(*, provider: Provider, actor: Any, **values: Any) -> Provider:
    """Change the given fields and return the provider. Values and refusals are as of ``create_provider``."""
    provider = lock_provider(provider.pk)
    _refuse_other_users(values)
    changed = _apply(provider, read_each(NORMAL, values))
    if changed:
        provider.updated_at = clock.now()
        provider.save(update_fields=[*with_folded(Provider, changed), "updated_at"])
        emit("provider.updated", subject=provider, actor=actor, fields=changed, is_active=provider.is_active)
    return provider


@transaction.atomic
def delete_provider(*, provider: Provider, actor: Any) -> None:
    """Delete a provider that never had a booking, with all that belongs to it.

    Raises HasBookings, and ProviderInUse for one that something else refers to.
    """
    found = Provider.objects.select_for_update().filter(pk=provider.pk).first()
    if found is None:
        raise UnknownProvider
    provider = found
    if provider.bookings.exists():
        raise HasBookings
    emit("provider.deleted", subject=provider, actor=actor)
    try:
        provider.delete()
    except ProtectedError as error:
        raise ProviderInUse from error


@transaction.atomic
def add(part: type[Part], /, *, provider: Provider, actor: Any, **values: Any) -> Part:
    """Add a service, opening hours or a closure to the provider, of field values that are validated.

    Raises EndsBeforeStart, InvisibleText.
    """
    made = part(provider=lock_provider(provider.pk), **read_each(NORMAL_PART, values))
    _refuse_backwards(made)
    made.save(force_insert=True)
    _tell(made, "added", actor)
    return made


@transaction.atomic
def change(part: Part, /, *, actor: Any, **values: Any) -> Part:
    """Change the given fields, whose values are validated. Bookings that stand already keep their time.

    Raises EndsBeforeStart, InvisibleText.
    """
    provider = lock_provider(part.provider_id)
    part = _again(part, provider)
    if changed := _apply(part, read_each(NORMAL_PART, values)):
        _refuse_backwards(part)
        part.save(update_fields=with_folded(type(part), changed))
        _tell(part, "changed", actor, fields=changed)
    return part


@transaction.atomic
def remove(part: Part, /, *, actor: Any) -> None:
    """Take it away; bookings of a removed service keep its name."""
    part = _again(part, lock_provider(part.provider_id))
    removed = part.pk
    part.delete()
    part.pk = removed  # the event names it, and its handlers look at what is left
    _tell(part, "removed", actor)


@transaction.atomic
def replace_hours(*, provider: Provider, actor: Any, week: Sequence[Mapping[str, Any]]) -> None:
    """Make ``week`` (weekday, opens and closes, validated) the provider's opening hours; none means always open.

    The week that is stored already is no change. Raises EndsBeforeStart.
    """
    provider = lock_provider(provider.pk)
    rows = [OpeningHours(provider=provider, **row) for row in week]
    for row in rows:
        _refuse_backwards(row)
    present = provider.opening_hours.values_list("weekday", "opens", "closes")
    if sorted(present) == sorted((row.weekday, row.opens, row.closes) for row in rows):
        return
    provider.opening_hours.all().delete()
    OpeningHours.objects.bulk_create(rows)
    emit("provider.opening_hours_replaced", subject=provider, actor=actor, rows=len(week))


def _tell(part: Service | OpeningHours | Closure, what: str, actor: Any, **data: Any) -> None:
    name = NAMES[type(part)]
    emit(f"provider.{name}_{what}", subject=part.provider, actor=actor, **{f"{name}_id": part.pk}, **data)


def _again(part: Part, provider: Provider) -> Part:
    """The part as it is under the provider's lock. Raises UnknownPart."""
    found = type(part)._default_manager.filter(pk=part.pk).first()
    if found is None:
        raise UnknownPart
    found.provider = provider
    return found


def _refuse_backwards(part: Service | OpeningHours | Closure) -> None:
    if isinstance(part, OpeningHours) and part.closes <= part.opens:
        raise EndsBeforeStart(field="closes")
    if isinstance(part, Closure) and part.ends_at <= part.starts_at:
        raise EndsBeforeStart(field="ends_at")


def _apply(instance: Any, values: Mapping[str, Any]) -> list[str]:
    """Set the values that differ; their names."""
    changed = [name for name, value in values.items() if getattr(instance, name) != value]
    for name in changed:
        setattr(instance, name, values[name])
    return changed


def _refuse_other_users(values: Mapping[str, Any]) -> None:
    user_id = values.get("user_id")
    if user_id is None:
        return
    professional = User.objects.active().filter(role=Role.PROFESSIONAL, pk=user_id).first()
    if professional is None or not professional.approved:
        raise NotAProfessional
