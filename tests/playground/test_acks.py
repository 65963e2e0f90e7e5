"""What a bot's ack does to a modal, and what a person sees when there is none."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse
from slack_sdk.web.async_client import AsyncWebClient

from playground.people import Person
from playground.server import PlaygroundSlack
from tests.playground.tiny_bot import card, text

Payload = dict[str, Any]
CHANNEL = "C0STAGING"


class RawBot:
    """A bot on the bare socket, which answers each envelope with what the test set."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.answer: Payload | None = {}
        self.seen: list[Payload] = []

    async def listen(self) -> None:
        """Answer envelopes until the socket ends; ``answer = None`` keeps silent."""
        async for message in self.socket:
            frame = message.json()
            self.seen.append(frame)
            if "envelope_id" in frame and self.answer is not None:
                ack: Payload = {"envelope_id": frame["envelope_id"]}
                await self.socket.send_json(ack | self.answer)


@pytest.fixture
async def raw(slack: PlaygroundSlack, client: AsyncWebClient) -> AsyncIterator[RawBot]:
    """Connect a bare socket."""
    url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
    async with ClientSession() as session, session.ws_connect(url) as socket:
        bot = RawBot(socket)
        task = asyncio.create_task(bot.listen())
        yield bot
        task.cancel()


def view(title: str, **more: Any) -> Payload:
    """Return a modal with an input block and a section."""
    element = {"type": "plain_text_input", "action_id": "a"}
    block = {"type": "input", "block_id": "b", "label": text("Name"), "optional": True}
    blocks = [block | {"element": element}, {"type": "section", "text": text("words")}]
    head = {"type": "modal", "title": text(title), "submit": text("Go")}
    return {**head, "blocks": blocks, **more}


async def opened(slack: PlaygroundSlack, client: AsyncWebClient, ana: Person) -> Payload:
    """Open a modal for Ana."""
    trigger = slack.core.permits.trigger("U0ANA", channel=CHANNEL)
    await client.views_open(trigger_id=trigger, view=view("One", notify_on_close=True))
    return await ana.modal("One")


@pytest.mark.parametrize(
    ("answer", "titles"),
    [
        pytest.param({}, [], id="nothing closes it"),
        pytest.param({"response_action": "clear"}, [], id="clear"),
        pytest.param({"response_action": "update", "view": view("Two")}, ["Two"], id="update"),
        pytest.param({"response_action": "push", "view": view("Two")}, ["One", "Two"], id="push"),
    ],
)
async def test_ack_decides_what_is_open(
    slack: PlaygroundSlack,
    client: AsyncWebClient,
    raw: RawBot,
    ana: Person,
    answer: Payload,
    titles: list[str],
) -> None:
    """The four answers that Slack understands."""
    shown = await opened(slack, client, ana)
    raw.answer = {"payload": answer}

    assert await ana.submits(shown) == {}

    views = (await ana.state())["views"]
    assert [each["title"]["text"] for each in views] == titles


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"response_action": "errors", "errors": {"c": "no such block"}}, id="block"),
        pytest.param({"response_action": "errors", "errors": {}}, id="no errors"),
        pytest.param({"response_action": "update", "view": view("x" * 25)}, id="bad view"),
        pytest.param({"response_action": "dance"}, id="unknown"),
    ],
)
async def test_bad_ack_is_trouble_and_is_journalled(
    slack: PlaygroundSlack, client: AsyncWebClient, raw: RawBot, ana: Person, answer: Payload
) -> None:
    """The modal stays, the person is told to try again, the journal says why."""
    shown = await opened(slack, client, ana)
    raw.answer = {"payload": answer}

    with pytest.raises(AssertionError, match="trouble connecting"):
        await ana.submits(shown)

    assert (await ana.modal("One"))["id"] == shown["id"]
    assert slack.control.calls("view_submission")[0]["error"].startswith("invalid_")


async def test_silence_is_told_after_three_seconds(
    slack: PlaygroundSlack, client: AsyncWebClient, raw: RawBot, ana: Person
) -> None:
    """Commands, clicks and submissions each fail in Slack's words, all after the same time."""
    shown = await opened(slack, client, ana)
    ts = (await client.chat_postMessage(channel=CHANNEL, text="x", blocks=card()))["ts"]
    button = {"block_id": "buttons", "action_id": "log", "channel": CHANNEL, "message_ts": ts}
    raw.answer = None
    start = asyncio.get_running_loop().time()

    answers = await asyncio.gather(
        ana.tries("command", channel=CHANNEL, text="/migrate run"),
        ana.tries("action", **button),
        ana.tries("submit", view_id=shown["id"], values={}),
    )

    assert 2.9 < asyncio.get_running_loop().time() - start < 4
    assert [answer["error"] for answer in answers] == [
        '/migrate failed with the error "operation_timeout"',
        "This app did not respond in time. Try again?",
        "We had some trouble connecting. Try again?",
    ]


async def test_without_any_socket_a_command_fails_at_once(ana: Person) -> None:
    """Nobody is connected, so nothing is waited for."""
    answer = await ana.tries("command", channel=CHANNEL, text="/migrate run")

    assert answer["error"] == '/migrate failed with the error "dispatch_failed"'


async def test_ack_of_a_command_in_the_channel_shows_what_was_typed(
    raw: RawBot, ana: Person, bruno: Person
) -> None:
    """response_type in_channel: everybody sees the command and its answer."""
    raw.answer = {"payload": {"response_type": "in_channel", "text": "for all"}}

    await ana.types(CHANNEL, "/migrate status")

    await bruno.sees(CHANNEL, "for all")
    assert (await bruno.sees(CHANNEL, "/migrate status"))["user"] == "U0ANA"


async def test_ack_of_a_click_says_nothing(
    client: AsyncWebClient, raw: RawBot, ana: Person
) -> None:
    """Slack takes no body there, so neither does the playground."""
    await client.chat_postMessage(channel=CHANNEL, text="card", blocks=card())
    raw.answer = {"payload": {"text": "unheard"}}

    await ana.clicks(await ana.sees(CHANNEL, "card"), "Log")

    assert (await ana.state())["ephemerals"][CHANNEL] == []
    assert raw.seen[-1]["accepts_response_payload"] is False


async def test_names_in_a_command_are_escaped(raw: RawBot, ana: Person) -> None:
    """should_escape turns known names into references and leaves the rest alone."""
    await ana.types(CHANNEL, "/migrate run  a=“x” @ana me@ana.com #prod-ops #prod")

    sent = raw.seen[-1]["payload"]
    assert sent["text"] == "run  a=“x” <@U0ANA|ana> me@ana.com <#C0PROD|prod-ops> #prod"
    assert (sent["command"], sent["channel_name"]) == ("/migrate", "staging-ops")


@pytest.mark.parametrize(
    ("act", "told"),
    [
        ({"text": "/foo"}, "/foo is not a valid command"),
        ({"text": "/migrate run", "thread_ts": "1.0"}, "not supported in threads"),
        ({"text": "/migrate run", "channel": "D0BRUNO"}, "not in this conversation"),
        ({"text": "/migrate run", "channel": "C0NOWHERE"}, "channel_not_found"),
    ],
)
async def test_command_that_slack_itself_refuses(
    raw: RawBot, ana: Person, act: Payload, told: str
) -> None:
    """The bot never hears of it."""
    answer = await ana.tries("command", **({"channel": CHANNEL} | act))

    assert told in answer["error"]
    assert [frame["type"] for frame in raw.seen if frame["type"] != "hello"] == []
