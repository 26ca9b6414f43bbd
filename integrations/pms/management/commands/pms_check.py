"""``manage.py pms_check``: the five steps of the way to a practice, each with its result."""

from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.pms.enums import Kind
from integrations.pms.errors import PmsError
from integrations.pms.kinds import system_of
from integrations.pms.models import PmsIntegration
from integrations.pms.services import tokens
from integrations.pms.system import PmsSystem


class Command(BaseCommand):
    help = "Walk the five steps to a practice: practices, key, refresh, key info, data. Nothing is changed there."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--office", default="", help="Which practice; the first that is linked without it."
        )
        parser.add_argument("--kind", default=Kind.SIKKA.value, choices=Kind.values)

    def handle(self, *, office: str, kind: str, **_options: Any) -> None:
        self.failed = 0
        system = system_of(kind)
        found = self.step("practices", lambda: _practices(system))
        rows = PmsIntegration.objects.filter(kind=kind).exclude(office_id="")
        row = (rows.filter(office_id=office) if office else rows).order_by("pk").first()
        if row is None and office:
            raise CommandError(f"No integration is linked to {office}: manage.py pms_authorize lists them.")
        if row is None:
            self.stdout.write("No practice is linked: manage.py pms_authorize lists and links them.")
        else:
            self.walk(row, system)
        if self.failed or found is None:
            raise CommandError(f"{self.failed} steps failed.")

    def walk(self, row: PmsIntegration, system: PmsSystem) -> None:
        """The steps that need a practice. The refresh is a real one, under the lease like any other."""
        self.stdout.write(f"integration {row.pk}, office {row.office_id}, {row.state}")
        self.step("key", lambda: _key(row, system))
        self.step("refresh", lambda: _renewed(row))
        self.step("key info", lambda: _info(row))
        self.step("data", lambda: _data(row))

    def step(self, name: str, do: Callable[[], str]) -> str | None:
        """Run one step and print what came of it; None when it failed."""
        try:
            said = do()
        except PmsError as error:
            self.failed += 1
            self.stdout.write(f"  {name:<10} FAILED  {error.code}")
            return None
        self.stdout.write(f"  {name:<10} ok      {said}")
        return said


def _practices(system: PmsSystem) -> str:
    return f"{len(system.practices())} have allowed us in"


def _key(row: PmsIntegration, system: PmsSystem) -> str:
    until = tokens.ready(row.pk, system).token_expiry
    return f"good until {until:%Y-%m-%d %H:%M} UTC"


def _renewed(row: PmsIntegration) -> str:
    seen = PmsIntegration.objects.values_list("version", flat=True).get(pk=row.pk)
    until = tokens.renew(row.pk, seen=seen, by_hand=True).token_expiry
    return f"a new one, good until {until:%Y-%m-%d %H:%M} UTC"


def _info(row: PmsIntegration) -> str:
    info = tokens.with_key(row, lambda system, key: system.key_info(key))
    return f"{info.status}, {info.seconds} s left, used {info.request_count} times"


def _data(row: PmsIntegration) -> str:
    """What is to be linked, with the ids to link it by."""
    providers, operatories, statuses = tokens.with_key(
        row, lambda system, key: (system.providers(key), system.operatories(key), system.statuses(key))
    )
    lines = [f"{len(providers)} providers, {len(operatories)} operatories, {len(statuses)} statuses"]
    lines += [f"provider {one.id}  {one.name}" for one in providers]
    lines += [f"operatory {one.id}  {one.name}" for one in operatories]
    lines += [f"status {word}" for word in statuses]
    return f"\n{' ' * 21}".join(lines)
