"""Slack may deliver a request twice, and people click twice: what was done is not done again."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from executor.rules.estimates import Forecast
from executor.services import Ask
from handlers.views.card import execution_card
from playground.people import Person
from playground.server import PlaygroundSlack
from tests.slack.ferry_in import In
from tests.support.database import Clock
from tests.support.looked import looked_at
from tests.support.waiting import until
from tests.support.world import BRUNO, PRODUCTION, STAGING, another, furnish


def rows(url: str) -> dict[str, list[Any]]:
    """Return every row of every table that people's wishes end in."""
    path = url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master")]
        tables = [name for name in names if not name.startswith(("ix_", "uq_", "sqlite_"))]
        return {name: list(db.execute(f"SELECT * FROM {name}")) for name in tables}  # noqa: S608


async def _confirms(bruno: Person, _ana: Person) -> None:
    await bruno.clicks(await bruno.sees(PRODUCTION, "#1 "), "Run on production", confirm=True)


async def _discards(bruno: Person, _ana: Person) -> None:
    await bruno.clicks(await bruno.sees(PRODUCTION, "#1 "), "Discard")


async def _cancels(bruno: Person, _ana: Person) -> None:
    await bruno.types(STAGING, "/migrate cancel #3")


async def _moves(_bruno: Person, ana: Person) -> None:
    await ana.types(STAGING, "/migrate front #3")


async def _asks(bruno: Person, _ana: Person) -> None:
    await bruno.types(STAGING, "/migrate run import-patients iclinic 4711")


async def _binds(_bruno: Person, ana: Person) -> None:
    await ana.types(STAGING, "/migrate bind production")


async def _unbinds(_bruno: Person, ana: Person) -> None:
    await ana.types(STAGING, "/migrate unbind")


async def _creates(_bruno: Person, ana: Person) -> None:
    await ana.types(STAGING, "/migrate new source")
    view = await ana.modal("New source")
    await ana.submits(await ana.fills(view, {"Name": "medpro"}))


@pytest.mark.parametrize(
    "act", [_confirms, _discards, _cancels, _moves, _asks, _binds, _unbinds, _creates]
)
async def test_a_second_delivery_changes_nothing(
    empty: In,
    sqlite_url: str,
    slack: PlaygroundSlack,
    client: AsyncWebClient,
    clock: Clock,
    ana: Person,
    bruno: Person,
    act: Callable[[Person, Person], Awaitable[None]],
) -> None:
    """Not a row: neither what was decided, nor a second event in the audit log."""
    await furnish(empty.services)
    for channel in (PRODUCTION, STAGING, STAGING):
        ask = Ask(job="import-patients", values=another(), channel_id=channel, by=BRUNO)
        one = await empty.services.launcher.launch(ask)
        if channel == PRODUCTION:
            one = await looked_at(empty.services, one)
        told = execution_card(one, tail=[], forecast=Forecast(position=1), now=clock())
        await client.chat_postMessage(channel=channel, text=told.text, blocks=told.blocks)
    before = rows(sqlite_url)

    await act(bruno, ana)
    await until(lambda: not len(empty.work), "it is done")
    once = rows(sqlite_url)
    again = await slack.control.redeliver()
    await until(lambda: not len(empty.work), "it is done again")

    assert again["error"] == ""
    assert once != before
    assert rows(sqlite_url) == once
