"""Whatever a listener does, the ack gets out and the person is told in words (traps B, C, D)."""

import asyncio
import re

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from db.model.errors import InvalidInput, Unavailable
from executor.rules.access import Verb
from handlers.parsing import Click, Command
from handlers.replies import Reply
from handlers.routes import Routes
from handlers.views.blocks import Block, actions, button, section
from handlers.views.notes import said
from playground.people import Person
from playground.server import PlaygroundSlack
from tests.slack.conftest import Online

HERE = "C0STAGING"


def old_button(action_id: str) -> list[Block]:
    """Return a message with a button."""
    return [section("a card"), actions(button("Press", action_id=action_id, value="7"))]


async def test_exception_right_after_the_ack_is_told_and_the_ack_gets_out(
    online: Online, slack: PlaygroundSlack, ana: Person
) -> None:
    """Trap B: Bolt forgets the ack of a listener that raises within 10 ms of it."""

    def listen(routes: Routes, _app: AsyncApp) -> None:
        async def listener(_command: Command, _reply: Reply) -> None:
            raise KeyError("oh")

        routes.command("crash", listener, asks=Verb.SEE)

    with structlog.testing.capture_logs() as logs:
        async with online(listen):
            await ana.types(HERE, "/migrate crash")
            told = await ana.told(HERE, "Something broke on Ferry's side, reference")

    found = re.search(r"reference .?([0-9a-f]{6})", told["text"])
    assert found
    crash = next(log for log in logs if log["event"] == "listener_crashed")
    assert crash["reference"] == found[1]
    assert isinstance(crash["exc_info"], KeyError)
    assert slack.control.deliveries()[-1]["error"] == ""


async def test_expected_error_is_told_as_it_stands(online: Online, ana: Person) -> None:
    """A refusal says what was wrong, each value, and what to do, without markup of its own."""

    def listen(routes: Routes, _app: AsyncApp) -> None:
        async def listener(_command: Command, _reply: Reply) -> None:
            raise InvalidInput(
                "Two values are <!channel> wrong:",
                hint="Ask <@U0BRUNO>.",
                fields={"usuario": "It is empty.", "sistema": "It is <b>."},
            )

        routes.command("refuse", listener, asks=Verb.SEE)

    async with online(listen):
        await ana.types(HERE, "/migrate refuse")
        told = await ana.told(HERE, "Two values are")

    assert "<!channel>" not in str(told["blocks"])
    assert "`usuario`: It is empty." in str(told["blocks"])
    assert "<@U0BRUNO>" in str(told["blocks"])


async def test_database_away_is_told_as_it_is_known(online: Online, ana: Person) -> None:
    """Whether something was changed is known below: an uncertain commit is not told as none."""

    def listen(routes: Routes, _app: AsyncApp) -> None:
        async def listener(_command: Command, _reply: Reply) -> None:
            raise Unavailable("It may be stored or not.", hint="Look how it stands.")

        routes.command("away", listener, asks=Verb.SEE)

    async with online(listen):
        await ana.types(HERE, "/migrate away")
        told = await ana.told(HERE, "It may be stored or not.")

    assert "Look how it stands." in str(told["blocks"])


async def test_unguarded_exception_before_the_ack_is_acked_and_told(
    online: Online, slack: PlaygroundSlack, client: AsyncWebClient, ana: Person
) -> None:
    """Trap C: without an answer from ``app.error`` the person would see a time-out."""

    def listen(_routes: Routes, app: AsyncApp) -> None:
        async def listener(ack: AsyncAck) -> None:
            raise RuntimeError(f"before {ack}")

        app.action("raw")(listener)

    async with online(listen):
        posted = await client.chat_postMessage(channel=HERE, text="x", blocks=old_button("raw"))
        await ana.clicks(await ana.sees(HERE, "a card"), "Press")
        await ana.told(HERE, "Something broke on Ferry's side")

    assert posted["ok"]
    assert slack.control.deliveries()[-1]["error"] == ""


async def test_unguarded_exception_after_the_ack_trips_no_assertion(
    online: Online, client: AsyncWebClient, ana: Person
) -> None:
    """Trap C: answering from ``app.error`` after the ack is an AssertionError inside Bolt."""

    def listen(_routes: Routes, app: AsyncApp) -> None:
        async def listener(ack: AsyncAck) -> None:
            await ack()
            await asyncio.sleep(0.05)
            raise RuntimeError("after")

        app.action("raw")(listener)

    async with online(listen):
        await client.chat_postMessage(channel=HERE, text="x", blocks=old_button("raw"))
        await ana.clicks(await ana.sees(HERE, "a card"), "Press")
        await ana.told(HERE, "Something broke on Ferry's side")


async def test_unknown_slash_command_is_answered(
    online: Online, slack: PlaygroundSlack, ana: Person
) -> None:
    """Trap D: a command of an older manifest is told what there is instead of a time-out."""
    commands = [{"command": name, "description": "x"} for name in ("/migrate", "/ferry-old")]
    await slack.control.manifest({"features": {"slash_commands": commands}})

    async with online(lambda _routes, _app: None):
        await ana.types(HERE, "/ferry-old run")
        await ana.told(HERE, "Ferry does not know /ferry-old. Try /migrate help.")


async def test_unknown_verb_names_the_nearest_one(online: Online, ana: Person) -> None:
    """A mistyped subcommand is told what it probably was."""

    def listen(routes: Routes, _app: AsyncApp) -> None:
        async def listener(_command: Command, _reply: Reply) -> None: ...

        routes.command("history", listener, asks=Verb.SEE)

    async with online(listen):
        await ana.types(HERE, "/migrate histroy")
        await ana.told(HERE, "Did you mean history?")


async def test_outdated_button_is_acked_and_told(
    online: Online, slack: PlaygroundSlack, client: AsyncWebClient, ana: Person
) -> None:
    """Trap D: a button of an older release says that it is outdated."""
    async with online(lambda _routes, _app: None):
        await client.chat_postMessage(channel=HERE, text="x", blocks=old_button("gone.away"))
        await ana.clicks(await ana.sees(HERE, "a card"), "Press")
        await ana.told(HERE, "This button is from an older Ferry")

    assert slack.control.deliveries()[-1]["error"] == ""


async def test_working_listener_does_not_delay_others(online: Online, ana: Person) -> None:
    """Trap E, the good way: while one listener waits for something, others are answered."""
    free = asyncio.Event()

    def listen(routes: Routes, _app: AsyncApp) -> None:
        async def slow(_command: Command, reply: Reply) -> None:
            await free.wait()
            await reply.say(said("slow is done"))

        async def quick(_command: Command, reply: Reply) -> None:
            await reply.say(said("quick is done"))

        routes.command("slow", slow, asks=Verb.SEE)
        routes.command("quick", quick, asks=Verb.SEE)

    async with online(listen):
        await ana.types(HERE, "/migrate slow")
        await ana.types(HERE, "/migrate quick")
        await ana.told(HERE, "quick is done")
        free.set()
        await ana.told(HERE, "slow is done")


async def test_answer_finds_another_way_when_the_response_url_fails(
    online: Online, client: AsyncWebClient, slack: PlaygroundSlack, ana: Person
) -> None:
    """A response_url that Slack no longer takes does not leave the person without an answer."""

    def listen(routes: Routes, _app: AsyncApp) -> None:
        async def listener(_click: Click, reply: Reply) -> None:
            await slack.control.clock({"advance_s": 3600})
            await reply.say(said("told anyway"))

        routes.click("late", listener, asks=Verb.SEE)

    async with online(listen):
        await client.chat_postMessage(channel=HERE, text="x", blocks=old_button("late"))
        await ana.clicks(await ana.sees(HERE, "a card"), "Press")
        await ana.told(HERE, "told anyway")

    assert slack.control.calls("chat.postEphemeral")
