"""What an operator types, with nothing but a database there."""

import asyncio
from pathlib import Path

import pytest
from click import Group
from click.testing import CliRunner, Result

from bot.cli import main
from bot.offline import services_of
from bot.settings import read
from db.model.people import Person
from tests.support.world import environment

OPERATING = Path(__file__).parents[3] / "docs" / "operating.md"


@pytest.fixture
def database_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name a database and a key file that are not there yet."""
    monkeypatch.setenv("FERRY_KEY_FILE", str(tmp_path / "ferry.key"))
    return f"sqlite:///{tmp_path / 'ferry.db'}"


def ferry(database_url: str, *words: str, typed: str = "") -> Result:
    """Run one command to its end, with *typed* at its questions."""
    return CliRunner(env={"FERRY_DATABASE_URL": database_url}).invoke(main, words, input=typed)


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


def test_a_host_that_was_set_up_anew_is_trusted_by_its_fingerprint(database_url: str) -> None:
    """Both fingerprints are shown; a no changes nothing, a yes pins, a second time is said."""
    asyncio.run(_create(database_url))
    new = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIq7ld8n1vXBJlTxKWWyU4VhYXVSvFeOPtmmfCCG1JXm"

    no = ferry(database_url, "trust", "staging", "--key", new, typed="n\n")
    yes = ferry(database_url, "trust", "staging", "--key", new, typed="y\n")
    again = ferry(database_url, "trust", "staging", "--key", new)

    assert "pinned: none is pinned" in no.output
    assert "shown:  ssh-ed25519 SHA256:" in no.output
    assert "  +--[ED25519 256]--+\n" in no.output
    assert "Pinned." not in no.output
    assert "Pinned. For runs that await" in yes.output
    assert "pinned already: nothing changed" in again.output


def test_what_is_no_key_is_not_pinned(database_url: str) -> None:
    """Nor is an environment found that nobody created."""
    asyncio.run(_create(database_url))

    garbled = ferry(database_url, "trust", "staging", "--key", "ssh-ed25519 AAAA")
    unknown = ferry(database_url, "trust", "stagin")

    assert "is not a public host key" in garbled.output
    assert "Did you mean `staging`?" in unknown.output
    assert (garbled.exit_code, unknown.exit_code) == (1, 1)


async def _create(database_url: str) -> None:
    async with services_of(read(database_url=database_url, _env_file=None)) as services:
        await services.catalog.create_environment(environment(), Person("cli:test"))


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
