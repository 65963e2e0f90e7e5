"""Runs that wait: for their turn, for another try, for a script that says something."""

from pathlib import Path

import pytest

from bot.offline import services_of
from db.model.catalog import RetryPolicy, SilenceAction
from db.model.categories import Category
from db.model.execution import Execution, Status
from playground import screen
from playground.server import PlaygroundSlack
from tests.acceptance.furnishing import furnish
from tests.acceptance.house import House, house_of, running, settings
from tests.acceptance.looking import PATIENCE_S, Json, eventually, newest, number_of, says
from tests.support.proxy import Proxy
from tests.support.sshd import Sshd

pytestmark = pytest.mark.asyncio(loop_scope="module")
GATE = 'echo waiting; while [ ! -e "$HOME/turn-$1" ]; do sleep 0.05; done'
THRICE = RetryPolicy(attempts=3, delay_s=1)


async def _reads(ferry: House, card: Json, words: str) -> None:
    """Return once *card* says *words*."""

    async def look() -> bool | None:
        return words.casefold() in (await ferry.shown(card)).casefold() or None

    await eventually(look, words)


async def test_a_host_that_is_back_for_the_second_attempt(ferry: House, sshd: Sshd) -> None:
    """One card through both; the thread says why the first one failed, once."""
    async with Proxy(sshd.host.port) as proxy:
        proxy.refuses = True
        channel = await ferry.channel("")
        await ferry.environment("flaky", channel, ssh_port=proxy.port)
        await ferry.job("tried", "echo done", retry=THRICE)
        card = await ferry.asks(ferry.bruno, channel, "tried")
        await _reads(ferry, card, "Attempt 1 of 3 failed: CONNECTION_ERROR")
        proxy.refuses = False
        execution = await ferry.over(card)

        assert execution.status is Status.SUCCEEDED
        assert execution.attempt > 1
        says(await ferry.shown(card), "Succeeded", f"attempt {execution.attempt} of 3")
        told = [post for post in await ferry.thread(card) if "Attempt 1 of 3 failed" in post]
        assert len(told) == 1


async def test_a_script_that_fails_is_tried_again_only_where_its_job_says_so(
    ferry: House,
) -> None:
    """It had begun: running it twice is for the job to allow."""
    text = 'echo x >>"$HOME/tries-$1"; exit 3'
    listed = RetryPolicy(attempts=2, delay_s=1, categories=(Category.SCRIPT_ERROR,))
    await ferry.job("careless", text, "folder: text", retry=listed)
    await ferry.job("careful", text, "folder: text", retry=THRICE)
    channel = await ferry.channel()

    ended = [
        await ferry.over(await ferry.asks(ferry.bruno, channel, f"{job} {job}"))
        for job in ("careless", "careful")
    ]

    assert [(one.status, one.attempt) for one in ended] == [(Status.FAILED, 2), (Status.FAILED, 1)]
    tries = [(ferry.host.home / f"tries-{job}").read_text() for job in ("careless", "careful")]
    assert tries == ["x\nx\n", "x\n"]


async def test_silence_that_is_too_long_is_told_and_forgotten(ferry: House) -> None:
    """In the thread once; on the card for as long as it lasts."""
    await ferry.job("quiet", GATE + "; echo there; sleep 1; echo end", "turn: text", silence_s=1)
    card = await ferry.asks(ferry.bruno, await ferry.channel(), "quiet silence")
    await _reads(ferry, card, "no output for")
    (ferry.host.home / "turn-silence").touch()
    execution = await ferry.over(card)

    posts = await ferry.thread(card)
    assert execution.status is Status.SUCCEEDED
    assert execution.silent_since is None
    assert sum("has said nothing for" in post for post in posts) == 1


async def test_silence_stops_a_script_whose_job_says_so(ferry: House) -> None:
    """With a receipt, and what to do."""
    await ferry.job(
        "hung", "echo waiting; sleep 300", silence_s=1, silence_action=SilenceAction.STOP
    )
    card = await ferry.asks(ferry.bruno, await ferry.channel(), "hung")
    execution = await ferry.over(card)

    shown = await ferry.shown(card)
    assert (execution.status, execution.error_detail) == (Status.TIMED_OUT, "SILENCE")
    says(shown, "Stopped for silence", "had said nothing for 1 s", "What does it wait for")
    says(shown, "none remain")


async def test_the_queue_is_listed_moved_and_left(ferry: House) -> None:
    """An admin lets the last one go first; the same wish is pointed out."""
    channel = await ferry.channel("")
    await ferry.environment("single", channel, concurrency=1)
    await ferry.job("turns", GATE, "turn: text")
    cards = [await ferry.asks(ferry.bruno, channel, f"turns {n}") for n in ("a", "b", "c")]
    await _reads(ferry, cards[0], "Running")
    twice = await ferry.answer(ferry.carla, channel, "/migrate run turns c", "waits in the queue")
    await ferry.answer(ferry.bruno, channel, "/migrate front 1", "that takes an admin")
    before = await newest(ferry.ana, channel)
    await ferry.ana.types(channel, "/migrate queue")
    told = await ferry.ana.told(channel, "Queue in single (2)", timeout=PATIENCE_S, after=before)
    says(screen.shown(screen.words(told)), "Next in line", "2nd in line", "turn=c")
    await ferry.ana.clicks(told, "Move to front")
    await _reads(ferry, cards[2], "Next in line")
    await _reads(ferry, cards[1], "2nd in line")
    await ferry.bruno.clicks(cards[1], "Cancel", confirm=True)
    for turn in "ac":
        (ferry.host.home / f"turn-{turn}").touch()
    ended: list[Execution] = [await ferry.over(cards[place]) for place in (0, 1, 2)]

    says(twice, f"#{number_of(cards[2])} turns with the same values", "not asked for twice")
    assert [one.status for one in ended] == [
        Status.SUCCEEDED,
        Status.CANCELLED,
        Status.SUCCEEDED,
    ]
    empty = await ferry.answer(ferry.ana, channel, "/migrate queue", "Nothing waits")
    says(empty, "Nothing waits in the queue in single.")


async def test_of_the_same_records_one_runs_after_the_other(ferry: House) -> None:
    """There is room for both, and the card says what the second one waits for."""
    channel = await ferry.channel("")
    await ferry.environment("roomy", channel, concurrency=5)
    await ferry.job("records", GATE, "turn: text\nother: text optional", concurrency_key="{turn}")
    first = await ferry.asks(ferry.bruno, channel, "records r1")
    await _reads(ferry, first, "Running")
    second = await ferry.asks(ferry.bruno, channel, "records r1 more")
    await _reads(ferry, second, f"waits for #{number_of(first)}, which works on the same records")
    free = await ferry.asks(ferry.bruno, channel, "records r2")
    await _reads(ferry, free, "Running")
    for turn in ("r1", "r2"):
        (ferry.host.home / f"turn-{turn}").touch()
    one, two = await ferry.over(first), await ferry.over(second)

    assert one.finished_at is not None
    assert two.started_at is not None
    assert one.finished_at <= two.started_at


async def test_a_restart_forgets_no_retry(sshd: Sshd, tmp_path: Path) -> None:
    """The next bot makes the attempt that is due."""
    slack = PlaygroundSlack()
    await slack.start()
    given = settings(slack, tmp_path)
    try:
        async with Proxy(sshd.host.port) as proxy, services_of(given) as services:
            await furnish(services, sshd.host)
            ferry = house_of(slack, given, services, sshd.host)
            proxy.refuses = True
            await ferry.environment("away", channel := await ferry.channel(""), ssh_port=proxy.port)
            await ferry.job("patient", "echo done", retry=RetryPolicy(attempts=2, delay_s=2))
            async with running(given):
                card = await ferry.asks(ferry.bruno, channel, "patient")
                await _reads(ferry, card, "Attempt 1 of 2 failed")
            proxy.refuses = False
            async with running(given):
                execution = await ferry.over(card)
    finally:
        await slack.stop()

    assert (execution.status, execution.attempt) == (Status.SUCCEEDED, 2)
