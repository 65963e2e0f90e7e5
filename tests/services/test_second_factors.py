"""Second factors: enrolled once, each code counts once, guesses are counted."""

import asyncio
import re

import pytest
from sqlalchemy import select

from db.model.audit import AuditEvent
from db.model.catalog import Kind
from db.model.errors import Conflict, InvalidInput, NotAllowed
from db.model.execution import Execution, Status
from db.model.people import Person
from db.schema import second_factors
from executor.services import Ask, CodeNeeded, Ground, Services
from tests.support.database import Clock
from tests.support.looked import looked_at
from tests.support.phone import STEP, Phone
from tests.support.world import ANA, BRUNO, CARLA, GOOD, environment

HOUR = 3600


@pytest.fixture
async def phone(services: Services, clock: Clock) -> Phone:
    """Give Bruno's phone, enrolled two hours ago."""
    phone = Phone((await services.second_factors.begin(BRUNO)).secret, clock)
    await services.second_factors.complete(BRUNO, phone.shows())
    clock.advance(2 * HOUR)
    return phone


@pytest.fixture
async def waiting(services: Services) -> Execution:
    """Give what Bruno asked for where a yes takes a second factor."""
    draft = environment("guarded", Kind.PRODUCTION, second_factor=True)
    await services.catalog.create_environment(draft, ANA)
    await services.bindings.bind("C0GUARDED", "guarded", ANA)
    ask = Ask(job="import-patients", channel_id="C0GUARDED", by=BRUNO, values=GOOD)
    return await looked_at(services, await services.launcher.launch(ask))


async def refused(services: Services, code: str, by: Person = BRUNO) -> str:
    """Return what is said at the field when *code* is refused."""
    with pytest.raises(InvalidInput) as told:
        await services.second_factors.prove(by, code)
    return told.value.fields["code"]


async def noted(ground: Ground) -> list[AuditEvent]:
    """Return the audit events of second factors."""
    async with ground.db.read() as repos:
        events = await repos.audit.page(0, 1000)
    return [event for event in events if event.verb.startswith("second_factor.")]


async def test_without_one_a_yes_says_how_to_get_one(
    services: Services, waiting: Execution
) -> None:
    """And nothing starts."""
    with pytest.raises(NotAllowed, match="no second factor yet") as told:
        await services.confirmations.confirm(waiting.id, BRUNO, waiting.plan_hash)

    assert "`/migrate totp`" in told.value.hint
    assert not isinstance(told.value, CodeNeeded)


async def test_a_yes_takes_a_code_which_is_remembered_for_an_hour(
    services: Services, phone: Phone, waiting: Execution, clock: Clock
) -> None:
    """Asked for, given, remembered, forgotten."""
    with pytest.raises(CodeNeeded):
        await services.confirmations.confirm(waiting.id, BRUNO, waiting.plan_hash)
    await services.second_factors.prove(BRUNO, phone.shows())
    clock.advance(HOUR)

    await services.confirmations.expire_due()
    again = await services.launcher.again(waiting.id, BRUNO, "C0GUARDED")
    again = await looked_at(services, again)
    with pytest.raises(CodeNeeded):
        await services.confirmations.confirm(again.id, BRUNO, again.plan_hash)
    await services.second_factors.prove(BRUNO, phone.shows())
    confirmed = await services.confirmations.confirm(again.id, BRUNO, again.plan_hash)
    assert confirmed.status is Status.QUEUED


@pytest.mark.usefixtures("phone")
async def test_others_are_refused_before_any_code(services: Services, waiting: Execution) -> None:
    """A code makes nobody an answerer."""
    with pytest.raises(NotAllowed, match="waits for the confirmation of <@U0BRUNO>"):
        await services.confirmations.confirm(waiting.id, CARLA, waiting.plan_hash)


async def test_a_code_counts_once_even_at_the_same_moment(services: Services, phone: Phone) -> None:
    """Ten submits of one code are one."""
    code = phone.shows()
    submits = [services.second_factors.prove(BRUNO, code) for _ in range(10)]

    answers = await asyncio.gather(*submits, return_exceptions=True)

    assert answers.count(None) == 1
    assert "used already" in await refused(services, code)


async def test_an_older_code_than_the_last_one_is_refused(services: Services, phone: Phone) -> None:
    """Whoever looked over the shoulder has nothing, although the window is still open."""
    older = phone.shows(ahead_s=-STEP)
    await services.second_factors.prove(BRUNO, phone.shows())

    assert "used already" in await refused(services, older)
    await services.second_factors.prove(BRUNO, phone.shows(ahead_s=STEP))


async def test_a_clock_that_is_far_off_is_refused(services: Services, phone: Phone) -> None:
    """Two steps are too many, in both directions."""
    for ahead in (-2 * STEP, 2 * STEP):
        assert "wrong, or too old" in await refused(services, phone.shows(ahead_s=ahead))


async def test_five_wrong_codes_lock_for_a_quarter_of_an_hour(
    services: Services, phone: Phone, ground: Ground, clock: Clock
) -> None:
    """The right one does not help then; afterwards it does, and the count begins anew."""
    told = [await refused(services, phone.wrong()) for _ in range(5)]

    assert "4 more tries" in told[0]
    assert "1 more try." in told[3]
    assert "no code is taken for 15 min" in told[4]
    assert "no code is taken" in await refused(services, phone.shows())
    clock.advance(15 * 60)
    await services.second_factors.prove(BRUNO, phone.shows())
    assert [event.verb for event in await noted(ground)][-1] == "second_factor.locked"
    assert "4 more tries" in await refused(services, phone.wrong())


async def test_guesses_at_the_same_moment_are_counted_one_by_one(
    services: Services, phone: Phone
) -> None:
    """Fifty at once are five, and then it is locked."""
    guesses = [services.second_factors.prove(BRUNO, phone.wrong()) for _ in range(50)]

    answers = await asyncio.gather(*guesses, return_exceptions=True)

    told = [str(answer) for answer in answers if isinstance(answer, InvalidInput)]
    assert len(told) == 50
    assert sum("more tr" in sentence for sentence in told) == 4


async def test_what_is_no_code_is_no_guess(services: Services, phone: Phone) -> None:
    """Ten slips lock nobody out."""
    for _ in range(10):
        assert "six digits" in await refused(services, "12345")

    await services.second_factors.prove(BRUNO, phone.shows())


async def test_another_one_takes_a_code_of_the_old_one(
    services: Services, phone: Phone, clock: Clock
) -> None:
    """Who has only the Slack account gets no new secret, not even within the hour."""
    with pytest.raises(InvalidInput):
        await services.second_factors.begin(BRUNO)
    with pytest.raises(InvalidInput, match="wrong"):
        await services.second_factors.begin(BRUNO, phone.wrong())

    new = Phone((await services.second_factors.begin(BRUNO, phone.shows())).secret, clock)
    await services.second_factors.complete(BRUNO, new.shows())
    clock.advance(STEP)

    await services.second_factors.prove(BRUNO, new.shows())


async def test_a_secret_that_was_only_begun_does_not_count(
    services: Services, clock: Clock
) -> None:
    """Only its first code makes it a second factor; a later beginning voids it."""
    first = Phone((await services.second_factors.begin(BRUNO)).secret, clock)
    with pytest.raises(NotAllowed, match="no second factor yet"):
        await services.second_factors.prove(BRUNO, first.shows())
    second = Phone((await services.second_factors.begin(BRUNO)).secret, clock)

    with pytest.raises(InvalidInput, match="wrong"):
        await services.second_factors.complete(BRUNO, first.shows())
    await services.second_factors.complete(BRUNO, second.shows())

    assert await services.second_factors.is_enrolled(BRUNO)
    with pytest.raises(Conflict, match="set up already"):
        await services.second_factors.complete(BRUNO, second.shows())


async def test_nothing_begun_is_nothing_to_complete(services: Services) -> None:
    """A forged form is told how to begin."""
    with pytest.raises(NotAllowed, match="no second factor yet"):
        await services.second_factors.complete(BRUNO, "123456")


@pytest.mark.usefixtures("phone")
async def test_an_admin_resets_it_and_it_is_noted(services: Services, ground: Ground) -> None:
    """Nobody else does, not even their own."""
    with pytest.raises(NotAllowed, match="that takes an admin"):
        await services.second_factors.reset("U0BRUNO", BRUNO)
    await services.second_factors.reset("U0BRUNO", ANA)

    assert not await services.second_factors.is_enrolled(BRUNO)
    assert (await noted(ground))[-1].actor == "U0ANA"
    assert (await noted(ground))[-1].subject == "U0BRUNO"
    with pytest.raises(Conflict, match="<@U0BRUNO> has no second factor"):
        await services.second_factors.reset("U0BRUNO", ANA)


async def test_the_secret_rests_encrypted_and_is_nowhere_else(
    services: Services, ground: Ground
) -> None:
    """Neither in its row, nor in the audit log, nor in what a log would say of it."""
    enrolment = await services.second_factors.begin(BRUNO)

    async with ground.db.read() as repos:
        row = await repos.session.row(select(second_factors))
        events = await repos.audit.page(0, 1000)
    assert enrolment.secret not in f"{row} {events} {enrolment!r}"
    assert re.search(f"secret={enrolment.secret}&", enrolment.address)


async def test_the_remembered_hour_is_for_every_run(
    services: Services, phone: Phone, waiting: Execution, clock: Clock
) -> None:
    """A yes within the hour needs no other code."""
    await services.second_factors.prove(BRUNO, phone.shows())
    clock.advance(20 * 60)

    confirmed = await services.confirmations.confirm(waiting.id, BRUNO, waiting.plan_hash)

    assert confirmed.status is Status.QUEUED
