"""The rules of the house that no other linter knows: sizes, who commits, which way imports go."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLOORS = ("bot", "handlers", "executor", "db")
PACKAGES = (*FLOORS, "playground", "bench")
GENERATED = ROOT / "db" / "migrations" / "versions"  # by Alembic, a table at a time
LONGEST_FILE = 400
LONGEST_FUNCTION = 50
COMMIT = re.compile(r"\.commit\(")


@pytest.mark.parametrize("package", PACKAGES)
def test_no_file_is_longer_than_can_be_held_in_mind(package: str) -> None:
    """At most 400 lines, and 250 without a reason."""
    lengths = {_name(path): len(path.read_text().splitlines()) for path in _modules(package)}

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_function_is_longer_than_a_screen(package: str) -> None:
    """At most 50 lines from ``def`` to the last one, decorators aside."""
    lengths = {
        f"{_name(path)}:{function.name}": (function.end_lineno or 0) - function.lineno + 1
        for path in _modules(package)
        for function in _functions(path)
    }

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


def test_only_the_database_commits() -> None:
    """``begin()`` commits at the end of its block; nobody else decides when a change is whole."""
    places = {
        _name(path)
        for floor in FLOORS
        for path in _modules(floor)
        if COMMIT.search(path.read_text())
    }

    assert places == {"db/database.py"}


def test_tests_use_real_parts() -> None:
    """No test patches our own code: the playground, a real sshd and a real database are there."""
    patches = re.compile(r"monkeypatch\.setattr|mocker\.|unittest\.mock|mock\.patch")
    places = {
        _name(path)
        for path in (ROOT / "tests").rglob("*.py")
        if path != Path(__file__) and patches.search(path.read_text())
    }

    assert places == set()


def test_imports_go_down_the_stairs() -> None:
    """Every contract of import-linter in ``pyproject.toml`` is kept."""
    program = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"

    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert "0 broken" in ended.stdout, ended.stdout + ended.stderr
    assert ended.returncode == 0


def _modules(package: str) -> Iterator[Path]:
    for path in sorted((ROOT / package).rglob("*.py")):
        if not path.is_relative_to(GENERATED):
            yield path


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
