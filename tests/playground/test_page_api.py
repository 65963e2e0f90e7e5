"""The page's own side: its state, its events, its files, and what it may not do."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession
from slack_sdk.web.async_client import AsyncWebClient
from yarl import URL

from playground.feed import BACKLOG, Feed
from playground.people import Person
from playground.server import PlaygroundSlack
from tests.playground.tiny_bot import card

Payload = dict[str, Any]
CHANNEL = "C0STAGING"


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    """Be a browser."""
    async with ClientSession() as session:
        yield session


async def next_event(stream: ClientResponse) -> Payload:
    """Return the next Server-Sent Event."""
    async with asyncio.timeout(5):
        while not (line := await stream.content.readline()).startswith(b"data: "):
            assert line
    event: Payload = json.loads(line.removeprefix(b"data: "))
    return event


async def test_state_shows_a_person_only_their_own(
    client: AsyncWebClient, ana: Person, bruno: Person
) -> None:
    """Everybody has the channels and one conversation with the bot."""
    await client.chat_postMessage(channel=CHANNEL, text="for all")

    mine, theirs = await ana.state(), await bruno.state("C0PROD")

    assert [channel["id"] for channel in mine["channels"]] == [
        "C0STAGING",
        "C0PROD",
        "C0RANDOM",
        "C0QUIET",
        "D0ANA",
    ]
    assert (mine["me"]["name"], mine["bot"]["id"]) == ("ana", "U0BOT")
    assert mine["messages"][CHANNEL][0]["text"] == "for all"
    assert list(theirs["messages"]) == ["C0PROD"]
    assert mine["commands"][0]["command"] == "/migrate"


async def test_events_tell_each_page_what_it_may_see(
    slack: PlaygroundSlack, client: AsyncWebClient, session: ClientSession
) -> None:
    """First the connection, then every change; a whisper reaches one page only."""
    async with (
        session.get(f"{slack.url}/page/events?user=U0ANA") as ana,
        session.get(f"{slack.url}/page/events?user=U0BRUNO") as bruno,
    ):
        first = await next_event(ana)
        await next_event(bruno)
        await client.chat_postEphemeral(channel=CHANNEL, user="U0ANA", text="psst")
        posted = await client.chat_postMessage(channel=CHANNEL, text="hello")
        await client.chat_delete(channel=CHANNEL, ts=posted["ts"])

        anas = [await next_event(ana) for _ in range(3)]
        brunos = [await next_event(bruno) for _ in range(2)]

    assert first == {"type": "connection", "connected": False, "sockets": 0}
    assert [event["type"] for event in anas] == ["ephemeral", "message", "message_deleted"]
    assert [event["type"] for event in brunos] == ["message", "message_deleted"]


async def test_page_that_does_not_read_is_hung_up_on() -> None:
    """Nobody waits for a slow page, and its backlog is bounded."""
    feed = Feed()

    with feed.subscribe("U0ANA") as mailbox:
        for number in range(BACKLOG * 2):
            feed.publish({"number": number})

    waiting = [mailbox.get_nowait() for _ in range(mailbox.qsize())]
    assert len(waiting) == BACKLOG
    assert waiting[-1] is None


async def test_reset_makes_every_page_come_back(
    slack: PlaygroundSlack, client: AsyncWebClient, session: ClientSession, ana: Person
) -> None:
    """The stream ends, nothing is left, and someone who waits goes on waiting."""
    await client.chat_postMessage(channel=CHANNEL, text="old")
    waiting = asyncio.create_task(ana.sees(CHANNEL, "new"))
    async with session.get(f"{slack.url}/page/events?user=U0ANA") as stream:
        await next_event(stream)
        await slack.control.reset()
        rest = await stream.content.read()

    await client.chat_postMessage(channel=CHANNEL, text="new")

    assert (await waiting)["text"] == "new"
    assert rest.strip() == b""
    assert [each["text"] for each in (await ana.state())["messages"][CHANNEL]] == ["new"]


async def test_file_is_shown_or_downloaded(
    slack: PlaygroundSlack, client: AsyncWebClient, session: ClientSession, ana: Person
) -> None:
    """Text opens in the page, everything else is a download."""
    for name in ("run.log", "dump.gz"):
        await client.files_upload_v2(channel=CHANNEL, filename=name, content=b"\xff\x00 line")
    text, archive = [(await ana.sees(CHANNEL, name))["files"][0] for name in ("run.log", "dump.gz")]

    async with session.get(slack.url + text["url"]) as shown:
        assert shown.content_type == "text/plain"
        assert "Content-Disposition" not in shown.headers
    async with session.get(slack.url + archive["url"]) as download:
        assert download.headers["Content-Disposition"] == "attachment"
        assert await download.read() == b"\xff\x00 line"


async def test_deleted_file_is_gone_with_the_message_that_only_showed_it(
    slack: PlaygroundSlack, client: AsyncWebClient, ana: Person
) -> None:
    """A message that says more keeps its words; a file that is not there is told."""
    for name, comment in (("bare.png", None), ("said.log", "look at this")):
        await client.files_upload_v2(
            channel=CHANNEL, filename=name, content=b"x", initial_comment=comment
        )
        await ana.sees(CHANNEL, name)

    for file_id in list(slack.workspace.files):
        await client.files_delete(file=file_id)

    (left,) = (await ana.state())["messages"][CHANNEL]
    assert (left["text"], left["files"]) == ("look at this", [])
    assert (slack.workspace.files, slack.workspace.contents) == ({}, {})
    with pytest.raises(Exception, match="file_not_found"):
        await client.files_delete(file="F0GONE")


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"filename": "a.log", "length": 0}, "missing_argument"),
        ({"filename": "", "length": 5}, "missing_argument"),
        (
            {"filename": "a.log", "length": 1_000_001, "snippet_type": "text"},
            "snippet_too_large",
        ),
    ],
)
async def test_upload_is_refused(client: AsyncWebClient, args: Any, error: str) -> None:
    """An empty file and a huge snippet are not taken."""
    with pytest.raises(Exception, match=error):
        await client.api_call("files.getUploadURLExternal", params=args)


async def test_file_goes_only_where_the_bot_is(client: AsyncWebClient) -> None:
    """Sharing needs membership, and bytes that were really sent."""
    step = await client.files_getUploadURLExternal(filename="a.log", length=5)
    unsent = client.files_completeUploadExternal(
        files=[{"id": step["file_id"], "title": "a"}], channel_id=CHANNEL
    )
    elsewhere = client.files_upload_v2(channel="C0QUIET", filename="a.log", content="x")

    with pytest.raises(Exception, match="file_not_found"):
        await unsent
    with pytest.raises(Exception, match="not_in_channel"):
        await elsewhere


@pytest.mark.parametrize(
    "path", ["/page/state?user=U0NOBODY", "/page/file/F1", "/..%2fserver.py", "/%2e%2e%2fserver.py"]
)
async def test_what_is_not_there_is_not_found(
    slack: PlaygroundSlack, session: ClientSession, path: str
) -> None:
    """Also nothing outside of the page's own files."""
    async with session.get(URL(slack.url + path, encoded=True)) as answer:
        assert answer.status == 404


async def test_page_itself_is_served_uncached(
    slack: PlaygroundSlack, session: ClientSession
) -> None:
    """index.html is what "/" gives, and a reload always sees the newest."""
    async with session.get(slack.url + "/") as answer:
        assert answer.content_type == "text/html"
        assert answer.headers["Cache-Control"] == "no-store"


async def test_action_on_what_the_app_did_not_offer_is_refused(
    client: AsyncWebClient, ana: Person
) -> None:
    """Neither an unknown button nor a message of a person takes clicks."""
    ts = (await client.chat_postMessage(channel=CHANNEL, text="x", blocks=card()))["ts"]
    own = (await ana.types(CHANNEL, "mine"))["ts"]

    unknown = await ana.tries(
        "action", channel=CHANNEL, message_ts=ts, block_id="buttons", action_id="nuke"
    )
    persons = await ana.tries(
        "action", channel=CHANNEL, message_ts=own, block_id="buttons", action_id="log"
    )

    assert unknown["error"] == persons["error"] == "That is not there any more."


async def test_hundreds_of_messages_are_quick(client: AsyncWebClient, ana: Person) -> None:
    """300 posts and 300 edits with pages open take seconds, and the last one is seen."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    waiting = asyncio.create_task(ana.sees(CHANNEL, "edit 299"))

    ts = [
        (await client.chat_postMessage(channel=CHANNEL, text=f"post {n}", blocks=card()))["ts"]
        for n in range(300)
    ]
    for number, each in enumerate(ts):
        await client.chat_update(channel=CHANNEL, ts=each, text=f"edit {number}")
    await waiting

    assert loop.time() - start < 10


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://example.com"}, {"Host": "rebound.example.com"}, {"Origin": "null"}],
)
async def test_page_of_another_site_can_do_nothing(
    slack: PlaygroundSlack, session: ClientSession, headers: dict[str, str]
) -> None:
    """Commands run for real on the sample host, so no foreign page may type them."""
    act = {"user": "U0ANA", "channel": CHANNEL, "text": "hello"}

    async with session.post(f"{slack.url}/page/message", json=act, headers=headers) as answer:
        assert answer.status == 403

    assert slack.workspace.messages[CHANNEL] == {}
    async with session.post(
        f"{slack.url}/page/message", json=act, headers={"Origin": slack.url}
    ) as own:
        assert (await own.json())["ok"]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_picture_on_another_site_is_no_call(
    slack: PlaygroundSlack, session: ClientSession, site: str
) -> None:
    """A browser sends no Origin when it fetches one, and the playground's token is no secret."""
    address = f"{slack.api_url}chat.postMessage"
    call = {"token": slack.bot_token, "channel": CHANNEL, "text": "hello"}

    async with session.get(address, params=call, headers={"Sec-Fetch-Site": site}) as answer:
        assert answer.status == 403

    assert slack.workspace.messages[CHANNEL] == {}


async def test_page_can_be_opened_by_a_link_but_not_put_in_a_frame(
    slack: PlaygroundSlack, session: ClientSession
) -> None:
    """A frame under another page's buttons would catch clicks that were meant for those."""
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}

    async with session.get(f"{slack.url}/", headers=link) as answer:
        assert answer.status == 200
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
