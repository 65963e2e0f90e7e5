"""Payloads on their way to the bot, by socket or by signed HTTP, and the three seconds to ack."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import ClientError, ClientSession, ClientTimeout

from playground.cast import SIGNING_SECRET
from playground.core import Core
from playground.errors import Json

ACK_S = 3.0
EVENT_RETRIES_S = (0.0, 60.0, 300.0)
# Kinds whose ack may carry an answer.
ANSWERABLE = ("slash_commands", "view_submission", "block_suggestion")


@dataclass(frozen=True)
class Ack:
    """How the bot answered: *error* is empty, dispatch_failed or operation_timeout."""

    error: str = ""
    body: Json | str | None = None
    wants_no_retry: bool = False

    def as_dict(self) -> Json:
        """Return the body, a bare text as Slack reads it."""
        return {"text": self.body} if isinstance(self.body, str) else self.body or {}


class Delivery:
    """Sends payloads and remembers the last one, to send it again on demand."""

    def __init__(self, core: Core, *, event_retries_s: Sequence[float] = EVENT_RETRIES_S) -> None:
        self._core = core
        self._event_retries_s = event_retries_s
        self._last: tuple[str, Json] | None = None
        self._events: set[asyncio.Task[None]] = set()

    async def send(self, kind: str, payload: Json) -> Ack:
        """Deliver a command or an interaction; *kind* is ``slash_commands`` or its type."""
        sent = deepcopy(payload)  # what it was when it was sent, whatever happens to it later
        self._last = (kind, sent)
        return await self._attempt(kind, sent, retry=0)

    def send_event(self, event: Json) -> None:
        """Deliver an event in the background, again and again if it is not acked."""
        sent = deepcopy(event)
        self._last = ("events_api", sent)
        task = asyncio.create_task(self._insist(sent), name="playground-event")
        self._events.add(task)
        task.add_done_callback(self._events.discard)

    async def redeliver(self) -> Ack:
        """Send the last payload once more, as it was."""
        if self._last is None:
            return Ack(error="nothing was sent yet")
        kind, payload = self._last
        return await self._attempt(kind, payload, retry=int(kind == "events_api"))

    async def stop(self) -> None:
        """Give up what is still being retried."""
        for task in list(self._events):
            task.cancel()
        await asyncio.gather(*self._events, return_exceptions=True)

    async def _insist(self, event: Json) -> None:
        for retry, wait_s in enumerate((None, *self._event_retries_s)):
            if wait_s is not None:
                await asyncio.sleep(wait_s)
            ack = await self._attempt("events_api", event, retry=retry)
            if not ack.error or ack.wants_no_retry:
                return
        name = event["event"]["type"]
        text = f"The app never acknowledged the event {name}."
        self._core.feed.publish({"type": "notice", "text": text, "level": "error"})

    async def _attempt(self, kind: str, payload: Json, *, retry: int) -> Ack:
        begin = time.monotonic()
        if self._core.http_target:
            ack = await self._post(self._core.http_target, kind, payload, retry)
        else:
            ack = await self._by_socket(kind, payload, retry)
        took_s = time.monotonic() - begin
        self._core.journal.delivered(kind, payload, took_s=took_s, error=ack.error)
        return ack

    async def _by_socket(self, kind: str, payload: Json, retry: int) -> Ack:
        outer = kind if kind in ("slash_commands", "events_api") else "interactive"
        answerable = kind in ANSWERABLE
        envelope = {"type": outer, "payload": payload, "accepts_response_payload": answerable}
        if kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": "timeout" if retry else ""}
        try:
            frame = await self._core.sockets.deliver(envelope, ACK_S)
        except ConnectionError:
            return Ack(error="dispatch_failed")
        if frame is None:
            return Ack(error="operation_timeout")
        return Ack(body=frame.get("payload") if answerable else None)

    async def _post(self, target: str, kind: str, payload: Json, retry: int) -> Ack:
        headers, body = signed(kind, payload)
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"}
        limit = ClientTimeout(total=ACK_S)
        try:
            async with (
                ClientSession(timeout=limit) as session,
                session.post(target, data=body, headers=headers) as answer,
            ):
                text = await answer.text()
                if answer.status >= 300:
                    no_retry = answer.headers.get("X-Slack-No-Retry") == "1"
                    return Ack(error="dispatch_failed", wants_no_retry=no_retry)
        except TimeoutError:
            return Ack(error="operation_timeout")
        except (ClientError, OSError):
            return Ack(error="dispatch_failed")
        return Ack(body=parsed(text) if kind in ANSWERABLE else None)


def parsed(text: str) -> Json | str | None:
    """Return the body of an HTTP ack: JSON, plain text, or nothing."""
    try:
        body = json.loads(text) if text else None
    except ValueError:
        return text
    return body if isinstance(body, dict) else text or None


def signed(kind: str, payload: Json) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of an HTTP delivery."""
    if kind == "events_api":
        content_type, body = "application/json", json.dumps(payload)
    else:
        content_type = "application/x-www-form-urlencoded"
        form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
        body = urlencode(form)
    moment = str(int(time.time()))
    base = f"v0:{moment}:{body}".encode()
    digest = hmac.new(SIGNING_SECRET.encode(), base, hashlib.sha256).hexdigest()
    headers = {"Content-Type": content_type, "X-Slack-Request-Timestamp": moment}
    return headers | {"X-Slack-Signature": f"v0={digest}"}, body.encode()
