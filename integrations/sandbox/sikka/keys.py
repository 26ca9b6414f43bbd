"""The keys of the twin: who may call as the app, which request keys run, which refresh keys stand."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from careops.twins import SIKKA_APP_ID as APP_ID
from careops.twins import SIKKA_APP_KEY as APP_KEY
from integrations.sandbox.sikka.answers import Refusal
from integrations.sandbox.sikka.office import Office
from integrations.sandbox.twin import Call, Reply

SCOPE = "start,end,appointments,patients,providers,practices,POST appointment,POST patient"


@dataclass
class RequestKey:
    value: str
    office: Office
    starts: datetime
    ends: datetime
    count: int = 0


class Keys:
    """What the twin knows about keys. Every key is invented when it is given out."""

    def __init__(self, offices: Mapping[str, Office]) -> None:
        self.offices = offices
        self.request_keys: dict[str, RequestKey] = {}
        self.refresh_keys: dict[str, Office] = {}

    def check_app(self, app_id: str, app_key: str) -> None:
        """Raises Refusal unless it is the app's own id and key."""
        if not app_id:
            raise Refusal(400, "API1001", "Application id is missing.")
        if not app_key:
            raise Refusal(400, "API1002", "Application key is missing.")
        if (app_id, app_key) != (APP_ID, APP_KEY):
            raise Refusal(401, "API2003", "Application id or key is wrong.")

    def office_of(self, call: Call, now: datetime, *, expired: Reply) -> Office | Reply:
        """The practice whose running key the call carries; the answer ``expired`` for one that has ended."""
        key = self.request_keys.get(call.header("Request-Key") or call.query.get("request_key", ""))
        if key is None:
            raise Refusal(400, "API1004", "Request key is missing or not valid.")
        if now >= key.ends:
            return expired
        key.count += 1
        return key.office

    def grant(
        self, body: Any, now: datetime, switches: Mapping[str, Any], record: Callable[..., None]
    ) -> Reply:
        """Answer ``POST /request_key``."""
        if not isinstance(body, dict):
            raise Refusal(400, "API1020", "The body must be a JSON object.")
        self.check_app(str(body.get("app_id", "")), str(body.get("app_key", "")))
        match body.get("grant_type"):
            case "request_key":
                office = self.offices.get(str(body.get("office_id", "")))
                if office is None or office.secret_key != body.get("secret_key"):
                    raise self._refusal(switches)
                record("granted", office=office.office_id)
                return self._answer(office, now, switches, refresh_key=self._standing(office))
            case "refresh_key":
                used = str(body.get("refresh_key", ""))
                office = self.refresh_keys.get(used)
                if office is None:
                    raise self._refusal(switches)
                record("refreshed", office=office.office_id)
                if switches["rotate_refresh_key"]:
                    del self.refresh_keys[used]
                    used = self._new_refresh_key(office)
                return self._answer(office, now, switches, refresh_key=used)
        raise Refusal(400, "API1026", "Missing or invalid parameter: grant_type.")

    def info(self, key: RequestKey, now: datetime, url: str) -> dict[str, str]:
        """What ``GET /request_key_info`` tells of a key."""
        left = int((key.ends - now).total_seconds())
        return {
            "href": f"{url}/request_key_info?request_key={key.value}",
            "request_key": key.value,
            "start_time": f"{key.starts:%Y-%m-%dT%H:%M:%S}",
            "end_time": f"{key.ends:%Y-%m-%dT%H:%M:%S}",
            "expires_in": f"{max(left, 0)} second(s)",
            "issued_to": key.office.office_id,
            "status": "active" if left > 0 else "expired",
            "request_count": str(key.count),
            "scope": SCOPE,
            "domain": "Dental",
        }

    def revoke(self, office: Office, *, secret: bool = False) -> None:
        """Take back every refresh key of a practice; with ``secret`` its secret key is another one too."""
        for key in [key for key, owner in self.refresh_keys.items() if owner is office]:
            del self.refresh_keys[key]
        if secret:
            office.secret_key = self._invent()

    def end_request_keys(self, now: datetime) -> None:
        """Every running key ends now."""
        for key in self.request_keys.values():
            key.ends = min(key.ends, now)

    def _standing(self, office: Office) -> str:
        found = next((key for key, owner in self.refresh_keys.items() if owner is office), None)
        return found or self._new_refresh_key(office)

    def _new_refresh_key(self, office: Office) -> str:
        key = self._invent()
        self.refresh_keys[key] = office
        return key

    def _answer(
        self, office: Office, now: datetime, switches: Mapping[str, Any], *, refresh_key: str
    ) -> Reply:
        running = [key for key in self.request_keys.values() if key.office is office and key.ends > now]
        if running and switches["running_key_again"]:
            key = running[-1]
        else:
            ends = now + timedelta(seconds=switches["key_seconds"])
            key = RequestKey(self._invent(), office, now, ends)
            self.request_keys[key.value] = key
        told: dict[str, Any] = self.info(key, now, "https://sandbox.example.com/v4")
        left = int((key.ends - now).total_seconds())
        forms = {"text": f"{left} second(s)", "digits": str(left), "number": left}
        told["expires_in"] = forms[switches["expires_in"]]
        return Reply(200, {**told, "refresh_key": refresh_key})

    def _refusal(self, switches: Mapping[str, Any]) -> Refusal:
        status, code = switches["bad_key_status"], switches["bad_key_code"]
        if status == 401:
            return Refusal(401, code or "API2003", "Not authorized.")
        return Refusal(status, code or "API1005", "Secret key is missing or not valid.")

    def _invent(self) -> str:
        return secrets.token_hex(16)
