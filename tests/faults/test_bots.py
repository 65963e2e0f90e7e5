"""The bot itself dies, is stopped, or is put to sleep: another goes on where it was."""

import asyncio
from pathlib import Path

from tests.faults.recording import recorded
from tests.faults.rounds import chance, rounds
from tests.faults.stage import stage
from tests.faults.tally import Tally
from tests.faults.verdict import came_through
from tests.support.sshd import Sshd


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
