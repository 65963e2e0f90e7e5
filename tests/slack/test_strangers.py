"""Who is of another workspace gets no answer of any listener, and is told so where that goes."""

from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp

from executor.rules.access import Verb
from handlers.parsing import Click, Command, Request
from handlers.replies import Reply
from handlers.routes import Routes
from playground import payloads
from playground.delivery import Delivery
from playground.people import Person
from playground.server import PlaygroundSlack
from tests.slack.conftest import Online

HERE = "C0STAGING"


async def test_people_of_another_workspace_are_refused(online: Online, ana: Person) -> None:
    """Somebody of another team, in a shared channel, gets words and nothing else."""
    seen: list[Any] = []

    def listen(routes: Routes, _app: AsyncApp) -> None:
        async def listener(command: Command, _reply: Reply) -> None:
            seen.append(command)

        routes.command("run", listener, asks=Verb.SEE)

    async with online(listen, team_id="T0OTHER"):
        await ana.types(HERE, "/migrate run")
        await ana.told(HERE, "Ferry answers only people of its own workspace")

    assert seen == []


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"user": {"id": "U0BRUNO", "team_id": "T0PARTNER"}}, id="of a partner"),
        pytest.param({"user": {"id": "U0BRUNO", "team_id": "E0ORG"}}, id="of an organization"),
        pytest.param({"user": {"id": "W0BRUNO"}, "team": {"id": "T0PARTNER"}}, id="by its team"),
        pytest.param({"user": {"id": "U0BRUNO"}, "team": None}, id="of no team"),
    ],
)
async def test_clicks_of_strangers_do_nothing(
    online: Online, slack: PlaygroundSlack, bruno: Person, changes: dict[str, Any]
) -> None:
    """In a shared channel the person's own team counts, not the one that the message is of."""
    seen: list[Click] = []

    def listen(routes: Routes, _app: AsyncApp) -> None:
        async def listener(click: Click, _reply: Reply) -> None:
            seen.append(click)

        routes.click("press", listener, asks=Verb.SEE)

    user, channel = slack.workspace.user("U0BRUNO"), slack.workspace.channel(HERE)
    url = f"{slack.url}/response/{slack.core.permits.response('U0BRUNO', HERE)}"
    action = {"type": "button", "action_id": "press", "block_id": "b"}
    where = {"container": {}, "channel": payloads.channel_ref(channel)}
    payload = payloads.block_actions(user, action, where, response_url=url) | changes
    async with online(listen):
        ack = await Delivery(slack.core).send("block_actions", payload)
        await bruno.told(HERE, "Ferry answers only people of its own workspace")

    assert (ack.error, seen) == ("", [])


async def test_event_of_a_stranger_does_nothing(
    online: Online, slack: PlaygroundSlack, bruno: Person
) -> None:
    """An event names our own team, whoever caused it: Slack is asked whose they are."""
    seen: list[Request] = []
    slack.workspace.user("U0BRUNO")["team_id"] = "T0PARTNER"

    def listen(routes: Routes, _app: AsyncApp) -> None:
        async def listener(request: Request, _reply: Reply) -> None:
            seen.append(request)

        routes.event("app_home_opened", listener, asks=Verb.SEE)

    async with online(listen):
        await bruno.opens_home()
        await bruno.home("full members of the workspace only")

    assert seen == []
    assert not slack.workspace.messages["D0BRUNO"]  # no message for each look at the tab
