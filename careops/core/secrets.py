"""Secrets at rest: a text field that is encrypted in the database and sealed in memory until it is used."""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import models, transaction
from django.db.models.functions import Cast
from django.db.models.query_utils import DeferredAttribute

from careops.core.field_keys import PASSPHRASE_LENGTH, raw_key

if TYPE_CHECKING:
    _TextField = models.TextField[str, str]
else:
    _TextField = models.TextField

BATCH = 500


class SecretUnreadable(Exception):
    """No key of ``FIELD_ENCRYPTION_KEYS`` opens a stored secret. Its text names table and field only."""

    code = "secret_unreadable"

    def __init__(self, field: "EncryptedField") -> None:
        super().__init__(f"No key opens {field.model._meta.db_table}.{field.column}.")


def current_key_id() -> str:
    """The id, 8 hex digits, of the key that new secrets are sealed with."""
    return next(iter(_keys()))


def _keys() -> dict[str, Fernet]:
    return _keys_from(tuple(settings.FIELD_ENCRYPTION_KEYS))


@lru_cache(maxsize=8)
def _keys_from(entries: tuple[str, ...]) -> dict[str, Fernet]:
    """Key ids and keys, the current one first."""
    if not entries:
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEYS must hold at least one key.")
    raw = [_raw_key(entry, position) for position, entry in enumerate(entries, start=1)]
    return {hashlib.sha256(b"key id" + key).hexdigest()[:8]: Fernet(urlsafe_b64encode(key)) for key in raw}


def _raw_key(entry: str, position: int) -> bytes:
    try:
        return raw_key(entry)
    except ValueError:
        raise ImproperlyConfigured(
            f"Entry {position} of FIELD_ENCRYPTION_KEYS is neither a 32-byte urlsafe base64 key "
            f"nor a passphrase of at least {PASSPHRASE_LENGTH} characters."
        ) from None


@dataclass(frozen=True)
class Sealed:
    """A stored secret, "<key id>:<token>", that nobody has asked for yet."""

    stored: str

    @classmethod
    def of(cls, value: str) -> "Sealed":
        key_id = current_key_id()
        return cls(f"{key_id}:{_keys()[key_id].encrypt(value.encode()).decode()}")

    def open(self, field: "EncryptedField") -> str:
        """The secret itself; SecretUnreadable when its key is not among ours."""
        key_id, _, token = self.stored.partition(":")
        try:
            return _keys()[key_id].decrypt(token.encode()).decode()
        except (KeyError, InvalidToken):
            raise SecretUnreadable(field) from None


class _OpenedOnUse(DeferredAttribute):
    """A row with an unreadable secret can still be loaded, saved and given a new secret."""

    field: "EncryptedField"

    def __get__(self, instance: models.Model | None, cls: type[models.Model] | None = None) -> Any:
        value = super().__get__(instance, cls)
        return value.open(self.field) if isinstance(value, Sealed) else value

    def __set__(self, instance: models.Model, value: str | Sealed | None) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedField(_TextField):
    """Text that the database holds as "<key id>:<token>"; the empty string stays empty.

    Reading the attribute opens it and may raise SecretUnreadable. It is never looked up by value, and is
    left out of forms and fixtures; `values()` and `values_list()` give it sealed.
    """

    descriptor_class = _OpenedOnUse

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("editable", False)
        super().__init__(*args, **options)

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def from_db_value(self, value: str | None, *_context: Any) -> str | Sealed | None:
        return Sealed(value) if value else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        # As it lies there: what was not opened is written back unchanged.
        return model_instance.__dict__.get(self.attname, self.get_default())

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Sealed):
            return value.stored
        return Sealed.of(str(value)).stored if value else value

    def value_to_string(self, obj: models.Model) -> str:
        return ""

    def check(self, **options: Any) -> list[checks.CheckMessage]:
        try:
            _keys()
        except ImproperlyConfigured as error:
            return [*super().check(**options), checks.Error(str(error), obj=self, id="core.E001")]
        return super().check(**options)


@dataclass
class Rotation:
    """What a rotation did to one field."""

    rotated: int = 0
    unreadable: int = 0


def rotate(model: type[models.Model], field: EncryptedField) -> Rotation:
    """Seal every row of ``field`` with the current key. Rows that change meanwhile are left as they are."""
    done = Rotation()
    current = f"{current_key_id()}:"
    rows = model._base_manager.annotate(stored_secret=Cast(field.name, models.TextField())).order_by("pk")
    due = rows.filter(stored_secret__gt="").exclude(stored_secret__startswith=current)
    last: Any = None
    while batch := list(
        (due if last is None else due.filter(pk__gt=last)).values_list("pk", "stored_secret")[:BATCH]
    ):
        with transaction.atomic():
            for pk, stored in batch:
                try:
                    fresh = Sealed.of(Sealed(stored).open(field))
                except SecretUnreadable:
                    done.unreadable += 1
                    continue
                done.rotated += rows.filter(pk=pk, stored_secret=stored).update(**{field.name: fresh})
        last = batch[-1][0]
    return done
