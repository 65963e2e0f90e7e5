"""Each yes that was thrown away is told in the thread, once."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from db.model.catalog import ConfirmationPolicy, EnvironmentDraft, Kind
from db.model.execution import Execution, Measured
from db.model.people import Person
from db.schema import executions
from playground.server import PlaygroundSlack
from tests.support.executions import MEASURED
from tests.support.looked import looked_at
from tests.support.reporting import ANA, Channel, Ferry, told_all
from tests.support.waiting import until

OTHER = replace(MEASURED, sha256="cd" * 32)
CARLA = Person("U0CARLA", "T0FERRY", groups=frozenset({"S0OPS"}))
TOLD = "✋ <@U0ANA>: #1 import-patients did not start."


@pytest.fixture
async def asked(ferry: Ferry) -> Execution:
    """Give an execution that two of a group must say yes to."""
    draft = EnvironmentDraft(
        name="guarded",
        kind=Kind.PRODUCTION,
        ssh_host="h",
        ssh_user="deploy",
        confirmation=ConfirmationPolicy.GROUP,
        confirmations=2,
        confirm_group="S0OPS",
    )
    await ferry.services.catalog.create_environment(draft, ANA)
    await ferry.services.bindings.bind("C0PROD", "guarded", ANA)
    return await looked_at(ferry.services, await ferry.launch("C0PROD"))


async def _void(ferry: Ferry, execution: Execution, measured: Measured) -> None:
    """Let Carla say yes to *execution* as it is, and then find *measured* on the host."""
    now = await ferry.services.history.execution(execution.id)
    await ferry.services.confirmations.confirm(now.id, CARLA, now.plan_hash)
    await _look(ferry, execution, measured)


async def _told(channel: Channel, times: int) -> None:
    await until(lambda: len(channel.replies) == times, f"void {times}")


async def _look(ferry: Ferry, execution: Execution, measured: Measured) -> None:
    await ferry.services.preflights.again(execution.id, ANA)
    await looked_at(ferry.services, execution, measured=measured)


async def test_each_void_in_one_attempt_is_told_once(
    ferry: Ferry, slack: PlaygroundSlack, asked: Execution
) -> None:
    """Also where the script goes to and fro; not where nobody had said yes; a restart is none."""
    prod = Channel(slack, "C0PROD")
    for told, measured in enumerate((OTHER, MEASURED, OTHER), start=1):
        await _void(ferry, asked, measured)
        async with ferry.reporting(slack):
            await _told(prod, told)
            await told_all(ferry)
    await _look(ferry, asked, MEASURED)
    async with ferry.reporting(slack):
        await told_all(ferry)

    assert len(prod.replies) == 3
    assert all(reply.startswith(TOLD) for reply in prod.replies)


async def test_what_an_older_version_told_is_not_told_again(
    ferry: Ferry, slack: PlaygroundSlack, asked: Execution
) -> None:
    """It counted no voids, and remembered them by the attempt; the next one is told."""
    prod = Channel(slack, "C0PROD")
    await _void(ferry, asked, OTHER)
    async with ferry.database.begin() as repos:
        await repos.session.change(update(executions).values(voids=0))
        await repos.cards.posted(asked.id, "voided-0")

    async with ferry.reporting(slack):
        await until(lambda: bool(prod.cards), "the card")
        await told_all(ferry)
        assert prod.replies == []
        await _void(ferry, asked, MEASURED)
        await _told(prod, 1)
