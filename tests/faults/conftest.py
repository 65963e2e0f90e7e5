"""What faults are played on, and the table of what came of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.tally import Tally, table
from tests.support.database import mariadb, migrated_file, sqlite_url  # noqa: F401 - fixtures
from tests.support.mariadb import MariaDB
from tests.support.sshd import sshd  # noqa: F401 - a fixture

_PROPERTY = "faults"
_passed: set[str] = set()
_rounds: list[tuple[str, bool, dict[str, int]]] = []


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """Count what becomes of a round; it is in the table at the end, also if the round fails."""
    counted = Tally()
    yield counted
    request.node.user_properties.append((_PROPERTY, counted.as_dict()))


@pytest.fixture
def url(request: pytest.FixtureRequest, seed: int, tmp_path: Path) -> str:
    """Give the URL of an empty database: SQLite for odd seeds, MariaDB for even ones."""
    if seed % 2:
        return f"sqlite:///{tmp_path / 'ferry.db'}"
    server: MariaDB = request.getfixturevalue("mariadb")
    return server.create("ferry_faults")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember the figures of every round; where pytest runs in parallel they come from afar."""
    if report.when == "call" and report.passed:
        _passed.add(report.nodeid)
    figures = dict(report.user_properties).get(_PROPERTY)
    if report.when == "teardown" and isinstance(figures, dict):
        name = report.nodeid.rpartition("::")[2].partition("[")[0]
        fault = name.removeprefix("test_").replace("_", " ")
        _rounds.append((fault, report.nodeid in _passed, figures))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    if lines := table(sorted(_rounds, key=lambda one: one[0])):
        terminalreporter.section("faults")
        for line in lines:
            terminalreporter.write_line(line)
