"""Whatever a listener does, the ack gets out and the person is told in words (traps B, C, D)."""

import asyncio
import re
import time
from typing import Any

import pytest
import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from db.model.errors import InvalidInput, Unavailable
from handlers.parsing import Click, Command, Form, Request
from handlers.replies import Reply
from handlers.routes import Routes
from handlers.views.blocks import Block, actions, button, input_block, modal, section, text_input
from handlers.views.notes import said
from playground import payloads
from playground.delivery import Delivery
from playground.people import Person
from playground.server import PlaygroundSlack
from tests.slack.conftest import OPEN, Online

HERE = "C0STAGING"


def form() -> Block:
    """Return a form with one field."""
    name = input_block("Name", text_input("field.value"), block_id="field:name")
    return modal("A form", [name], callback_id="form", submit="Send", metadata="kept")


def opens_a_form(routes: Routes) -> None:
    """Let ``/migrate form`` open it."""

    async def listener(_command: Command, reply: Reply) -> None:
        await reply.open(form())

    routes.command("form", listener, asks=OPEN)


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

        routes.command("crash", listener, asks=OPEN)

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

        routes.command("refuse", listener, asks=OPEN)

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

        routes.command("away", listener, asks=OPEN)

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

        routes.command("history", listener, asks=OPEN)

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


async def test_outdated_form_is_answered(online: Online, ana: Person) -> None:
    """Trap D: a modal that nobody listens to any more says so in its window."""

    def listen(routes: Routes, _app: AsyncApp) -> None:
        opens_a_form(routes)

    async with online(listen):
        await ana.types(HERE, "/migrate form")
        view = await ana.modal("A form")
        await ana.fills(view, {"Name": "x"})
        await ana.submits(view)
        answer = await ana.modal("Ferry")

    assert "This form is from an older Ferry" in str(answer)


async def test_refused_field_is_told_at_the_field(online: Online, ana: Person) -> None:
    """The error of a form stands at the field that it is about."""

    def listen(routes: Routes, _app: AsyncApp) -> None:
        opens_a_form(routes)

        async def listener(_form: Form, _reply: Reply) -> Block | None:
            raise InvalidInput("no", fields={"name": "This name is taken."})

        routes.submission("form", listener, asks=OPEN)

    async with online(listen):
        await ana.types(HERE, "/migrate form")
        view = await ana.modal("A form")
        await ana.fills(view, {"Name": "x"})
        errors = await ana.submits(view)

    assert errors == {"Name": "This name is taken."}


async def test_crash_of_a_form_keeps_what_was_typed(online: Online, ana: Person) -> None:
    """The form stays open with the reference on top, and can be sent again."""
    attempts: list[dict[str, str]] = []

    def listen(routes: Routes, _app: AsyncApp) -> None:
        opens_a_form(routes)

        async def listener(form: Form, _reply: Reply) -> Block | None:
            attempts.append({**form.named, "metadata": form.metadata})
            if len(attempts) == 1:
                raise RuntimeError("once")
            return None

        routes.submission("form", listener, asks=OPEN)

    async with online(listen):
        await ana.types(HERE, "/migrate form")
        view = await ana.fills(await ana.modal("A form"), {"Name": "kept words"})
        await ana.submits(view)
        view = await ana.modal("A form")
        await ana.submits(view)

    assert "Something broke on Ferry" in str(view["blocks"][0])
    assert attempts == [{"name": "kept words", "metadata": "kept"}] * 2


async def test_slow_form_is_acked_in_time_and_answered_later(online: Online, ana: Person) -> None:
    """Work that takes longer than Slack waits shows a window meanwhile, then its outcome."""

    def listen(routes: Routes, _app: AsyncApp) -> None:
        opens_a_form(routes)

        async def listener(_form: Form, _reply: Reply) -> Block | None:
            await asyncio.sleep(2.4)
            raise InvalidInput("no", fields={"name": "This name is taken."})

        routes.submission("form", listener, working="Looking at the host…", asks=OPEN)

    async with online(listen):
        await ana.types(HERE, "/migrate form")
        view = await ana.fills(await ana.modal("A form"), {"Name": "mine"})
        begin = time.monotonic()
        await ana.submits(view)
        acked_s = time.monotonic() - begin
        meanwhile = await ana.modal("Ferry")
        after = await ana.modal("A form")

    assert acked_s < 3
    assert "Looking at the host…" in str(meanwhile)
    assert "This name is taken." in str(after["blocks"][0])
    assert after["blocks"][-1]["element"]["initial_value"] == "mine"


async def test_outcome_of_a_closed_form_still_reaches_the_person(
    online: Online, slack: PlaygroundSlack, ana: Person
) -> None:
    """Who closed the window meanwhile learns by direct message what came of it."""
    closed = asyncio.Event()

    def listen(routes: Routes, _app: AsyncApp) -> None:
        opens_a_form(routes)

        async def listener(_form: Form, _reply: Reply) -> Block | None:
            await closed.wait()
            await slack.control.clock({"advance_s": 60})
            raise InvalidInput("no", fields={"name": "This name is taken."})

        routes.submission("form", listener, asks=OPEN)

    async with online(listen):
        await ana.types(HERE, "/migrate form")
        await ana.submits(await ana.fills(await ana.modal("A form"), {"Name": "mine"}))
        await ana.closes(await ana.modal("Ferry"))
        closed.set()
        await ana.sees("D0ANA", "This name is taken.")


async def test_people_of_another_workspace_are_refused(online: Online, ana: Person) -> None:
    """Somebody of another team, in a shared channel, gets words and nothing else."""
    seen: list[Any] = []

    def listen(routes: Routes, _app: AsyncApp) -> None:
        async def listener(command: Command, _reply: Reply) -> None:
            seen.append(command)

        routes.command("run", listener, asks=OPEN)

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

        routes.click("press", listener, asks=OPEN)

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

        routes.event("app_home_opened", listener, asks=OPEN)

    async with online(listen):
        await bruno.opens_home()
        await bruno.home("full members of the workspace only")

    assert seen == []
    assert not slack.workspace.messages["D0BRUNO"]  # no message for each look at the tab


async def test_working_listener_does_not_delay_others(online: Online, ana: Person) -> None:
    """Trap E, the good way: while one listener waits for something, others are answered."""
    free = asyncio.Event()

    def listen(routes: Routes, _app: AsyncApp) -> None:
        async def slow(_command: Command, reply: Reply) -> None:
            await free.wait()
            await reply.say(said("slow is done"))

        async def quick(_command: Command, reply: Reply) -> None:
            await reply.say(said("quick is done"))

        routes.command("slow", slow, asks=OPEN)
        routes.command("quick", quick, asks=OPEN)

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

        routes.click("late", listener, asks=OPEN)

    async with online(listen):
        await client.chat_postMessage(channel=HERE, text="x", blocks=old_button("late"))
        await ana.clicks(await ana.sees(HERE, "a card"), "Press")
        await ana.told(HERE, "told anyway")

    assert slack.control.calls("chat.postEphemeral")
