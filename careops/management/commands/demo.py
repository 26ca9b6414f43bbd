from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from careops.demo import clinic, diary, people, stock
from careops.demo import practice as practices


class Command(BaseCommand):
    help = "Fill this installation with a demo clinic. Running it again adds only what is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--practice",
            action="store_true",
            help="Also link the first provider to the practice of the sandbox, where that runs.",
        )

    def handle(self, *args: Any, practice: bool, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo has a password that everybody knows; it is not for production.")
        admin = people.first_admin()
        contacts = people.contacts(admin)
        people.sign_ins(admin)
        professional = User.objects.get(email="professional@example.com")
        providers = clinic.providers(admin, professional)
        items = stock.items(admin)
        stock.recipes(providers, admin)
        made = diary.bookings(providers, contacts, User.objects.get(email="staff@example.com"))
        people.conversations(User.objects.get(email="staff@example.com"))
        if practice:
            practices.practice(providers, admin)
        self.stdout.write(
            f"The demo clinic has {len(providers)} providers, {len(contacts)} contacts and {len(items)} items in stock; {made} bookings were added.\n"
        )
        self.stdout.write(f"\nSign in with the password {people.PASSWORD} as\n")
        for email, (_, role) in people.SIGN_INS.items():
            self.stdout.write(f"  {role.label:<13} {email}")
