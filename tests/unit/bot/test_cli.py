"""What an operator types, with nothing but a database there."""

from pathlib import Path

import pytest
from click import Group
from click.testing import CliRunner, Result

from bot.cli import main

OPERATING = Path(__file__).parents[3] / "docs" / "operating.md"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """Name a database that is not there yet."""
    return f"sqlite:///{tmp_path / 'ferry.db'}"


def ferry(database_url: str, *words: str) -> Result:
    """Run one command to its end."""
    return CliRunner(env={"FERRY_DATABASE_URL": database_url}).invoke(main, words)


def test_the_database_is_brought_up_again_and_again(database_url: str, tmp_path: Path) -> None:
    """The second time changes nothing."""
    ends = [ferry(database_url, "db", "upgrade") for _ in range(2)]

    assert [end.exit_code for end in ends] == [0, 0]
    assert "today's schema" in ends[1].output
    assert (tmp_path / "ferry.db").exists()


def test_no_run_yet_is_said(database_url: str) -> None:
    """An empty list says that it is one."""
    assert ferry(database_url, "executions").output == "Nothing ran yet.\n"


def test_an_unknown_run_is_a_sentence_and_exit_status_1(database_url: str) -> None:
    """No traceback for what a person can mistype."""
    ended = ferry(database_url, "logs", "5")

    assert ended.exit_code == 1
    assert ended.output.startswith("ferry: There is no run #5.")


def test_every_command_stands_in_the_docs() -> None:
    """What is not written there is not found."""
    page = OPERATING.read_text(encoding="utf-8")

    missing = [name for name in _names(main) if f"| `{name}" not in page]

    assert missing == []


def _names(group: Group, before: str = "") -> list[str]:
    names: list[str] = []
    for name, command in group.commands.items():
        if isinstance(command, Group):
            names += _names(command, f"{before}{name} ")
        else:
            names.append(f"{before}{name}")
    return names
