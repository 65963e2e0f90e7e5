"""Socket Mode stays connected, and ends without losing anything (traps A, E, close)."""

import asyncio
import time
from contextlib import suppress

from slack_bolt.app.async_app import AsyncApp

from executor.rules.access import Verb
from handlers.parsing import Command, Form
from handlers.replies import Reply
from handlers.routes import Routes
from handlers.views.blocks import Block, input_block, modal, text_input
from handlers.views.notes import said
from playground.people import Person
from playground.server import PlaygroundSlack
from tests.slack.conftest import Online
from tests.support.waiting import until

HERE = "C0STAGING"


def greets(routes: Routes, _app: AsyncApp) -> None:
    """Let ``/migrate hello`` be answered."""

    async def listener(_command: Command, reply: Reply) -> None:
        await reply.say(said("hello there"))

    routes.command("hello", listener, asks=Verb.SEE)


async def test_failed_handshake_after_a_disconnect_is_recovered(
    online: Online, slack: PlaygroundSlack, ana: Person
) -> None:
    """Trap A: the SDK would try the same used-up ticket for ever; it is given up."""
    async with online(greets):
        await slack.control.handshake_failures({"times": 1})
        await slack.control.disconnect({"reason": "refresh_requested"})
        await until(lambda: slack.core.sockets.refuse_handshakes == 0, "refused once")
        await until(lambda: slack.core.sockets.count == 1, "connected again")
        await ana.types(HERE, "/migrate hello")
        await ana.told(HERE, "hello there")


async def test_one_socket_answers_while_the_other_reconnects(
    online: Online, slack: PlaygroundSlack, ana: Person
) -> None:
    """With two sockets a command is answered although one connection was cut."""
    async with online(greets, sockets=2):
        await until(lambda: slack.core.sockets.count == 2, "both")
        await slack.core.sockets._connections[0].socket.close()
        await ana.types(HERE, "/migrate hello")
        await ana.told(HERE, "hello there")
        await until(lambda: slack.core.sockets.count == 2, "both again")


async def test_outage_of_slack_is_survived(
    online: Online, slack: PlaygroundSlack, ana: Person
) -> None:
    """When Slack is back, so is Ferry."""
    async with online(greets):
        await slack.control.outage({"on": True})
        await until(lambda: slack.core.sockets.count == 0, "cut")
        await slack.control.outage({"on": False})
        await until(lambda: slack.core.sockets.count == 1, "connected again")
        await ana.types(HERE, "/migrate hello")
        await ana.told(HERE, "hello there")


async def test_blocked_loop_costs_at_most_the_connection(
    online: Online, slack: PlaygroundSlack, ana: Person
) -> None:
    """Trap E: code that blocks the loop past the heartbeat drops the socket; it comes back."""

    def listen(routes: Routes, app: AsyncApp) -> None:
        greets(routes, app)

        async def blocks(_command: Command, _reply: Reply) -> None:
            time.sleep(1.0)  # noqa: ASYNC251 - the mistake is what is tested

        routes.command("block", blocks, asks=Verb.SEE)

    async with online(listen) as ferry:
        await ana.types(HERE, "/migrate block")
        await until(lambda: len(ferry.work) == 0, "blocked and done")
        await asyncio.sleep(0.3)  # what the blocked loop could not notice is noticed now
        await until(lambda: slack.core.sockets.count == 1, "connected again")
        await ana.types(HERE, "/migrate hello")
        await ana.told(HERE, "hello there")


async def test_stop_waits_for_listeners_at_work(online: Online, ana: Person) -> None:
    """What a person asked for before the stop is still answered after the sockets are closed."""
    entered = asyncio.Event()

    def listen(routes: Routes, _app: AsyncApp) -> None:
        async def listener(_command: Command, reply: Reply) -> None:
            entered.set()
            await asyncio.sleep(0.5)
            await reply.say(said("finished anyway"))

        routes.command("slow", listener, asks=Verb.SEE)

    async with online(listen) as ferry:
        await ana.types(HERE, "/migrate slow")
        await entered.wait()
        ferry.stop.set()
        await ferry.running
        await ana.told(HERE, "finished anyway")

    assert len(ferry.work) == 0


async def test_stop_cancels_listeners_past_the_deadline(online: Online, ana: Person) -> None:
    """A listener that hangs does not keep Ferry from stopping."""
    entered, ended = asyncio.Event(), asyncio.Event()

    def listen(routes: Routes, _app: AsyncApp) -> None:
        async def listener(_command: Command, _reply: Reply) -> None:
            entered.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

        routes.command("hang", listener, asks=Verb.SEE)

    async with online(listen) as ferry:
        await ana.types(HERE, "/migrate hang")
        await entered.wait()
        ferry.stop.set()
        async with asyncio.timeout(5):
            await ferry.running

    assert ended.is_set()


async def test_stop_lets_the_ack_of_a_received_envelope_out(online: Online, ana: Person) -> None:
    """A form that was sent just before the stop is answered, not met with a time-out."""
    entered = asyncio.Event()

    def listen(routes: Routes, _app: AsyncApp) -> None:
        async def opens(_command: Command, reply: Reply) -> None:
            name = input_block("Name", text_input("field.value"), block_id="field:name")
            await reply.open(modal("A form", [name], callback_id="form", submit="Send"))

        async def submitted(_form: Form, _reply: Reply) -> Block | None:
            entered.set()
            await asyncio.sleep(0.5)
            return None

        routes.command("form", opens, asks=Verb.SEE)
        routes.submission("form", submitted, asks=Verb.SEE)

    async with online(listen) as ferry:
        await ana.types(HERE, "/migrate form")
        view = await ana.fills(await ana.modal("A form"), {"Name": "x"})
        sent = asyncio.create_task(ana.submits(view))
        await entered.wait()
        ferry.stop.set()

        assert await sent == {}


async def test_a_message_larger_than_slack_sends_costs_at_most_the_connection(
    online: Online, slack: PlaygroundSlack, ana: Person
) -> None:
    """It is not read into memory to its end; what comes after it is answered."""
    large = {"type": "interactive", "payload": {"text": "x" * 5_000_000}}

    async with online(greets):
        with suppress(ConnectionError):
            await slack.core.sockets.deliver(large, 1.0)
        await until(lambda: slack.core.sockets.count == 1, "connected again")
        await ana.types(HERE, "/migrate hello")
        await ana.told(HERE, "hello there")
