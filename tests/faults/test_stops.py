"""What a person stops is stopped: all of it, however deep it hides and however far away it is."""

import asyncio
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from db.model.execution import Status
from tests.acceptance.looking import eventually, says, until_true
from tests.faults.recording import Recording, recorded
from tests.faults.rounds import chance, rounds
from tests.faults.stage import Played, Stage, stage
from tests.faults.tally import Tally
from tests.faults.verdict import came_through
from tests.support.proxy import Proxy
from tests.support.sshd import Sshd

pytestmark = pytest.mark.timeout(300)
STOPPED = (137, 143)
LOOP = "while :; do sleep 0.1; done"
DEAF = f"trap '' TERM; {LOOP}"
KINDS = (
    f"sh -c '{LOOP}' &",
    f'sh -c "{DEAF}" &',
    f"setsid sh -c '{LOOP}' &",
    f'setsid sh -c "{DEAF}" &',
    f'(setsid sh -c "{DEAF}" >/dev/null 2>&1 </dev/null &)',
    f"(sh -c '{LOOP}' >/dev/null 2>&1 </dev/null &)",
    f"sh -c 'sh -c \"{LOOP}\" & {LOOP}' &",
)


def _growing(dice: random.Random) -> tuple[Recording, int]:
    """Return a recording that ends in a tree of processes, and how many it has at least."""
    kinds = [KINDS[3], KINDS[4], *dice.choices(KINDS, k=3)]
    trap = ["trap '' TERM"] if dice.random() < 0.5 else []
    # A shell whose child is killed first may still write "Killed": that was not recorded. The
    # stream stays open in all of them, under another number.
    end = "\n".join(["exec 7>&2 2>/dev/null", *trap, *kinds, "touch grown", LOOP])
    return recorded(dice, lines=300).but(end=end, held_at=-1), len(kinds) + 1


async def _cancel(on: Stage, played: Played) -> None:
    await on.house.bruno.clicks(played.card, "Cancel", confirm=True)
    on.tally.faults += 1


@rounds(few=1)
async def test_cancel(sshd: Sshd, url: str, tmp_path: Path, tally: Tally, seed: int) -> None:
    """Of what forks, ignores TERM and leaves its session nothing remains; the receipt is true."""
    dice = chance(seed)
    async with stage(tmp_path, sshd.host, url, tally) as on:
        recording, processes = _growing(dice)
        grown = await on.plays(recording)
        growing = await on.plays(recorded(dice))
        await on.runs(growing)
        await asyncio.sleep(dice.uniform(0, 1.0))
        await _cancel(on, growing)
        await until_true((grown.folder / "grown").exists, "the tree has grown")
        await asyncio.sleep(dice.uniform(0, 0.2))
        await _cancel(on, grown)

        (whole,) = await came_through(on, grown, status=Status.CANCELLED, exits=STOPPED)
        (part,) = await came_through(
            on, growing, status=Status.CANCELLED, exits=STOPPED, is_whole=False
        )
        for execution, at_least in ((whole, processes), (part, 1)):
            told = re.match(r"(\d+) process", execution.receipt)
            assert told, execution.receipt
            assert int(told[1]) >= at_least, execution.receipt
            assert execution.receipt.endswith("none remain")
        assert "had left the session" in whole.receipt


@rounds(few=1)
async def test_cancel_out_of_reach(
    sshd: Sshd, url: str, tmp_path: Path, tally: Tally, seed: int
) -> None:
    """It stays *cancelling* and says so, also to the next bot; the host is back, and it is done."""
    dice = chance(seed)
    async with Proxy(sshd.host.port) as proxy:
        host = replace(sshd.host, port=proxy.port)
        async with stage(tmp_path, host, url, tally, CONNECT_TIMEOUT_S="5") as on:
            runs = [await on.plays(recorded(dice)) for _ in range(2)]
            for played in runs:
                await on.runs(played)
            proxy.refuses = True
            tally.faults += proxy.cut()
            for played in runs:
                await _cancel(on, played)
            await _reads(on, runs[0], "cancelling")
            await asyncio.sleep(dice.uniform(0, 1.0))
            await on.bots[0].kill()
            tally.faults += 1
            await on.bots[0].start()
            for played in runs:
                await on.waits_for(played, lambda one: one.resumed > 0, "is taken over")
                await _reads(on, played, "reconnecting")
                assert (await on.execution(played)).status is Status.CANCELLING
            proxy.refuses = False

            await came_through(on, *runs, status=Status.CANCELLED, exits=STOPPED, is_whole=False)
            for played in runs:
                assert (await on.execution(played)).receipt.endswith("none remain")
                says(await on.house.shown(played.card), "cancelled", "none remain")


async def _reads(on: Stage, played: Played, words: str) -> None:
    async def look() -> bool | None:
        return words in (await on.house.shown(played.card)).casefold() or None

    await eventually(look, words)
