"""Socket Mode: tickets, several connections, disconnects, redelivery; and HTTP mode."""

import asyncio
from collections import Counter

import pytest
from aiohttp import ClientSession, WSMsgType, WSServerHandshakeError, web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from playground.people import Person
from playground.server import PlaygroundSlack
from tests.playground.tiny_bot import card, listen
from tests.support.waiting import until

CHANNEL = "C0STAGING"


async def ticket_url(slack: PlaygroundSlack, client: AsyncWebClient) -> str:
    """Return the address of a new socket."""
    return str((await client.apps_connections_open(app_token=slack.app_token))["url"])


async def test_ticket_is_good_for_one_connection(
    slack: PlaygroundSlack, client: AsyncWebClient
) -> None:
    """Hello comes first; the second use is refused, and so is one after a failed handshake."""
    url, wasted = await ticket_url(slack, client), await ticket_url(slack, client)
    async with ClientSession() as session:
        async with session.ws_connect(url) as socket:
            hello = await socket.receive_json()
        with pytest.raises(WSServerHandshakeError, match="401"):
            await session.ws_connect(url)
        await slack.control.handshake_failures({"times": 1})
        with pytest.raises(WSServerHandshakeError, match="503"):
            await session.ws_connect(wasted)
        with pytest.raises(WSServerHandshakeError, match="401"):
            await session.ws_connect(wasted)

    assert (hello["type"], hello["num_connections"]) == ("hello", 1)


async def test_ping_is_answered_with_its_own_body(
    slack: PlaygroundSlack, client: AsyncWebClient
) -> None:
    """The SDK measures the connection by that."""
    async with ClientSession() as session:
        url = await ticket_url(slack, client)
        async with session.ws_connect(url, autoping=False) as socket:
            await socket.receive_json()
            await socket.ping(b"sdk-ping-pong:1")
            pong = await socket.receive()

    assert (pong.type, pong.data) == (WSMsgType.PONG, b"sdk-ping-pong:1")


async def test_eleventh_connection_is_sent_away(
    slack: PlaygroundSlack, client: AsyncWebClient
) -> None:
    """Slack allows ten."""
    async with ClientSession() as session:
        ten = [await session.ws_connect(await ticket_url(slack, client)) for _ in range(10)]
        await until(lambda: slack.core.sockets.count == 10)
        async with session.ws_connect(await ticket_url(slack, client)) as socket:
            goodbye = await socket.receive_json()

    assert len(ten) == 10
    assert (goodbye["type"], goodbye["reason"]) == ("disconnect", "too_many_websockets")


async def test_payloads_are_spread_over_connections(
    slack: PlaygroundSlack, client: AsyncWebClient, ana: Person
) -> None:
    """Each goes to exactly one of two handlers of the real SDK; both get some."""
    app = AsyncApp(client=client)
    listen(app)
    handlers = [AsyncSocketModeHandler(app, slack.app_token) for _ in range(2)]
    for handler in handlers:
        await handler.connect_async()  # type: ignore[no-untyped-call]

    for _ in range(20):
        await ana.types(CHANNEL, "/migrate say")

    shares = [each["envelopes"] for each in slack.core.sockets.listing()]
    for handler in handlers:
        await handler.close_async()  # type: ignore[no-untyped-call]
    assert (sum(shares), min(shares) > 0) == (20, True)


@pytest.mark.parametrize("reason", ["refresh_requested", "link_disabled", "warning", "drop"])
async def test_real_sdk_comes_back_after_a_disconnect(
    slack: PlaygroundSlack, bot: AsyncApp, ana: Person, reason: str
) -> None:
    """Whatever ends the connection, a new one takes over and commands work again."""
    assert bot
    slack.core.sockets.warning_s = 0.2
    old = slack.core.sockets._connections[0]

    answer = await slack.control.disconnect({"reason": reason})
    await until(lambda: old not in slack.core.sockets._connections)
    await until(lambda: slack.core.sockets.count == 1)
    await ana.types(CHANNEL, "/migrate say")

    assert answer == {"disconnected": 1}
    await ana.told(CHANNEL, "said at once")


async def test_leaving_connection_is_given_nothing_new(
    slack: PlaygroundSlack, client: AsyncWebClient, ana: Person
) -> None:
    """Between the warning and the end only acks go over it."""
    url = await ticket_url(slack, client)
    async with ClientSession() as session, session.ws_connect(url) as socket:
        await socket.receive_json()
        await slack.control.disconnect({"reason": "warning"})

        answer = await ana.tries("command", channel=CHANNEL, text="/migrate say")

        goodbye = await socket.receive_json()
    assert "dispatch_failed" in answer["error"]
    assert goodbye["reason"] == "warning"


async def test_last_payload_is_redelivered_as_it_was(
    slack: PlaygroundSlack, client: AsyncWebClient, bot: AsyncApp, ana: Person
) -> None:
    """A click that comes twice has the same trigger and the same action_ts."""
    assert bot
    await client.chat_postMessage(channel=CHANNEL, text="card", blocks=card())
    await ana.clicks(await ana.sees(CHANNEL, "card"), "Log")

    assert (await slack.control.redeliver())["ok"]

    first, second = [
        sent["payload"] for sent in slack.control.deliveries() if sent["kind"] == "block_actions"
    ]
    assert first == second


async def test_event_without_an_ack_is_sent_again(
    slack: PlaygroundSlack, client: AsyncWebClient, ana: Person
) -> None:
    """The same event_id comes again with its retry number as soon as somebody is there."""
    await ana.opens_home()
    await until(lambda: len(slack.control.deliveries()) == 2)
    url = await ticket_url(slack, client)
    async with ClientSession() as session, session.ws_connect(url) as socket:
        await socket.receive_json()
        task = asyncio.create_task(slack.control.redeliver())
        envelope = await socket.receive_json()
        await socket.send_json({"envelope_id": envelope["envelope_id"]})
        answer = await task

    assert (answer["ok"], envelope["retry_attempt"]) == (True, 1)
    ids = {sent["payload"]["event_id"] for sent in slack.control.deliveries()}
    assert ids == {envelope["payload"]["event_id"]}


async def test_http_mode_posts_signed_payloads(
    slack: PlaygroundSlack, client: AsyncWebClient, ana: Person
) -> None:
    """The same road with Bolt's own HTTP server, which checks every signature."""
    app = AsyncApp(client=client, signing_secret=slack.signing_secret)
    listen(app)
    runner = web.AppRunner(app.web_app(path="/slack/events"))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    slack.http_target = f"http://127.0.0.1:{port}/slack/events"

    await ana.types(CHANNEL, "/migrate say")
    await ana.types(CHANNEL, "/migrate run")
    view = await ana.modal("Run a job")
    await ana.fills(view, {"Job": "import-visits", "Where": "staging", "Sistema": "bad"})
    errors = await ana.submits(view)
    await ana.opens_home()
    await ana.home("Welcome to Ferry")

    await runner.cleanup()
    await ana.told(CHANNEL, "said at once")
    assert errors == {"Sistema": "not that one"}
    kinds = Counter(sent["kind"] for sent in slack.control.deliveries() if not sent["error"])
    assert kinds["slash_commands"] == 2


async def test_http_mode_refuses_a_wrong_secret(
    slack: PlaygroundSlack, client: AsyncWebClient, ana: Person
) -> None:
    """An app that expects another secret answers 401, which the person sees as a failure."""
    app = AsyncApp(client=client, signing_secret="another")
    listen(app)
    runner = web.AppRunner(app.web_app(path="/slack/events"))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.http_target = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"

    answer = await ana.tries("command", channel=CHANNEL, text="/migrate say")

    await runner.cleanup()
    assert "dispatch_failed" in answer["error"]


async def test_bot_token_opens_no_socket(slack: PlaygroundSlack, client: AsyncWebClient) -> None:
    """The SDK's preflight sees a wrong app token as an error at once."""
    with pytest.raises(SlackApiError, match="invalid_auth"):
        await client.apps_connections_open(app_token="xapp-wrong")

    assert slack.core.sockets.count == 0
