"""The Person driver sees what can be seen and refuses what a person could not do."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from playground.choices import Value
from playground.people import Person
from playground.server import PlaygroundSlack
from tests.playground.tiny_bot import option, text

Payload = dict[str, Any]
CHANNEL = "C0STAGING"


@pytest.fixture
async def deaf(slack: PlaygroundSlack) -> AsyncIterator[None]:
    """Have somebody who acks everything and does nothing."""

    async def ok(_request: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_post("/", ok)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.http_target = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield
    await runner.cleanup()


def field(label: str, kind: str, **more: Any) -> Payload:
    """Return an input block called *label*."""
    element = {"type": kind, "action_id": "a", **more}
    return {"type": "input", "block_id": label, "label": text(label), "element": element}


FIELDS = [
    field("Name", "plain_text_input", initial_value="before"),
    field("Count", "number_input", is_decimal_allowed=False, min_value="1", max_value="9"),
    field("Kind", "static_select", options=[option("small"), option("big")]),
    field("Dry run", "radio_buttons", options=[option("yes"), option("no")]),
    field("Extras", "checkboxes", options=[option("a"), option("b"), option("c")]),
    field("Day", "datepicker"),
    field("Moment", "datetimepicker"),
    field("Approver", "users_select"),
    field("Channel", "conversations_select"),
    field("Watchers", "multi_users_select"),
]
VALUES: dict[str, Value] = {
    "Count": "7",
    "Kind": "big",
    "Dry run": "no",
    "Extras": ["a", "c"],
    "Day": "2026-12-31",
    "Moment": "2026-12-31T12:00:00+00:00",
    "Approver": "bruno",
    "Channel": "#prod-ops",
    "Watchers": ["Ana Souza", "U0CARLA"],
}


@pytest.fixture
async def form(slack: PlaygroundSlack, client: AsyncWebClient, ana: Person, deaf: None) -> Payload:
    """Open a modal with every kind of input."""
    assert deaf is None
    trigger = slack.core.permits.trigger("U0ANA", channel=CHANNEL)
    view = {"type": "modal", "title": text("Form"), "submit": text("Go"), "blocks": FIELDS}
    await client.views_open(trigger_id=trigger, view=view)
    return await ana.modal("Form")


async def test_every_kind_of_input_is_filled_in_as_slack_sends_it(
    slack: PlaygroundSlack, ana: Person, form: Payload
) -> None:
    """Texts, values, names and ids all find their option; what was there at first stays."""
    await ana.fills(form, VALUES)

    assert await ana.submits(form) == {}

    sent = slack.control.deliveries()[-1]["payload"]["view"]["state"]["values"]
    flat = {label: {**state["a"]} for label, state in sent.items()}
    assert flat["Name"] == {"type": "plain_text_input", "value": "before"}
    assert flat["Count"]["value"] == "7"
    assert flat["Kind"]["selected_option"]["value"] == "big"
    assert flat["Dry run"]["selected_option"] == option("no")
    assert flat["Extras"]["selected_options"] == [option("a"), option("c")]
    assert flat["Day"]["selected_date"] == "2026-12-31"
    assert flat["Moment"]["selected_date_time"] == 1798718400
    assert flat["Approver"]["selected_user"] == "U0BRUNO"
    assert flat["Channel"]["selected_conversation"] == "C0PROD"
    assert flat["Watchers"]["selected_users"] == ["U0ANA", "U0CARLA"]


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({"Count": "ten"}, {"Count": "Please enter a number."}),
        ({"Count": "1.5"}, {"Count": "Please enter a whole number."}),
        ({"Count": "10"}, {"Count": "Must be at most 9."}),
        ({"Name": "x" * 3001}, {"Name": "Must be at most 3000 characters."}),
        ({"Name": ""}, {"Name": "Please complete this required field."}),
        ({"Extras": []}, {"Extras": "Please complete this required field."}),
    ],
)
async def test_slack_refuses_before_the_bot_is_asked(
    slack: PlaygroundSlack, ana: Person, form: Payload, values: Any, errors: dict[str, str]
) -> None:
    """Wrong numbers, too long texts and empty fields never leave Slack."""
    await ana.fills(form, VALUES | values)

    assert await ana.submits(form) == errors

    assert slack.control.deliveries() == []


@pytest.mark.parametrize(
    ("label", "value", "told"),
    [
        ("Kind", "huge", "'huge' is not on offer; there is: 'small', 'big'"),
        ("Colour", "red", "no input 'Colour' is shown; there is: 'Name', 'Count'"),
        ("Approver", "nobody", "'nobody' is not in this workspace"),
    ],
)
async def test_what_is_not_on_the_screen_cannot_be_chosen(
    ana: Person, form: Payload, label: str, value: str, told: str
) -> None:
    """The refusal lists what is there."""
    with pytest.raises(AssertionError, match=told):
        await ana.chooses(form, label, value)


async def test_waiting_in_vain_tells_what_is_there(client: AsyncWebClient, ana: Person) -> None:
    """A failed test shows the last messages, without marks."""
    await client.chat_postMessage(channel=CHANNEL, text="*something* <@U0ANA|ana> &lt;else&gt;")

    with pytest.raises(AssertionError, match="something") as caught:
        await ana.sees(CHANNEL, "other", timeout=0.1)

    assert "'other' is not in C0STAGING" in str(caught.value)
    await ana.sees(CHANNEL, "something ana <else>")


async def test_words_are_read_across_rich_text_and_fields(
    client: AsyncWebClient, ana: Person
) -> None:
    """What looks like one sentence is found as one, wherever it is in the blocks."""
    parts = [{"type": "text", "text": "step 2 "}, {"type": "text", "text": "of 7"}]
    rich = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": parts}]}
    fields = [{"type": "mrkdwn", "text": "*Rows*\n1,200"}]
    blocks = [rich, {"type": "section", "fields": fields}]
    await client.chat_postMessage(channel=CHANNEL, text="fallback", blocks=blocks)

    await ana.sees(CHANNEL, "step 2 of 7")
    await ana.sees(CHANNEL, "Rows 1,200")


async def test_button_and_overflow_are_pressed_by_their_words(
    slack: PlaygroundSlack, client: AsyncWebClient, ana: Person, deaf: None
) -> None:
    """An overflow line is a press with its option; an emoji around a label does not matter."""
    assert deaf is None
    more = {"type": "overflow", "action_id": "more", "options": [option("Retry"), option("Hide")]}
    go = {"type": "button", "action_id": "go", "text": text(":rocket: Go"), "value": "7"}
    blocks = [{"type": "actions", "block_id": "b", "elements": [go, more]}]
    await client.chat_postMessage(channel=CHANNEL, text="card", blocks=blocks)
    card = await ana.sees(CHANNEL, "card")

    await ana.clicks(card, "Go")
    await ana.clicks(card, "Hide")
    with pytest.raises(AssertionError, match="no button 'Stop'"):
        await ana.clicks(card, "Stop")
    with pytest.raises(AssertionError, match="asks nothing"):
        await ana.clicks(card, "Go", confirm=True)

    actions = [sent["payload"]["actions"][0] for sent in slack.control.deliveries()]
    assert [(each["action_id"], each.get("value")) for each in actions] == [
        ("go", "7"),
        ("more", None),
    ]
    assert actions[1]["selected_option"] == option("Hide")


async def test_button_of_an_old_screen_is_still_delivered(
    slack: PlaygroundSlack, client: AsyncWebClient, ana: Person, deaf: None
) -> None:
    """Somebody may press what the bot has just taken away; after a deletion there is nothing."""
    assert deaf is None
    go = {"type": "button", "action_id": "go", "text": text("Go")}
    blocks = [{"type": "actions", "block_id": "b", "elements": [go]}]
    posted = await client.chat_postMessage(channel=CHANNEL, text="card", blocks=blocks)
    card = await ana.sees(CHANNEL, "card")
    await client.chat_update(channel=CHANNEL, ts=posted["ts"], text="done")

    with pytest.raises(AssertionError, match="no button 'Go'"):
        await ana.clicks(card, "Go")
    await ana.clicks(card, "Go", as_shown=True)
    await client.chat_delete(channel=CHANNEL, ts=posted["ts"])
    with pytest.raises(AssertionError, match="not there any more"):
        await ana.clicks(card, "Go", as_shown=True)

    assert len(slack.control.deliveries()) == 1


async def test_option_that_was_not_offered_is_refused(
    slack: PlaygroundSlack, client: AsyncWebClient, ana: Person, deaf: None
) -> None:
    """A page cannot send what the element does not have."""
    assert deaf is None
    pick = {"type": "static_select", "action_id": "pick", "options": [option("small")]}
    blocks = [{"type": "actions", "block_id": "b", "elements": [pick]}]
    posted = await client.chat_postMessage(channel=CHANNEL, text="card", blocks=blocks)
    place = {"channel": CHANNEL, "message_ts": posted["ts"], "block_id": "b", "action_id": "pick"}

    refused = await ana.tries("action", **place, selected_option=option("huge"))
    taken = await ana.tries("action", **place, selected_option=option("small"))

    assert (refused["error"], taken["ok"]) == ("That option is not on offer.", True)
    assert len(slack.control.deliveries()) == 1
