"""The calls of a front end that was there before: axios with credentials, from another origin, whatever its habits."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

ORIGIN = "http://localhost:3000"
PASSWORD = "correct horse battery"


@dataclass
class FrontEnd:
    """One browser tab. ``slash`` and ``sent_id`` are its habits: how it ends a path and how it writes a number."""

    slash: str = ""
    sent_id: Callable[[int], int | str] = int
    token: str = ""
    user: dict[str, Any] = field(default_factory=dict)
    browser: Client = field(default_factory=Client)

    def signs_up(self, name: str, email: str, role: str) -> "FrontEnd":
        body = {"name": name, "email": email, "password": PASSWORD, "role": role}
        return self._signed_in(self.posts("auth/signup", 201, **body))

    def logs_in(self, email: str) -> "FrontEnd":
        return self._signed_in(self.posts("auth/login", 200, email=email, password=PASSWORD))

    def reads(self, path: str) -> Any:
        return self.sends("GET", path, 200)

    def posts(self, path: str, status: int = 200, **body: Any) -> Any:
        """What is answered to a body in which every id is written as this front end does."""
        numbers = {
            name: self.sent_id(value)
            for name, value in body.items()
            if name.endswith("_id") and type(value) is int
        }
        return self.sends("POST", path, status, {**body, **numbers})

    def asked(self, connection: dict[str, Any]) -> bool:
        """Whether it shows the connection as one that its own user has asked for: it compares the ids as texts."""
        return str(connection["initiated_by"]) == str(self.user["id"])

    def deletes(self, path: str, status: int = 200) -> Any:
        return self.sends("DELETE", path, status)

    def refused(self, method: str, path: str, **body: Any) -> tuple[int, str]:
        """Status and code of a refusal, whose sentence stands where the front end looks for it."""
        answer = self._asks(method, path, body)
        problem = answer.json()
        assert answer.status_code >= 400, problem
        assert problem["error"] == problem["message"] == problem["detail"] != ""
        return answer.status_code, problem["code"]

    def sends(self, method: str, path: str, status: int, body: dict[str, Any] | None = None) -> Any:
        answer = self._asks(method, path, body)
        assert answer.status_code == status, answer.content
        return answer.json()

    def _asks(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        """As a browser does from another origin: it asks whether it may, then sends, then looks whether it may read."""
        place, mark, query = path.partition("?")
        address = f"/api/{place}{self.slash}{mark}{query}"
        self._may(address, method)
        sent = b"" if body is None else json.dumps(body).encode()
        headers = {"Origin": ORIGIN, "Accept": "application/json, text/plain, */*"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        answer = self.browser.generic(method, address, sent, "application/json", headers=headers)
        assert answer["Access-Control-Allow-Origin"] == ORIGIN
        assert answer["Access-Control-Allow-Credentials"] == "true"
        return answer

    def _may(self, address: str, method: str) -> None:
        preflight = self.browser.options(
            address,
            HTTP_ORIGIN=ORIGIN,
            HTTP_ACCESS_CONTROL_REQUEST_METHOD=method,
            HTTP_ACCESS_CONTROL_REQUEST_HEADERS="authorization,content-type",
        )
        assert preflight.status_code == 200
        assert preflight["Access-Control-Allow-Origin"] == ORIGIN
        assert preflight["Access-Control-Allow-Credentials"] == "true"
        assert method in preflight["Access-Control-Allow-Methods"]
        assert {"authorization", "content-type"} <= set(preflight["Access-Control-Allow-Headers"].split(", "))

    def _signed_in(self, granted: Any) -> "FrontEnd":
        self.token, self.user = granted["token"], granted["user"]
        return self
