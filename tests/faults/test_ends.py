"""How a script ends, and how much it says: told as it was, though the bot is killed meanwhile."""

import asyncio
from pathlib import Path
from random import Random

import pytest

from db.model.categories import Category
from db.model.execution import Status
from tests.faults.recording import Recording, recorded
from tests.faults.rounds import IS_LONG, chance, rounds
from tests.faults.stage import Stage, stage
from tests.faults.tally import Tally
from tests.faults.verdict import came_through
from tests.support.sshd import Sshd

pytestmark = pytest.mark.timeout(900)
ENDS = {
    "exit 0": (0, None),
    "exit 1": (1, Category.SCRIPT_ERROR),
    "exit 2": (2, Category.SCRIPT_ERROR),
    "exit 126": (126, Category.COMMAND_NOT_EXECUTABLE),
    "exit 127": (127, Category.COMMAND_NOT_FOUND),
    "exit 130": (130, Category.KILLED_EXTERNALLY),
    "kill -9 $$": (137, Category.OUT_OF_MEMORY),
    "kill -15 $$": (143, Category.KILLED_EXTERNALLY),
}
LARGE = 300_000_000 if IS_LONG else 10_000_000
ERRORS = 49_000  # lines: 30 MB
LONG_LINE = 10_000_000 if IS_LONG else 1_000_000


@rounds(few=1)
async def test_exit_status(sshd: Sshd, url: str, tmp_path: Path, tally: Tally, seed: int) -> None:
    """Every way to end is told by its number and its reason."""
    dice = chance(seed)
    async with stage(tmp_path, sshd.host, url, tally) as on:
        short = [recorded(dice, lines=100).but(pieces=5, held_at=-1, end=end) for end in ENDS]
        runs = [await on.plays(recording) for recording in short]
        await _kill(on, dice)
        for played, (status, category) in zip(runs, ENDS.values(), strict=True):
            is_good = status == 0
            (ended,) = await came_through(
                on,
                played,
                status=Status.SUCCEEDED if is_good else Status.FAILED,
                exits=(status,),
            )
            assert ended.error_category is category


def _large(dice: Random) -> bytes:
    filler = dice.randbytes(700).hex().encode()
    lines = (b"line %d %s\n" % (n, filler[: 200 + n * 7919 % 1200]) for n in range(LARGE // 800))
    return b"".join(lines)


def _one_line(dice: Random) -> bytes:
    numbers = b" ".join(b"%d" % number for number in range(LONG_LINE // 8))
    return numbers + " é".encode() * dice.randrange(20_000)


def _noise(dice: Random) -> bytes:
    return dice.randbytes(LONG_LINE)


@pytest.mark.parametrize("make", [_large, _one_line, _noise], ids=["large", "one-line", "noise"])
@rounds(few=1, share=0.05)
async def test_output(
    sshd: Sshd, url: str, tmp_path: Path, tally: Tally, seed: int, make: object
) -> None:
    """Very much of it, a line of megabytes, bytes without any meaning: nothing is missing."""
    dice = chance(seed)
    assert callable(make)
    recording = Recording(out=make(dice), err=b"told\n", pieces=4, held_at=-1, seed=seed)
    async with stage(tmp_path, sshd.host, url, tally) as on:
        played = await on.plays(recording)
        await on.runs(played)
        await _kill(on, dice)

        await came_through(on, played)


@rounds(few=1, share=0.05)
async def test_errors(sshd: Sshd, url: str, tmp_path: Path, tally: Tally, seed: int) -> None:
    """30 MB on stderr, where every line may be the one that tells: none is missing."""
    dice = chance(seed)
    lines = b"".join(b"warning %d %s\n" % (n, b"x" * (n * 7919 % 1200)) for n in range(ERRORS))
    recording = Recording(out=b"told\n", err=lines, pieces=4, held_at=-1, seed=seed)
    async with stage(tmp_path, sshd.host, url, tally) as on:
        played = await on.plays(recording)
        await on.runs(played)
        await _kill(on, dice)

        await came_through(on, played)


async def _kill(on: Stage, dice: Random) -> None:
    """Kill the bot within a moment and start it again."""
    await asyncio.sleep(dice.uniform(0, 1.0))
    await on.bots[0].kill()
    on.bots[0].launch()
    on.tally.faults += 1
