"""Every way in asks: walked from what is registered, not from a list that somebody keeps."""

import sqlite3
import time

import pytest
from slack_bolt.app.async_app import AsyncApp

from db.model.grants import EVERYONE, Role
from executor.rules.access import LEAST
from handlers.routes import Route, Routes
from playground import payloads
from playground.delivery import Ack, Delivery
from playground.errors import Json
from playground.people import Person
from playground.server import PlaygroundSlack
from tests.slack.conftest import Online
from tests.slack.ferry_in import In
from tests.support.waiting import until
from tests.support.world import ANA, STAGING, furnish

TOO_LITTLE = ("and you are a viewer", "that takes an admin")
KINDS = ("command", "new", "click", "submission", "search", "shortcut", "event")


async def knocked(slack: PlaygroundSlack, route: Route, user_id: str) -> Ack:
    """Use *route* as that person would, in #staging-ops; return how Ferry acked."""
    user, channel = slack.workspace.user(user_id), slack.workspace.channel(STAGING)
    permits, delivery = slack.core.permits, Delivery(slack.core)
    trigger_id = permits.trigger(user_id, channel=STAGING)
    url = f"{slack.url}/response/{permits.response(user_id, STAGING)}"
    ids = {"trigger_id": trigger_id, "response_url": url}
    view: Json = {"id": "V1", "type": "modal", "callback_id": route.name, "blocks": []}
    view |= {"title": plain("A form"), "close": plain("Cancel")}
    match route.kind:
        case "command" | "new":
            words = f"new {route.name}" if route.kind == "new" else f"{route.name} 1 2 3"
            payload = payloads.slash_command(user, channel, "/migrate", words, **ids)
            return await delivery.send("slash_commands", payload)
        case "click":
            action = {"type": "button", "action_id": route.name, "block_id": "b", "value": "1"}
            where: Json = {"container": {"type": "message", "channel_id": STAGING}}
            where |= {"channel": payloads.channel_ref(channel), "state": {"values": {}}}
            payload = payloads.block_actions(user, action, where, **ids)
        case "submission":
            payload = payloads.view_submission(user, view, trigger_id, [])
        case "search":
            select = {"block_id": "b", "action_id": route.name}
            payload = payloads.block_suggestion(user, select, "", {"view": view})
        case "shortcut":
            payload = payloads.shortcut(user, route.name, "1", trigger_id=trigger_id)
        case "event":
            event = {"type": route.name, "user": user_id, "channel": STAGING, "tab": "home"}
            payload = payloads.event_callback(event, time.time())
            return await delivery.send("events_api", payload)
    return await delivery.send(str(payload["type"]), payload)


def plain(words: str) -> dict[str, str]:
    """Return a plain text object."""
    return {"type": "plain_text", "text": words}


async def answer(ferry: In, slack: PlaygroundSlack, route: Route, person: Person) -> str:
    """Return all that Ferry tells that person who uses *route*; "[]" for no options."""
    slack.workspace.ephemerals.clear()
    slack.workspace.messages[f"D{person.id[1:]}"].clear()
    slack.core.views.clear()
    ack = await knocked(slack, route, person.id)
    assert ack.error == "", f"{route}: {ack.error}"
    await until(lambda: not len(ferry.work), f"{route} is answered")
    if route.kind == "search":
        return str(ack.as_dict()["options"])
    state = await person.state()
    said = [state["ephemerals"], state["views"], state["home"]]
    return str([ack.body, said, state["messages"][f"D{person.id[1:]}"]])


def everything(sqlite_url: str) -> str:
    """Return all that is in the database."""
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
        return "\n".join(connection.iterdump())


@pytest.mark.parametrize("kind", KINDS)
async def test_no_way_in_is_made_without_saying_what_it_asks(online: Online, kind: str) -> None:
    """It is a mistake at the start, not a hole."""

    async def listener(*_: object) -> None: ...

    def listen(routes: Routes, _app: AsyncApp) -> None:
        with pytest.raises(TypeError, match="asks"):
            getattr(routes, kind)("name", listener)

    async with online(listen):
        pass


async def test_nothing_is_listened_to_but_through_the_routes(empty: In) -> None:
    """Bolt has a listener for each of them, and one for the slash command; no other."""
    single = [one for one in empty.routes.known if one.kind not in {"command", "new"}]

    assert len(empty.app._async_listeners) == len(single) + 1
    assert {one.kind for one in empty.routes.known} == set(KINDS)


async def test_who_left_gets_nowhere(
    empty: In, slack: PlaygroundSlack, bruno: Person, sqlite_url: str
) -> None:
    """Each way in refuses somebody who was deactivated, and nothing is changed."""
    await furnish(empty.services)
    slack.workspace.user("U0BRUNO")["deleted"] = True
    before = everything(sqlite_url)

    for route in empty.routes.known:
        told = await answer(empty, slack, route, bruno)
        refused = told == "[]" if route.kind == "search" else "full members" in told
        assert refused, f"{route}: {told}"

    assert everything(sqlite_url) == before


async def test_a_viewer_only_looks(
    empty: In, slack: PlaygroundSlack, bruno: Person, sqlite_url: str
) -> None:
    """Each way in that takes more than a viewer says so and changes nothing; the others do not."""
    await furnish(empty.services)
    await empty.services.grants.give(EVERYONE, Role.VIEWER, "", ANA)

    for route in empty.routes.known:
        takes_more = LEAST[route.asks] is not Role.VIEWER
        before = everything(sqlite_url)
        told = await answer(empty, slack, route, bruno)
        refused = any(words in told for words in TOO_LITTLE) or told == "[]"
        assert refused is takes_more, f"{route}: {told}"
        assert not takes_more or everything(sqlite_url) == before, f"{route}"
