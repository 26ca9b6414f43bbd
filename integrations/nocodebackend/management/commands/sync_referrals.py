from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from careops.core import clock
from careops.core.outbox import State
from integrations.nocodebackend import clients
from integrations.nocodebackend.errors import SENTENCES
from integrations.nocodebackend.models import Instance, ReferralSync
from integrations.nocodebackend.services import health
from integrations.nocodebackend.services.everything import mark_all, to_send
from integrations.nocodebackend.services.pushing import sender

SECONDS = 3600.0


class Command(BaseCommand):
    help = "Send the referrals that are not in step with NoCodeBackend now. Exits with 1 when some could not be sent."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--all", action="store_true", help="Send every referral, whole, also those in step."
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Say how many would be sent, and send nothing."
        )

    def handle(self, **options: Any) -> None:
        if (wrong := clients.problem()) is not None:
            raise CommandError(wrong.sentence, returncode=2)
        if options["dry_run"]:
            self.stdout.write(f"{to_send(every=options['all']).count()} referrals would be sent.")
            return
        marked = mark_all(every=options["all"])
        name = clients.instance()
        health.try_now(name)
        rows = ReferralSync.objects.filter(instance=name)
        rows.filter(state=State.PENDING, next_attempt_at__gt=clock.now()).update(next_attempt_at=clock.now())
        sender(lambda: clients.for_worker(wait=True)).run(budget_seconds=SECONDS)
        waiting, failed = health.wanted_count(name)
        self.stdout.write(f"{marked} referrals marked; {waiting} still wait, {failed} could not be sent.")
        if waiting or failed:
            last = Instance.objects.filter(name=name).exclude(last_error="").first()
            why = SENTENCES.get(last.last_error, "") if last else "The back office says why, row by row."
            raise CommandError(why or "Not everything was sent.", returncode=1)
