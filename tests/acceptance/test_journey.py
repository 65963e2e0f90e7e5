"""The whole road, by people: from an empty Ferry to a confirmed run on production."""

import asyncio
import shutil
import subprocess
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from db.model.execution import Status
from db.model.output import Stream
from playground import screen
from playground.people import Person
from playground.sample import Installed, install
from tests.acceptance.house import House, house
from tests.acceptance.looking import PATIENCE_S, Json, newest, says
from tests.support.sshd import Sshd, give
from tests.support.world import PRODUCTION, STAGING

PARAMETERS = """\
sistema: choice(iclinic, medpro) label="Sistema"
usuario: text pattern=[a-z]+ example=drleandro
practitioner-id: integer min=1 label="Practitioner id"
medpro-pract-id: text
patient-id: integer optional
pace: integer env=SAMPLE_PACE_MS default=30
"""
VALUES = {
    "Sistema": "iclinic",
    "usuario": "drleandro",
    "Practitioner id": "320623",
    "medpro-pract-id": "fabiangc@example.com",
}


@pytest.fixture
def sample(sshd: Sshd) -> Installed:
    """Install the sample migration in the home of the host's user."""
    shutil.rmtree(sshd.host.home / "migrations", ignore_errors=True)
    installed = install(sshd.host.home)
    give(sshd.host.home / "migrations", sshd.host.user)
    return installed


@pytest.fixture
async def ferry(database_url: str, sshd: Sshd, tmp_path: Path) -> AsyncIterator[House]:
    """Start an empty Ferry, once on each kind of database."""
    async with house(tmp_path, sshd.host, database_url=database_url) as made:
        yield made


async def test_from_nothing_to_production(ferry: House, sample: Installed) -> None:
    """Environment, binding, source and job by forms; staging by form; production by its button."""
    await _set_up(ferry, sample)

    card = await _run_by_form(ferry)
    await _ends_well(ferry, card, sample)
    await _of_two_answers_one_counts(ferry)
    recent = await ferry.services.history.recent()
    assert [each.status for each in recent] == [Status.SUCCEEDED, Status.SUCCEEDED]


async def _set_up(ferry: House, sample: Installed) -> None:
    ana, host = ferry.ana, ferry.host
    for name, kind, channel in (
        ("staging", "🟡 staging", STAGING),
        ("production", "🔴 production", PRODUCTION),
    ):
        fields = {
            "Name": name,
            "Kind": kind,
            "Host": host.address,
            "Other settings": "Let me choose",
            "Port": str(host.port),
            "User": host.user,
            "Key file": host.key_path,
        }
        await _fill(ana, "environment", fields)
        trust = await ana.modal("Trust this host?", timeout=PATIENCE_S)
        assert await ana.submits(trust) == {}
        await _created(ana)
        await ana.types(channel, f"/migrate bind {name}")
        await ana.sees(channel, "bound this channel")
    await _fill(ana, "source", {"Name": "iclinic"})
    await _created(ana)
    fields = {
        "Name": "import-patients",
        "Source": "iclinic",
        "Script": sample.script,
        "Interpreter": sample.interpreter,
        "Parameters": PARAMETERS,
    }
    await _fill(ana, "job", fields)
    await _created(ana)


async def _fill(person: Person, noun: str, fields: dict[str, str]) -> None:
    await person.types(STAGING, f"/migrate new {noun}")
    view = await person.modal(f"New {noun}")
    assert await person.submits(await person.fills(view, dict(fields))) == {}


async def _created(person: Person) -> None:
    await person.closes(await person.modal("Created", timeout=PATIENCE_S))


async def _run_by_form(ferry: House) -> Json:
    bruno = ferry.bruno
    await bruno.types(STAGING, "/migrate run import-patients")
    view = await bruno.modal("Run a job")
    assert await bruno.submits(await bruno.fills(view, dict(VALUES))) == {}
    card = await bruno.sees(STAGING, "import-patients on staging", timeout=PATIENCE_S)
    await bruno.sees(STAGING, "is running", timeout=PATIENCE_S)
    await bruno.sees(STAGING, "/3,000", timeout=PATIENCE_S)
    return card


async def _ends_well(ferry: House, card: Json, sample: Installed) -> None:
    execution = await ferry.over(card)

    assert execution.status is Status.SUCCEEDED
    assert execution.result == {"imported": "2950", "unchanged": "0", "skipped": "50"}
    (now,) = await ferry.cards(card)
    assert now["ts"] == card["ts"]
    says(screen.words(now), "succeeded", "imported=2950", "56 warnings", "Run again", "full log")
    posts = await ferry.thread(card)
    assert len(posts) == 3, posts
    assert "started on staging" in posts[0]
    assert "succeeded" in posts[1]
    assert f"Log of #{execution.id}" in posts[2]
    await _log_is_what_was_printed(ferry, card, sample)


async def _log_is_what_was_printed(ferry: House, card: Json, sample: Installed) -> None:
    """Compare with what the same script prints when it is run again by hand."""
    again = ferry.host.home / "again"
    shutil.rmtree(again, ignore_errors=True)
    install(again)
    printed = subprocess.run(  # noqa: ASYNC221 - a second, and nothing else waits
        [sample.interpreter, Path(sample.script).name, *VALUES.values()],
        cwd=again / "migrations",
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "SAMPLE_PACE_MS": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    log = (await ferry.log_file(card)).splitlines()

    for stream, text in ((Stream.OUT, printed.stdout), (Stream.ERR, printed.stderr)):
        mark = f" {stream.value:<4} "
        said = [line.partition(mark)[2] for line in log if line[19:25] == mark]
        assert said == text.splitlines()
    assert Counter(line[20:23] for line in log).keys() == {"out", "err"}


async def _of_two_answers_one_counts(ferry: House) -> None:
    line = "import-patients iclinic drleandro 320700 x@example.com pace=0"
    card = await ferry.asks(ferry.bruno, PRODUCTION, line)
    asked = await ferry.bruno.sees(PRODUCTION, "exactly what will run", timeout=PATIENCE_S)
    before = await newest(ferry.ana, PRODUCTION)
    await ferry.ana.clicks(asked, "Run on production", confirm=True, as_shown=True)
    await ferry.ana.told(PRODUCTION, "waits for the confirmation of @U0BRUNO", after=before)
    before = await newest(ferry.bruno, PRODUCTION)
    clicks = (
        ferry.bruno.clicks(asked, "Run on production", confirm=True, as_shown=True)
        for _ in range(2)
    )
    await asyncio.gather(*clicks)
    execution = await ferry.over(card)

    await ferry.bruno.told(PRODUCTION, "was already confirmed by", after=before)
    assert execution.status is Status.SUCCEEDED
    assert execution.attempt == 1
    assert len(await ferry.cards(card)) == 1
    says(await ferry.shown(card), f"confirmed by @{ferry.bruno.id}")
