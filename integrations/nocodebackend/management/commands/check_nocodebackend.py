from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.nocodebackend import checking, clients
from integrations.nocodebackend.checking import Found


class Command(BaseCommand):
    help = (
        "Say whether NoCodeBackend can be worked with. Exits with 0 when all is well, 1 when something is wrong there "
        "or on the way, 2 when it is not configured. Writes nothing."
    )

    def handle(self, **_options: Any) -> None:
        self.tell(checking.configuration())
        if (wrong := clients.problem()) is not None:
            raise CommandError(wrong.sentence, returncode=2)
        sentences = self.tell(checking.instances())
        # What keeps an instance from answering keeps the routes from it, too: it is said once.
        sentences = sentences or self.tell(checking.routes())
        if sentences:
            raise CommandError(" ".join(dict.fromkeys(sentences)), returncode=1)
        self.stdout.write("All is well.")

    def tell(self, found: Iterable[Found]) -> list[str]:
        """Print what was found, line by line; the sentences about what is wrong."""
        sentences = []
        for each in found:
            self.stdout.write(f"{each.what:<66}{each.said}".rstrip())
            if each.wrong:
                sentences.append(each.wrong)
        return sentences
