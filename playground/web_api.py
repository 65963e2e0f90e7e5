"""Slack's Web API: tokens, scopes, faults and limits around the methods, and their journal."""

import asyncio
import json
from typing import Any

from aiohttp import web

from playground import cast
from playground.core import Core
from playground.errors import Json, SlackError
from playground.methods import METHODS
from playground.methods.base import Args, Method


class WebApi:
    """Answers ``/api/<method>`` as Slack would."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        name = request.match_info["method"]
        args = await read_args(request)
        if fault := self._core.faults.take(name):
            await asyncio.sleep(fault.delay_s)
            if fault.error:
                self._core.journal.called(name, args, status=fault.status, error=fault.error)
                return refusal(fault.error, fault.status, fault.retry_after)
        try:
            body = self._call(name, args, token_of(request, args))
        except RateLimited as limited:
            self._core.journal.called(name, args, status=429, error="ratelimited")
            return refusal("ratelimited", 429, limited.wait_s)
        except SlackError as error:
            body = error.body()
        self._core.journal.called(name, args, status=200, error=body.get("error", ""))
        headers = {"x-oauth-scopes": ",".join(sorted(self._core.workspace.scopes))}
        return web.json_response(body, headers=headers)

    def _call(self, name: str, args: Args, token: str) -> Json:
        method = METHODS.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        self._check_token(method, token)
        wait_s = self._core.limits.wait_s(name, method.tier, str(args.get("channel", "")))
        if wait_s:
            raise RateLimited(wait_s)
        return {"ok": True, **method.answer(self._core, args)}

    def _check_token(self, method: Method, token: str) -> None:
        if not token:
            raise SlackError("not_authed")
        if token not in (cast.BOT_TOKEN, cast.APP_TOKEN):
            raise SlackError("invalid_auth")
        if (token == cast.APP_TOKEN) != method.wants_app_token:
            raise SlackError("not_allowed_token_type")
        granted = self._core.workspace.scopes
        if method.scopes and not granted.intersection(method.scopes):
            provided = ",".join(sorted(granted))
            raise SlackError("missing_scope", needed=method.scopes[0], provided=provided)


class RateLimited(Exception):
    """The caller has to keep away for *wait_s* seconds."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(wait_s)
        self.wait_s = wait_s


def refusal(error: str, status: int, retry_after: int) -> web.Response:
    """Return an HTTP error with Slack's body; a 429 says when to come back."""
    headers = {"Retry-After": str(retry_after)} if status == 429 else {}
    return web.json_response({"ok": False, "error": error}, status=status, headers=headers)


def token_of(request: web.Request, args: Args) -> str:
    """Return the token from the header or the arguments."""
    bearer = request.headers.get("Authorization", "").partition(" ")[2]
    return bearer or args.text("token")


async def read_args(request: web.Request) -> Args:
    """Return the arguments of a call, wherever they are: query, JSON, form or multipart."""
    args: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        text = await request.text()
        try:
            body = json.loads(text) if text else {}
        except ValueError:
            body = {}
        args |= body if isinstance(body, dict) else {}
    elif request.can_read_body:
        args |= {name: str(value) for name, value in (await request.post()).items()}
    return Args(args)
