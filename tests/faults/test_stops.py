"""What a person stops is stopped: all of it, however deep it hides and however far away it is."""

import asyncio
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from db.model.execution import Execution, Status
from tests.acceptance.looking import eventually, says, until_true
from tests.faults.processes import processes_of
from tests.faults.recording import Recording, recorded
from tests.faults.rounds import chance, rounds
from tests.faults.stage import Played, Stage, stage
from tests.faults.tally import Tally
from tests.faults.verdict import came_through
from tests.support.proxy import Proxy
from tests.support.sshd import Sshd

pytestmark = pytest.mark.timeout(300)
STOPPED = (137, 143)
TIMEOUT_S = 6
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


def _is_receipt(execution: Execution, at_least: int) -> None:
    told = re.match(r"(\d+) process", execution.receipt)
    assert told, execution.receipt
    assert int(told[1]) >= at_least, execution.receipt
    assert execution.receipt.endswith("none remain")


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
        _is_receipt(whole, processes)
        _is_receipt(part, 1)
        assert "had left the session" in whole.receipt


@rounds(few=1)
async def test_cancel_line_cut(
    sshd: Sshd, url: str, tmp_path: Path, tally: Tally, seed: int
) -> None:
    """The host does not hear of it, or is not heard: it is told again, and ends all once."""
    dice = chance(seed)
    async with Proxy(sshd.host.port) as proxy:
        host = replace(sshd.host, port=proxy.port)
        async with stage(tmp_path, host, url, tally) as on:
            recording, processes = _growing(dice)
            grown, growing = await on.plays(recording.but(pieces=5)), await on.plays(recorded(dice))
            await on.runs(growing)
            await until_true((grown.folder / "grown").exists, "the tree has grown")
            for played, is_heard in ((growing, False), (grown, True)):
                proxy.is_silent, proxy.unheard = not is_heard, 0
                proxy.mute_after = dice.randrange(300) if is_heard else None
                await _cancel(on, played)
                await until_true(
                    lambda: proxy.unheard > 0 or (proxy.mute_after or 0) < 0, "it is sent"
                )
                await asyncio.sleep(dice.uniform(0, 0.3))
                proxy.refuses = not is_heard  # what is repeated at once is not heard either
                proxy.is_silent, proxy.mute_after = False, None
                for _ in range(3):
                    tally.faults += proxy.cut()
                    await asyncio.sleep(dice.uniform(0, 0.5))
                proxy.refuses = False

            (whole,) = await came_through(on, grown, status=Status.CANCELLED, exits=STOPPED)
            (part,) = await came_through(
                on, growing, status=Status.CANCELLED, exits=STOPPED, is_whole=False
            )
            _is_receipt(whole, processes)
            _is_receipt(part, 1)


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


@rounds(few=1)
async def test_timeout(sshd: Sshd, url: str, tmp_path: Path, tally: Tally, seed: int) -> None:
    """The host ends all of it, as deaf and as far as it is, while no bot lives; one tells of it."""
    dice = chance(seed)
    async with stage(tmp_path, sshd.host, url, tally, timeout_s=TIMEOUT_S) as on:
        recording, processes = _growing(dice)
        grown = await on.plays(recording.but(pieces=5))
        await on.runs(grown)
        await until_true((grown.folder / "grown").exists, "the tree has grown")
        await on.bots[0].kill()
        tally.faults += 1
        running = await on.execution(grown)
        assert len(processes_of(running)) >= processes, "it was killed before the time was over"
        # Those that keep the run on its host carry no cookie.
        await until_true(lambda: not processes_of(running), "nothing of it runs")
        await on.bots[0].start()

        (ended,) = await came_through(on, grown, status=Status.TIMED_OUT, exits=STOPPED)
        _is_receipt(ended, processes)
        assert "had left the session" in ended.receipt


async def _reads(on: Stage, played: Played, words: str) -> None:
    async def look() -> bool | None:
        return words in (await on.house.shown(played.card)).casefold() or None

    await eventually(look, words)
