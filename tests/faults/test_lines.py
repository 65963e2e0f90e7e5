"""The line to the host breaks, in every way that lines break: what is stored has no seam."""

import asyncio
import random
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from db.model.catalog import RetryPolicy
from tests.faults.recording import Recording, recorded
from tests.faults.rounds import chance, rounds
from tests.faults.stage import Played, Stage, stage
from tests.faults.tally import Tally
from tests.faults.verdict import came_through
from tests.support.proxy import Proxy
from tests.support.sshd import Sshd
from tests.support.waiting import until

pytestmark = pytest.mark.timeout(300)
#: A host that cannot be reached for the start fails the attempt; then nothing has run.
AGAIN = RetryPolicy(attempts=10, delay_s=1)
SOON = "2"  # seconds to connect


async def _disturb(proxy: Proxy, dice: random.Random) -> int:
    """Do one bad thing to the line; return how many connections it cost."""
    match dice.choice(["cut", "cut", "in the middle of a packet", "silence", "late"]):
        case "cut":
            return proxy.cut()
        case "in the middle of a packet":
            proxy.cut_after = dice.randrange(1, 20_000)
            await asyncio.sleep(dice.uniform(0.2, 1.0))
            return 1
        case "silence":
            proxy.is_silent = True
            await asyncio.sleep(dice.uniform(0.2, 2.0))
            cut = proxy.cut()
            proxy.is_silent = False
            return cut
        case _:
            proxy.freeze()
            await asyncio.sleep(dice.uniform(0.2, 2.0))
            proxy.thaw()
            return 1


@rounds(few=1)
async def test_line_cut(sshd: Sshd, url: str, tmp_path: Path, tally: Tally, seed: int) -> None:
    """Reset between bytes, in the middle of a packet, after a silence, or only late."""
    dice = chance(seed)
    async with Proxy(sshd.host.port) as proxy:
        host = replace(sshd.host, port=proxy.port)
        async with stage(tmp_path, host, url, tally, retry=AGAIN, CONNECT_TIMEOUT_S=SOON) as on:
            runs = [await on.plays(recorded(dice)) for _ in range(2)]
            for _ in range(6):
                await asyncio.sleep(dice.uniform(0, 0.5))
                tally.faults += await _disturb(proxy, dice)
            proxy.cut_after = None
            for played in runs:
                played.goes_on()

            await came_through(on, *runs)


@rounds(few=1)
async def test_session_killed(
    sshd: Sshd, url: str, tmp_path: Path, tally: Tally, seed: int
) -> None:
    """Sshd's own processes die, as when somebody restarts the service with a heavy hand."""
    dice = chance(seed)
    server = sshd.variant()
    server.start()
    try:
        async with stage(tmp_path, server.host, url, tally) as on:
            runs = [await on.plays(recorded(dice)) for _ in range(2)]
            for _ in range(6):
                await asyncio.sleep(dice.uniform(0, 0.8))
                tally.faults += server.cut_sessions()
            for played in runs:
                played.goes_on()

            await came_through(on, *runs)
    finally:
        server.stop()


async def _start_of(runs: list[Played], on: Stage, recording: Recording, proxy: Proxy) -> int:
    """Return after how many bytes, on a connection that is there, a host has heard a start."""
    proxy.heard.clear()
    runs.append(await on.plays(recording))
    await on.told(runs[-1])
    began = (runs[-1].folder / "ran").stat().st_mtime
    return sum(size for when, size in proxy.heard if when <= began)


@rounds(few=1)
async def test_start_not_answered(
    sshd: Sshd, url: str, tmp_path: Path, tally: Tally, seed: int
) -> None:
    """The host heard the start, its answer is lost: the start is repeated, the script is not."""
    dice = chance(seed)
    async with Proxy(sshd.host.port) as proxy:
        host = replace(sshd.host, port=proxy.port)
        async with stage(tmp_path, host, url, tally, retry=AGAIN, CONNECT_TIMEOUT_S=SOON) as on:
            short = recorded(dice, lines=200).but(held_at=-1)
            runs = [await on.plays(short)]
            await on.told(runs[0])  # now there is a connection
            start = await _start_of(runs, on, short, proxy)
            while tally.faults < 2 and len(runs) < 12:
                runs.append(await on.plays(short))
                await on.told(runs[-1])  # there is a connection again
                proxy.mute_after = start - dice.randrange(1, 300)
                muted = await on.plays(short)
                with suppress(AssertionError):  # it was muted before the start
                    await until(muted.times, within_s=5)
                tally.faults += muted.times()
                proxy.mute_after = None
                proxy.cut()
                runs.append(muted)

            await came_through(on, *runs)
            assert tally.faults, "no start was heard and not answered"
