"""A form is acked in time and answered, whatever its listener does or however long it takes."""

import asyncio
import time

from slack_bolt.async_app import AsyncApp

from db.model.errors import InvalidInput
from executor.rules.access import Verb
from handlers.parsing import Command, Form
from handlers.replies import Reply
from handlers.routes import Routes
from handlers.views.blocks import Block, input_block, modal, text_input
from playground.people import Person
from playground.server import PlaygroundSlack
from tests.slack.conftest import Online

HERE = "C0STAGING"


def form() -> Block:
    """Return a form with one field."""
    name = input_block("Name", text_input("field.value"), block_id="field:name")
    return modal("A form", [name], callback_id="form", submit="Send", metadata="kept")


def opens_a_form(routes: Routes) -> None:
    """Let ``/migrate form`` open it."""

    async def listener(_command: Command, reply: Reply) -> None:
        await reply.open(form())

    routes.command("form", listener, asks=Verb.SEE)


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

        routes.submission("form", listener, asks=Verb.SEE)

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

        routes.submission("form", listener, asks=Verb.SEE)

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

        routes.submission("form", listener, working="Looking at the host…", asks=Verb.SEE)

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

        routes.submission("form", listener, asks=Verb.SEE)

    async with online(listen):
        await ana.types(HERE, "/migrate form")
        await ana.submits(await ana.fills(await ana.modal("A form"), {"Name": "mine"}))
        await ana.closes(await ana.modal("Ferry"))
        closed.set()
        await ana.sees("D0ANA", "This name is taken.")
