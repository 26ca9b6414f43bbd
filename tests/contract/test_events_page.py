"""``docs/events.md`` tells every event that the code emits, with the keys of its data, and no other."""

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from careops.automations import HANDLERS
from tests.contract.tree import APPS, called, functions, name_of, parsed, python
from tests.services.processes import ROOT

SOURCE = python(of=APPS)
TOLD = {
    name: set(re.findall(r"`([a-z_]+)`", data))
    for name, data in re.findall(
        r"^\| `([a-z_.]+)` \| .*?\| ?([^|]*)\|$", (ROOT / "docs" / "events.md").read_text(), re.MULTILINE
    )
}
ANYTHING = "[a-z_]+"


@dataclass(frozen=True)
class Emitted:
    """One call of ``emit``. Names and keys are patterns: what is computed may be any word."""

    where: str
    names: frozenset[str]
    keys: frozenset[str]
    may_have_more: bool

    def is_of(self, event: str) -> bool:
        return any(re.fullmatch(name, event) for name in self.names)


def patterns(node: ast.expr | None) -> set[str]:
    """What an expression of text may be, as patterns; what is not written out adds nothing."""
    match node:
        case ast.Constant(value=str(text)):
            return {re.escape(text)}
        case ast.JoinedStr(values=parts):
            return {"".join(min(patterns(part), default=ANYTHING) for part in parts)}
        case ast.IfExp(body=one, orelse=other):
            return patterns(one) | patterns(other)
        case ast.BoolOp(values=several):
            return set().union(*map(patterns, several))
    return set()


@cache
def dictionaries() -> dict[str, ast.Dict]:
    """Each function that returns a dictionary written out, by its name."""
    return {
        function.name: node.value
        for path in SOURCE
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Dict)
    }


def keys_of(node: ast.expr) -> set[str] | None:
    """The keys of a dictionary that is written out, there or in the function called; None when it is not."""
    match node:
        case ast.Dict(keys=keys):
            return set().union(*map(patterns, keys))
        case ast.IfExp(body=one, orelse=other):
            return (keys_of(one) or set()) | (keys_of(other) or set())
        case ast.Call() if called(node) in dictionaries():
            return keys_of(dictionaries()[called(node)])
    return None


def named_before(path: Path) -> dict[str, set[str]]:
    """What a variable of the module may be, where its text is written out."""
    return {
        node.targets[0].id: patterns(node.value)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


@cache
def emitted() -> list[Emitted]:
    found = []
    for path in SOURCE:
        before = named_before(path)
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and called(node) == "emit":
                spread = [keys_of(keyword.value) for keyword in node.keywords if keyword.arg is None]
                named = {keyword.arg for keyword in node.keywords if keyword.arg} - {"subject", "actor"}
                keys = named.union(*(keys for keys in spread if keys))
                first = node.args[0]
                names = frozenset(
                    before.get(first.id, ()) if isinstance(first, ast.Name) else patterns(first)
                )
                where = f"{name_of(path)}:{node.lineno}"
                found.append(Emitted(where, names, frozenset(keys), may_have_more=None in spread))
    return found


def test_every_call_says_what_it_emits() -> None:
    assert len(emitted()) > 10
    assert [each.where for each in emitted() if not each.names] == []


def test_every_event_emitted_is_told() -> None:
    assert [
        each.where
        for each in emitted()
        for name in each.names
        if not any(re.fullmatch(name, t) for t in TOLD)
    ] == []


@pytest.mark.parametrize("event", TOLD)
def test_the_keys_told_are_those_emitted(event: str) -> None:
    calls = [each for each in emitted() if each.is_of(event)]
    assert calls != []
    # An event that is named somewhere is not also one of those whose name is computed.
    calls = [each for each in calls if re.escape(event) in each.names] or calls
    keys = set().union(*(each.keys for each in calls))
    told = TOLD[event]
    assert {key for key in keys if not any(re.fullmatch(key, each) for each in told)} == set()
    more = {key for key in told if not any(re.fullmatch(each, key) for each in keys)}
    assert more == set() or any(each.may_have_more for each in calls)


def test_every_event_with_handlers_is_told() -> None:
    assert set(HANDLERS) - set(TOLD) == set()
