"""``ferry demo``: the whole thing on one machine, nothing to configure.

The playground's Slack, a sample SSH host that runs real commands, SQLite, and the bot itself, in a
directory that is made anew at each start.
"""

import asyncio
import shutil
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import click

from bot import logging
from bot.app import Bot, stop_event
from bot.furnish import OPERATOR, furnish
from bot.settings import LogFormat, Settings
from bot.tour import Tour
from bot.wiring import build
from db.model.errors import Conflict, InvalidInput
from executor.services import Services
from playground.host import SampleHost
from playground.sample import Installed, install
from playground.server import PlaygroundSlack

MARK = ".ferry-demo"  # only a directory with this file in it is ever cleared
ADMIN = "U0ANA"
DATABASE = "ferry.db"
_READY_S = 30
_END_S = 15
_LOOK_S = 0.1


class Keeper:
    """Runs one bot after the other; what they know is in the database."""

    def __init__(self, given: Settings) -> None:
        self._given = given
        self._stop = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self.bot = build(given)

    @property
    def services(self) -> Services:
        """The services of the bot that runs now."""
        return self.bot.services

    async def start(self) -> None:
        """Start a bot; return when it is ready."""
        self.bot, self._stop = build(self._given), asyncio.Event()
        self._running = asyncio.create_task(self.bot.run(self._stop), name="ferry")
        ready = asyncio.create_task(self.bot.ready.wait(), name="ready")
        await asyncio.wait(
            {ready, self._running}, timeout=_READY_S, return_when=asyncio.FIRST_COMPLETED
        )
        ready.cancel()
        if self._running.done():
            await self._running  # raises what went wrong

    async def stop(self) -> None:
        """Stop the bot in order; what went wrong with it is raised."""
        self._stop.set()
        running, self._running = self._running, None
        if running is not None:
            await asyncio.wait({running}, timeout=_READY_S)
            if running.done():
                await running

    async def restart(self) -> None:
        """Stop the bot, and start another one."""
        await self.stop()
        await self.start()


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that the demo started."""

    slack: PlaygroundSlack
    host: SampleHost
    sample: Installed
    keeper: "Keeper"

    @property
    def bot(self) -> Bot:
        """The bot that runs now."""
        return self.keeper.bot


async def main(home: Path, *, port: int, tour: bool) -> int:
    """Run the demo in *home*; return the exit status."""
    stop = stop_event()
    home = _cleared(home)
    logging.configure("info", LogFormat.CONSOLE, to=home / "ferry.log")
    async with world(home, port=0 if tour else _free(port)) as made:
        if tour:
            tour_ = Tour(made.slack.url, made.host, made.sample, home / DATABASE, made.keeper)
            return await tour_.play()
        await furnish(made.bot.services, made.host, made.sample)
        _welcome(made, home)
        await stop.wait()
        click.echo("Stopping…")
        await _end_runs(made.bot)
    return 0


@asynccontextmanager
async def world(home: Path, *, port: int = 0) -> AsyncIterator[World]:
    """Start Slack, host and bot in *home*; stop them at the end, the bot first."""
    host = SampleHost(home / "host")
    sample = install(host.home)
    slack = PlaygroundSlack(port)
    await slack.start()
    await host.start()
    keeper = Keeper(settings(slack, home))
    try:
        await keeper.start()
        yield World(slack=slack, host=host, sample=sample, keeper=keeper)
    finally:
        await keeper.stop()
        await host.stop()
        await slack.stop()


def settings(slack: PlaygroundSlack, home: Path) -> Settings:
    """Return settings for the playground, whatever is in the environment or in ``.env``."""
    return Settings.model_construct(
        slack_bot_token=slack.bot_token,
        slack_app_token=slack.app_token,
        slack_api_url=slack.api_url,
        admins=frozenset({ADMIN}),
        key_file=home / "ferry.key",
        database_url=f"sqlite:///{home / DATABASE}",
    )


async def _end_runs(bot: Bot) -> None:
    """Cancel what runs: a real Ferry would leave it alone, but this host ends with the demo."""
    deadline = time.monotonic() + _END_S
    for execution in await bot.services.history.active():
        with suppress(Conflict):
            await bot.services.controls.cancel(execution.id, OPERATOR)
    while await bot.services.history.active():
        if time.monotonic() > deadline:
            return
        await asyncio.sleep(_LOOK_S)


def _free(port: int) -> int:
    """Return *port*, or 0 (any) while somebody else listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return 0
    return port


def _cleared(home: Path) -> Path:
    home = home.resolve()
    if home.exists() and any(home.iterdir()) and not (home / MARK).exists():
        raise InvalidInput(
            f"{home} holds other things than a demo, so it is left alone.",
            hint="Name an empty or new directory: `ferry demo --home var/demo`.",
        )
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / MARK).touch()
    return home


def _welcome(made: World, home: Path) -> None:
    click.echo(
        f"""
  Ferry is running.  Open  {made.slack.url}/

  You are Ana, an admin, in a Slack of your own. #staging-ops runs on staging, #prod-ops on
  production; #random is not bound yet. Type  /migrate run  in #staging-ops and fill in

      practitioner-id 320623  imports 3,000 records        320999  hangs: cancel it
                      320700  is quick                     320666  breaks in the middle

  The host is real: commands run in {home / "host"} (with {made.sample.interpreter}).
  Ferry's log is {home / "ferry.log"}.  Ctrl+C ends everything.
"""
    )
