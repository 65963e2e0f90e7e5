"""Several bots on one database, one of them killed or asleep: all is done once, and by one."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.recording import recorded
from tests.faults.rounds import chance, rounds
from tests.faults.stage import stage
from tests.faults.tally import Tally
from tests.faults.verdict import came_through
from tests.support.mariadb import MariaDB
from tests.support.sshd import Sshd


@rounds(few=1)
async def test_two_bots(sshd: Sshd, url: str, tmp_path: Path, tally: Tally, seed: int) -> None:
    """Both look for work and tell of it: each run is run once, and has one card."""
    dice = chance(seed)
    async with stage(tmp_path, sshd.host, url, tally, bots=2) as on:
        runs = [await on.plays(recorded(dice)) for _ in range(4)]
        for played in runs:
            played.goes_on()
            tally.faults += 1

        await came_through(on, *runs)


@rounds(few=1)
async def test_one_of_two_bots_killed(
    sshd: Sshd, url: str, tmp_path: Path, tally: Tally, seed: int
) -> None:
    """Now one, now the other: what it ran and what it told goes over to the one that is left."""
    dice = chance(seed)
    async with stage(tmp_path, sshd.host, url, tally, bots=2) as on:
        runs = [await on.plays(recorded(dice)) for _ in range(3)]
        for number in (0, 1, 0):
            await asyncio.sleep(dice.uniform(0, 2.0))
            await on.bots[number].kill()
            await asyncio.sleep(dice.uniform(0, 1.0))
            on.bots[number].launch()
            tally.faults += 1
        for played in runs:
            played.goes_on()

        await came_through(on, *runs)


@pytest.mark.mariadb
@rounds(few=1)
async def test_worker_paused(
    sshd: Sshd, mariadb: MariaDB, tmp_path: Path, tally: Tally, seed: int
) -> None:
    """SIGSTOP past the lease: another takes over, and the one that wakes up writes no more.

    On MariaDB: a file of SQLite stays locked for as long as who locked it sleeps.
    """
    dice = chance(seed)
    url = mariadb.create("ferry_faults")
    async with stage(tmp_path, sshd.host, url, tally, bots=2) as on:
        runs = [await on.plays(recorded(dice, lines=3000)) for _ in range(2)]
        for played in runs:
            await on.runs(played)
        for number in (0, 1, 0):
            await asyncio.sleep(dice.uniform(0, 0.5))
            bot = on.bots[number]
            bot.pause()
            held = [(played, await on.execution(played)) for played in runs]
            for played, execution in held:
                if f":{bot.pid}:" in execution.worker:
                    await on.taken_over(played, since=execution.fence)
                    tally.faults += 1
            await asyncio.sleep(dice.uniform(0, 1.0))
            bot.resume()
        assert tally.faults >= len(runs), "who held a run was paused at least once"
        for played in runs:
            played.goes_on()

        await came_through(on, *runs)
