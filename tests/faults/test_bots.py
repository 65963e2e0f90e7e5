"""The bot is killed or stopped in mid-run: the next one goes on where it was."""

import asyncio
import time
from pathlib import Path

from tests.faults.recording import recorded
from tests.faults.rounds import chance, rounds
from tests.faults.stage import stage
from tests.faults.tally import Tally
from tests.faults.verdict import came_through
from tests.support.sshd import Sshd

STOPS_WITHIN_S = 15.0


@rounds(few=2)
async def test_bot_killed(sshd: Sshd, url: str, tmp_path: Path, tally: Tally, seed: int) -> None:
    """SIGKILL at any moment, also while it starts: the next one loses nothing, doubles nothing."""
    dice = chance(seed)
    async with stage(tmp_path, sshd.host, url, tally) as on:
        runs = [await on.plays(recorded(dice)) for _ in range(2)]
        for _ in range(3):
            await asyncio.sleep(dice.uniform(0, 2.5))
            await on.bots[0].kill()
            on.bots[0].launch()
            tally.faults += 1
        for played in runs:
            played.goes_on()

        await came_through(on, *runs)


@rounds(few=1)
async def test_bot_stopped(sshd: Sshd, url: str, tmp_path: Path, tally: Tally, seed: int) -> None:
    """SIGTERM: it ends soon and in order, and the next need not wait for a lease of a minute."""
    dice = chance(seed)
    async with stage(tmp_path, sshd.host, url, tally, WORKER_LEASE_S="60") as on:
        runs = [await on.plays(recorded(dice)) for _ in range(2)]
        for played in runs:
            await on.runs(played)
        for _ in range(2):
            await asyncio.sleep(dice.uniform(0, 1.0))
            begun = time.monotonic()
            tally.ends += await on.bots[0].stop() != 0
            tally.ends += time.monotonic() - begun > STOPS_WITHIN_S
            fences = [(await on.execution(played)).fence for played in runs]
            await on.bots[0].start()
            for played, fence in zip(runs, fences, strict=True):
                await on.taken_over(played, since=fence)
            tally.faults += 1
        for played in runs:
            played.goes_on()

        await came_through(on, *runs)
