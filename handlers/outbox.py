"""The one caller of Slack's Web API for cards, thread posts and files.

Newest render of a message wins, one call a message at a time, what is already shown is not sent.
What is not urgent is dropped when there is no budget for it; what is urgent waits, but not for
ever: then it is LATER, and the caller, who has the truth in the database, asks again.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

import structlog
from aiohttp import ClientSession, ClientTimeout
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from handlers.caller import URGENT, Caller, Turn
from handlers.log_file import LogFile
from handlers.troubles import Kind, Trouble
from handlers.views.blocks import Block
from handlers.views.message import Told

logger = structlog.get_logger(__name__)

MOST_REMEMBERED = 2000
ANSWERS_WITHIN_S = 15  # of one call

SendBlocks = Callable[[list[Block]], Awaitable[AsyncSlackResponse]]


class Outcome(Enum):
    """How it went."""

    SENT = auto()
    UNCHANGED = auto()  #: it is shown already
    SUPERSEDED = auto()  #: a newer render was handed in meanwhile
    LATER = auto()  #: no budget, or Slack is away: ask again
    REFUSED = auto()  #: Slack will not do it; `why` is a sentence


OUTCOMES = {
    Kind.BUSY: Outcome.LATER,
    Kind.AWAY: Outcome.LATER,
    Kind.UNWANTED: Outcome.SUPERSEDED,
}


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a message; *channel_id* and *ts* say where it is now."""

    outcome: Outcome
    channel_id: str = ""
    ts: str = ""
    why: str = ""
    permalink: str = ""
    is_unsure: bool = False  #: LATER, and it may be out all the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a message is to be shown; *ts* is empty until it was posted."""

    key: str  #: names the message before it has a ts, and after it was posted again
    channel_id: str
    ts: str = ""
    digest: str = ""  #: of what it shows, if known


@dataclass(slots=True)
class _Message:
    """What the outbox remembers of one message."""

    channel_id: str
    ts: str
    digest: str
    gone: str = ""  #: the ts of the one that was deleted; a second one is not posted again
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    newest: int = 0
    is_urgent: bool = False  #: a render that was superseded passes its urgency on


def slack_session(*, timeout_s: float = ANSWERS_WITHIN_S) -> ClientSession:
    """Return the session that all clients of Slack share: a call in it waits for *timeout_s*.

    Where a session is shared, Slack's SDK does not heed the timeout of its client.
    """
    return ClientSession(timeout=ClientTimeout(total=timeout_s))


def web_client(
    token: str, *, api_url: str, session: ClientSession, timeout_s: int = ANSWERS_WITHIN_S
) -> AsyncWebClient:
    """Return a client for an outbox: it retries nothing by itself, the outbox knows better.

    *timeout_s*: for the bytes of a file; all else is the session's.
    """
    return AsyncWebClient(
        token, base_url=api_url, session=session, timeout=timeout_s, retry_handlers=[]
    )


class Outbox:
    """What was shown where is remembered only to spare calls: the truth is in the database."""

    def __init__(
        self, client: AsyncWebClient, caller: Caller, *, uploads: AsyncWebClient | None = None
    ) -> None:
        self._client, self._caller = client, caller
        self._uploads = uploads or client  # a longer timeout for files
        self._messages: OrderedDict[str, _Message] = OrderedDict()

    async def show(self, place: Place, told: Told, *, urgent: bool) -> Sent:
        """Post *told* at *place*, or edit what is there; a deleted message is posted again, once.

        *urgent*: a person waits for it, or it is final.
        """
        message = self._message(place)
        message.newest += 1
        message.is_urgent |= urgent
        mine = message.newest
        async with message.lock:
            if mine != message.newest:
                return _unsent(Trouble(Kind.UNWANTED, ""), message)
            urgent, message.is_urgent = message.is_urgent, False
            if message.ts and message.digest == told.digest:
                return Sent(Outcome.UNCHANGED, message.channel_id, message.ts)
            try:
                await self._put(message, told, Turn(urgent, lambda: mine == message.newest))
            except Trouble as trouble:
                message.is_urgent |= urgent and trouble.kind is Kind.UNWANTED
                return _unsent(trouble, message)
            return Sent(Outcome.SENT, message.channel_id, message.ts)

    async def say(
        self, channel_id: str, told: Told, *, thread_ts: str = "", broadcast: bool = False
    ) -> Sent:
        """Post *told*, in a thread if *thread_ts* is given; *broadcast*: in the channel as well."""
        where: dict[str, Any] = {"channel": channel_id}
        if thread_ts:
            where |= {"thread_ts": thread_ts, "reply_broadcast": broadcast}
        try:
            answer = await self._post(where, told, URGENT)
        except Trouble as trouble:
            return _unsent(trouble)
        return Sent(Outcome.SENT, answer["channel"], answer["ts"])

    async def attach(self, channel_id: str, file: LogFile, *, thread_ts: str, title: str) -> Sent:
        """Upload *file* (never empty) into a thread; it is never in memory as a whole."""

        async def send() -> AsyncSlackResponse:
            # Not files_upload_v2: it holds the bytes in one piece.
            client = self._uploads
            place = await client.files_getUploadURLExternal(filename=file.name, length=file.size)
            await self._put_bytes(str(place["upload_url"]), file)
            return await client.files_completeUploadExternal(
                files=[{"id": str(place["file_id"]), "title": title}],
                channel_id=channel_id,
                thread_ts=thread_ts,
            )

        try:
            answer = await self._caller.call("files", channel_id, send, URGENT)
        except Trouble as trouble:
            return _unsent(trouble)
        files: list[dict[str, str]] = answer.get("files") or [{}]
        return Sent(Outcome.SENT, channel_id, permalink=files[0].get("permalink", ""))

    async def _put_bytes(self, url: str, file: LogFile) -> None:
        timeout = ClientTimeout(total=self._uploads.timeout)
        size = {"Content-Length": str(file.size)}
        assert self._uploads.session is not None, "web_client shares one"  # noqa: S101
        async with self._uploads.session.post(
            url, data=file.pieces(), headers=size, timeout=timeout
        ) as got:
            got.raise_for_status()

    async def _put(self, message: _Message, told: Told, turn: Turn) -> None:
        """Make Slack show *told*, and remember where."""
        try:
            answer = await self._post_or_edit(message, told, turn)
        except Trouble as trouble:
            if trouble.kind is not Kind.GONE or message.gone:
                raise
            logger.warning("card_gone", code=trouble.code, channel_id=message.channel_id)
            message.gone, message.ts = message.ts, ""
            answer = await self._post_or_edit(message, told, turn)
        message.channel_id, message.ts = answer["channel"], answer["ts"]
        message.digest = told.digest

    async def _post_or_edit(self, message: _Message, told: Told, turn: Turn) -> AsyncSlackResponse:
        if not message.ts:
            return await self._post({"channel": message.channel_id}, told, turn)

        async def edit(blocks: list[Block]) -> AsyncSlackResponse:
            return await self._client.chat_update(
                channel=message.channel_id,
                ts=message.ts,
                text=told.text,
                blocks=blocks,
                parse="none",  # an edit without it looks for bare @names and #names
            )

        return await self._readable("chat.update", message.channel_id, edit, told, turn)

    async def _post(self, where: dict[str, Any], told: Told, turn: Turn) -> AsyncSlackResponse:
        async def post(blocks: list[Block]) -> AsyncSlackResponse:
            return await self._client.chat_postMessage(
                **where, text=told.text, blocks=blocks, unfurl_links=False, unfurl_media=False
            )

        return await self._readable("chat.postMessage", where["channel"], post, told, turn)

    async def _readable(
        self, method: str, channel_id: str, send: SendBlocks, told: Told, turn: Turn
    ) -> AsyncSlackResponse:
        """Send text and blocks; the text alone if Slack does not like the blocks."""
        try:
            return await self._caller.call(method, channel_id, lambda: send(told.blocks), turn)
        except Trouble as trouble:
            if trouble.kind is not Kind.UNREADABLE:
                raise
            logger.error("blocks_refused", code=trouble.code, details=trouble.details)  # noqa: TRY400
        return await self._caller.call(method, channel_id, lambda: send([]), turn)

    def _message(self, place: Place) -> _Message:
        """Return what is known of the message; what was not used for long is forgotten."""
        message = self._messages.get(place.key)
        if message is None:
            message = _Message(place.channel_id, place.ts, place.digest)
            self._messages[place.key] = message
        elif place.ts not in ("", message.gone):  # another process may have edited it, or posted it
            message.channel_id, message.ts = place.channel_id, place.ts
            message.digest = place.digest or message.digest
        self._messages.move_to_end(place.key)
        while len(self._messages) > MOST_REMEMBERED:
            self._messages.popitem(last=False)
        return message


def _unsent(trouble: Trouble, message: _Message | None = None) -> Sent:
    outcome = OUTCOMES.get(trouble.kind, Outcome.REFUSED)
    where = (message.channel_id, message.ts) if message else ("", "")
    return Sent(outcome, *where, why=trouble.why, is_unsure=trouble.is_unsure)
