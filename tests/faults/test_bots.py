"""The bot is killed or stopped in mid-run: the next one goes on where it was."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

from db.model.catalog import RetryPolicy
from db.model.execution import Execution, Status
from tests.faults.recording import recorded
from tests.faults.rounds import chance, rounds
from tests.faults.stage import stage
from tests.faults.tally import Tally
from tests.faults.verdict import came_through
from tests.support.proxy import Proxy
from tests.support.sshd import Sshd

STOPS_WITHIN_S = 15.0
AGAIN = RetryPolicy(attempts=3, delay_s=4)


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


@rounds(few=1)
async def test_bot_killed_while_a_retry_waits(
    sshd: Sshd, url: str, tmp_path: Path, tally: Tally, seed: int
) -> None:
    """It is due by the database: the next bot starts it, not before, and once."""
    dice = chance(seed)
    async with Proxy(sshd.host.port) as proxy:
        host = replace(sshd.host, port=proxy.port)
        async with stage(tmp_path, host, url, tally, retry=AGAIN) as on:
            proxy.refuses = True
            short = [recorded(dice, lines=100).but(held_at=-1) for _ in range(2)]
            runs = [await on.plays(recording) for recording in short]
            waiting = [await on.waits_for(played, _rests, "waits again") for played in runs]
            proxy.refuses = False
            await on.bots[0].kill()
            tally.faults += 1
            await asyncio.sleep(dice.uniform(0, 3.0))
            on.bots[0].launch()

            ended = await came_through(on, *runs)
            for before, after in zip(waiting, ended, strict=True):
                assert after.attempt == before.attempt + 1
                assert before.not_before is not None
                assert after.started_at is not None
                assert after.started_at >= before.not_before


def _rests(execution: Execution) -> bool:
    return execution.status is Status.QUEUED and execution.not_before is not None
