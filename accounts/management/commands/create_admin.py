"""``manage.py create_admin --email … --name …``: make sure that an admin exists."""

import getpass
import os
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.services.sign_up import Outcome, create_admin
from careops.core.identity import comparable_email
from careops.core.problems import DomainError

SAYS = {
    Outcome.CREATED: "{email} is an admin now.",
    Outcome.PROMOTED: "{email} had an account already. It is an active admin's now; its password stays.",
    Outcome.UNCHANGED: "{email} is an admin already. Nothing was changed.",
}


class Command(BaseCommand):
    help = "Make an admin. The password is CAREOPS_ADMIN_PASSWORD's, else it is asked for. Safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", required=True)

    def handle(self, *args: Any, email: str, name: str, **options: Any) -> None:
        known = User.objects.filter(email=comparable_email(email)).exists()
        password = "" if known else os.environ.get("CAREOPS_ADMIN_PASSWORD") or self._ask()
        try:
            user, outcome = create_admin(email=email, name=name, password=password)
        except DomainError as error:
            raise CommandError(error.detail) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(SAYS[outcome].format(email=user.email))

    def _ask(self) -> str:
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Once more: "):
            raise CommandError("The two passwords differ.")
        return password
