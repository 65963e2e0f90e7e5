"""Ferry as operators run it: ``ferry serve`` in a process of its own, which can be killed."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.offline import services_of
from bot.settings import Settings
from playground.server import PlaygroundSlack
from tests.acceptance.furnishing import furnish
from tests.acceptance.house import House, house_of, refused, settings
from tests.acceptance.looking import until_true
from tests.support.sshd import Host

ROOT = Path(__file__).parents[2]
ENDS_WITHIN_S = 30


class Serve:
    """One ``ferry serve`` after the other, with the same settings."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self._folder, self._variables = folder, variables
        self._process: subprocess.Popen[bytes] | None = None
        self.starts = 0
        self.kills = 0

    @property
    def log(self) -> Path:
        """What the process that was started last says on stderr."""
        return self._folder / f"stderr-{self.starts}"

    @property
    def pid(self) -> int:
        """The number of its process."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start; return when it is connected to Slack."""
        self.launch()
        await until_true(lambda: "ready" in self.log.read_text(), "ferry serve is ready")

    def launch(self) -> None:
        """Start, and wait for nothing."""
        self.starts += 1
        self._process = start(self._folder, self._variables, self.log)

    def pause(self) -> None:
        """Stop it in mid-air: it does nothing, and does not know it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)

    def resume(self) -> None:
        """Let it go on, as if no time had passed."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    async def kill(self) -> None:
        """Kill it as a crash does: without a word."""
        self.kills += 1
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """Stop it as systemd does; return its exit status."""
        return await self._end(signal.SIGTERM)

    async def close(self) -> None:
        """Stop it if it runs."""
        if self._process is not None:
            await self.kill()

    async def _end(self, how: signal.Signals) -> int:
        process, self._process = self._process, None
        assert process is not None
        process.send_signal(how)
        return await asyncio.to_thread(process.wait, ENDS_WITHIN_S)


def start(folder: Path, variables: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
    """Start ``ferry serve`` with nothing but *variables* in its environment."""
    base = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    with log.open("wb") as stderr:
        return subprocess.Popen(
            [sys.executable, "-m", "bot", "serve"],
            cwd=folder,
            env=base | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )


async def refusal(folder: Path, **variables: str) -> str:
    """Return what ``ferry serve`` says when it does not start; it must end with status 1."""
    log = folder / "stderr"
    process = start(folder, {f"FERRY_{name}": value for name, value in variables.items()}, log)
    try:
        status = await asyncio.to_thread(process.wait, ENDS_WITHIN_S)
    finally:
        process.kill()
    text = log.read_text()
    assert status == 1, text
    assert "Traceback" not in text
    return text


def variables_of(slack: PlaygroundSlack, given: Settings, **more: str) -> dict[str, str]:
    """Return *given* as environment variables; *more*: further settings, without the prefix."""
    values = {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api_url,
        "ADMINS": ",".join(given.admins),
        "DATABASE_URL": given.database_url,
        "KEY_FILE": str(given.key_file),
        **more,
    }
    return {f"FERRY_{name}": value for name, value in values.items()}


@asynccontextmanager
async def served(
    home: Path, host: Host, *, database_url: str = "", **variables: str
) -> AsyncIterator[tuple[House, Serve]]:
    """Give a furnished house whose bot is a process of its own; SQLite without *database_url*."""
    slack = PlaygroundSlack()
    await slack.start()
    given = settings(slack, home, **({"database_url": database_url} if database_url else {}))
    serve = Serve(home, variables_of(slack, given, **variables))
    try:
        async with services_of(given) as services:
            await furnish(services, host)
            await serve.start()
            yield house_of(slack, given, services, host), serve
            assert refused(slack) == []
    finally:
        await serve.close()
        await slack.stop()
