"""The house rules that a machine can check (CONTRIBUTING.md)."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("matching", "exchange", "settlement", "warehouse_receipts", "web", "loadtests")
LONGEST_MODULE = 500
LONGEST_FUNCTION = 70
USUAL_FUNCTION = 25
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}

pytestmark = pytest.mark.xdist_group("house rules")
"""One process, which parses everything once."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(*folders: str) -> list[Path]:
    """Our Python files below the folders, without migrations."""
    files = chain.from_iterable((ROOT / folder).rglob("*.py") for folder in folders)
    return sorted(path for path in files if "migrations" not in path.parts and "vendor" not in path.parts)


@cache
def text_of(path: Path) -> str:
    """A file's text, read once."""
    return path.read_text(encoding="utf-8")


@cache
def parsed(path: Path) -> ast.Module:
    """A module's syntax, parsed once."""
    return ast.parse(text_of(path))


@cache
def functions(path: Path) -> list[Function]:
    """Every function of a module."""
    return [node for node in ast.walk(parsed(path)) if isinstance(node, Function)]


def length(function: Function) -> int:
    """Lines of a function, docstring excluded."""
    body = function.body[1:] if ast.get_docstring(function) and len(function.body) > 1 else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1


@pytest.fixture(scope="module", autouse=True)
def _forget() -> Iterator[None]:
    """Leaves no syntax trees behind for the collector of garbage."""
    yield
    for remembered in (text_of, parsed, functions):
        remembered.cache_clear()


def test_modules_say_what_they_are_for_and_stay_short() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {fault}"
        for path in modules(*PACKAGES)
        for fault in faults_of_module(path)
    ]
    assert not wrong


def faults_of_module(path: Path) -> Iterator[str]:
    """What the house rules forbid in one module."""
    text = text_of(path)
    if path.stem in NAMELESS:
        yield "its name says nothing"
    if text.count("\n") >= LONGEST_MODULE:
        yield f"{LONGEST_MODULE} lines or more"
    if text.strip() and path.name != "apps.py" and not ast.get_docstring(parsed(path)):
        yield "a module opens with a docstring"
    for function in functions(path):
        if length(function) > LONGEST_FUNCTION:
            yield f"{function.name} is longer than {LONGEST_FUNCTION} lines"


def test_nine_functions_in_ten_can_be_read_at_once() -> None:
    lengths = sorted(length(function) for path in modules(*PACKAGES) for function in functions(path))
    assert lengths[len(lengths) * 9 // 10] <= USUAL_FUNCTION


def test_public_functions_say_what_they_do() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in modules(*PACKAGES)
        for node in parsed(path).body
        if isinstance(node, Function) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert not silent


def test_nothing_is_left_for_later() -> None:
    mark = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in modules(*PACKAGES, "tests")
        for number, line in enumerate(text_of(path).splitlines(), start=1)
        if mark.search(line)
    ]
    assert not found


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock", "package-lock.json"])
def test_locks_carry_hashes_and_no_addresses(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in re.sub(r'"(url|funding)": "[^"]*"', "", text)
    assert "sha256:" in text or "sha512-" in text


def test_faces_have_no_inline_scripts() -> None:
    inline = re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>|\son\w+=\"", re.IGNORECASE
    )
    templates = (ROOT / "web" / "templates").rglob("*.html")
    assert not [str(path) for path in templates if inline.search(path.read_text(encoding="utf-8"))]
