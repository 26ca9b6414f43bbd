"""``manage.py pms_authorize``: without an office it lists the practices, with one it links and authorises it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from careops.core.problems import DomainError
from integrations.pms.enums import Kind
from integrations.pms.errors import PmsError
from integrations.pms.exceptions import UnknownPractice, answer_for
from integrations.pms.models import PmsIntegration
from integrations.pms.services import integrations


class Command(BaseCommand):
    help = "List the practices that have allowed us in, or authorise one of them (again)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--office", default="", help="The practice's office id; without it they are listed."
        )
        parser.add_argument("--kind", default=Kind.SIKKA.value, choices=Kind.values)
        parser.add_argument(
            "--name", default="", help="What a new integration is called; the practice's name without it."
        )

    def handle(self, *, office: str, kind: str, name: str, **_options: Any) -> None:
        try:
            if office:
                self.authorise(office, kind, name)
            else:
                self.list_practices(kind)
        except PmsError as error:
            raise CommandError(f"{answer_for(error).detail} ({error.code})") from None
        except DomainError as error:
            raise CommandError(error.detail) from None

    def list_practices(self, kind: str) -> None:
        """Each practice with the integration that is linked to it."""
        known = dict(PmsIntegration.objects.filter(kind=kind).values_list("office_id", "pk"))
        for one in integrations.practices(PmsIntegration(kind=kind)):
            linked = f"integration {known[one.office_id]}" if one.office_id in known else "not linked"
            self.stdout.write(
                f"{one.office_id}  practice {one.practice_id}  {one.name}  {one.system}  {linked}"
            )

    def name_of(self, office: str, kind: str) -> str:
        """What the practice calls itself; it must have allowed us in. Raises UnknownPractice, PmsError."""
        for one in integrations.practices(PmsIntegration(kind=kind)):
            if one.office_id == office:
                return one.name or office
        raise UnknownPractice

    def authorise(self, office: str, kind: str, name: str) -> None:
        """Get the first key, or the next, for the practice."""
        row = PmsIntegration.objects.filter(kind=kind, office_id=office).first()
        made = row is None
        row = row or integrations.create(kind=kind, name=name or self.name_of(office, kind), actor=None)
        try:
            row = integrations.authorise(integration=row, office_id=office, actor=None)
        except (PmsError, DomainError):
            if made:
                integrations.delete(integration=row, actor=None)
            raise
        self.stdout.write(f"Integration {row.pk} is authorised until {row.token_expiry:%Y-%m-%d %H:%M} UTC.")
