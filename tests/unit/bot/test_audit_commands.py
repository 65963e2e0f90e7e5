"""``ferry audit`` at a terminal: verified, listed, exported, and found out."""

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.offline import services_of
from bot.settings import read
from db.model.people import Person
from tests.support.world import furnish


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have a log of six events."""
    monkeypatch.setenv("FERRY_KEY_FILE", str(tmp_path / "ferry.key"))
    monkeypatch.setenv("FERRY_ADMINS", "U0ANA")
    url = f"sqlite:///{tmp_path / 'ferry.db'}"
    monkeypatch.setenv("FERRY_DATABASE_URL", url)

    async def fill() -> None:
        async with services_of(read(_env_file=None)) as services:
            await furnish(services)
            await services.catalog.trust_host_key("staging", "ssh-ed25519 AA", Person("cli:root"))

    asyncio.run(fill())
    return tmp_path


def ferry(*words: str) -> Result:
    """Run one command to its end."""
    return CliRunner().invoke(main, ["audit", *words])


def tamper(home: Path, statement: str) -> None:
    """Write to the database without Ferry."""
    with sqlite3.connect(home / "ferry.db") as db:
        db.execute(statement)
    db.close()


def test_an_untouched_log_is_verified(home: Path) -> None:
    """How many, and the head to note elsewhere, which is taken again."""
    del home
    first = ferry("verify")
    head = first.output.split("head ")[1].strip()

    again = ferry("verify", "--since", head[:20])

    assert first.exit_code == again.exit_code == 0
    assert first.output.startswith("✓ 7 events, head 7:")
    assert "the head that was noted (7) is among them" in again.output


def test_a_change_is_found_and_fails(home: Path) -> None:
    """For scripts by the exit status, for people by the place."""
    tamper(home, "UPDATE audit_events SET actor = 'U0EVE' WHERE id = 4")

    found = ferry("verify")

    assert found.exit_code == 1
    assert found.output.startswith("✗ Event 4 (channel.bound of C0PROD, ")
    assert "its content was changed after it was written.\n" in found.output
    assert "The 3 events before it are as written." in found.output


def test_another_key_file_is_said_to_be_one(home: Path) -> None:
    """Nobody is accused of anything then."""
    (home / "ferry.key").unlink()

    found = ferry("verify")

    assert found.exit_code == 1
    assert "key file is another one" in found.output
    assert "✗" not in found.output


def test_the_log_is_listed_with_the_filters_of_slack(home: Path) -> None:
    """Newest first, a line each."""
    del home

    listed = ferry("list", "staging", "-n", "2").output.splitlines()
    nothing = ferry("list", "#4711").output

    assert listed[0].startswith("7  ")
    assert "cli:root trusted another host key of staging" in listed[0]
    assert "U0ANA bound C0STAGING to staging" in listed[1]
    assert nothing == "No event fits.\n"


def test_the_log_is_exported(home: Path) -> None:
    """As JSON lines, for a range of numbers or days; the note of it is the next event."""
    del home

    everything = [json.loads(line) for line in ferry("export").output.splitlines()]
    rest = [json.loads(line) for line in ferry("export", "--since", "6").output.splitlines()]
    later = ferry("export", "--from", "2999-01-01").output
    ever = ferry("export", "--to", "2999-01-01", "--since", "8").output.splitlines()

    assert [line["id"] for line in everything] == list(range(1, 8))
    assert [line["verb"] for line in rest] == ["environment.host_key_trusted", "audit.exported"]
    assert later == ""
    assert len(ever) == 1
