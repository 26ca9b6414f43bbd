from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from careops import twins
from careops.demo import clinic, diary, people, referred, stock, together
from careops.demo import practice as practices


class Command(BaseCommand):
    help = "Fill this installation with a demo clinic. Running it again adds only what is missing."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo has a password that everybody knows; it is not for production.")
        admin = people.first_admin()
        contacts = people.contacts(admin)
        people.sign_ins(admin)
        professional = User.objects.get(email="professional@example.com")
        providers = clinic.providers(admin, professional)
        client = User.objects.get(email="client@example.com")
        together.connections(professional, client, together.second_client(admin))
        together.activity(professional, client)
        items = stock.items(admin)
        stock.recipes(providers, admin)
        made = diary.bookings(providers, contacts, User.objects.get(email="staff@example.com"))
        people.conversations(User.objects.get(email="staff@example.com"))
        referred.referrals(providers[0], professional, User.objects.get(email="staff@example.com"))
        if settings.SIKKA_APP_ID == twins.SIKKA_APP_ID:
            practices.practice(providers, admin)
        self.stdout.write(
            f"The demo clinic has {len(providers)} providers, {len(contacts)} contacts and {len(items)} items in stock; {made} bookings were added.\n"
        )
        self.stdout.write(f"\nSign in with the password {people.PASSWORD} as\n")
        for email, (_, role) in people.SIGN_INS.items():
            self.stdout.write(f"  {role.label:<13} {email}")
