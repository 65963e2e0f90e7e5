"""Asking for a run."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from db.model.errors import InvalidInput, NotFound
from db.model.execution import Status
from executor.rules.outcomes import Outcome
from executor.services import Ask, Duplicate, Services, Unbound
from tests.support.database import Clock
from tests.support.world import ANA, BRUNO, GOOD, NOWHERE, PRODUCTION, STAGING, another


async def test_a_run_on_staging_is_queued_at_once(services: Services) -> None:
    """Nobody confirms on staging."""
    ask = Ask(job="import-patients", channel_id=STAGING, by=BRUNO, values=GOOD)

    execution = await services.launcher.launch(ask)

    assert execution.status is Status.QUEUED
    assert execution.plan.arguments == ("iclinic", "320623")
    assert await services.history.execution(execution.id) == execution


async def test_a_run_on_production_waits_for_its_button(services: Services) -> None:
    """Production never starts by itself."""
    ask = Ask(job="import-patients", channel_id=PRODUCTION, by=BRUNO, values=GOOD)

    execution = await services.launcher.launch(ask)

    assert execution.status is Status.AWAITING_CONFIRMATION
    assert execution.expires_at is not None


async def test_an_unbound_channel_has_nowhere_to_run(services: Services) -> None:
    """The person is told; nothing is stored."""
    ask = Ask(job="import-patients", channel_id=NOWHERE, by=BRUNO, values=GOOD)

    with pytest.raises(Unbound, match="not bound to an environment"):
        await services.launcher.launch(ask)

    assert await services.history.recent() == []


async def test_an_unknown_job_is_answered_with_the_nearest(services: Services) -> None:
    """A typo costs one more try, not a search."""
    ask = Ask(job="import-patient", channel_id=STAGING, by=BRUNO)

    with pytest.raises(NotFound) as told:
        await services.launcher.launch(ask)

    assert told.value.hint == "Did you mean `import-patients`?"


async def test_all_wrong_values_are_named_at_once(services: Services) -> None:
    """Missing, ill-typed and extra ones, each by its name."""
    values = {"sistema": "icline", "patient-id": "x1", "pacient": "3"}
    ask = Ask(job="import-patients", channel_id=STAGING, by=BRUNO, values=values)

    with pytest.raises(InvalidInput) as told:
        await services.launcher.launch(ask)

    assert set(told.value.fields) == {"sistema", "practitioner-id", "patient-id", "pacient"}
    assert await services.history.recent() == []


async def test_the_same_key_gives_the_same_run_even_at_once(services: Services) -> None:
    """A click that comes ten times starts one run."""
    ask = Ask(
        job="import-patients", channel_id=STAGING, by=ANA, values=GOOD, idempotency_key="view:V1"
    )

    found = await asyncio.gather(*(services.launcher.launch(ask) for _ in range(10)))

    assert len({execution.id for execution in found}) == 1
    assert len(await services.history.recent()) == 1


async def test_run_again_takes_the_values_and_the_channel_s_environment(
    services: Services,
) -> None:
    """What ran on staging, asked for again in the production channel, waits there."""
    ask = Ask(job="import-patients", channel_id=STAGING, by=ANA, values=GOOD)
    first = await services.launcher.launch(ask)

    second = await services.launcher.again(first.id, BRUNO, PRODUCTION)

    assert second.id != first.id
    assert second.parameters == first.parameters
    assert second.environment_name == "production"
    assert second.status is Status.AWAITING_CONFIRMATION


async def test_run_again_twice_at_once_is_one_run(services: Services, clock: Clock) -> None:
    """A double click; ten seconds later it is another wish."""
    ask = Ask(job="import-patients", channel_id=STAGING, by=ANA, values=GOOD)
    first = await services.launcher.launch(ask)
    await _run_next(services)

    twins = await asyncio.gather(
        *(services.launcher.again(first.id, BRUNO, STAGING) for _ in range(5))
    )
    await _run_next(services)
    clock.advance(11)
    later = await services.launcher.again(first.id, BRUNO, STAGING)

    assert len({twin.id for twin in twins}) == 1
    assert later.id not in {first.id, twins[0].id}


@pytest.mark.parametrize("channel_id", [STAGING, PRODUCTION])
async def test_what_waits_already_is_pointed_out_instead_of_queued_twice(
    services: Services, channel_id: str
) -> None:
    """By whomever it was asked for; other values and other environments are another run."""
    ask = Ask(job="import-patients", channel_id=channel_id, by=ANA, values=GOOD)
    first = await services.launcher.launch(ask)

    with pytest.raises(Duplicate, match=f"#{first.id} import-patients with the same") as told:
        await services.launcher.launch(replace(ask, by=BRUNO))
    with pytest.raises(Duplicate):
        await services.launcher.again(first.id, BRUNO, channel_id)
    await services.launcher.launch(replace(ask, values=another()))
    elsewhere = PRODUCTION if channel_id == STAGING else STAGING
    await services.launcher.launch(replace(ask, channel_id=elsewhere))

    assert told.value.waiting.id == first.id
    assert len(await services.history.recent()) == 3


async def test_what_runs_or_is_over_may_be_asked_for_again(services: Services) -> None:
    """Only what still waits is the same wish."""
    ask = Ask(job="import-patients", channel_id=STAGING, by=ANA, values=GOOD)
    first = await services.launcher.launch(ask)
    running = await services.queue.claim_next("w1", timedelta(seconds=15))
    assert running is not None

    second = await services.launcher.launch(ask)

    assert second.id != first.id


async def test_ten_people_with_the_same_wish_at_once_get_one_run(services: Services) -> None:
    """The environment is held: of two at once, one sees the other's."""
    ask = Ask(job="import-patients", channel_id=STAGING, by=ANA, values=GOOD)

    found = await asyncio.gather(
        *(services.launcher.launch(ask) for _ in range(10)), return_exceptions=True
    )

    assert sum(isinstance(each, Duplicate) for each in found) == 9
    assert len(await services.history.recent()) == 1


async def _run_next(services: Services) -> None:
    execution = await services.queue.claim_next("w1", timedelta(seconds=15))
    assert execution is not None
    await services.records.finish(execution, Outcome(status=Status.SUCCEEDED))
