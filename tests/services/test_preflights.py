"""Only what was measured is confirmed, and only as it was measured last."""

import asyncio
from dataclasses import replace

import pytest

from db.model.catalog import ConfirmationPolicy, JobDraft, Kind
from db.model.categories import Category
from db.model.errors import Conflict, FerryError, InvalidInput, NotAllowed
from db.model.execution import CheckState, Execution, Measured, Status
from db.model.people import Person
from executor.rules.outcomes import Outcome, failed
from executor.rules.plan import plan_hash
from executor.services import Ask, Ground, Services, build
from tests.support.database import Clock
from tests.support.executions import MEASURED
from tests.support.looked import FAILED, GOOD, looked_at
from tests.support.running import ran
from tests.support.world import ANA, BRUNO, CARLA, PRODUCTION, SPECS, STAGING, another, environment
from tests.support.world import GOOD as VALUES

OTHER = replace(MEASURED, sha256="cd" * 32)


@pytest.fixture
async def asked(services: Services) -> Execution:
    """Give an execution that awaits its confirmation."""
    ask = Ask(job="import-patients", channel_id=PRODUCTION, by=BRUNO, values=VALUES)
    return await services.launcher.launch(ask)


async def test_what_was_not_looked_at_is_not_confirmed(
    services: Services, asked: Execution
) -> None:
    """The card has no button then, but a forged click has."""
    with pytest.raises(Conflict, match="still looking"):
        await services.confirmations.confirm(asked.id, BRUNO, asked.plan_hash)

    assert (await services.history.execution(asked.id)).status is Status.AWAITING_CONFIRMATION


async def test_what_was_measured_is_the_plan_that_is_confirmed(
    services: Services, asked: Execution
) -> None:
    """The old plan's button is explained, the new one's counts."""
    looked = await looked_at(services, asked)

    assert looked.plan.measured == MEASURED
    assert looked.plan_hash == plan_hash(looked.plan) != asked.plan_hash
    assert (looked.checks, looked.checked_at is None) == (GOOD, False)
    with pytest.raises(Conflict, match="another plan"):
        await services.confirmations.confirm(asked.id, BRUNO, asked.plan_hash)
    confirmed = await services.confirmations.confirm(asked.id, BRUNO, looked.plan_hash)
    assert confirmed.status is Status.QUEUED


async def test_a_failed_check_refuses_the_confirmation(
    services: Services, asked: Execution
) -> None:
    """It says which, and looking again may mend it."""
    broken = await looked_at(services, asked, checks=FAILED, measured=None)

    with pytest.raises(Conflict, match="script: `it is not there`"):
        await services.confirmations.confirm(asked.id, BRUNO, broken.plan_hash)


async def test_check_again_forgets_what_was_found_once(
    services: Services, asked: Execution
) -> None:
    """A double click, or one while it is looked at, changes nothing."""
    await looked_at(services, asked, checks=FAILED, measured=None)
    again = await services.preflights.again(asked.id, BRUNO)
    twice = await services.preflights.again(asked.id, BRUNO)

    assert (again.checks, again.checked_at) == ((), None)
    assert twice.version == again.version
    mended = await looked_at(services, again)
    assert (await services.confirmations.confirm(asked.id, BRUNO, mended.plan_hash)).answered_by


async def test_a_plan_that_changed_between_two_looks_takes_no_old_yes(
    services: Services, asked: Execution
) -> None:
    """The button that shows the first one is refused."""
    first = await looked_at(services, asked, checks=FAILED)
    await services.preflights.again(asked.id, BRUNO)

    second = await looked_at(services, asked, measured=OTHER)

    assert first.plan_hash != second.plan_hash
    assert second.confirmed_by == ()
    with pytest.raises(Conflict, match="another plan"):
        await services.confirmations.confirm(asked.id, BRUNO, first.plan_hash)


async def test_a_yes_that_a_new_look_takes_away_is_noted_and_shown(
    services: Services, ground: Ground
) -> None:
    """One of two had confirmed; the host changed before the other did."""
    group = {"confirmation": ConfirmationPolicy.GROUP, "confirmations": 2, "confirm_group": "S0OPS"}
    draft = environment("guarded", Kind.PRODUCTION, **group)
    await services.catalog.create_environment(draft, ANA)
    await services.bindings.bind("C0GUARDED", "guarded", ANA)
    ask = Ask(job="import-patients", channel_id="C0GUARDED", by=BRUNO, values=VALUES)
    asked = await looked_at(services, await services.launcher.launch(ask))
    carla = replace(CARLA, groups=frozenset({"S0OPS"}))
    await services.confirmations.confirm(asked.id, carla, asked.plan_hash)
    await services.preflights.again(asked.id, BRUNO)

    second = await looked_at(services, asked, measured=OTHER)

    assert second.confirmed_by == ()
    assert second.voided_plan == asked.plan
    async with ground.db.read() as repos:
        events = await repos.audit.page(0, 100)
    (voided,) = [event for event in events if event.verb == "execution.voided"]
    assert voided.before == {"plan_hash": asked.plan_hash, "confirmed_by": ["U0CARLA"]}


async def test_a_look_that_comes_too_late_changes_nothing(
    services: Services, asked: Execution
) -> None:
    """Somebody answered, or another process was faster."""
    (question,) = await services.preflights.pending(10)
    await services.preflights.looked(question, GOOD, MEASURED)
    known = await services.history.execution(asked.id)

    assert await services.preflights.pending(10) == []
    assert not await services.preflights.found(question, FAILED)
    assert not await services.preflights.looked(question, FAILED, OTHER)
    assert await services.history.execution(asked.id) == known
    await services.confirmations.discard(asked.id, BRUNO)
    assert not await services.preflights.looked(question, FAILED, OTHER)


async def test_of_two_looks_at_once_one_counts(services: Services, asked: Execution) -> None:
    """Neither one from before the last *Check again*, nor the slower one of two."""
    (before,) = await services.preflights.pending(10)
    await looked_at(services, asked, checks=FAILED)
    await services.preflights.again(asked.id, BRUNO)
    (since,) = await services.preflights.pending(10)

    assert not await services.preflights.looked(before, GOOD, OTHER)
    assert await services.preflights.looked(since, GOOD, MEASURED)
    assert not await services.preflights.looked(since, FAILED, MEASURED)
    assert (await services.history.execution(asked.id)).checks == GOOD


async def test_of_an_answer_and_a_look_at_once_both_know_of_each_other(
    services: Services, asked: Execution
) -> None:
    """Never is a plan confirmed that the one who confirmed it did not see."""
    first = await looked_at(services, asked, checks=FAILED)
    await services.preflights.again(asked.id, BRUNO)
    (question,) = await services.preflights.pending(10)

    answers = await asyncio.gather(
        services.preflights.looked(question, GOOD, OTHER),
        services.confirmations.confirm(asked.id, BRUNO, first.plan_hash),
        return_exceptions=True,
    )

    assert answers[0] is True
    assert isinstance(answers[1], Conflict)
    assert (await services.history.execution(asked.id)).status is Status.AWAITING_CONFIRMATION


async def test_what_is_found_meanwhile_is_news(services: Services, asked: Execution) -> None:
    """But it is still looked at."""
    (question,) = await services.preflights.pending(10)

    assert await services.preflights.found(question, GOOD)

    shown = await services.history.execution(asked.id)
    assert (shown.checks, shown.checked_at) == (GOOD, None)
    assert shown.version > asked.version
    assert [one.execution.id for one in await services.preflights.pending(10)] == [asked.id]


async def test_a_host_key_that_was_trusted_meanwhile_is_in_the_plan(
    services: Services, asked: Execution
) -> None:
    """What is measured is what is defined today, not when it was asked for."""
    await services.catalog.trust_host_key("production", "ssh-ed25519 AAAA", ANA)

    looked = await looked_at(services, asked)

    assert looked.plan.host_key == "ssh-ed25519 AAAA"


async def test_of_two_processes_one_looks(services: Services, ground: Ground, clock: Clock) -> None:
    """The other one takes over when it is gone."""
    other = build(ground)

    assert await services.preflights.turn.take()
    assert not await other.preflights.turn.take()
    await services.preflights.turn.end()
    clock.advance(1)
    assert await other.preflights.turn.take()


async def test_who_may_not_plan_has_nothing_looked_at(services: Services, asked: Execution) -> None:
    """Nobody in particular, for example."""
    with pytest.raises(NotAllowed):
        await services.preflights.again(asked.id, Person(""))


async def test_nothing_is_looked_at_once_it_is_answered(
    services: Services, asked: Execution
) -> None:
    """A stale button explains itself."""
    await services.confirmations.discard(asked.id, BRUNO)

    with pytest.raises(Conflict, match="awaits no confirmation"):
        await services.preflights.again(asked.id, BRUNO)


async def test_a_preview_is_what_a_launch_would_be_and_stores_nothing(
    services: Services, asked: Execution
) -> None:
    """It names what waits already instead of refusing."""
    ask = Ask(job="import-patients", channel_id=PRODUCTION, by=BRUNO, values=VALUES)

    preview = await services.launcher.preview(ask)

    assert preview.execution.plan == asked.plan
    assert preview.execution.status is Status.AWAITING_CONFIRMATION
    assert preview.waiting == asked
    assert await services.history.recent() == [asked]


# -- staging before production --------------------------------------------------------------------


@pytest.fixture
async def careful(services: Services) -> str:
    """Give a job that has to succeed on staging first."""
    source = await services.catalog.source("iclinic")
    draft = JobDraft(
        name="careful",
        source_id=source.id,
        script="~/careful.js",
        parameters=SPECS,
        proven_in="staging",
    )
    return (await services.catalog.create_job(draft, ANA)).name


async def test_a_job_that_is_not_proven_is_not_confirmed(services: Services, careful: str) -> None:
    """Until it succeeded there with the same script."""
    ask = Ask(job=careful, channel_id=PRODUCTION, by=BRUNO, values=VALUES)
    looked = await looked_at(services, await services.launcher.launch(ask))

    assert looked.checks[-1].name == "proven in staging"
    with pytest.raises(FerryError, match="version 1 has not succeeded on staging yet"):
        await services.confirmations.confirm(looked.id, BRUNO, looked.plan_hash)


@pytest.mark.parametrize(
    ("measured", "end", "state"),
    [
        (MEASURED, Outcome(status=Status.SUCCEEDED), CheckState.GOOD),
        (OTHER, Outcome(status=Status.SUCCEEDED), CheckState.FAILED),
        (MEASURED, failed(Category.SCRIPT_ERROR), CheckState.FAILED),
    ],
)
async def test_a_success_with_the_same_script_proves_it(
    services: Services, careful: str, measured: Measured, end: Outcome, state: CheckState
) -> None:
    """Another script, or a failure, does not."""
    staged = Ask(job=careful, channel_id=STAGING, by=BRUNO, values=VALUES)
    done = await ran(services, await services.launcher.launch(staged), measured, end)
    ask = Ask(job=careful, channel_id=PRODUCTION, by=BRUNO, values=VALUES)

    looked = await looked_at(services, await services.launcher.launch(ask))

    assert looked.checks[-1].state is state
    assert f"#{done.id}" in looked.checks[-1].words
    assert await services.history.proves(done) is (done.status is Status.SUCCEEDED)


async def test_a_job_names_an_environment_that_is_there(services: Services) -> None:
    """The field says which one may be meant."""
    source = await services.catalog.source("iclinic")
    draft = JobDraft(name="x", source_id=source.id, script="~/x.js", proven_in="stagin")

    with pytest.raises(InvalidInput) as refused:
        await services.catalog.create_job(draft, ANA)

    assert "Did you mean `staging`?" in refused.value.fields["proven_in"]


async def test_a_key_that_is_trusted_lets_its_host_be_looked_at_anew(
    services: Services, ground: Ground
) -> None:
    """What awaits its confirmation there, and nothing elsewhere; it is noted with the key."""
    asks = [
        Ask(job="import-patients", channel_id=PRODUCTION, by=BRUNO, values=another())
        for _ in range(2)
    ]
    asked = [await services.launcher.launch(ask) for ask in asks]
    for one in asked:
        await looked_at(services, one, checks=FAILED, measured=None)
    await services.confirmations.discard(asked[1].id, BRUNO)
    elsewhere = await services.history.execution(asked[1].id)

    await services.catalog.trust_host_key("staging", "ssh-ed25519 BBBB", ANA)
    assert await services.preflights.pending(10) == []
    await services.catalog.trust_host_key("production", "ssh-ed25519 AAAA", ANA)

    (question,) = await services.preflights.pending(10)
    assert (question.execution.id, question.execution.checks) == (asked[0].id, ())
    assert question.plan.host_key == "ssh-ed25519 AAAA"
    assert await services.history.execution(asked[1].id) == elsewhere
    async with ground.db.read() as repos:
        events = await repos.audit.page(0, 100)
    trusted = [event for event in events if event.verb == "environment.host_key_trusted"]
    anew = [(event.after or {}).get("looked_at_anew") for event in trusted]
    assert anew == [None, [asked[0].id]]


async def test_a_look_with_the_key_of_before_counts_no_more(
    services: Services, asked: Execution
) -> None:
    """It began before another key was trusted, and would say that the new one failed."""
    (before,) = await services.preflights.pending(10)
    await services.catalog.trust_host_key("production", "ssh-ed25519 AAAA", ANA)

    assert not await services.preflights.looked(before, FAILED, None)
    assert (await looked_at(services, asked)).checks == GOOD
