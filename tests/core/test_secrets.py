"""Secrets at rest: what the database holds, what a lost key does, and the rotation from key to key."""

import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.core.serializers import serialize
from django.db import connection, models
from django.db.migrations.writer import MigrationWriter
from django.forms import modelform_factory

from careops.core import secrets
from careops.core.secrets import EncryptedField, SecretUnreadable, current_key_id

SECRET = "sk-invented-7731"
OLD = Fernet.generate_key().decode()
NEW = Fernet.generate_key().decode()
PASSPHRASE = "a passphrase that has more than thirty-two characters"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def vaults(transactional_db: None, settings: Any) -> Iterator[Any]:
    """A model with a secret and its table, known to this test only."""
    settings.FIELD_ENCRYPTION_KEYS = [OLD]

    class Vault(models.Model):
        name = models.CharField(max_length=20)
        api_key = EncryptedField(blank=True, default="")
        spare_key = EncryptedField(null=True)  # type: ignore[misc]

        class Meta:
            app_label = "core"
            db_table = "test_vault"

        def __str__(self) -> str:
            return self.name

    with connection.schema_editor() as editor:
        editor.create_model(Vault)
    yield Vault._default_manager
    with connection.schema_editor() as editor:
        editor.delete_model(Vault)
    del apps.all_models["core"]["vault"]
    apps.clear_cache()


def stored(pk: int, column: str = "api_key") -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM test_vault WHERE id = %s", [pk])  # noqa: S608
        return cursor.fetchone()[0]


def rotate() -> list[str]:
    out = StringIO()
    call_command("rotate_secrets", stdout=out)
    return [line for line in out.getvalue().splitlines() if "Vault" in line]


def test_the_database_holds_a_key_id_and_a_token_and_the_attribute_gives_the_text(vaults: Any) -> None:
    pk = vaults.create(name="a", api_key=f"{SECRET} ÄŁ😀").pk
    assert vaults.get().api_key == f"{SECRET} ÄŁ😀"
    assert SECRET not in stored(pk)
    assert re.fullmatch(r"[0-9a-f]{8}:gAAAA[A-Za-z0-9_=-]+", stored(pk))
    assert stored(pk).partition(":")[0] == current_key_id()


def test_the_same_text_is_stored_differently_each_time(vaults: Any) -> None:
    assert stored(vaults.create(api_key=SECRET).pk) != stored(vaults.create(api_key=SECRET).pk)


def test_the_empty_text_stays_empty_and_none_stays_none(vaults: Any) -> None:
    vault = vaults.create(name="a")
    vault.refresh_from_db()
    assert (vault.api_key, vault.spare_key) == ("", None)
    assert (stored(vault.pk), stored(vault.pk, "spare_key")) == ("", None)


def test_every_way_of_writing_encrypts(vaults: Any) -> None:
    vault = vaults.create(api_key="first")
    vaults.update(api_key="by update")
    assert (vaults.get().api_key, "by update" in stored(vault.pk)) == ("by update", False)
    vault.api_key = "by bulk update"
    vaults.bulk_update([vault], ["api_key"])
    assert (vaults.get().api_key, "by bulk" in stored(vault.pk)) == ("by bulk update", False)
    made = vaults.bulk_create([vaults.model(api_key="by bulk create")])[0]
    assert (vaults.get(pk=made.pk).api_key, "by bulk" in stored(made.pk)) == ("by bulk create", False)
    vault.api_key = "by save"
    vault.save(update_fields=["api_key"])
    assert (vaults.get(pk=vault.pk).api_key, "by save" in stored(vault.pk)) == ("by save", False)


def test_saving_a_row_leaves_an_unopened_secret_as_it_is(vaults: Any) -> None:
    pk = vaults.create(api_key=SECRET).pk
    before = stored(pk)
    vault = vaults.get()
    vault.name = "renamed"
    vault.save()
    assert stored(pk) == before


def test_a_deferred_secret_is_loaded_on_use(vaults: Any) -> None:
    vaults.create(api_key=SECRET)
    assert vaults.defer("api_key").get().api_key == SECRET


@pytest.mark.parametrize("lookup", ["api_key", "api_key__in", "api_key__startswith", "api_key__gt"])
def test_a_secret_is_never_looked_up_by_value(lookup: str, vaults: Any) -> None:
    with pytest.raises(FieldError):
        vaults.filter(**{lookup: [SECRET] if lookup.endswith("in") else SECRET}).exists()


def test_rows_without_a_secret_can_be_found(vaults: Any) -> None:
    vaults.create(name="a", spare_key=SECRET)
    vaults.create(name="b")
    assert vaults.get(spare_key__isnull=True).name == "b"


def test_a_secret_that_no_key_opens_names_table_and_field_only(vaults: Any, settings: Any) -> None:
    pk = vaults.create(name="a", api_key=SECRET).pk
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    vault = vaults.get()
    with pytest.raises(SecretUnreadable) as raised:
        _ = vault.api_key
    assert str(raised.value) == "No key opens test_vault.api_key."
    vault.name = "b"
    vault.save()
    vaults.filter(pk=pk).update(api_key="entered again")
    assert (vaults.get().name, vaults.get().api_key) == ("b", "entered again")


@pytest.mark.parametrize("damage", ["no-colon", "{id}:", "{id}:gAAAA", "ffffffff:gAAAA", ":", "{id}:ü"])
def test_a_damaged_secret_is_unreadable(damage: str, vaults: Any) -> None:
    pk = vaults.create(api_key=SECRET).pk
    with connection.cursor() as cursor:
        damaged = damage.format(id=current_key_id())
        cursor.execute("UPDATE test_vault SET api_key = %s WHERE id = %s", [damaged, pk])
    with pytest.raises(SecretUnreadable):
        _ = vaults.get().api_key


def test_neither_representation_form_fixture_nor_values_show_the_secret(vaults: Any) -> None:
    vaults.create(name="a", api_key=SECRET)
    vault = vaults.get()
    shown = [repr(vault), repr(vault.__dict__), str(list(vaults.values())), serialize("json", [vault])]
    shown.append(modelform_factory(type(vault), fields="__all__")(instance=vault).as_p())
    assert [text for text in shown if SECRET in text] == []


def test_an_old_key_still_opens_and_new_secrets_take_the_first_key(vaults: Any, settings: Any) -> None:
    old = vaults.create(api_key=SECRET)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    new = vaults.create(api_key=SECRET)
    assert [vault.api_key for vault in vaults.all()] == [SECRET, SECRET]
    assert stored(old.pk)[:8] != stored(new.pk)[:8] == current_key_id()


def test_a_passphrase_is_a_key_that_stays_the_same(vaults: Any, settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [PASSPHRASE]
    vaults.create(api_key=SECRET)
    secrets._keys_from.cache_clear()
    assert vaults.get().api_key == SECRET


@pytest.mark.parametrize("keys", [[], ["short"], [OLD, ""], [OLD, "x" * 31]])
def test_keys_that_cannot_be_used_stop_the_check_without_being_shown(
    keys: list[str], vaults: Any, settings: Any
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = keys
    with pytest.raises(ImproperlyConfigured) as raised:
        vaults.create(api_key=SECRET)
    errors = vaults.model._meta.get_field("api_key").check()
    assert [(error.id, error.msg) for error in errors] == [("core.E001", str(raised.value))]
    assert [key for key in keys if key and key in str(raised.value)] == []


def test_a_migration_can_write_the_field_down() -> None:
    text, imports = MigrationWriter.serialize(EncryptedField(blank=True, default=""))
    assert text == "careops.core.secrets.EncryptedField(blank=True, default='', editable=False)"
    assert imports == {"import careops.core.secrets"}


def test_rotation_moves_every_secret_to_the_first_key_and_then_has_nothing_to_do(
    vaults: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "BATCH", 2)
    rows = [vaults.create(api_key=f"{SECRET}-{n}") for n in range(5)]
    vaults.create(name="without")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    new = vaults.create(api_key="new already", spare_key=SECRET)
    unchanged = stored(new.pk)
    assert rotate() == [
        "core.Vault.api_key: 5 rotated, 0 unreadable",
        "core.Vault.spare_key: 0 rotated, 0 unreadable",
    ]
    assert stored(new.pk) == unchanged
    assert rotate()[0] == "core.Vault.api_key: 0 rotated, 0 unreadable"
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert [vaults.get(pk=row.pk).api_key for row in rows] == [f"{SECRET}-{n}" for n in range(5)]


def test_rotation_counts_what_it_cannot_open_leaves_it_and_fails(vaults: Any, settings: Any) -> None:
    lost = vaults.create(api_key=SECRET)
    before = stored(lost.pk)
    settings.FIELD_ENCRYPTION_KEYS = [PASSPHRASE]
    kept = vaults.create(api_key=SECRET)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, PASSPHRASE]
    with pytest.raises(CommandError) as raised:
        rotate()
    assert str(raised.value) == "1 secrets cannot be opened with any key and were left as they are."
    assert (stored(lost.pk), vaults.get(pk=kept.pk).api_key) == (before, SECRET)
    assert stored(kept.pk)[:8] == current_key_id()


def test_rotation_does_not_overwrite_a_secret_that_changes_meanwhile(
    vaults: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = vaults.create(api_key=SECRET)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    opened = secrets.Sealed.open

    def open_late(sealed: secrets.Sealed, field: EncryptedField) -> str:
        text = opened(sealed, field)
        vaults.filter(pk=row.pk).update(api_key="entered meanwhile")
        return text

    with monkeypatch.context() as patched:
        patched.setattr(secrets.Sealed, "open", open_late)
        assert rotate()[0] == "core.Vault.api_key: 0 rotated, 0 unreadable"
    assert vaults.get().api_key == "entered meanwhile"
