"""Socket Mode: single-use tickets, several connections, each envelope to one of them."""

import asyncio
import json
import random
import secrets
import uuid
from dataclasses import dataclass, field

from aiohttp import WSCloseCode, WSMsgType, web

from playground.cast import APP_ID
from playground.errors import Json
from playground.feed import Feed

MOST = 10
PING_S = 30.0
# How long Slack leaves a connection open after the frame that announces its end.
WARNING_S, REFRESH_S = 10.0, 0.1


@dataclass(eq=False)
class Connection:
    """One open socket; a leaving one is given nothing new but may still ack."""

    socket: web.WebSocketResponse
    request: web.Request
    leaving: bool = False
    envelopes: int = 0


@dataclass
class Sockets:
    """The bot's open connections, and the acks that are waited for."""

    feed: Feed
    refuse_handshakes: int = 0
    warning_s: float = WARNING_S
    _tickets: set[str] = field(default_factory=set)
    _connections: list[Connection] = field(default_factory=list)
    _acks: dict[str, asyncio.Future[Json]] = field(default_factory=dict)
    _closing: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def count(self) -> int:
        """Return the number of open connections."""
        return len(self._connections)

    def listing(self) -> list[Json]:
        """Return the open connections for the control API."""
        return [{"leaving": c.leaving, "envelopes": c.envelopes} for c in self._connections]

    def ticket(self) -> str:
        """Return a ticket for one connection."""
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        return ticket

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends; its ticket is used up even if it fails."""
        ticket = request.match_info["ticket"]
        if ticket not in self._tickets:
            raise web.HTTPUnauthorized(text="This ticket is unknown or was used.")
        self._tickets.discard(ticket)
        if self.refuse_handshakes:
            self.refuse_handshakes -= 1
            raise web.HTTPServiceUnavailable(text="Handshake refused on request.")
        socket = web.WebSocketResponse(heartbeat=PING_S)
        await socket.prepare(request)
        connection = Connection(socket, request)
        if self.count >= MOST:
            await socket.send_json(goodbye("too_many_websockets"))
            await socket.close()
            return socket
        self._connections.append(connection)
        await self._serve(connection)
        return socket

    async def _serve(self, connection: Connection) -> None:
        self._tell()
        try:
            await connection.socket.send_json(hello(self.count))
            async for message in connection.socket:
                if message.type is WSMsgType.TEXT:
                    self._acked(message.data)
        except ConnectionError:
            pass  # the bot went away in mid-sentence; nothing is left to serve
        finally:
            self._connections.remove(connection)
            self._tell()

    def _acked(self, text: str) -> None:
        try:
            frame = json.loads(text)
        except ValueError:
            return
        waiting = self._acks.get(frame.get("envelope_id", ""))
        if waiting is not None and not waiting.done():
            waiting.set_result(frame)

    async def deliver(self, envelope: Json, patience_s: float) -> Json | None:
        """Send an envelope to any connection; return the ack frame, None if there was none.

        Raises ConnectionError if nobody is connected.
        """
        ready = [each for each in self._connections if not each.leaving and not each.socket.closed]
        if not ready:
            raise ConnectionError("no socket is open")
        connection = random.choice(ready)  # noqa: S311 - as arbitrary as Slack's choice
        envelope_id = str(uuid.uuid4())
        future = asyncio.get_running_loop().create_future()
        self._acks[envelope_id] = future
        connection.envelopes += 1
        try:
            await connection.socket.send_json({"envelope_id": envelope_id, **envelope})
            frame: Json = await asyncio.wait_for(future, patience_s)
        except TimeoutError:
            return None
        finally:
            del self._acks[envelope_id]
        return frame

    async def disconnect(self, reason: str) -> int:
        """End all connections as Slack does for *reason*, or cut them ("drop"); return how many.

        "warning" leaves them open for some seconds more.
        """
        leaving = [each for each in self._connections if not each.leaving]
        for connection in leaving:
            connection.leaving = True
            if reason == "drop":
                cut(connection.request)
                continue
            await connection.socket.send_json(goodbye(reason))
            wait_s = self.warning_s if reason == "warning" else REFRESH_S
            task = asyncio.create_task(end(connection, wait_s), name="playground-socket-end")
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        return len(leaving)

    async def close(self) -> None:
        """End every connection now."""
        for task in list(self._closing):
            task.cancel()
        await asyncio.gather(*self._closing, return_exceptions=True)
        for connection in list(self._connections):
            await connection.socket.close(code=WSCloseCode.GOING_AWAY)

    def _tell(self) -> None:
        event = {"type": "connection", "connected": self.count > 0, "sockets": self.count}
        self.feed.publish(event)


async def end(connection: Connection, wait_s: float) -> None:
    """Close a connection after a while."""
    await asyncio.sleep(wait_s)
    await connection.socket.close()


def cut(request: web.Request) -> None:
    """Break the connection of a request without a word."""
    if request.transport is not None:
        request.transport.abort()


def hello(connections: int) -> Json:
    """Return the first frame of a connection."""
    info = {"host": "applink-playground", "build_number": 1, "approximate_connection_time": 18060}
    app = {"app_id": APP_ID}
    return {
        "type": "hello",
        "num_connections": connections,
        "debug_info": info,
        "connection_info": app,
    }


def goodbye(reason: str) -> Json:
    """Return the frame that announces the end of a connection."""
    debug = {"host": "applink-playground"}
    return {"type": "disconnect", "reason": reason, "debug_info": debug}
