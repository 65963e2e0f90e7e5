"""Faults on demand and journals, for tests and the demo, over HTTP and in-process."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from playground.core import Core
from playground.delivery import Delivery
from playground.errors import Json

REASONS = ("warning", "refresh_requested", "link_disabled", "too_many_websockets", "drop")


class Control:
    """One method for each wish; the same names under ``POST /control/``."""

    def __init__(self, core: Core, delivery: Delivery) -> None:
        self._core = core
        self._delivery = delivery

    async def reset(self, _wish: Json | None = None) -> Json:
        """Go back to the beginning."""
        self._core.outage = False
        self._core.reset()
        return {}

    async def faults(self, wish: Json) -> Json:
        """Let calls of ``method`` (or ``*``) fail: ``times`` n or for ``seconds``."""
        self._core.faults.add(wish)
        return {}

    async def limits(self, wish: Json) -> Json:
        """Switch Slack's rate limits ``on``."""
        self._core.limits.clear()
        self._core.limits.on = bool(wish.get("on"))
        return {}

    async def disconnect(self, wish: Json) -> Json:
        """End all sockets for a ``reason``; "drop" cuts them without a word."""
        reason = str(wish.get("reason", "refresh_requested"))
        if reason not in REASONS:
            raise web.HTTPBadRequest(text=f"reason must be one of {', '.join(REASONS)}")
        return {"disconnected": await self._core.sockets.disconnect(reason)}

    async def handshake_failures(self, wish: Json) -> Json:
        """Refuse the next ``times`` socket handshakes."""
        self._core.sockets.refuse_handshakes = int(wish.get("times", 1))
        return {}

    async def redeliver(self, _wish: Json | None = None) -> Json:
        """Send the last payload to the bot again."""
        ack = await self._delivery.redeliver()
        return {"ok": not ack.error, "error": ack.error}

    async def clock(self, wish: Json) -> Json:
        """Let ``advance_s`` seconds pass at once."""
        self._core.clock.advance(float(wish.get("advance_s", 0)))
        return {"now": self._core.clock.now()}

    async def outage(self, wish: Json) -> Json:
        """Make all of Slack unreachable while ``on``: every connection is cut."""
        self._core.outage = bool(wish.get("on"))
        if self._core.outage:
            await self._core.sockets.disconnect("drop")
        return {}

    async def scopes(self, wish: Json) -> Json:
        """Grant exactly these ``scopes`` to the bot."""
        self._core.workspace.scopes = set(wish.get("scopes", ()))
        return {}

    async def usergroup(self, wish: Json) -> Json:
        """Make or change the user group ``id``: its ``handle``, its ``users``, ``disabled``."""
        self._core.workspace.set_usergroup(wish)
        return {}

    async def manifest(self, wish: Json) -> Json:
        """Install an app manifest: its commands, shortcuts, scopes and events."""
        self._core.workspace.install(wish)
        return {}

    def calls(self, method: str = "") -> list[Json]:
        """Return the journal of the Web API, or of one method."""
        return self._core.journal.calls(method)

    def deliveries(self) -> list[Json]:
        """Return what was sent to the bot, with the time of its ack."""
        return self._core.journal.deliveries()

    def routes(self) -> list[web.RouteDef]:
        """Return the routes under ``/control/``."""
        wishes = ["reset", "faults", "limits", "disconnect", "handshake_failures", "redeliver"]
        wishes += ["clock", "outage", "scopes", "usergroup", "manifest"]
        posts = [web.post(f"/control/{name}", _wish(getattr(self, name))) for name in wishes]
        return [
            *posts,
            web.get("/control/calls", self._get_calls),
            web.get("/control/deliveries", self._get_deliveries),
            web.get("/control/sockets", self._get_sockets),
        ]

    async def _get_calls(self, request: web.Request) -> web.Response:
        return web.json_response(self.calls(request.query.get("method", "")))

    async def _get_deliveries(self, _request: web.Request) -> web.Response:
        return web.json_response(self.deliveries())

    async def _get_sockets(self, _request: web.Request) -> web.Response:
        return web.json_response(self._core.sockets.listing())


def _wish(
    grant: Callable[[Json], Awaitable[Json]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        wish = await request.json() if request.can_read_body else {}
        return web.json_response({"ok": True, **await grant(wish)})

    return handle
