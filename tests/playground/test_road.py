"""The whole road with the real SDK: a person, the playground, a bot on slack_bolt, and back."""

import pytest
from slack_bolt.async_app import AsyncApp

from playground.people import Person
from playground.server import PlaygroundSlack

pytestmark = pytest.mark.usefixtures("bot")


async def test_command_opens_a_modal_and_its_submission_is_announced(ana: Person) -> None:
    """A command, a modal with all kinds of inputs, and the message that follows."""
    await ana.types("C0STAGING", "/migrate run")
    view = await ana.modal("Run a job")
    await ana.fills(view, {"Job": "import-patients", "Where": "production", "Sistema": "iclinic"})

    errors = await ana.submits(view)

    assert errors == {}
    card = await ana.sees("C0STAGING", "import-patients for iclinic by @U0ANA succeeded")
    await ana.sees("C0STAGING", "detail")
    assert [reply["text"] for reply in await ana.thread(card)] == ["detail"]


async def test_errors_of_a_submission_are_told_by_label_and_leave_the_modal_open(
    ana: Person,
) -> None:
    """The bot refuses one field; the person corrects it in the same modal."""
    await ana.types("C0STAGING", "/migrate run")
    view = await ana.modal("Run a job")
    await ana.fills(view, {"Job": "import-visits", "Where": "staging", "Sistema": "bad"})

    errors = await ana.submits(view)

    assert errors == {"Sistema": "not that one"}
    await ana.fills(view, {"Sistema": "good"})
    assert await ana.submits(view) == {}
    await ana.sees("C0STAGING", "import-visits for good")


async def test_empty_required_field_never_reaches_the_bot(
    ana: Person, slack: PlaygroundSlack
) -> None:
    """Slack's client refuses to send a modal with an empty required field."""
    await ana.types("C0STAGING", "/migrate run")
    view = await ana.modal("Run a job")

    errors = await ana.submits(view)

    assert set(errors) == {"Job", "Where", "Sistema"}
    assert "view_submission" not in [sent["kind"] for sent in slack.control.deliveries()]


async def test_choice_with_dispatch_updates_the_modal_and_keeps_what_was_typed(
    ana: Person,
) -> None:
    """The same ids keep what the person typed before the app redrew the modal."""
    await ana.types("C0STAGING", "/migrate run")
    view = await ana.modal("Run a job")
    await ana.fills(view, {"Job": "import-visits", "Sistema": "iclinic"})

    view = await ana.chooses(view, "Where", "production")

    assert "runs on *production*" in view["blocks"][0]["text"]["text"]
    assert await ana.submits(view) == {}


async def test_closing_tells_the_bot(ana: Person) -> None:
    """notify_on_close sends view_closed."""
    await ana.types("C0STAGING", "/migrate run")
    view = await ana.modal("Run a job")

    await ana.closes(view)

    await ana.told("C0STAGING", "nothing was run")


async def test_guarded_button_needs_its_dialog_answered(ana: Person) -> None:
    """No click without the dialog; No sends nothing; Yes replaces the card."""
    await ana.types("C0STAGING", "/migrate card")
    card = await ana.sees("C0STAGING", "Run it?")

    with pytest.raises(AssertionError, match="On production"):
        await ana.clicks(card, "Run on production")
    await ana.clicks(card, "Run on production", confirm=False)
    await ana.clicks(card, "Run on production", confirm=True)

    receipt = await ana.sees("C0STAGING", "confirmed by @U0ANA")
    assert (receipt["ts"], "blocks" in receipt) == (card["ts"], False)


async def test_ephemeral_answers_are_seen_by_one_person_only(ana: Person, bruno: Person) -> None:
    """An ack's text, a response_url's text and a click's answer stay with the one who asked."""
    await ana.types("C0STAGING", "/migrate say")
    await ana.types("C0STAGING", "/migrate later")
    await ana.types("C0STAGING", "/migrate card")
    await ana.clicks(await ana.sees("C0STAGING", "Run it?"), "Log")

    for words in ("said at once", "said later", "the last lines"):
        await ana.told("C0STAGING", words)

    assert (await bruno.state())["ephemerals"]["C0STAGING"] == []


async def test_home_is_published_when_it_is_opened(ana: Person, bot: AsyncApp) -> None:
    """The event arrives over the Events API and views.publish shows the tab."""
    assert bot

    await ana.opens_home()

    await ana.home("Welcome to Ferry")


async def test_uploaded_file_is_shared_in_the_channel(ana: Person, slack: PlaygroundSlack) -> None:
    """files_upload_v2 takes its three steps; the message comes a moment later."""
    await ana.types("C0STAGING", "/migrate upload")

    message = await ana.sees("C0STAGING", "run.log")

    file_id = message["files"][0]["id"]
    assert slack.workspace.contents[file_id] == b"line 1\n"
