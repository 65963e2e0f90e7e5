"""Runs that wait their turn, runs that are stopped: by a person, or by the clock."""

from typing import Any

import pytest

from db.model.categories import Category
from db.model.execution import Status
from playground import screen
from tests.acceptance.house import House
from tests.acceptance.looking import (
    Json,
    eventually,
    newest,
    number_of,
    processes,
    says,
    until_true,
)
from tests.support.world import ANA, PRODUCTION, STAGING

pytestmark = pytest.mark.asyncio(loop_scope="module")
GATE = 'echo waiting; while [ ! -e "$HOME/gate-$1" ]; do sleep 0.05; done; echo passed'
DEAF = """\
trap '' TERM
echo a tree of processes that are deaf to TERM
sh -c 'while :; do sleep {mark}; done' &
setsid sh -c 'while :; do sleep {mark}; done' &
while :; do sleep {mark}; done
"""


async def _deaf(ferry: House, name: str, mark: str, **changes: Any) -> Json:
    """Start a tree of processes that ignores TERM; return its card once all of it is there."""
    await ferry.job(name, DEAF.format(mark=mark), **changes)
    card = await ferry.asks(ferry.bruno, await ferry.channel(), name)
    await until_true(lambda: _sleeps(mark) == 3, "the tree has grown")
    return card


def _sleeps(mark: str) -> int:
    return sum(line.startswith(f"sleep {mark}") for line in processes(mark))


async def _reads(ferry: House, card: Json, words: str) -> None:
    """Return once *card* says *words*."""

    async def look() -> bool | None:
        return words.casefold() in (await ferry.shown(card)).casefold() or None

    await eventually(look, words)


async def _gated(ferry: House, channel: str, gate: str, turn: str = "") -> Json:
    if not await ferry.services.catalog.jobs(search="gated"):
        await ferry.job("gated", GATE, "gate: text\nturn: text optional")
    return await ferry.asks(ferry.bruno, channel, f"gated {gate} {turn}".strip())


async def test_second_run_waits_for_the_first(ferry: House) -> None:
    """With one run at once: cards tell the place in line, first come is first served."""
    channels = [await ferry.channel("") for _ in range(4)]
    await ferry.environment("narrow", channels[0], concurrency=1)
    for channel in channels[1:]:
        await ferry.services.bindings.bind(channel, "narrow", ANA)
    cards = [
        await _gated(ferry, channel, "narrow", str(turn)) for turn, channel in enumerate(channels)
    ]
    places = ("Running", "Next in line", "2nd in line", "3rd in line")
    for card, words in zip(cards, places, strict=True):
        await _reads(ferry, card, words)

    await ferry.bruno.clicks(cards[2], "Cancel", confirm=True)
    cancelled = await ferry.over(cards[2])
    await _reads(ferry, cards[3], "2nd in line")
    (ferry.host.home / "gate-narrow").touch()
    first, second, fourth = [await ferry.over(cards[place]) for place in (0, 1, 3)]

    assert cancelled.status is Status.CANCELLED
    assert cancelled.started_at is None
    says(await ferry.shown(cards[2]), "before it started")
    assert await ferry.thread(cards[2]) == []  # who cancelled it knows
    for before, after in ((first, second), (second, fourth)):
        assert before.finished_at is not None
        assert after.started_at is not None
        assert after.status is Status.SUCCEEDED
        assert before.finished_at <= after.started_at


async def test_cancel_of_a_tree_that_ignores_term(ferry: House) -> None:
    """KILL after the grace, also for what left the session: the receipt says what was stopped."""
    mark = "31415.9"
    card = await _deaf(ferry, "deaf", mark)

    await ferry.bruno.clicks(card, "Cancel", confirm=True)
    await _reads(ferry, card, "stopping: TERM, then KILL after 1 s")
    execution = await ferry.over(card)

    assert execution.status is Status.CANCELLED
    assert execution.cancelled_by == ferry.bruno.id
    assert "on KILL" in execution.receipt
    assert "left the session" in execution.receipt
    assert execution.receipt.endswith("none remain")
    assert processes(mark) == []
    shown = await ferry.shown(card)
    says(shown, f"stopped {execution.receipt}", "cancelled by @U0BRUNO")


async def test_strangers_to_a_run_do_not_cancel_it(ferry: House) -> None:
    """The note says whom to ask; the run goes on; an admin may, by command."""
    card = await _gated(ferry, await ferry.channel(), "stranger")
    channel, number = card["channel"], number_of(card)
    await _reads(ferry, card, "Running")
    before = await newest(ferry.carla, channel)

    await ferry.carla.clicks(card, "Cancel", confirm=True)
    told = await ferry.carla.told(channel, "belongs to @U0BRUNO", after=before)
    running = await ferry.services.history.execution(number)
    await ferry.answer(ferry.ana, channel, f"/migrate cancel #{number}", f"#{number}")
    execution = await ferry.over(card)

    assert screen.reads(told, "Ask @U0ANA or @U0BRUNO")
    assert running.status is Status.RUNNING
    assert (execution.status, execution.cancelled_by) == (Status.CANCELLED, ferry.ana.id)
    assert "passed" not in await ferry.lines(number)


async def test_cancel_of_what_awaits_its_confirmation(ferry: House) -> None:
    """Nothing ran, and its buttons are gone."""
    card = await _gated(ferry, PRODUCTION, "awaiting")
    line = f"/migrate cancel #{number_of(card)}"

    await ferry.answer(ferry.bruno, STAGING, line, f"#{number_of(card)}")
    execution = await ferry.over(card)

    assert execution.status is Status.DISCARDED
    assert execution.attempt == 0
    (now,) = await ferry.cards(card)
    assert screen.reads(now, "nothing ran")
    assert "Run on production" not in screen.buttons(now)


async def test_run_that_takes_too_long(ferry: House) -> None:
    """The host itself stops it after the job's timeout: said with the limit, none remain."""
    mark = "27182.8"
    card = await _deaf(ferry, "too-long", mark, timeout_s=2)

    execution = await ferry.over(card)

    assert execution.status is Status.TIMED_OUT
    assert execution.error_category is Category.TIMEOUT_ERROR
    assert execution.receipt.endswith("none remain")
    assert processes(mark) == []
    shown = await ferry.shown(card)
    says(shown, "timed out", "TIMEOUT_ERROR", "2 s", "raise the timeout", "none remain")
