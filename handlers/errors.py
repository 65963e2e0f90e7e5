"""The guard around every listener: the ack gets out, and whatever goes wrong is told in words.

Not left to ``app.error``, for four reasons seen in slack-bolt 1.30: a listener that raises within
10 ms of its ack loses the ack; one that raises before it gives none; an error handler that answers
after the ack trips an assertion; and a listener that did not ack in 3 s is followed by the next one
that matches. A guarded listener never raises and always acks in time.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import structlog
from slack_bolt import BoltResponse
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from db.model.errors import FerryError
from db.model.people import Person
from handlers import parsing
from handlers.parsing import Form, Payload, Request, Search
from handlers.replies import SUPERSEDED, TOO_LATE, Reply
from handlers.views import forms, notes
from handlers.views.blocks import Block
from handlers.views.message import Told
from handlers.work import Work

logger = structlog.get_logger(__name__)
R = TypeVar("R", bound=Request)
Listener = Callable[[R, Reply], Awaitable[None]]
Submitted = Callable[[Form, Reply], Awaitable[Block | None]]
Searched = Callable[[Search], Awaitable[Sequence[Block]]]
Guarded = Callable[[AsyncArgs], Awaitable[None]]
ACK_WITHIN_S = 2.0  # Slack waits 3 s for the answer to a submitted modal or a search
WORKING = "Still at it…"
DONE = "✅ Done."


class Guard:
    """Wraps listeners: ack, parse, refuse strangers, run, explain what went wrong."""

    def __init__(
        self, work: Work, *, team_id: str, admit: Callable[[Person], Awaitable[None]]
    ) -> None:
        self._work, self._team_id, self._admit = work, team_id, admit

    def guarded(self, parse: Callable[[Payload], R], listener: Listener[R]) -> Guarded:
        """Return *listener* for commands, clicks, shortcuts and events: acked before anything."""

        async def call(args: AsyncArgs) -> None:
            await args.ack()
            with self._work.counted():
                reply = Reply(args.body, args.client, args.respond)
                try:
                    request = parse(args.body)
                    if self._is_stranger(request):
                        await reply.say(notes.stranger())
                        return
                    await self._admit(request.by)
                    await listener(request, reply)
                except Exception as error:  # noqa: BLE001 - the boundary to a person
                    note = explain(error, listener)
                    if note is not None:
                        await told(reply, note)

        return call

    def submission(self, listener: Submitted, *, working: str = WORKING) -> Guarded:
        """Return *listener* for a submitted modal: it returns the next modal, None closes.

        Refused input is shown at its fields. If *listener* takes longer than Slack waits, the modal
        says *working* and is replaced when the answer is there.
        """

        async def call(args: AsyncArgs) -> None:
            with self._work.counted():
                form = parsing.submission(args.body)
                if self._is_stranger(form):
                    await args.ack(response_action="update", view=notes.window(notes.stranger()))
                    return
                reply = Reply(args.body, args.client, args.respond)
                outcome = self._outcome(form, reply, listener)
                task = self._work.spawn(outcome, "modal-submitted")
                done, _ = await asyncio.wait({task}, timeout=ACK_WITHIN_S)
                if done:
                    await args.ack(task.result())
                    return
                await args.ack(response_action="update", view=notes.working(working))
                await self._finish(form, await task, reply)

        return call

    def search(self, listener: Searched) -> Guarded:
        """Return *listener* for a select that asks for its options; a failure offers none."""

        async def call(args: AsyncArgs) -> None:
            options: Sequence[Block] = ()
            with self._work.counted():
                try:
                    request = parsing.search(args.body)
                    if not self._is_stranger(request):
                        await self._admit(request.by)
                        options = await asyncio.wait_for(listener(request), ACK_WITHIN_S)
                except Exception as error:  # noqa: BLE001 - an empty list is all a select can show
                    explain(error, listener)
                await args.ack(options=list(options))

        return call

    async def on_error(
        self,
        error: Exception,
        body: dict[str, Any],
        client: AsyncWebClient,
        respond: AsyncRespond,
        response: BoltResponse | None,
    ) -> BoltResponse | None:
        """Answer what no guarded listener answered: requests that nobody listens to, and bugs.

        For ``app.error``. The answer may only be returned where there is still an ack to give.
        """
        if isinstance(error, BoltUnhandledRequestError):
            logger.info("request_unhandled", kind=body.get("type") or body.get("command"))
            answer, note = unhandled(body)
        else:
            answer, note = {}, explain(error, self.on_error)
        if note is not None:
            self._work.spawn(told(Reply(body, client, respond), note), "told-apart-from-the-ack")
        return None if response is None else BoltResponse(status=200, body=answer or "")

    def _is_stranger(self, request: Request) -> bool:
        return request.by.team_id != self._team_id

    async def _outcome(self, form: Form, reply: Reply, listener: Submitted) -> dict[str, Any]:
        """Return the answer to a submission as Slack's ``response_action``; never raises."""
        try:
            await self._admit(form.by)
            view = await listener(form, reply)
        except Exception as error:  # noqa: BLE001 - the boundary to a person
            if isinstance(error, FerryError) and (at := forms.field_errors(form.view, error)):
                return {"response_action": "errors", "errors": at}
            note = explain(error, listener) or notes.too_late()
            return {"response_action": "update", "view": forms.again(form.view, note)}
        if view is None:
            return {"response_action": "clear"}
        return {"response_action": "update", "view": view}

    async def _finish(self, form: Form, outcome: dict[str, Any], reply: Reply) -> None:
        """Show the outcome of a submission that was acked with "working"."""
        match outcome["response_action"]:
            case "errors":
                lines = [f"⚠️ {notes.prose(text)}" for text in outcome["errors"].values()]
                view = forms.again(form.view, notes.said("\n".join(lines)))
            case "clear":
                view = notes.window(notes.said(DONE))
            case _:
                view = outcome["view"]
        try:
            is_shown = await reply.finish(view)
        except Exception as error:  # noqa: BLE001 - nobody is left to tell but the log
            explain(error, self._finish)
            return
        if not is_shown and (note := forms.said_in(view)):
            await told(reply, note)


def explain(error: Exception, where: Callable[..., Any]) -> Told | None:
    """Return what to tell the person about *error*, logged; None if there is nothing to tell.

    Expected errors are told as they are; anything else as broken, with the log entry's reference.
    """
    name = getattr(where, "__qualname__", repr(where))
    if isinstance(error, FerryError):
        logger.info("request_refused", listener=name, kind=type(error).__name__)
        return notes.refused(error)
    code = error.response.get("error", "") if isinstance(error, SlackApiError) else ""
    if code in SUPERSEDED:
        return None
    if code in TOO_LATE:
        logger.warning("window_too_late", listener=name)
        return notes.too_late()
    reference = secrets.token_hex(3)
    logger.error("listener_crashed", listener=name, reference=reference, exc_info=error)
    return notes.broke(reference)


async def told(reply: Reply, note: Told) -> None:
    """Say *note*; if even that fails, leave it in the log."""
    try:
        await reply.say(note)
    except Exception:
        logger.exception("person_not_told", text=note.text)


def unhandled(body: Payload) -> tuple[dict[str, Any], Told | None]:
    """Return the ack for a request that nobody listens to, and what to say apart from it."""
    if "command" in body:
        note = notes.unknown_command(body["command"])
        return {"response_type": "ephemeral", "text": note.text, "blocks": note.blocks}, None
    match body.get("type"):
        case "view_submission":
            view = notes.window(notes.outdated("form"))
            return {"response_action": "update", "view": view}, None
        case "block_suggestion":
            return {"options": []}, None
        case "block_actions":
            return {}, notes.outdated("button")
        case "shortcut" | "message_action":
            return {}, notes.outdated("shortcut")
    return {}, None
