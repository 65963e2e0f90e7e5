"""A real run that waits for a lock, and then goes on."""

import pytest

from db.model.execution import Status
from playground import screen
from tests.acceptance.house import House
from tests.acceptance.looking import eventually, says

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _reads(ferry: House, channel: str, words: str) -> None:
    await ferry.bruno.sees(channel, words, timeout=30)


async def test_a_run_waits_for_the_lock_and_then_goes_on(ferry: House) -> None:
    """What runs is left alone, what waits is kept, who asks is refused, everybody reads it."""
    gate = 'echo waiting; while [ ! -e "$HOME/locked-$1" ]; do sleep 0.05; done'
    channel = await ferry.channel("")
    await ferry.environment("lockable", channel, concurrency=1)
    await ferry.job("locking", gate, "turn: text")
    first = await ferry.asks(ferry.bruno, channel, "locking one")
    await _reads(ferry, channel, "running, ")
    second = await ferry.asks(ferry.bruno, channel, "locking two")

    await ferry.ana.types(channel, "/migrate lock deploying")
    shut = await ferry.bruno.sees(channel, "@U0ANA locked 🟡 lockable", timeout=30)
    says(screen.shown(screen.words(shut)), "deploying.", "1 run goes on, 1 waits")
    await ferry.answer(ferry.bruno, channel, "/migrate run locking three", "is locked by @U0ANA")
    for turn in ("one", "two"):
        (ferry.host.home / f"locked-{turn}").touch()
    done = await ferry.over(first)

    async def waits() -> bool | None:
        return "waits: lockable is locked by @U0ANA: deploying" in await ferry.shown(second) or None

    await eventually(waits, "the second one waits for the lock")
    await ferry.ana.types(channel, "/migrate unlock")
    then = await ferry.over(second)
    opened = await ferry.bruno.sees(channel, "@U0ANA opened 🟡 lockable", timeout=30)
    says(screen.shown(screen.words(opened)), "1 run that waited starts now")

    assert (done.status, then.status) == (Status.SUCCEEDED, Status.SUCCEEDED)
    assert done.finished_at is not None
    assert then.started_at is not None
    assert then.started_at > done.finished_at


async def test_an_end_that_passes_lets_go_on_what_waits(ferry: House) -> None:
    """Nobody opens it; the channel reads that it is over."""
    channel = await ferry.channel("")
    await ferry.environment("briefly", channel, concurrency=1)
    gate = 'while [ ! -e "$HOME/brief-$1" ]; do sleep 0.05; done'
    await ferry.job("brief", gate, "turn: text")
    first = await ferry.asks(ferry.bruno, channel, "brief one")
    await _reads(ferry, channel, "running, ")
    second = await ferry.asks(ferry.bruno, channel, "brief two")
    await ferry.bruno.types(channel, "/migrate lock for 6s deploying")
    await _reads(ferry, channel, "@U0BRUNO locked 🟡 briefly")
    for turn in ("one", "two"):
        (ferry.host.home / f"brief-{turn}").touch()
    await ferry.over(first)
    then = await ferry.over(second)
    await _reads(ferry, channel, "is open again: the lock of @U0BRUNO has ended")

    assert then.status is Status.SUCCEEDED
    async with ferry.services.locks._ground.db.read() as repos:
        (lock,) = await repos.locks.history(then.environment_id)
    assert lock.until is not None
    assert then.started_at is not None
    assert then.started_at >= lock.until
