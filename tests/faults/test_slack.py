"""Slack is busy, broken, or says things twice: what runs does not notice, and cards end true."""

import asyncio
from pathlib import Path

import pytest

from db.model.execution import Execution, Status
from tests.faults.recording import recorded
from tests.faults.rounds import IS_LONG, chance, rounds
from tests.faults.stage import Played, Stage, stage
from tests.faults.tally import Tally
from tests.faults.verdict import came_through
from tests.support.sshd import Sshd

pytestmark = pytest.mark.timeout(300)
MINUTE_S = 60.0 if IS_LONG else 6.0


@rounds(few=1)
async def test_slack_refuses(sshd: Sshd, url: str, tmp_path: Path, tally: Tally, seed: int) -> None:
    """429 and 500 in turns for a minute, in which the runs end."""
    dice = chance(seed)
    async with stage(tmp_path, sshd.host, url, tally) as on:
        runs = [await on.plays(recorded(dice)) for _ in range(3)]
        control, spent = on.house.slack.control, 0.0
        for played in runs:
            played.goes_on()
        while spent < MINUTE_S:
            wait_s = dice.uniform(0.5, MINUTE_S / 4)
            status = dice.choice([429, 500, 503])
            await control.faults({"status": status, "retry_after": 1, "seconds": wait_s})
            await asyncio.sleep(wait_s)
            spent += wait_s
        tally.faults += sum(bool(call["error"]) for call in control.calls())

        await came_through(on, *runs)


async def _clicks_twice(on: Stage, card: dict[str, object], label: str, *, asks: bool) -> None:
    """Click, and have Slack deliver it twice more: at the same time, and afterwards."""
    bruno, control = on.house.bruno, on.house.slack.control
    await asyncio.gather(
        *(bruno.clicks(card, label, confirm=True if asks else None) for _ in range(2)),
        return_exceptions=True,  # the button may be gone by the second
    )
    await control.redeliver()
    on.tally.faults += 2


@rounds(few=1)
async def test_clicks_twice(sshd: Sshd, url: str, tmp_path: Path, tally: Tally, seed: int) -> None:
    """Confirm, cancel and run again, each delivered three times: each happens once."""
    dice = chance(seed)
    async with stage(tmp_path, sshd.host, url, tally) as on:
        confirmed = await on.plays(recorded(dice), environment="production")
        await _clicks_twice(on, confirmed.card, "Run on production", asks=True)
        cancelled = await on.plays(recorded(dice))
        await on.runs(confirmed)
        await on.runs(cancelled)
        await asyncio.sleep(dice.uniform(0, 0.5))
        await _clicks_twice(on, cancelled.card, "Cancel", asks=True)
        confirmed.goes_on()
        await came_through(on, confirmed)
        await came_through(on, cancelled, status=Status.CANCELLED, exits=(137, 143), is_whole=False)

        await _clicks_twice(on, cancelled.card, "Run again", asks=False)
        cancelled.goes_on()
        again = await _follow_up(on, cancelled)
        recent = await on.house.services.history.recent()

    assert [one.id for one in recent] == [again.id, cancelled.number, confirmed.number]
    assert again.status is Status.SUCCEEDED
    assert cancelled.times() == 2


async def _follow_up(on: Stage, old: Played) -> Execution:
    """Return what "Run again" on *old* started, once it is over."""
    word = f"#{old.number + 1} "
    card = await on.house.bruno.sees(old.card["channel"], word, timeout=30)
    return await on.told(Played(recording=old.recording, card=card, folder=old.folder))
