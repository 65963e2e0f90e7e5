"""The database goes away in mid-run and comes back: all that was printed meanwhile is stored."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from tests.faults.recording import recorded
from tests.faults.rounds import IS_LONG, chance, rounds
from tests.faults.stage import stage
from tests.faults.tally import Tally
from tests.faults.verdict import came_through
from tests.support.mariadb import MariaDB
from tests.support.proxy import Proxy
from tests.support.sshd import Host, Sshd

pytestmark = pytest.mark.timeout(300)
#: Where there is time, for two minutes in one round of ten.
AWAY_S = (10.0,) * 9 + (120.0,) if IS_LONG else (4.0,)
Step = Callable[[], Awaitable[object]]


async def _goes_away(
    home: Path, host: Host, url: str, tally: Tally, dice: Random, *, away: Step, back: Step
) -> None:
    """Play two runs: one goes on while the database is away and may end then, one after it."""
    async with stage(home, host, url, tally) as on:
        runs = [await on.plays(recorded(dice)) for _ in range(2)]
        for played in runs:
            await on.runs(played)
        await asyncio.sleep(dice.uniform(0, 1.5))
        await away()
        tally.faults += 1
        runs[0].goes_on()
        await asyncio.sleep(dice.choice(AWAY_S))
        await back()
        runs[1].goes_on()

        await came_through(on, *runs)


@pytest.mark.mariadb
@rounds(few=1)
async def test_database_stopped(
    sshd: Sshd, mariadb: MariaDB, tmp_path: Path, tally: Tally, seed: int
) -> None:
    """The server is stopped, as for an upgrade: connections break, new ones are refused."""
    url = mariadb.create("ferry_faults")
    await _goes_away(
        tmp_path,
        sshd.host,
        url,
        tally,
        chance(seed),
        away=lambda: asyncio.to_thread(mariadb.stop),
        back=lambda: asyncio.to_thread(mariadb.start),
    )


@pytest.mark.mariadb
@rounds(few=1)
async def test_bot_killed_without_database(
    sshd: Sshd, mariadb: MariaDB, tmp_path: Path, tally: Tally, seed: int
) -> None:
    """What it held in memory is gone, one script ends meanwhile: the host still has it all."""
    dice = chance(seed)
    url = mariadb.create("ferry_faults")
    async with stage(tmp_path, sshd.host, url, tally) as on:
        runs = [await on.plays(recorded(dice)) for _ in range(2)]
        for played in runs:
            await on.runs(played)
        await asyncio.sleep(dice.uniform(0, 1.0))
        await asyncio.to_thread(mariadb.stop)
        runs[0].goes_on()
        await asyncio.sleep(dice.uniform(0, 2.0))
        await on.bots[0].kill()
        tally.faults += 2
        await asyncio.to_thread(mariadb.start)
        on.bots[0].launch()
        runs[1].goes_on()

        await came_through(on, *runs)


@pytest.mark.mariadb
@rounds(few=1)
async def test_database_paused(
    sshd: Sshd, mariadb: MariaDB, tmp_path: Path, tally: Tally, seed: int
) -> None:
    """The server hangs: connections stay open and nothing is answered."""
    url = mariadb.create("ferry_faults")
    await _goes_away(
        tmp_path,
        sshd.host,
        url,
        tally,
        chance(seed),
        away=lambda: asyncio.to_thread(mariadb.pause),
        back=lambda: asyncio.to_thread(mariadb.resume),
    )


@pytest.mark.mariadb
@rounds(few=1)
async def test_database_line_cut(
    sshd: Sshd, mariadb: MariaDB, tmp_path: Path, tally: Tally, seed: int
) -> None:
    """Cut in the middle of anything, or an answer is lost: of a COMMIT nobody knows what it did."""
    dice = chance(seed)
    url = mariadb.create("ferry_faults")
    async with Proxy(mariadb.port) as proxy:
        through = url.replace(f":{mariadb.port}/", f":{proxy.port}/")
        async with stage(tmp_path, sshd.host, url, tally, DATABASE_URL=through) as on:
            runs = [await on.plays(recorded(dice)) for _ in range(2)]
            for played in runs:
                await on.runs(played)
            for number in range(6):
                await asyncio.sleep(dice.uniform(0, 0.5))
                if number % 2:
                    proxy.mute_after = dice.randrange(20_000)
                    await asyncio.sleep(dice.uniform(0, 1.0))
                    proxy.mute_after = None
                tally.faults += proxy.cut()
            for played in runs:
                played.goes_on()

            await came_through(on, *runs)


@rounds(few=1)
async def test_database_locked(sshd: Sshd, tmp_path: Path, tally: Tally, seed: int) -> None:
    """Somebody else holds the SQLite file: nothing can be written until they let go."""
    file = tmp_path / "ferry.db"
    with closing(sqlite3.connect(tmp_path / "not-yet.db", check_same_thread=False)) as other:

        async def lock() -> None:
            other.execute("ATTACH ? AS ferry", (str(file),))
            other.execute("BEGIN EXCLUSIVE")
            other.execute("UPDATE ferry.alembic_version SET version_num = version_num")

        async def unlock() -> None:
            other.rollback()

        url = f"sqlite:///{file}"
        await _goes_away(tmp_path, sshd.host, url, tally, chance(seed), away=lock, back=unlock)
