"""What the web page and the Person driver use: the state, the events, and people's acts."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from playground import cast
from playground.acts import Acts
from playground.clicks import Clicks
from playground.core import Core
from playground.delivery import Delivery
from playground.errors import Json, Refused, SlackError
from playground.submissions import Submissions

PAGE = Path(__file__).resolve().parent / "page"
STILL_HERE_S = 15.0
# A page that was hung up on comes back after this many milliseconds.
RECONNECT = b"retry: 300\n"
NO_CACHE = {"Cache-Control": "no-store"}
# No script but the page's own, and no other page may lay its buttons over ours.
POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src * data:"
PAGE_HEADERS = NO_CACHE | {"Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'"}

Act = Callable[[Json], Json | Awaitable[Json]]


class PageApi:
    """Serves ``/page/…`` and the page itself."""

    def __init__(self, core: Core, delivery: Delivery) -> None:
        self._core = core
        acts, clicks = Acts(core, delivery), Clicks(core, delivery)
        submissions = Submissions(core, delivery)
        self._acts: dict[str, Act] = {
            "command": acts.command,
            "message": acts.message,
            "shortcut": acts.shortcut,
            "home_opened": acts.home_opened,
            "action": clicks.action,
            "suggest": clicks.suggest,
            "submit": submissions.submit,
            "close": submissions.close,
        }

    def routes(self) -> list[web.RouteDef]:
        """Return the routes; the page's own files come last."""
        return [
            web.get("/page/state", self.state),
            web.get("/page/events", self.events),
            web.get("/page/file/{id}", self.file),
            web.post("/page/{verb}", self.act),
            web.get("/{path:.*}", self.page),
        ]

    async def state(self, request: web.Request) -> web.Response:
        """Return all that one person sees; ``channel`` limits the messages to one channel."""
        user = request.query.get("user", "")
        workspace = self._core.workspace
        if user not in workspace.users:
            raise web.HTTPNotFound(text=f"There is no user {user}.")
        mine = {
            name: channel
            for name, channel in workspace.channels.items()
            if not channel["is_im"] or channel["user"] == user
        }
        wanted = request.query.get("channel") or list(mine)
        body = {
            "team": cast.TEAM,
            "me": workspace.users[user],
            "bot": workspace.users[cast.BOT_USER],
            "users": list(workspace.users.values()),
            "usergroups": list(workspace.usergroups.values()),
            "channels": list(mine.values()),
            "messages": {
                name: list(workspace.messages[name].values()) for name in mine if name in wanted
            },
            "ephemerals": {
                name: list(workspace.ephemerals.get((user, name), {}).values()) for name in mine
            },
            "views": self._core.views.open_views(user),
            "home": self._core.views.homes.get(user),
            "files": workspace.files,
            "commands": workspace.commands,
            "shortcuts": workspace.shortcuts,
            "connected": self._core.is_connected,
        }
        return web.json_response(body, headers=NO_CACHE)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Stream what happens, as Server-Sent Events, until the page goes away."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", **NO_CACHE})
        with self._core.feed.subscribe(request.query.get("user", "")) as mailbox:
            await response.prepare(request)
            try:
                await response.write(RECONNECT + frame(json.dumps(self._core.connection())))
                while (data := await next_or_pause(mailbox)) is not None:
                    await response.write(frame(data) if data else b": still here\n\n")
            except ConnectionError:
                pass  # the page was closed
        return response

    async def file(self, request: web.Request) -> web.Response:
        """Return the bytes of an uploaded file; text is shown, the rest is downloaded."""
        file = self._core.workspace.files.get(request.match_info["id"])
        if file is None or file["id"] not in self._core.workspace.contents:
            raise web.HTTPNotFound(text="There is no such file.")
        content_type = file["mimetype"]
        headers = {"X-Content-Type-Options": "nosniff", **NO_CACHE}
        if not content_type.startswith("text/"):
            headers["Content-Disposition"] = "attachment"
        body = self._core.workspace.contents[file["id"]]
        return web.Response(body=body, content_type=content_type, charset="utf-8", headers=headers)

    async def act(self, request: web.Request) -> web.Response:
        """Do what a person does; a refusal is a sentence."""
        act = self._acts.get(request.match_info["verb"])
        if act is None:
            raise web.HTTPNotFound(text="There is no such act.")
        try:
            result = act(await request.json())
            body = result if isinstance(result, dict) else await result
        except Refused as refused:
            body = {"ok": False, "error": str(refused)}
        except SlackError as error:
            body = {"ok": False, "error": f"That cannot be done: {error.error}."}
        return web.json_response({"ok": True, **body})

    async def page(self, request: web.Request) -> web.StreamResponse:
        """Serve a file of the page."""
        wanted = (PAGE / (request.match_info["path"] or "index.html")).resolve()
        if not wanted.is_relative_to(PAGE) or not wanted.is_file():
            raise web.HTTPNotFound(text="There is no such page.")
        return web.FileResponse(wanted, headers=PAGE_HEADERS)


async def next_or_pause(mailbox: asyncio.Queue[str | None]) -> str | None:
    """Return the next event, an empty text after a while without one, None to hang up."""
    try:
        return await asyncio.wait_for(mailbox.get(), STILL_HERE_S)
    except TimeoutError:
        return ""


def frame(data: str) -> bytes:
    """Return one Server-Sent Event."""
    return f"data: {data}\n\n".encode()
