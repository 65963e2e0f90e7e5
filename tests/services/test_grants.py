"""Roles are given and taken by admins, where they are admins, and never by the last of them."""

import asyncio
from dataclasses import replace

import pytest

from db.database import Database
from db.model.audit import AuditEvent
from db.model.errors import Conflict, NotAllowed, NotFound, Unavailable
from db.model.grants import EVERYONE, EVERYWHERE, Holder, Role, Subject
from db.model.people import Person
from executor.rules.access import Verb
from executor.services import Ask, Ground, Services, build
from executor.services.access import Roles
from executor.services.grants import Change
from tests.support.database import Clock
from tests.support.world import ANA, BRUNO, CARLA, GOOD, NOWHERE, PRODUCTION, STAGING

OPERATOR = Person("cli:root")
OPS = Subject(Holder.GROUP, "S0OPS")
TO_BRUNO, TO_CARLA = Subject(Holder.PERSON, "U0BRUNO"), Subject(Holder.PERSON, "U0CARLA")


async def noted(ground: Ground) -> list[AuditEvent]:
    """Return what the audit log says of roles."""
    async with ground.db.read() as repos:
        events = await repos.audit.page(0, 100)
    return [event for event in events if event.verb.startswith("grant.")]


async def held(services: Services) -> set[tuple[str, int, Role]]:
    """Return who has which role in which environment, by its id."""
    roles = await services.grants.roles(ANA)
    return {(one.subject, one.environment_id, one.role) for one in roles.grants}


@pytest.fixture
async def alone(ground: Ground, services: Services) -> Services:
    """Give services whose settings name no admin; Bruno is the only one, by a grant."""
    del services
    built = build(replace(ground, admins=frozenset()))
    await built.grants.give(TO_BRUNO, Role.ADMIN, "", OPERATOR)
    return built


async def test_given_role_counts_there_and_is_noted(ground: Ground, services: Services) -> None:
    """A viewer of staging asks for no run there, and still does on production."""
    await services.grants.give(EVERYONE, Role.VIEWER, "staging", ANA)
    ask = Ask(job="import-patients", channel_id=STAGING, by=BRUNO, values=GOOD)

    with pytest.raises(
        NotAllowed, match="takes an operator on `staging`, and you are a viewer"
    ) as told:
        await services.launcher.launch(ask)
    await services.launcher.launch(replace(ask, channel_id=PRODUCTION))
    change = await services.grants.give(TO_BRUNO, Role.OPERATOR, "staging", ANA)
    await services.launcher.launch(ask)

    assert told.value.hint.startswith("Ask <@U0ANA>. ")
    assert (change.before, change.after, change.everyone) == (None, Role.OPERATOR, Role.VIEWER)
    first, second = await noted(ground)
    assert (first.verb, first.subject, first.environment) == ("grant.given", "everyone", "staging")
    assert (second.actor, second.subject) == ("U0ANA", "U0BRUNO")
    assert (second.before, second.after) == ({}, {"kind": "person", "role": "operator"})


async def test_another_role_takes_the_place_of_the_first(
    ground: Ground, services: Services
) -> None:
    """One role for each subject and place; the same again changes and notes nothing."""
    await services.grants.give(TO_BRUNO, Role.OPERATOR, "", ANA)
    changed = await services.grants.give(TO_BRUNO, Role.APPROVER, "", ANA)
    again = await services.grants.give(TO_BRUNO, Role.APPROVER, "", ANA)

    assert (changed.before, again.before) == (Role.OPERATOR, Role.APPROVER)
    assert await held(services) == {("U0BRUNO", EVERYWHERE, Role.APPROVER)}
    assert [dict(event.before).get("role") for event in await noted(ground)] == [None, "operator"]


async def test_taken_role_is_gone_and_noted(ground: Ground, services: Services) -> None:
    """What everyone may do counts again."""
    await services.grants.give(TO_BRUNO, Role.ADMIN, "production", ANA)

    taken = await services.grants.take(TO_BRUNO, "production", ANA)

    assert (taken.before, taken.after, taken.everyone) == (Role.ADMIN, None, Role.OPERATOR)
    assert await held(services) == set()
    event = (await noted(ground))[-1]
    assert (event.verb, event.environment) == ("grant.taken", "production")
    assert (event.before, event.after) == ({"kind": "person", "role": "admin"}, {})


async def test_role_that_is_not_there_cannot_be_taken(services: Services) -> None:
    """The refusal says which there is, or by what they are an admin."""
    await services.grants.give(TO_BRUNO, Role.OPERATOR, "staging", ANA)

    with pytest.raises(NotFound, match="no such role to take away everywhere") as elsewhere:
        await services.grants.take(TO_BRUNO, "", ANA)
    with pytest.raises(NotFound) as changed:
        await services.grants.take(TO_BRUNO, "staging", ANA, seen=Role.ADMIN)
    with pytest.raises(NotFound) as by_settings:
        await services.grants.take(Subject(Holder.PERSON, "U0ANA"), "", ANA)
    with pytest.raises(NotFound, match="no environment called `stagin`") as mistyped:
        await services.grants.take(TO_BRUNO, "stagin", ANA)

    assert elsewhere.value.hint == changed.value.hint == "There is: operator on staging."
    assert "FERRY_ADMINS" in by_settings.value.hint
    assert "Did you mean `staging`?" in mistyped.value.hint
    assert len(await held(services)) == 1


async def test_admin_of_one_environment_grants_only_there(services: Services) -> None:
    """No more than admin there, and nothing anywhere else."""
    await services.grants.give(TO_BRUNO, Role.ADMIN, "staging", ANA)

    await services.grants.give(TO_CARLA, Role.ADMIN, "staging", BRUNO)
    for place, where in (("production", "on `production`"), ("", "everywhere")):
        words = (
            f"You may not give and take roles: that takes an admin {where}, and you are an operator"
        )
        with pytest.raises(NotAllowed, match=words):
            await services.grants.give(TO_CARLA, Role.VIEWER, place, BRUNO)
    with pytest.raises(NotAllowed, match="that takes an admin"):
        await services.grants.take(TO_BRUNO, "", BRUNO)

    staging = await services.catalog.environment("staging")
    assert (await services.grants.roles(BRUNO)).places == {staging.id}
    assert (await services.grants.roles(Person("U0GUEST", "T0FERRY"))).places == frozenset()
    assert await held(services) == {(who, staging.id, Role.ADMIN) for who in ("U0BRUNO", "U0CARLA")}


async def test_the_last_admin_stays_one(alone: Services) -> None:
    """Neither taken away nor lowered, unless somebody else is one too."""
    for _ in range(2):
        with pytest.raises(Conflict, match="nobody would be an admin"):
            await alone.grants.take(TO_BRUNO, "", BRUNO)
        with pytest.raises(Conflict, match="nobody would be an admin"):
            await alone.grants.give(TO_BRUNO, Role.OPERATOR, "", BRUNO)
        await alone.grants.give(TO_CARLA, Role.ADMIN, "staging", BRUNO)
    await alone.grants.give(OPS, Role.ADMIN, "", BRUNO)

    taken = await alone.grants.take(TO_BRUNO, "", BRUNO)

    assert taken.is_own
    with pytest.raises(NotAllowed, match="that takes an admin") as told:
        await alone.grants.give(TO_BRUNO, Role.ADMIN, "", BRUNO)
    assert told.value.hint.startswith("Ask <!subteam^S0OPS>. `/migrate grants`")


async def test_an_admin_by_settings_is_enough(services: Services) -> None:
    """The last admin by a grant may go while FERRY_ADMINS names one."""
    await services.grants.give(TO_BRUNO, Role.ADMIN, "", ANA)

    assert (await services.grants.take(TO_BRUNO, "", BRUNO)).is_own
    given = await services.grants.give(Subject(Holder.PERSON, "U0ANA"), Role.VIEWER, "", ANA)
    assert given.is_admin_by_settings


async def test_of_two_who_take_the_role_from_each_other_one_remains(
    ground: Ground, alone: Services, database_url: str, clock: Clock
) -> None:
    """Also when two bots do it at the same moment: the second one waits, and looks again."""
    await alone.grants.give(TO_CARLA, Role.ADMIN, "", BRUNO)
    other = Database(database_url, clock=clock)
    second = build(replace(ground, admins=frozenset(), db=other))

    async with ground.db.begin() as repos:
        await repos.grants.all(hold=True)
        taking = asyncio.create_task(second.grants.take(TO_BRUNO, "", CARLA))
        done, _ = await asyncio.wait({taking}, timeout=0.3)
        await repos.grants.drop(Holder.PERSON, "U0CARLA", EVERYWHERE)
    with pytest.raises(NotAllowed, match="that takes an admin"):
        await taking
    await other.close()

    assert not done
    assert [one.subject for one in (await alone.grants.roles(OPERATOR)).grants] == ["U0BRUNO"]


async def test_same_role_given_twice_at_once_is_there_once(services: Services) -> None:
    """A double click crashes nobody."""
    answers = await asyncio.gather(
        *(services.grants.give(TO_BRUNO, Role.OPERATOR, "staging", ANA) for _ in range(4)),
        return_exceptions=True,
    )

    assert all(isinstance(answer, Change | Conflict) for answer in answers)
    assert len(await held(services)) == 1


async def test_group_role_needs_to_know_the_group(services: Services) -> None:
    """In it: yes. Not in it: no. Slack does not say: neither, and only where it matters."""
    await services.grants.give(EVERYONE, Role.VIEWER, "", ANA)
    await services.grants.give(OPS, Role.OPERATOR, "staging", ANA)
    ask = Ask(job="import-patients", channel_id=STAGING, by=BRUNO, values=GOOD)
    unknown = replace(BRUNO, knows_groups=False)

    with pytest.raises(NotAllowed, match="you are a viewer") as refused:
        await services.launcher.launch(ask)
    with pytest.raises(Unavailable, match="who is in which user group"):
        await services.launcher.launch(replace(ask, by=unknown))
    with pytest.raises(NotAllowed, match="you are a viewer"):
        await services.launcher.launch(replace(ask, by=unknown, channel_id=PRODUCTION))
    await services.launcher.launch(replace(ask, by=replace(BRUNO, groups=frozenset({"S0OPS"}))))

    assert refused.value.hint.startswith("Ask <!subteam^S0OPS> or <@U0ANA>. ")
    assert await services.access.named_groups() == {"S0OPS"}


async def test_the_door_lets_in_who_may_do_it_somewhere(services: Services) -> None:
    """A viewer everywhere stays out; an operator of production comes in, in every channel."""
    await services.grants.give(EVERYONE, Role.VIEWER, "", ANA)

    with pytest.raises(NotAllowed, match="you are a viewer"):
        await services.access.admit(Verb.RUN, BRUNO, STAGING)
    await services.grants.give(TO_BRUNO, Role.OPERATOR, "production", ANA)
    roles = await services.access.admit(Verb.RUN, BRUNO, STAGING)

    assert roles == Roles(anywhere=Role.OPERATOR, here=Role.VIEWER)
    assert not roles.may(Verb.RUN)
    assert (await services.access.admit(Verb.RUN, BRUNO, PRODUCTION)).may(Verb.RUN)
    assert (await services.access.admit(Verb.RUN, BRUNO, NOWHERE)).may(Verb.RUN)
    with pytest.raises(NotAllowed, match="cannot tell who you are"):
        await services.access.admit(Verb.SEE, Person(""), STAGING)


async def test_the_door_does_not_guess_who_is_in_a_group(services: Services) -> None:
    """Whose role may come from a group is neither let in nor refused while Slack is silent."""
    unknown = replace(BRUNO, knows_groups=False)
    await services.grants.give(EVERYONE, Role.VIEWER, "", ANA)
    await services.grants.give(OPS, Role.OPERATOR, "staging", ANA)

    with pytest.raises(Unavailable, match="who is in which user group"):
        await services.access.admit(Verb.RUN, unknown, STAGING)
    with pytest.raises(NotAllowed, match="that takes an admin"):
        await services.access.admit(Verb.DEFINE, unknown, STAGING)
    await services.access.admit(Verb.SEE, unknown, STAGING)


async def test_a_run_is_shown_to_people_only(services: Services) -> None:
    """Whoever reads a run is asked for in its environment."""
    ask = Ask(job="import-patients", channel_id=STAGING, by=BRUNO, values=GOOD)
    run = await services.launcher.launch(ask)

    assert (await services.history.shown(run.id, CARLA)).id == run.id
    with pytest.raises(NotAllowed, match="cannot tell who you are"):
        await services.history.shown(run.id, Person(""))
