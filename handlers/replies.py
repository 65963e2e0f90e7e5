"""How one request is answered: to the person who asked, where they asked."""

import copy
from collections.abc import Callable
from typing import Any

import structlog
from aiohttp import ClientError
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from db.model.errors import Conflict
from handlers.parsing import Payload, person
from handlers.views.blocks import Block
from handlers.views.message import Told
from handlers.views.notes import window
from handlers.views.offers import offered, offered_blocks

logger = structlog.get_logger(__name__)
NOT_HERE = frozenset({"not_in_channel", "channel_not_found", "is_archived"})
#: The person closed the window, or changed it again: there is nothing to update any more.
SUPERSEDED = frozenset({"not_found", "hash_conflict", "view_not_found"})
#: Slack forgot the click that would have let a window open.
TOO_LATE = frozenset(
    {"expired_trigger_id", "trigger_expired", "exchanged_trigger_id", "invalid_trigger_id"}
)


class Reply:
    """The ways back to whoever sent one request."""

    def __init__(self, body: Payload, client: AsyncWebClient, respond: AsyncRespond) -> None:
        container = body.get("container") or {}
        self._client, self._respond = client, respond
        self._user_id = person(body).user_id
        self._channel_id = (body.get("channel") or {}).get("id") or body.get("channel_id") or ""
        thread_ts: str | None = container.get("thread_ts")
        # A card is the root of its thread, but pressed in the channel: the answer is read there.
        self._thread_ts = thread_ts if thread_ts != container.get("message_ts") else None
        self._has_url = bool(body.get("response_url"))
        self._trigger_id: str = body.get("trigger_id") or ""
        self._view: Payload = body.get("view") or {}
        self._is_in_a_modal = self._view.get("type") == "modal"
        self._is_at_home = (body.get("event") or {}).get("type") == "app_home_opened"
        self._may: Callable[[str], bool] = lambda _action_id: True

    def offering(self, may: Callable[[str], bool]) -> "Reply":
        """Return the same ways back, on which buttons are left out that the person *may* not use.

        *may* gets a button's action id. What everybody in a channel reads keeps its buttons.
        """
        other = copy.copy(self)
        other._may = may  # noqa: SLF001 - of its own kind
        return other

    async def say(self, note: Told, *, replace: bool = False, lasting: bool = True) -> None:
        """Tell only this person; *replace*: in place of the note or window that was clicked.

        Not *lasting*: rather not at all than by a message that stays.
        """
        note = offered(note, self._may)
        if self._is_at_home:  # a message for each look at the tab would be noise
            await self.publish({"type": "home", "blocks": note.blocks})
            return
        if replace and self._is_in_a_modal and await self.finish(window(note)):
            return
        if self._has_url and await self._say_by_url(note, replace=replace):
            return
        if not self._has_url and self._trigger_id and await self._say_by_window(note):
            return
        if self._channel_id and await self._say_by_token(note):
            return
        if not lasting and await self._say_by_window(note):
            return
        if not lasting:
            raise Conflict("Slack did not let Ferry show it to you alone: it was shown to nobody.")
        await self._client.chat_postMessage(
            channel=self._user_id, text=note.text, blocks=note.blocks
        )

    async def open(self, view: Block) -> str:
        """Open a modal, on top of the one that the request came from; return its id."""
        show = self._client.views_push if self._is_in_a_modal else self._client.views_open
        opened = await show(trigger_id=self._trigger_id, view=view)
        return str(opened["view"]["id"])

    async def show(self, view_id: str, view: Block) -> bool:
        """Replace the modal that was opened as *view_id*; False if the person closed it."""
        return await self._update(view, {"view_id": view_id})

    async def update(self, view: Block) -> bool:
        """Replace the modal that the request came from; False if it is gone or newer."""
        known: dict[str, Any] = {"view_id": self._view.get("id")}
        if self._view.get("hash"):
            known["hash"] = self._view["hash"]
        return await self._update(view, known)

    async def finish(self, view: Block) -> bool:
        """Replace the modal that was submitted, whatever it shows now; False if it is gone."""
        return await self._update(view, {"view_id": self._view.get("id")})

    async def publish(self, view: Block) -> None:
        """Show *view* as the person's Home tab."""
        shown = {**view, "blocks": offered_blocks(view["blocks"], self._may)}
        await self._client.views_publish(user_id=self._user_id, view=shown)

    async def announce(self, channel_id: str, note: Told) -> bool:
        """Post to a channel for everybody; False if Ferry is not a member of it."""
        try:
            await self._client.chat_postMessage(
                channel=channel_id, text=note.text, blocks=note.blocks
            )
        except SlackApiError as error:
            if error.response["error"] in NOT_HERE:
                return False
            raise
        return True

    async def hand_over(self, note: Told, name: str, content: str) -> None:
        """Send a file with *content* to this person alone, as a direct message after *note*."""
        sent = await self._client.chat_postMessage(
            channel=self._user_id, text=note.text, blocks=note.blocks
        )
        await self._client.files_upload_v2(
            channel=sent["channel"], filename=name, title=name, content=content
        )

    async def _update(self, view: Block, known: dict[str, Any]) -> bool:
        if not known["view_id"]:  # it did not come from a window
            return False
        try:
            await self._client.views_update(view=view, **known)
        except SlackApiError as error:
            if error.response["error"] in SUPERSEDED:
                return False
            raise
        return True

    async def _say_by_url(self, note: Told, *, replace: bool) -> bool:
        """Answer by the response_url: it works where Ferry is no member, but not for ever."""
        try:
            answer = await self._respond(
                text=note.text,
                blocks=note.blocks,
                response_type="ephemeral",
                replace_original=replace,
                thread_ts=self._thread_ts,
            )
        except (ClientError, TimeoutError, OSError) as error:
            logger.warning("response_url_away", kind=type(error).__name__)
            return False
        if answer.status_code != 200:
            logger.warning("response_url_refused", status=answer.status_code, body=answer.body[:80])
        return answer.status_code == 200

    async def _say_by_window(self, note: Told) -> bool:
        try:
            await self.open(window(note))
        except SlackApiError as error:
            logger.warning("window_refused", error=error.response["error"])
            return False
        return True

    async def _say_by_token(self, note: Told) -> bool:
        try:
            await self._client.chat_postEphemeral(
                channel=self._channel_id,
                user=self._user_id,
                text=note.text,
                blocks=note.blocks,
                thread_ts=self._thread_ts,
            )
        except SlackApiError as error:
            logger.warning("ephemeral_refused", error=error.response["error"])
            return False
        return True
