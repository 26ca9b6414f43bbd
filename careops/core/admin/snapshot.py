"""What a page of the back office carries of what it showed, so that a save can compare.

One hidden input holds, signed: a random key of the form, the time, the value of each form field and a
fingerprint of each row. ``read`` gives it back on POST.
"""

import hashlib
import re
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.db.models.fields import BLANK_CHOICE_DASH
from django.forms.models import InlineForeignKeyField
from django.http import HttpRequest
from django.utils.choices import flatten_choices

from careops.core import clock

INPUT = "_snapshot"
CACHED = "_careops_snapshot"
SALT = "careops.core.admin.snapshot"
DIGEST_BYTES = 6
BLANK = BLANK_CHOICE_DASH[0][1]
SECONDS = re.compile(r"\d\d:\d\d:\d\d")


@dataclass(frozen=True)
class Snapshot:
    """``fields``: form values by row and field. ``rows``: a fingerprint by row, whole or by column.

    ``chosen``: the ids of other rows that the page listed; None where it listed none.
    """

    key: str
    at: datetime
    fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rows: Mapping[str, Any] = field(default_factory=dict)
    chosen: Sequence[int] | None = None
    readable: bool = True


def read(request: HttpRequest) -> Snapshot | None:
    """The snapshot that came with a POST; None where the sender carries none, as a script does."""
    if CACHED not in request.__dict__:
        request.__dict__[CACHED] = _read(request.POST.get(INPUT, "") if request.method == "POST" else "")
    found: Snapshot | None = request.__dict__[CACHED]
    return found


def _read(token: str) -> Snapshot | None:
    if not token:
        return None
    try:
        given = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return Snapshot(key="", at=clock.now(), readable=False)
    at = datetime.fromisoformat(given["at"])
    return Snapshot(
        key=given["key"], at=at, fields=given["fields"], rows=given["rows"], chosen=given.get("chosen")
    )


def write(
    *,
    fields: Mapping[str, Mapping[str, Any]] | None = None,
    rows: Mapping[str, Any] | None = None,
    chosen: Sequence[int] | None = None,
) -> str:
    """The value of the hidden input, with a new key."""
    key, at = secrets.token_urlsafe(12), clock.now().isoformat()
    given = {"key": key, "at": at, "fields": fields or {}, "rows": rows or {}, "chosen": chosen}
    return signing.dumps(given, salt=SALT, compress=True)


# --- Rows ---------------------------------------------------------------------------------------------------------


def name_of(row: Model) -> str:
    """The row's name in a snapshot."""
    return f"{row._meta.label_lower}.{row.pk}"


def fingerprint(row: Model, names: Collection[str]) -> dict[str, str]:
    """A keyed digest of each of these columns that is loaded, so that a page tells which have changed since."""
    columns = [column for column in row._meta.concrete_fields if column.name in names]
    return {c.name: _digest(row.__dict__[c.attname]) for c in columns if c.attname in row.__dict__}


def whole(prints: Mapping[str, str]) -> str:
    """One digest of all columns, for a page with many rows."""
    return _digest(sorted(prints.items()))


def _digest(value: Any) -> str:
    key = settings.SECRET_KEY.encode()[: hashlib.blake2b.MAX_KEY_SIZE]
    return hashlib.blake2b(repr(value).encode(), digest_size=DIGEST_BYTES, key=key).hexdigest()


# --- Form fields --------------------------------------------------------------------------------------------------


def compared(form: forms.BaseForm, besides: Collection[str]) -> list[str]:
    """The names of the fields that are compared: no files, no passwords, no keys of the form's machinery."""
    return [
        name
        for name, each in form.fields.items()
        if name not in besides
        and not each.disabled
        and not isinstance(each, forms.FileField | InlineForeignKeyField)
        and not isinstance(each.widget, forms.PasswordInput)
    ]


def values(form: forms.BaseForm, names: Iterable[str]) -> dict[str, Any]:
    """What the form shows in these fields before anybody types, as JSON."""
    return {name: _as_json(form.fields[name], _initial(form, name)) for name in names}


def _initial(form: forms.BaseForm, name: str) -> Any:
    return form.get_initial_for_field(form.fields[name], name)


def _as_json(field: forms.Field, value: Any) -> Any:
    if isinstance(field, forms.MultiValueField) and isinstance(field.widget, forms.MultiWidget):
        return [_text(part) for part in field.widget.decompress(value) or ()]
    return _text(field.prepare_value(value))


def _text(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    return _lines(str(value))


def _lines(value: Any) -> Any:
    """A browser sends every line break of a text as two characters."""
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value


def differs(field: forms.Field, shown: Any, posted: Any) -> bool:
    """Whether what was posted is another value than what was shown."""
    if not isinstance(field, forms.ModelChoiceField | forms.MultiValueField):
        try:
            shown = field.to_python(shown)
        except ValidationError:
            return bool(_lines(shown) != _lines(posted))
    return bool(field.has_changed(shown, _lines(posted)))


def in_words(field: forms.Field, shown: Any) -> str:
    """A value of a snapshot as the page shows it: the label of a choice, a time to the minute."""
    if isinstance(shown, bool):
        return "yes" if shown else "no"
    if isinstance(shown, list):
        return " ".join(_part(str(part)) for part in shown if part not in {None, ""}) or "empty"
    if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
        choices: Any = field.choices
        pairs: Iterable[tuple[Any, Any]] = flatten_choices(choices)
        labels = {str(key): str(label) for key, label in pairs}
        shown = labels.get("" if shown is None else str(shown), shown)
    if shown in {None, "", BLANK}:
        return "empty"
    if isinstance(field, forms.ModelChoiceField):
        manager = field.queryset.model._base_manager if field.queryset is not None else None
        row = manager.filter(pk=shown).first() if manager is not None else None
        return field.label_from_instance(row) if row is not None else str(shown)
    return str(shown)


def _part(text: str) -> str:
    """A date, or a time without its seconds."""
    return text[:5] if SECONDS.fullmatch(text) else text
