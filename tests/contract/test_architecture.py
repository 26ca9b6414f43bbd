"""The rules of style and structure that a reader relies on, held by a machine.

An exemption is one line with a sentence. Import directions are held by import-linter (``make check``).
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import grimp
import pytest
from django.utils.module_loading import import_string

from careops import automations, person_data, schedules
from tests.contract.tree import APPS, called, files, functions, length, name_of, parsed, python
from tests.services.processes import ROOT

SOURCE = python(of=(*APPS, "scripts", "manage.py"))
TESTS = python(of=("tests",))
LONGEST_FILE, LONGEST_SETTINGS, LONGEST_FUNCTION, MEDIAN = 400, 400, 60, 80

TOP_LEVEL = {
    *APPS, "manage.py", "requirements.txt", "tests", "README.md",
    ".ci", ".dockerignore", ".env.example", ".gitignore", "CHANGELOG.md", "Dockerfile", "LICENSE", "Makefile",
    "Procfile", "compose.yaml", "deploy", "docs", "package-lock.json", "package.json", "pyproject.toml", "requirements-dev.txt", "scripts",
}  # fmt: skip

# Where everything may be caught, and why nothing narrower will do.
CATCHES_ALL = {
    "careops/core/events.py": "The event handlers: whatever one raises, the verb and the other handlers stand.",
    "careops/core/delivery.py": "The delivery of one row: a transport's fault must not stop the rows behind it.",
    "careops/core/queue.py": "The task: the queue would store the exception's text, which may hold personal data.",
    "careops/server/application.py": "The web server: a handler that fails is one answer, the other requests go on.",
    "careops/server/threads.py": "The thread of a request: what it raises is raised where the request waits.",
    "careops/core/mail.py": "Cleans up and raises on: a thread that outlives any failed start would hold its timer.",
}
# Words of the domain. The ground floor serves every app above it and so may not know any of them.
DOMAIN = re.compile(
    r"booking|provider_(?!ref)|contact|patient|appointment|clinic|professional|inventory|referral|opening_hours|closure"
)


def test_the_top_level_is_what_the_readme_shows() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in files()} - {".env"} == TOP_LEVEL


def test_no_source_file_is_long() -> None:
    limits = {"careops/settings.py": LONGEST_SETTINGS}
    lengths = {name_of(path): length(path) for path in SOURCE}
    assert {name: lines for name, lines in lengths.items() if lines > limits.get(name, LONGEST_FILE)} == {}


def test_most_source_files_are_short() -> None:
    assert median(length(path) for path in SOURCE if length(path)) <= MEDIAN


def test_no_test_file_is_long() -> None:
    assert {name_of(path): length(path) for path in TESTS if length(path) > LONGEST_FILE} == {}


def test_no_function_is_long() -> None:
    assert [
        f"{name_of(path)}:{each.lineno} {each.name}"
        for path in [*SOURCE, *TESTS]
        for each in functions(path)
        if (each.end_lineno or each.lineno) - each.lineno + 1 > LONGEST_FUNCTION
    ] == []


def unannotated(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """The parameters without a type, and ``return`` when that has none."""
    given = function.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    named = [each for each in every if each is not None]
    if named and named[0].arg in {"self", "cls", "mcs"}:
        named = named[1:]
    missing = [each.arg for each in named if each.annotation is None]
    return missing if function.returns is not None else [*missing, "return"]


def test_everything_is_annotated() -> None:
    assert [
        f"{name_of(path)}:{each.lineno} {each.name}: {', '.join(unannotated(each))}"
        for path in [*SOURCE, *TESTS]
        for each in functions(path)
        if unannotated(each)
    ] == []


def cycles(graph: grimp.ImportGraph) -> list[tuple[str, ...]]:
    """Pairs of modules that import each other, directly or around a corner."""
    return [
        back
        for module in sorted(graph.modules)
        for imported in sorted(graph.find_modules_directly_imported_by(module))
        if (back := graph.find_shortest_chain(importer=imported, imported=module))
    ]


def test_no_import_goes_round_in_a_circle() -> None:
    graph = grimp.build_graph(*APPS, exclude_type_checking_imports=True, cache_dir=None)
    assert len(graph.modules) > len(APPS)
    assert cycles(graph) == []


def test_a_circle_of_imports_would_be_seen() -> None:
    graph = grimp.ImportGraph()
    for importer, imported in [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")]:
        graph.add_import(importer=importer, imported=imported)
    assert {frozenset(circle) for circle in cycles(graph)} == {frozenset("abc")}


def test_no_rule_of_ours_hangs_on_a_signal() -> None:
    assert [
        f"{name_of(path)}:{node.lineno}"
        for path in SOURCE
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.Name) and node.id == "receiver")
        or (isinstance(node, ast.Attribute) and node.attr == "receiver")
        or (
            isinstance(node, ast.ImportFrom)
            and node.module in {"django.dispatch", "django.db.models.signals"}
        )
    ] == []


def test_starting_an_app_does_no_work() -> None:
    assert [
        f"{name_of(path)}:{each.lineno}"
        for path in SOURCE
        if path.name == "apps.py"
        for each in functions(path)
    ] == []


def catching_all(path: Path) -> Iterator[ast.ExceptHandler]:
    """The ``except`` clauses that name Exception or BaseException, or nothing."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ExceptHandler):
            caught = [node.type, *ast.walk(node.type)] if node.type else [None]
            if any(
                each is None or getattr(each, "id", "") in {"Exception", "BaseException"} for each in caught
            ):
                yield node


def test_everything_is_caught_at_the_boundaries_only() -> None:
    assert {name_of(path) for path in SOURCE for _ in catching_all(path)} == set(CATCHES_ALL)


def test_every_boundary_gives_its_reason() -> None:
    silent = []
    for path in SOURCE:
        lines = path.read_text().splitlines()
        for each in catching_all(path):
            raised_on = any(isinstance(node, ast.Raise) and node.exc is None for node in each.body)
            head = lines[each.lineno - 1 : each.body[0].lineno]
            if not raised_on and not any("# boundary: " in line for line in head):
                silent.append(f"{name_of(path)}:{each.lineno}")
    assert silent == []


def test_no_text_is_declared_safe_html() -> None:
    names = {"mark_safe"}  # format_html escapes what it is given, and its SafeString may name a type
    assert [
        f"{name_of(path)}:{node.lineno}"
        for path in SOURCE
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.Call) and called(node) in {*names, "SafeString", "SafeText"})
        or (isinstance(node, ast.Name) and node.id in names)
        or (isinstance(node, ast.Attribute) and node.attr in names)
        or (isinstance(node, ast.ImportFrom) and any(alias.name in names for alias in node.names))
    ] == []
    templates = [path for path in files() if path.suffix in {".html", ".txt"} and "templates" in path.parts]
    unsafe = re.compile(r"\|\s*safe\b|autoescape\s+off")
    assert [
        name_of(path) for path in templates if path.suffix == ".html" and unsafe.search(path.read_text())
    ] == []


def test_no_file_is_a_drawer() -> None:
    drawer = re.compile(r"(utils?|helpers?|misc|common|tools|.*\d)\.py")
    assert [name_of(path) for path in [*SOURCE, *TESTS] if drawer.fullmatch(path.name)] == []


def words_of(path: Path) -> Iterator[tuple[int, str]]:
    """Every name and text of a module, with its line."""
    for node in ast.walk(parsed(path)):
        match node:
            case ast.Constant(value=str(text)):
                yield node.lineno, text
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.FunctionDef(name=name):
                yield node.lineno, name
            case ast.ClassDef(name=name) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
                yield node.lineno, name


def test_the_ground_floor_knows_no_domain() -> None:
    core = [path for path in SOURCE if path.is_relative_to(ROOT / "careops" / "core")]
    assert len(core) > 10
    assert [
        f"{name_of(path)}:{line} {found[0]}"
        for path in core
        for line, text in words_of(path)
        if (found := DOMAIN.search(text.lower()))
    ] == []


ROOF = [
    *(path for paths in automations.HANDLERS.values() for path in paths),
    *schedules.TICK,
    *(schedule.task for schedule in schedules.SCHEDULES),
    *(f"{module}.{verb}" for module in person_data.MODULES for verb in ("blocks_erasure", "export", "erase")),
]


@pytest.mark.parametrize("path", ROOF)
def test_a_path_in_a_roof_table_leads_to_a_function(path: str) -> None:
    assert callable(import_string(path))


def test_no_schedule_has_the_name_of_another() -> None:
    names = [schedule.name for schedule in schedules.SCHEDULES]
    assert sorted(names) == sorted(set(names))


def fails(node: ast.AST) -> bool:
    """Whether it is a statement or call that makes a test fail."""
    match node:
        case ast.Assert() | ast.Raise(exc=ast.Call(func=ast.Name(id="AssertionError"))):
            return True
        case ast.Call():
            return called(node) in {"fail", "raises", "django_assert_num_queries"}
    return False


def test_every_test_can_fail() -> None:
    """Each asserts, expects an exception, or calls a function of the tests that does."""
    tested = [(path, each) for path in TESTS for each in functions(path)]
    checks = {each.name for _, each in tested if any(map(fails, ast.walk(each)))}
    for _ in range(3):  # a function of the tests may hand the check on
        checks |= {
            each.name
            for _, each in tested
            if not each.name.startswith("test_")
            and any(isinstance(node, ast.Call) and called(node) in checks for node in ast.walk(each))
        }
    assert [
        f"{name_of(path)}:{each.lineno} {each.name}"
        for path, each in tested
        if each.name.startswith("test_")
        and each.name not in checks
        and not any(isinstance(node, ast.Call) and called(node) in checks for node in ast.walk(each))
    ] == []


def test_no_file_of_tests_is_without_a_test() -> None:
    assert [
        name_of(path)
        for path in TESTS
        if path.name.startswith("test_")
        and not any(each.name.startswith("test_") for each in functions(path))
    ] == []
