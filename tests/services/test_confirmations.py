"""Yes or no, once, in time, to what was shown."""

import asyncio

import pytest

from db.model.errors import Conflict, FerryError, NotAllowed, NotFound
from db.model.execution import Execution, Status
from db.model.people import Person
from executor.services import Ask, Services
from tests.support.database import Clock
from tests.support.looked import looked_at
from tests.support.world import ANA, BRUNO, CARLA, GOOD, PRODUCTION


@pytest.fixture
async def waiting(services: Services) -> Execution:
    """Give an execution that awaits its confirmation."""
    ask = Ask(job="import-patients", channel_id=PRODUCTION, by=BRUNO, values=GOOD)
    return await looked_at(services, await services.launcher.launch(ask))


async def test_confirmed_is_queued_and_says_by_whom(
    services: Services, waiting: Execution, clock: Clock
) -> None:
    """The receipt is in the row."""
    confirmed = await services.confirmations.confirm(waiting.id, BRUNO, waiting.plan_hash)

    assert confirmed.status is Status.QUEUED
    assert (confirmed.answered_by, confirmed.answered_at) == (BRUNO.user_id, clock())


async def test_of_many_answers_at_once_one_counts(services: Services, waiting: Execution) -> None:
    """Five confirm, five discard, at the same moment."""
    yes = [services.confirmations.confirm(waiting.id, BRUNO, waiting.plan_hash) for _ in range(5)]
    no = [services.confirmations.discard(waiting.id, ANA) for _ in range(5)]

    answers = await asyncio.gather(*yes, *no, return_exceptions=True)

    won = [answer for answer in answers if isinstance(answer, Execution)]
    assert len(won) == 1
    assert all(isinstance(answer, Conflict) for answer in answers if answer not in won)
    assert (await services.history.execution(waiting.id)).status is won[0].status


async def test_the_second_answer_is_told_who_was_first(
    services: Services, waiting: Execution
) -> None:
    """Not an error message, an explanation."""
    await services.confirmations.confirm(waiting.id, BRUNO, waiting.plan_hash)

    with pytest.raises(Conflict, match="already confirmed by <@U0BRUNO>"):
        await services.confirmations.discard(waiting.id, BRUNO)


async def test_an_answer_after_the_time_is_refused_before_the_sweep(
    services: Services, waiting: Execution, clock: Clock
) -> None:
    """The clock decides, not the janitor."""
    clock.advance(30 * 60)

    with pytest.raises(Conflict, match="time to confirm"):
        await services.confirmations.confirm(waiting.id, BRUNO, waiting.plan_hash)


async def test_the_sweep_expires_what_nobody_answered(
    services: Services, waiting: Execution, clock: Clock
) -> None:
    """One minute before it is left alone."""
    clock.advance(29 * 60)
    early = await services.confirmations.expire_due()
    clock.advance(60)

    assert (early, await services.confirmations.expire_due()) == (0, 1)
    assert (await services.history.execution(waiting.id)).status is Status.EXPIRED


@pytest.mark.parametrize("seen", ["", "0" * 64, "short"])
async def test_a_button_that_shows_another_plan_starts_nothing(
    services: Services, waiting: Execution, seen: str
) -> None:
    """The hash on the button is the plan that was read."""
    with pytest.raises(FerryError, match="another plan"):
        await services.confirmations.confirm(waiting.id, BRUNO, seen)

    assert (await services.history.execution(waiting.id)).status is Status.AWAITING_CONFIRMATION


async def test_only_who_asked_confirms_not_even_an_admin(
    services: Services, waiting: Execution
) -> None:
    """Who asks says that it is meant; others may ask for a run of their own."""
    with pytest.raises(NotAllowed, match="waits for the confirmation of <@U0BRUNO>"):
        await services.confirmations.confirm(waiting.id, ANA, waiting.plan_hash)

    assert (await services.history.execution(waiting.id)).status is Status.AWAITING_CONFIRMATION


async def test_strangers_to_a_run_do_not_discard_it(services: Services, waiting: Execution) -> None:
    """Its requester and admins may."""
    with pytest.raises(NotAllowed, match="belongs to <@U0BRUNO>"):
        await services.confirmations.discard(waiting.id, CARLA)

    assert (await services.confirmations.discard(waiting.id, ANA)).status is Status.DISCARDED


async def test_what_an_operator_asked_for_is_confirmed_by_an_admin(services: Services) -> None:
    """Nobody in Slack asked for it."""
    by = Person("cli:root")
    ask = Ask(job="import-patients", channel_id=PRODUCTION, by=by, values=GOOD)
    waiting = await looked_at(services, await services.launcher.launch(ask))

    with pytest.raises(NotAllowed, match="only an admin on `production`"):
        await services.confirmations.confirm(waiting.id, BRUNO, waiting.plan_hash)
    confirmed = await services.confirmations.confirm(waiting.id, ANA, waiting.plan_hash)

    assert confirmed.status is Status.QUEUED


async def test_a_number_that_nobody_has_is_told(services: Services) -> None:
    """A forged button explains itself too."""
    with pytest.raises(NotFound, match="no run #4711"):
        await services.confirmations.confirm(4711, ANA, "0" * 64)
