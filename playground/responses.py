"""Response URLs: the bot's answers without a token, five times within half an hour."""

import json

from aiohttp import web

from playground.cast import BOT_USER
from playground.core import Core
from playground.errors import Json, SlackError
from playground.methods.base import Args
from playground.methods.chat import content_of
from playground.permits import ResponseUrl
from playground.web_api import refusal


def bot_content(answer: Json) -> Json:
    """Return the checked content of a message that did not come by the Web API."""
    return content_of(Args(answer))


class Responses:
    """Answers ``/response/<id>``."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Take one answer of the bot."""
        try:
            answer = json.loads(await request.text())
        except ValueError:
            return web.Response(status=400, text="invalid_payload")
        if fault := self._core.faults.take("response_url"):
            self._core.journal.called(
                "response_url", answer, status=fault.status, error=fault.error
            )
            return refusal(fault.error, fault.status, fault.retry_after)
        status, text = 200, "ok"
        try:
            permit = self._core.permits.use_response(request.match_info["id"])
            self._apply(permit, answer)
        except SlackError as error:
            gone = ("expired_url", "used_url")
            status, text = (404 if error.error in gone else 400), error.error
        told = "" if status == 200 else text
        self._core.journal.called("response_url", answer, status=status, error=told)
        return web.Response(status=status, text=text)

    def _apply(self, permit: ResponseUrl, answer: Json) -> None:
        if answer.get("delete_original"):
            self._delete(permit)
        elif answer.get("replace_original") and permit.message_ts:
            self._replace(permit, bot_content(answer))
        else:
            self._add(permit, answer)

    def _delete(self, permit: ResponseUrl) -> None:
        workspace = self._core.workspace
        if permit.is_ephemeral:
            workspace.hush(permit.channel, permit.user, permit.message_ts)
        else:
            workspace.delete(permit.channel, permit.message_ts)

    def _replace(self, permit: ResponseUrl, content: Json) -> None:
        workspace = self._core.workspace
        if permit.is_ephemeral:
            thread = {"thread_ts": permit.thread_ts} if permit.thread_ts else {}
            old = permit.message_ts
            workspace.whisper(permit.channel, permit.user, content | thread, ts=old)
        else:
            workspace.edit(permit.channel, permit.message_ts, content)

    def _add(self, permit: ResponseUrl, answer: Json) -> None:
        workspace, content = self._core.workspace, bot_content(answer)
        thread_ts = str(answer.get("thread_ts") or "")
        if answer.get("response_type") == "in_channel":
            workspace.post(permit.channel, content, user=BOT_USER, thread_ts=thread_ts)
            return
        thread = {"thread_ts": thread_ts} if thread_ts else {}
        workspace.whisper(permit.channel, permit.user, content | thread)
