"""The house rules that a machine can check (CONTRIBUTING.md)."""

import ast
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("matching", "exchange", "settlement", "warehouse_receipts", "web", "loadtests")
LONGEST_MODULE = 500
LONGEST_FUNCTION = 70
USUAL_FUNCTION = 25
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(*folders: str) -> list[Path]:
    """Our Python files below the folders, without migrations."""
    files = chain.from_iterable((ROOT / folder).rglob("*.py") for folder in folders)
    return sorted(path for path in files if "migrations" not in path.parts and "vendor" not in path.parts)


def functions(path: Path) -> Iterator[Function]:
    """Every function of a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def length(function: Function) -> int:
    """Lines of a function, docstring excluded."""
    body = function.body[1:] if ast.get_docstring(function) and len(function.body) > 1 else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1


@pytest.mark.parametrize("path", modules(*PACKAGES), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_what_it_is_for_and_stays_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert path.stem not in NAMELESS
    assert text.count("\n") < LONGEST_MODULE
    if text.strip() and path.name != "apps.py":
        assert ast.get_docstring(ast.parse(text)), "a module opens with a docstring"
    too_long = [function.name for function in functions(path) if length(function) > LONGEST_FUNCTION]
    assert not too_long


def test_nine_functions_in_ten_can_be_read_at_once() -> None:
    lengths = sorted(length(function) for path in modules(*PACKAGES) for function in functions(path))
    assert lengths[len(lengths) * 9 // 10] <= USUAL_FUNCTION


def test_public_functions_say_what_they_do() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in modules(*PACKAGES)
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, Function) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert not silent


def test_nothing_is_left_for_later() -> None:
    mark = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in modules(*PACKAGES, "tests")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
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
