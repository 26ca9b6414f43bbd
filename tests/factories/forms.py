"""The forms of a page as a browser would send them."""

from html.parser import HTMLParser
from typing import Any

from django.test import Client


class _Reader(HTMLParser):
    """Collects what each form of a page would send, with nothing typed."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []
        self.sent: dict[str, list[str]] | None = None
        self.select: tuple[str, bool] | None = None
        self.area: tuple[str, list[str]] | None = None
        self.options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.sent = {}
            self.forms.append(
                {"method": given.get("method", ""), "action": given.get("action", ""), "sent": self.sent}
            )
        if self.sent is None or "disabled" in given:
            return
        if tag == "select":
            self.select, self.options = (given.get("name", ""), "multiple" in given), []
        elif tag == "option" and self.select is not None:
            self.options.append((given.get("value", ""), "selected" in given))
        elif tag == "textarea":
            self.area = (given.get("name", ""), [])
        elif tag == "input" and given.get("name"):
            self._input(given)

    def _input(self, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        if kind in {"submit", "button", "file"} or (kind in {"checkbox", "radio"} and "checked" not in given):
            return
        assert self.sent is not None
        self.sent.setdefault(given["name"], []).append(given.get("value", "on" if kind == "checkbox" else ""))

    def handle_data(self, data: str) -> None:
        if self.area is not None:
            self.area[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.sent = None
        if self.sent is None:
            return
        if tag == "textarea" and self.area is not None:
            name, text = self.area
            value = "".join(text).removeprefix("\n").replace("\n", "\r\n")
            self.sent.setdefault(name, []).append(value)
            self.area = None
        elif tag == "select" and self.select is not None:
            name, multiple = self.select
            chosen = [value for value, selected in self.options if selected]
            if not multiple:
                chosen = chosen[-1:] or [value for value, _ in self.options[:1]]
            if name and chosen:
                self.sent.setdefault(name, []).extend(chosen)
            self.select = None


def forms_in(html: str) -> list[dict[str, Any]]:
    """Each form: ``method``, ``action`` and ``sent``, the lists of values by name."""
    reader = _Reader()
    reader.feed(html)
    return reader.forms


def form_on(response: Any, action: str = "", *, holding: str = "_snapshot") -> dict[str, list[str]]:
    """What the form of the page sends when nothing is typed; ``action`` picks another than the page's own."""
    found = [
        form["sent"]
        for form in forms_in(response.content.decode())
        if form["method"].lower() == "post"
        and action in form["action"]
        and bool(action) == bool(form["action"])
    ]
    return next(sent for sent in found if holding in sent)


class Tab:
    """An open page, with the values of its form."""

    def __init__(self, browser: Client, path: str) -> None:
        self.browser, self.path = browser, path
        self.take(browser.get(path))

    def take(self, response: Any) -> None:
        assert response.status_code == 200, response.status_code
        self.response = response
        self.sent = form_on(response)

    def type(self, **typed: Any) -> "Tab":
        """Type into the fields; None clears a checkbox."""
        for name, value in typed.items():
            if value is None:
                self.sent.pop(name, None)
            else:
                self.sent[name] = [str(value)]
        return self

    def save(self, **typed: Any) -> Any:
        """Send the form. What is shown again becomes the page of this tab."""
        response = self.type(**typed).browser.post(self.path, self.sent)
        if response.status_code == 200:
            self.take(response)
        return response
