"""What was approved is what runs: whatever changed on the host since does not run unasked."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.offline import services_of
from db.model.catalog import Kind, RetryPolicy
from db.model.categories import Category
from db.model.execution import Status
from db.model.output import Stream
from executor.services import Ask
from executor.ssh import helper
from playground import screen
from playground.server import PlaygroundSlack
from tests.acceptance.furnishing import furnish
from tests.acceptance.house import House, house_of, running, settings
from tests.acceptance.looking import (
    PATIENCE_S,
    Json,
    eventually,
    newest,
    number_of,
    says,
    until_true,
)
from tests.support.executions import MEASURED
from tests.support.proxy import Proxy
from tests.support.running import claimed
from tests.support.sshd import Sshd
from tests.support.world import ANA, BRUNO, PRODUCTION, STAGING

pytestmark = pytest.mark.asyncio(loop_scope="module")
GATE = 'while [ ! -e "$HOME/open-$1" ]; do sleep 0.05; done'
ASKED = "exactly what will run"


async def _reads(ferry: House, card: Json, words: str) -> None:
    """Return once *card* says *words*."""

    async def look() -> bool | None:
        return words.casefold() in (await ferry.shown(card)).casefold() or None

    await eventually(look, words)


async def _called(ferry: House, card: Json) -> list[str]:
    """Return the thread of *card* once it says that nothing was started."""

    async def look() -> list[str] | None:
        thread = await ferry.thread(card)
        return thread if any("did not start" in post for post in thread) else None

    return await eventually(look, "the thread says so")


async def _narrow(ferry: House, name: str, kind: Kind = Kind.PRODUCTION) -> str:
    """Make an environment with room for one run, which waits at a gate; return its channel."""
    channel = await ferry.channel("")
    await ferry.environment(name, channel, kind=kind, concurrency=1)
    if not await ferry.services.catalog.jobs(search="at-the-gate"):
        await ferry.job("at-the-gate", GATE, "gate: text")
    card = await ferry.asks(ferry.bruno, channel, f"at-the-gate {name}")
    if kind is Kind.PRODUCTION:
        await _yes(ferry, card, name)
    await _reads(ferry, card, "Running")
    return channel


async def _yes(ferry: House, card: Json, where: str) -> None:
    await ferry.bruno.clicks(card, f"Run on {where}", confirm=True)


def _open(ferry: House, name: str) -> None:
    (ferry.host.home / f"open-{name}").touch()


async def test_a_script_that_changed_after_the_yes_is_asked_about_again(ferry: House) -> None:
    """Neither the old script nor the new one ran; the card shows the difference, and asks."""
    channel = await _narrow(ferry, "changed-script")
    path = await ferry.job("paid", "echo old")
    card = await ferry.asks(ferry.bruno, channel, "paid")
    says(await ferry.shown(card), ASKED, "sha256:", "good · reachable")
    await _yes(ferry, card, "changed-script")
    await _reads(ferry, card, "Next in line")
    path.write_text("echo new and longer")
    _open(ferry, "changed-script")
    await _reads(ferry, card, "What changed:")
    asked_again = await ferry.looked_at(card)
    thread = await _called(ferry, card)
    void = await ferry.services.history.execution(number_of(card))

    says(
        await ferry.shown(card),
        "What was confirmed is not what is on the host any more. Nothing ran.",
        "content of the script: sha256 ",
        "8 bytes → sha256 ",
        "19 bytes",
        ASKED,
    )
    assert sum("<@U0BRUNO>: " in post and "did not start" in post for post in thread) == 1
    assert void.status is Status.AWAITING_CONFIRMATION
    assert await ferry.lines(void.id, Stream.OUT) == []

    before = await newest(ferry.bruno, channel)
    await ferry.bruno.clicks(card, "Run on changed-script", confirm=True, as_shown=True)
    await ferry.bruno.told(channel, "shows another plan", after=before)
    await _yes(ferry, asked_again, "changed-script")
    execution = await ferry.over(card)

    assert execution.status is Status.SUCCEEDED
    assert await ferry.lines(execution.id) == ["new and longer"]
    assert len(await ferry.cards(card)) == 1


async def test_a_link_that_moved_is_another_script(ferry: House) -> None:
    """Even if it says the same: nobody said yes to that file."""
    channel = await _narrow(ferry, "moved-link")
    link = await ferry.job("linked", "echo linked")
    for name in ("release-1", "release-2"):
        (ferry.host.home / name).write_text("echo linked")
    link.unlink()
    link.symlink_to("release-1")
    card = await ferry.asks(ferry.bruno, channel, "linked")
    says(await ferry.shown(card), "/release-1")
    await _yes(ferry, card, "moved-link")
    link.unlink()
    link.symlink_to("release-2")
    _open(ferry, "moved-link")
    await _reads(ferry, card, "What changed:")

    says(await ferry.shown(card), "the script really is: ", "/release-1 → ", "/release-2")
    await ferry.looked_at(card)
    await ferry.bruno.clicks(card, "Discard")
    execution = await ferry.over(card)
    assert execution.status is Status.DISCARDED
    assert await ferry.lines(execution.id, Stream.OUT) == []


async def test_what_is_missing_keeps_the_button_away_until_it_is_there(ferry: House) -> None:
    """The card says what; Check again brings the button."""
    path = await ferry.job("late-script", "echo here")
    path.unlink()
    card = await ferry.asks(ferry.bruno, PRODUCTION, "late-script")
    labels = screen.buttons(card)
    says(await ferry.shown(card), "failed · script: ", "late-script.sh")
    assert "Run on production" not in labels
    path.write_text("echo here")

    await ferry.bruno.clicks(card, "Check again")
    await _reads(ferry, card, ASKED)
    await _yes(ferry, card, "production")
    execution = await ferry.over(card)

    assert execution.status is Status.SUCCEEDED
    assert await ferry.lines(execution.id) == ["here"]


async def test_what_asks_nobody_asks_when_its_environment_changed(ferry: House) -> None:
    """It waited, and the host's keys are not those any more that it was asked for with."""
    channel = await _narrow(ferry, "re-keyed", Kind.STAGING)
    await ferry.job("unasked", "echo unasked")
    card = await ferry.asks(ferry.bruno, channel, "unasked")
    await _reads(ferry, card, "Next in line")
    keys = f"{ferry.host.other_host_key}\n{ferry.host.host_key}"
    await ferry.services.catalog.trust_host_key("re-keyed", keys, ANA)
    _open(ferry, "re-keyed")
    await _reads(ferry, card, "What changed:")

    says(await ferry.shown(card), "What was asked for is not what would run any more", "host key: ")
    await _yes(ferry, await ferry.looked_at(card), "re-keyed")
    assert (await ferry.over(card)).status is Status.SUCCEEDED


async def test_a_start_that_is_sent_again_is_measured_again(ferry: House) -> None:
    """The first one was lost on its way, and before the second one somebody changed the script."""
    channel = await ferry.channel("")
    await ferry.environment("lost-start", channel, kind=Kind.PRODUCTION)
    path = await ferry.job("lost-start", "echo old")
    card = await ferry.looked_at(await ferry.asks(ferry.bruno, channel, "lost-start"))
    supervisor = ferry.host.home / ".cache/ferry" / f"supervisor-{helper.DIGEST}.sh"
    changed = path.with_name("changed")
    changed.write_text("echo new")
    lost = f"""\
case $1:$2 in
start:probe-*) ;;
start:*) if [ -e "{changed}" ]; then mv -f "{changed}" "{path}"; kill -s KILL $$; fi ;;
esac
"""
    supervisor.write_bytes(lost.encode() + helper.TEXT)
    try:
        await _yes(ferry, card, "lost-start")
        await _reads(ferry, card, "What changed:")
    finally:
        supervisor.write_bytes(helper.TEXT)
    void = await ferry.services.history.execution(number_of(card))

    assert path.read_text() == "echo new", "the first start did not come as far as the host"
    assert void.status is Status.AWAITING_CONFIRMATION
    assert await ferry.lines(void.id, Stream.OUT) == []


async def test_a_second_attempt_is_measured_again(ferry: House) -> None:
    """The first one changed the script: the second is not run unasked."""
    retry = RetryPolicy(attempts=2, delay_s=1, categories=(Category.SCRIPT_ERROR,))
    text = 'echo once; printf "echo twice" >"$HOME/fickle.new"; mv "$HOME/fickle.new" "$0"; exit 3'
    await ferry.job("fickle", text, retry=retry)
    card = await ferry.asks(ferry.bruno, await ferry.channel(), "fickle")
    await _reads(ferry, card, "What changed:")
    number = number_of(card)
    before = await ferry.lines(number, Stream.OUT)

    await _yes(ferry, await ferry.looked_at(card), "staging")
    execution = await ferry.over(card)

    assert before == ["once"]
    assert execution.status is Status.SUCCEEDED
    assert await ferry.lines(number, Stream.OUT) == ["once", "twice"]


async def test_a_job_that_is_not_proven_does_not_start_where_nobody_is_asked(
    ferry: House,
) -> None:
    """The sentence says where it has to run first; then it starts."""
    channel = await ferry.channel("")
    await ferry.environment("pre-production", channel)
    await ferry.job("proven", "echo proven", proven_in="staging")
    failed = await ferry.asks(ferry.bruno, channel, "proven")
    first = await ferry.over(failed)
    staged = await ferry.over(await ferry.asks(ferry.bruno, await ferry.channel(), "proven"))
    last = await ferry.over(await ferry.asks(ferry.bruno, channel, "proven"))

    assert first.error_category is Category.NOT_PROVEN
    says(await ferry.shown(failed), "version 1 has not succeeded on staging yet")
    assert await ferry.lines(first.id) == []
    assert (staged.status, last.status) == (Status.SUCCEEDED, Status.SUCCEEDED)


async def test_a_restart_in_the_middle_of_a_look(sshd: Sshd, tmp_path: Path) -> None:
    """The next bot looks anew, and the button comes."""
    slack = PlaygroundSlack()
    await slack.start()
    given = settings(slack, tmp_path)
    try:
        async with Proxy(sshd.host.port) as proxy, services_of(given) as services:
            await furnish(services, sshd.host)
            ferry = house_of(slack, given, services, sshd.host)
            channel = await ferry.channel("")
            kind, port = Kind.PRODUCTION, proxy.port
            await ferry.environment("frozen", channel, kind=kind, ssh_port=port)
            await ferry.job("patient", "echo done")
            proxy.freeze()
            async with running(given):
                await ferry.bruno.types(channel, "/migrate run patient")
                card = await ferry.bruno.sees(channel, "Ferry is looking", timeout=PATIENCE_S)
                await until_true(lambda: bool(proxy._lines), "the host is being looked at")
            waiting = await services.history.execution(number_of(card))
            proxy.thaw()
            async with running(given):
                await _yes(ferry, await ferry.looked_at(card), "frozen")
                execution = await ferry.over(card)
    finally:
        await slack.stop()

    assert (waiting.status, waiting.checked_at) == (Status.AWAITING_CONFIRMATION, None)
    assert execution.status is Status.SUCCEEDED


async def test_a_start_that_may_have_been_sent_is_called_off_before_it_is_asked_again(
    sshd: Sshd, tmp_path: Path
) -> None:
    """A worker died right before it sent it; the host knows nothing of it, and never will."""
    slack = PlaygroundSlack()
    await slack.start()
    given = settings(slack, tmp_path)
    try:
        async with services_of(given) as services:
            await furnish(services, sshd.host)
            ferry = house_of(slack, given, services, sshd.host)
            await ferry.job("called-off", "echo called-off")
            ask = Ask(job="called-off", channel_id=STAGING, by=BRUNO)
            asked = await services.launcher.launch(ask)
            own = await claimed(services, asked)
            await services.records.start_requested(own, replace(own.plan, measured=MEASURED))
            await services.queue.release("worker")
            async with running(given):
                card = await ferry.bruno.sees(STAGING, "What changed:", timeout=PATIENCE_S)
                await _yes(ferry, await ferry.looked_at(card), "staging")
                execution = await ferry.over(card)
            runs = sshd.host.home / ".cache" / "ferry" / "runs"
            is_called_off = (runs / f".over.{asked.key}-1").is_symlink()
            attempts = await services.history.attempts(execution)
    finally:
        await slack.stop()

    assert [one.error_category for one in attempts] == [Category.PLAN_CHANGED, None]
    assert attempts[0].start_requested_at is not None
    assert is_called_off, "a start that comes late would still begin"
    assert execution.status is Status.SUCCEEDED
