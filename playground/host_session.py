"""One SSH channel joined to one real command: bytes both ways, with back pressure.

Callbacks on both sides rather than streams: a stream per pipe would be thirteen times slower.
As with OpenSSH, nothing kills a command whose client has gone.
"""

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import cast

import asyncssh

Channel = asyncssh.SSHServerChannel[bytes]

STDIN, STDOUT, STDERR = 0, 1, 2


class Command(asyncio.SubprocessProtocol):
    """A command in its own session, its three pipes joined to *channel*."""

    _transport: asyncio.SubprocessTransport  # once started

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._started = False
        self._early: list[bytes] = []
        self._early_eof = False
        self._unwanted = False
        self._ended = asyncio.Event()

    async def run(self, argv: list[str], *, home: Path, env: dict[str, str]) -> None:
        """Run *argv* to its end; the channel is told the exit status, or why it did not start."""
        try:
            await asyncio.get_running_loop().subprocess_exec(
                lambda: self, *argv, cwd=home, env=env, start_new_session=True
            )
        except (OSError, ValueError) as error:  # no home directory, a NUL in the command
            if not self._channel.is_closing():
                self._channel.write_stderr(f"cannot run the command: {error}\n".encode())
            self._channel.exit(255)
            return
        if self._unwanted:
            self.end()
        await self._ended.wait()
        self._transport.close()

    def end(self) -> None:
        """Kill the command and what is still in its process group, and let go of its pipes."""
        self._unwanted = True
        self.send_signal("KILL")
        if self._started:
            self._transport.close()

    # What the channel says.

    def feed(self, data: bytes) -> None:
        """Pass *data* to stdin; what comes before the command has started is kept."""
        if not self._started:
            self._early.append(data)
            self._channel.pause_reading()
        elif not (stdin := self._stdin()).is_closing():
            stdin.write(data)

    def feed_eof(self) -> None:
        """Close stdin after all that was fed."""
        self._early_eof = True
        if self._started:
            self._stdin().close()

    def hold_output(self) -> None:
        """Stop reading stdout and stderr: the client is slower than the command."""
        for pipe in self._outputs():
            pipe.pause_reading()

    def release_output(self) -> None:
        """Read stdout and stderr again."""
        for pipe in self._outputs():
            pipe.resume_reading()

    def send_signal(self, name: str) -> None:
        """Signal the command's process group; an unknown *name* or an ended command is ignored."""
        number = getattr(signal, f"SIG{name}", None)
        if number is None or not self._started or self._transport.get_returncode() is not None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._transport.get_pid(), number)

    def forsake(self) -> None:
        """Close the pipes because the client has gone; the command itself goes on."""
        if self._started:
            for pipe in (self._stdin(), *self._outputs()):
                pipe.close()

    # What the process says.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Pass on what came early."""
        self._transport = cast("asyncio.SubprocessTransport", transport)
        self._started = True
        stdin = self._stdin()
        for data in self._early:
            stdin.write(data)
        self._early.clear()
        if self._early_eof:
            stdin.close()
        if self._channel.is_closing():
            self.forsake()
        self._take_input()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Send output on its way as it comes."""
        try:
            self._channel.write(data, asyncssh.EXTENDED_DATA_STDERR if fd == STDERR else None)
        except BrokenPipeError:  # the client closed the channel with stdin still unread
            self.forsake()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        """Swallow further input when the command closed its stdin."""
        del exc
        if fd == STDIN:
            self._take_input()

    def pause_writing(self) -> None:
        """Let the client wait: the command does not read its stdin."""
        if not self._channel.is_closing():
            self._channel.pause_reading()

    def resume_writing(self) -> None:
        """Let the client send again.

        Soon, not now: asyncio's pipe loses data when it is written and closed inside this call.
        """
        asyncio.get_running_loop().call_soon(self._take_input)

    def process_exited(self) -> None:
        """Drop unread input; output that is still in the pipes comes before the exit status."""
        self._stdin().close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the exit status: the process has ended and its pipes are read to the end."""
        del exc
        status = self._transport.get_returncode() or 0
        if status < 0:
            self._channel.exit_with_signal(_signal_name(-status))
        else:
            self._channel.exit(status)
        self._channel.close()  # also where the client closed first and left stdin unread
        self._ended.set()

    def _take_input(self) -> None:
        if not self._channel.is_closing():
            self._channel.resume_reading()

    def _stdin(self) -> asyncio.WriteTransport:
        return cast("asyncio.WriteTransport", self._transport.get_pipe_transport(STDIN))

    def _outputs(self) -> list[asyncio.ReadTransport]:
        if not self._started:
            return []
        pipes = [self._transport.get_pipe_transport(fd) for fd in (STDOUT, STDERR)]
        return cast("list[asyncio.ReadTransport]", pipes)


def _signal_name(number: int) -> str:
    """Return "TERM" for 15; real-time signals have no name."""
    try:
        return signal.Signals(number).name.removeprefix("SIG")
    except ValueError:
        return f"RT{number}"


Launch = Callable[[str | None, Channel], Command]


class Session(asyncssh.SSHServerSession[bytes]):
    """What a client asked for on one channel; *launch* starts it (None: a plain shell)."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._line: str | None = None

    def connection_made(self, chan: Channel) -> None:
        """Keep the channel."""
        self._channel = chan

    def shell_requested(self) -> bool:
        """Accept a shell without a command: it reads its program from stdin."""
        return True

    def exec_requested(self, command: str) -> bool:
        """Accept every command."""
        self._line = command
        return True

    def session_started(self) -> None:
        """Start the command."""
        self._command = self._launch(self._line, self._channel)

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        """Pass input on."""
        del datatype
        self._command.feed(data)

    def eof_received(self) -> bool:
        """Close stdin; True keeps the channel open for the output."""
        self._command.feed_eof()
        return True

    def pause_writing(self) -> None:
        """Hold the output back."""
        self._command.hold_output()

    def resume_writing(self) -> None:
        """Let the output flow."""
        self._command.release_output()

    def signal_received(self, signal: str) -> None:
        """Signal the command's process group, as OpenSSH does for an ordinary user."""
        self._command.send_signal(signal)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of the pipes; the command goes on."""
        del exc
        if hasattr(self, "_command"):
            self._command.forsake()
