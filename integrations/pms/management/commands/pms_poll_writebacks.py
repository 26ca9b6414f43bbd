from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Count

from integrations.pms.models import PmsWriteback
from integrations.pms.sending import WRITEBACKS


class Command(BaseCommand):
    help = "Hand over what is due, find out how the rest stands, and count the writebacks by state."

    def handle(self, **_options: Any) -> None:
        sent, looked = WRITEBACKS.run(), WRITEBACKS.follow()
        self.stdout.write(f"{sent} handed over or tried, {looked} looked at.")
        counts = PmsWriteback.objects.order_by("state").values_list("state").annotate(rows=Count("pk"))
        for state, rows in counts:
            self.stdout.write(f"  {state}: {rows}")
