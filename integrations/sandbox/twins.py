"""The twins that ``manage.py sandbox`` runs, one line each, filled for a look around."""

from datetime import timedelta
from pathlib import Path

from integrations.sandbox.nocodebackend import NoCodeBackendTwin
from integrations.sandbox.sikka import OFFICE, SikkaTwin
from integrations.sandbox.twin import Twin

PEOPLE = (
    ("Nora", "Lindqvist", "nora.lindqvist@example.com", "555-010-0301"),
    ("Tomas", "Okafor", "tomas.okafor@example.com", "(555) 010-0302"),
    ("Mei", "Castellanos", "mei.castellanos@example.com", "5550100303"),
)


def twins(folder: Path) -> dict[str, Twin]:
    """Every twin by the name under which it is served; what they must know after a restart lies in ``folder``."""
    return {
        "sikka": sikka(folder / "sikka.json"),
        "nocodebackend": NoCodeBackendTwin(file=folder / "nocodebackend.json"),
    }


def sikka(file: Path | None = None) -> SikkaTwin:
    """Two practices, the first with patients who have appointments on the next days; four times life's pace."""
    twin = SikkaTwin(file=file, speed=4.0)
    if file is not None and file.exists():
        return twin  # they are in there, as they are by now
    office, now = twin.offices[OFFICE], twin.now()
    for place, (first, last, email, phone) in enumerate(PEOPLE):
        number = office.add_patient(at=now, firstname=first, lastname=last, email=email, cell=phone)
        office.add_appointment(
            at=now,
            patient_id=number,
            provider_id="DOC1",
            operatory="OP1",
            date=(now + timedelta(days=place + 1)).date(),
            time="16:30",
            length=30,
            description="Recall",
        )
    twin.add_office("D70002", "SANDBOXSECRET0000002", name="Lakeside Dental", zone="Central Standard Time")
    twin.changed = True
    twin.keep()
    return twin
