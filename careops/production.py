"""What production needs before it starts, and which risks an operator may accept instead.

Settings call ``risks_taken`` at their end, so the web server, the worker and every command refuse alike.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from careops.core.field_keys import PASSPHRASE_LENGTH
from careops.environment import Environment, MustBe

SECRET_LENGTH, SECRET_CHARACTERS = 50, 5
MAKE_KEYS = "`python manage.py make_keys` prints keys."

# The names that ACCEPTED_RISKS may hold, and what an installation gives up by each.
RISKS = {
    "no-database-url": "The data is kept in the SQLite file var/careops.sqlite3 on this machine.",
    "no-mail": "Mails are written into the folder EMAIL_FILE_PATH, and nobody receives them.",
    "no-public-url": "Links in mails lead to http://127.0.0.1, which only this machine can open.",
    "plain-http": "Others on the network can read sign-ins and personal data.",
    "plain-http-outside": "Others on the network can read the keys and personal data that leave for outside systems.",
    "any-host": "Requests for any host name are answered, so a stranger can choose the host of a page's address.",
    "weak-keys": "A short or repetitive key can be guessed, and with it sign-ins can be forged.",
    "shared-key": "SECRET_KEY also seals stored secrets. A new SECRET_KEY makes them unreadable.",
}


@dataclass(frozen=True)
class Finding:
    """A setting that is missing or unsafe. ``risk`` is the name that accepts it, empty where nothing does."""

    setting: str
    sentence: str
    risk: str = ""
    advice: str = ""


def risk_name(text: str) -> str:
    """A name that ACCEPTED_RISKS may hold."""
    if text not in RISKS:
        raise MustBe(f"hold these names only: {', '.join(RISKS)}")
    return text


def risks_taken(values: Mapping[str, Any], env: Environment, *, public_key: str) -> dict[str, str]:
    """The accepted risks that this installation really takes, each with what it gives up.

    Raises ImproperlyConfigured with every fault of the settings ``values``: what could not be read, and in
    production what is unsafe and not accepted.
    """
    taken: dict[str, str] = {}
    found = findings(values, given=env.ENVIRON, public_key=public_key) if values["PRODUCTION"] else []
    for each in [each for each in found if each.setting not in env.refused]:
        if each.risk and each.risk in values["ACCEPTED_RISKS"]:
            taken[each.risk] = RISKS[each.risk]
            continue
        accept = f"ACCEPTED_RISKS={each.risk} starts nevertheless. {RISKS[each.risk]}" if each.risk else ""
        advice = "\n      ".join(line for line in (each.advice, accept) if line)
        env.refuse(each.sentence, setting=each.setting, advice=advice)
    env.stop_when_refused()
    return taken


def findings(values: Mapping[str, Any], *, given: Mapping[str, str], public_key: str) -> list[Finding]:
    """What is missing or unsafe among the settings ``values``; no sentence holds a value.

    ``given`` is the environment. ``public_key`` is the development key, which everybody knows.
    """
    return [
        *_keys(values, given, public_key),
        *_hosts(values),
        *_missing(given),
        *_plain_http(values, given),
    ]


def _keys(values: Mapping[str, Any], given: Mapping[str, str], public_key: str) -> Iterator[Finding]:
    secret: str = values["SECRET_KEY"]
    for name in ("SECRET_KEY", "JWT_SECRET_KEY") if given.get("JWT_SECRET_KEY") else ("SECRET_KEY",):
        key: str = values[name]
        if key in {"", public_key}:
            yield Finding(name, f"{name} is missing or is the public development key.", advice=MAKE_KEYS)
        elif len(key) < SECRET_LENGTH or len(set(key)) < SECRET_CHARACTERS:
            sentence = f"{name} must be a random secret of at least {SECRET_LENGTH} characters."
            yield Finding(name, sentence, risk="weak-keys", advice=MAKE_KEYS)
    if not given.get("FIELD_ENCRYPTION_KEYS"):
        yield Finding(
            "FIELD_ENCRYPTION_KEYS",
            "FIELD_ENCRYPTION_KEYS is missing.",
            risk="shared-key" if len(secret) >= PASSPHRASE_LENGTH else "",
            advice=MAKE_KEYS,
        )
    elif any(len(set(key)) < SECRET_CHARACTERS for key in values["FIELD_ENCRYPTION_KEYS"]):
        sentence = "FIELD_ENCRYPTION_KEYS must hold random keys."
        yield Finding("FIELD_ENCRYPTION_KEYS", sentence, risk="weak-keys", advice=MAKE_KEYS)


def _hosts(values: Mapping[str, Any]) -> Iterator[Finding]:
    if values["DEBUG"]:
        yield Finding("DEBUG", "DEBUG must be off: its pages show settings and data.")
    hosts: list[str] = values["ALLOWED_HOSTS"]
    if not hosts or any("*" in host or host == "." for host in hosts):
        yield Finding(
            "ALLOWED_HOSTS", "ALLOWED_HOSTS must name the hosts of this installation.", risk="any-host"
        )
    for name in ("ALLOWED_ORIGINS", "CSRF_TRUSTED_ORIGINS"):
        if any("*" in origin for origin in values[name]):
            yield Finding(name, f"{name} must not contain '*'.")


def _missing(given: Mapping[str, str]) -> Iterator[Finding]:
    risks = {"DATABASE_URL": "no-database-url", "EMAIL_URL": "no-mail", "PUBLIC_URL": "no-public-url"}
    for name, risk in risks.items():
        if not given.get(name):
            yield Finding(name, f"{name} is missing.", risk=risk)


def _plain_http(values: Mapping[str, Any], given: Mapping[str, str]) -> Iterator[Finding]:
    addresses = {
        "PUBLIC_URL": (values["PUBLIC_URL"], "plain-http"),
        "FRONT_END_URL": (values["FRONT_END_URL"], "plain-http"),
        "SIGN_UP_URL": (values["SIGN_UP_URL"], "plain-http"),
        "SIKKA_BASE_URL": (values["SIKKA_BASE_URL"], "plain-http-outside"),
        "NOCODEBACKEND_BASE_URL": (values["NOCODEBACKEND"]["BASE_URL"], "plain-http-outside"),
    }
    for name, (address, risk) in addresses.items():
        # The default of an address that is not given is another address, which is judged itself.
        if given.get(name) and not str(address).startswith("https://"):
            yield Finding(name, f"{name} must begin with https://.", risk=risk)
    first_origin: str = [*values["ALLOWED_ORIGINS"], "https://"][0]
    if not given.get("FRONT_END_URL") and not first_origin.startswith("https://"):
        sentence = "The first of ALLOWED_ORIGINS must begin with https://, or FRONT_END_URL must be given."
        yield Finding("ALLOWED_ORIGINS", sentence, risk="plain-http")
