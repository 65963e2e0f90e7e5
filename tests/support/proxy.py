"""A TCP proxy that cuts lines: what a lost network looks like to both ends."""

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Self


class Proxy:
    """Passes bytes to *port* on loopback; ``cut`` resets every line at once."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._server: asyncio.Server
        self._lines: list[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.is_silent = False  #: takes bytes and passes none, as behind a dead router
        self.unheard = 0  #: bytes to the server that were taken and not passed
        self.mute_after: int | None = None  #: bytes to the server after which answers are dropped
        self.heard: list[tuple[float, int]] = []  #: when bytes came for the server, and how many
        self.refuses = False  #: hangs up on whoever comes
        self.cut_after: int | None = None  #: bytes of answers after which every line is cut
        self._flows = asyncio.Event()
        self._flows.set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.thaw()
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def port(self) -> int:
        """Where to connect instead."""
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def cut(self) -> int:
        """Reset every line there is, in the middle of whatever it carries; return how many."""
        lines, self._lines = self._lines, []
        for pair in lines:
            for writer in pair:
                _reset(writer)
        return len(lines)

    def freeze(self) -> None:
        """Hold back what comes, in both directions, until `thaw`: late, but not lost."""
        self._flows.clear()

    def thaw(self) -> None:
        """Pass on what was held back."""
        self._flows.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if self.refuses:
            _reset(writer)
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            _reset(writer)
            return
        self._lines.append((writer, far_writer))
        async with _closing(writer), _closing(far_writer):
            await asyncio.gather(
                self._pass(reader, far_writer, is_answer=False),
                self._pass(far_reader, writer, is_answer=True),
            )

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool
    ) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if not is_answer:
                    self.heard.append((time.time(), len(data)))
                if self.mute_after is not None:
                    self.mute_after -= 0 if is_answer else len(data)
                is_mute = self.mute_after is not None and self.mute_after < 0
                await self._flows.wait()
                if is_answer and self.cut_after is not None:
                    data, self.cut_after = data[: self.cut_after], self.cut_after - len(data)
                if self.is_silent and not is_answer:
                    self.unheard += len(data)
                if not (self.is_silent or (is_answer and is_mute)):
                    writer.write(data)
                    await writer.drain()
                if self.cut_after is not None and self.cut_after <= 0:
                    self.cut_after = None
                    self.cut()
        writer.close()


@asynccontextmanager
async def _closing(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    try:
        yield
    finally:
        writer.transport.abort()


def _reset(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        line: socket.socket = writer.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
