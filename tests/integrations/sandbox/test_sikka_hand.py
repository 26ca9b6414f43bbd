"""Somebody at the twin's practice looks at rows, adds, changes and deletes them through the control API."""

import requests

from integrations.sandbox.server import Sandbox
from integrations.sandbox.sikka import OFFICE, SikkaTwin


def test_rows_are_handled_over_the_control_api(sandbox: Sandbox, sikka: SikkaTwin) -> None:
    rows = f"{sandbox.url('_control')}/sikka/rows"

    def ask(method: str, path: str, body: dict[str, str] | None = None) -> requests.Response:
        return requests.request(method, f"{rows}/{path}", json=body, timeout=5)

    patient = ask("POST", "patients", {"firstname": "Ada", "lastname": "Example"}).json()["patient_id"]
    made = ask("POST", "appointments", {"patient_id": patient, "date": "2027-03-08", "time": "10:30"}).json()
    number = made["appointment_sr_no"]
    assert made["patient_name"] == "Ada Example"
    assert ask("PATCH", f"appointments/{number}", {"date": "2027-03-09", "time": "11:00"}).status_code == 200
    [row] = ask("GET", "appointments").json()
    assert (row["date"], row["time"]) == ("2027-03-09T00:00:00", "11:00")
    assert ask("DELETE", f"appointments/{number}").status_code == 204
    assert sikka.offices[OFFICE].rows["appointments"] == {}
    for path in (f"appointments/{number}", "providers", "appointments/1/2"):
        assert ask("DELETE", path).status_code == 404


def test_each_practice_has_rows_of_its_own(sandbox: Sandbox, sikka: SikkaTwin) -> None:
    sikka.add_office("D70002", "SANDBOXSECRET0000002")
    rows = f"{sandbox.url('_control')}/sikka/D70002/rows/patients"
    made = requests.post(rows, json={"firstname": "Ada", "lastname": "Example"}, timeout=5).json()
    assert requests.get(rows, timeout=5).json() == [made]
    assert sikka.offices[OFFICE].rows["patients"] == {}
    assert requests.get(rows.replace("D70002", "D70003"), timeout=5).status_code == 404
