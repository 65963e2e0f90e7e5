"""Asking for a run."""

import asyncio

import pytest

from db.model.errors import InvalidInput, NotFound
from db.model.execution import Status
from executor.services import Ask, Services, Unbound
from tests.support.database import Clock
from tests.support.world import ANA, BRUNO, GOOD, NOWHERE, PRODUCTION, STAGING


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

    twins = await asyncio.gather(
        *(services.launcher.again(first.id, BRUNO, STAGING) for _ in range(5))
    )
    clock.advance(11)
    later = await services.launcher.again(first.id, BRUNO, STAGING)

    assert len({twin.id for twin in twins}) == 1
    assert later.id not in {first.id, twins[0].id}
