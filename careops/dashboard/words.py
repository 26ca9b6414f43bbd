"""What ``/api/health/ready`` says of the parts behind the desk, in sentences for the people at it."""

from dataclasses import dataclass

from careops.core.health import WELL as WELL_WORDS
from careops.core.health import readiness

# Of each part, what every word but ``ok`` means for the desk.
SENTENCES: dict[str, dict[str, str]] = {
    "worker": {
        "late": "The worker has not been heard of for more than two minutes: messages wait until it is back.",
        "missing": "The worker has never run: no message goes out until it is started.",
    },
    "queue": {"late": "The worker has more to do than it gets done: messages may be late."},
    "outbox": {"late": "Something has waited for more than five minutes to go out."},
    "cache": {"unavailable": "Redis does not answer: requests are not limited until it does."},
}
WELL = "The worker is at work and nothing is late."
UNKNOWN = "It cannot be told now how the {} is."


@dataclass(frozen=True)
class Runs:
    """Whether all is well, and the sentences that say so or what is not."""

    well: bool
    sentences: list[str]


def how_it_runs() -> Runs:
    """How the parts behind the desk are, by the same checks as the health route."""
    words = {part: word for part, word in readiness()["checks"].items() if word not in WELL_WORDS}
    said = [SENTENCES.get(part, {}).get(word, UNKNOWN.format(part)) for part, word in words.items()]
    return Runs(well=not said, sentences=said or [WELL])
