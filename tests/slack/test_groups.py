"""Who is in which user group: asked for seldom, and never guessed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from db.database import Database
from db.model.errors import Unavailable
from db.model.grants import Holder, Role, Subject
from executor.services import Ground, Services, build
from handlers.groups import Groups
from playground.server import PlaygroundSlack
from tests.support.database import Clock
from tests.support.world import ANA, BRUNO, CARLA, environment

OPS = Subject(Holder.GROUP, "S0OPS")


@pytest.fixture
async def services(sqlite_url: str, clock: Clock) -> AsyncIterator[Services]:
    """Give services over an empty database; Ana is the admin."""
    database = Database(sqlite_url, clock=clock)
    yield build(Ground(db=database, clock=clock, admins=frozenset({ANA.user_id})))
    await database.close()


@pytest.fixture
def groups(client: AsyncWebClient, clock: Clock, services: Services) -> Groups:
    """Give the question to Slack, on a clock that stands still."""
    return Groups(client, clock, services.access.named_groups)


def asked(slack: PlaygroundSlack) -> int:
    """Return how often Slack was asked for the groups."""
    return len(slack.control.calls("usergroups.list"))


async def test_nobody_asks_while_no_group_has_a_role(
    groups: Groups, slack: PlaygroundSlack
) -> None:
    """A workspace that uses no groups pays nothing for them."""
    assert await groups.of(CARLA) == CARLA
    assert asked(slack) == 0


async def test_many_people_at_once_are_one_question(
    groups: Groups, slack: PlaygroundSlack, services: Services
) -> None:
    """The workspace's groups are read as a whole, and kept for three minutes."""
    await services.grants.give(OPS, Role.APPROVER, "", ANA)

    found = await asyncio.gather(*(groups.of(one) for one in (CARLA, BRUNO, ANA) * 10))

    assert {one.user_id for one in found if one.is_in("S0OPS")} == {"U0CARLA"}
    assert asked(slack) == 1


async def test_who_left_a_group_is_out_of_it_three_minutes_later(
    groups: Groups, slack: PlaygroundSlack, services: Services, clock: Clock
) -> None:
    """A change in Slack counts once the answer is read again; so does a disabled group."""
    await services.grants.give(OPS, Role.APPROVER, "", ANA)
    await groups.of(CARLA)
    await slack.control.usergroup({"id": "S0OPS", "users": ["U0BRUNO"]})

    clock.advance(timedelta(minutes=3).total_seconds())
    assert not (await groups.of(CARLA)).groups
    assert (await groups.of(BRUNO)).is_in("S0OPS")
    await slack.control.usergroup({"id": "S0OPS", "disabled": True})
    clock.advance(timedelta(minutes=3).total_seconds())
    assert not (await groups.of(BRUNO)).groups


async def test_who_left_a_group_is_out_of_it_though_the_clock_is_put_back(
    groups: Groups, slack: PlaygroundSlack, services: Services, clock: Clock
) -> None:
    """It was an hour ahead when Slack was asked."""
    await services.grants.give(OPS, Role.APPROVER, "", ANA)
    await groups.of(CARLA)
    await slack.control.usergroup({"id": "S0OPS", "users": ["U0BRUNO"]})

    clock.advance(-3600)

    assert not (await groups.of(CARLA)).groups


async def test_when_slack_does_not_say_nobody_knows(
    groups: Groups, slack: PlaygroundSlack, services: Services, clock: Clock
) -> None:
    """Neither in nor out; Slack is left alone for a moment, then asked again."""
    await services.grants.give(OPS, Role.APPROVER, "", ANA)
    await slack.control.faults({"method": "usergroups.list", "error": "internal_error", "times": 1})

    for _ in range(3):
        carla = await groups.of(CARLA)
        assert not carla.knows_groups
        with pytest.raises(Unavailable, match="who is in which user group"):
            carla.is_in("S0OPS")
    assert asked(slack) == 1
    clock.advance(15)
    assert (await groups.of(CARLA)).is_in("S0OPS")


async def test_a_slack_that_takes_too_long_does_not_hold_anybody_up(
    groups: Groups, slack: PlaygroundSlack, services: Services
) -> None:
    """After two seconds the groups are unknown: a window could not be opened any later."""
    await services.grants.give(OPS, Role.APPROVER, "", ANA)
    await slack.control.faults({"method": "usergroups.list", "delay_s": 5, "times": 1})

    async with asyncio.timeout(4):
        assert not (await groups.of(CARLA)).knows_groups


async def test_missing_scope_is_said_in_words(groups: Groups, slack: PlaygroundSlack) -> None:
    """It says which scope, where to add it, and what works without it."""
    slack.workspace.scopes -= {"usergroups:read"}

    with pytest.raises(Unavailable, match="lacks the scope `usergroups:read`") as told:
        await groups.listed()

    assert "install the app again" in told.value.hint


async def test_a_group_that_confirms_is_asked_for_too(groups: Groups, services: Services) -> None:
    """Also where no role is given to a group, an environment may want its people's yes."""
    await services.catalog.create_environment(environment(confirm_group="S0OPS"), ANA)

    carla = await groups.of(CARLA)

    assert carla.is_in("S0OPS")
    assert not carla.is_in("S0DBA")
