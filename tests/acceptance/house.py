"""A whole Ferry to knock at: the real bot, a real Slack next door, a real host behind it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.app import Bot
from bot.settings import Settings
from bot.wiring import build
from db.model.catalog import (
    Environment,
)
from db.model.execution import Execution
from db.model.output import Stream
from executor.services import Services
from playground import cast, screen
from playground.people import Person
from playground.server import PlaygroundSlack
from tests.acceptance.furnishing import furnish, furnish_environment, furnish_job
from tests.acceptance.looking import PATIENCE_S, Json, eventually, newest, number_of
from tests.support.sshd import Host
from tests.support.world import ANA


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What a test may do and look at; people go through Slack, tests look behind it."""

    slack: PlaygroundSlack
    settings: Settings
    services: Services  #: to furnish and to look; what is under test is asked for in Slack
    host: Host
    ana: Person  #: an admin
    bruno: Person
    carla: Person
    guest: Person

    # -- furnishing ---------------------------------------------------------------------------

    async def environment(self, name: str, channel: str = "", **changes: Any) -> Environment:
        """Create an environment on the host, bound to *channel*."""
        return await furnish_environment(self.services, self.host, name, channel, **changes)

    async def job(self, name: str, text: str, parameters: str = "", **changes: Any) -> Path:
        """Put the sh script *text* on the host, with a job that runs it; return its path."""
        return await furnish_job(self.services, self.host, name, text, parameters, **changes)

    async def channel(self, environment: str = "staging") -> str:
        """Open a new channel, bound to *environment*: what others post does not slow it down."""
        workspace = self.slack.workspace
        name = f"test-{len(workspace.channels)}"
        channel_id = f"C0{name.upper()}"
        workspace.channels[channel_id] = cast.channel(channel_id, name, "")
        workspace.messages[channel_id] = {}
        if environment:
            await self.services.bindings.bind(channel_id, environment, ANA)
        return channel_id

    # -- asking and waiting -------------------------------------------------------------------

    async def asks(self, person: Person, channel: str, line: str) -> Json:
        """Let *person* type ``/migrate run <line>``; return the card as soon as it is there.

        One that asks: as soon as its host was looked at.
        """
        before = await newest(person, channel)
        await person.types(channel, f"/migrate run {line}")
        job = line.split(maxsplit=1)[0]
        card = await person.sees(channel, f"{job} on ", timeout=PATIENCE_S, after=before)
        return await self.looked_at(card) if "Discard" in screen.buttons(card) else card

    async def looked_at(self, card: Json) -> Json:
        """Return *card* as it is once it may be confirmed, or says why it may not."""

        async def look() -> Json | None:
            (now,) = await self.cards(card)
            labels = screen.buttons(now)
            is_over = any(each.startswith(("Run on ", "Check again")) for each in labels)
            return {**card, **now} if is_over else None

        return await eventually(look, f"the host of #{number_of(card)} was looked at")

    async def answer(self, person: Person, channel: str, text: str, words: str) -> str:
        """Let *person* type *text*; return the note to them with *words*."""
        before = await newest(person, channel)
        await person.types(channel, text)
        note = await person.told(channel, words, timeout=PATIENCE_S, after=before)
        return screen.shown(screen.words(note))

    async def over(self, card: Json) -> Execution:
        """Return the execution of *card* once it is over and Slack was told all of it."""
        number = number_of(card)

        async def look() -> Execution | None:
            execution = await self.services.history.execution(number)
            is_pending = any(brief.id == number for brief in await self.services.news.pending())
            if not execution.status.is_over or is_pending:
                return None
            return execution if await self._has_log(card) or not execution.lines else None

        return await eventually(look, f"#{number} is over and told")

    async def quiet(self) -> None:
        """Return once Slack was told everything."""

        async def look() -> bool | None:
            return not await self.services.news.pending() or None

        await eventually(look, "everything is told")

    @asynccontextmanager
    async def untouched(self) -> AsyncIterator[None]:
        """Check that the block changes no row of the database."""
        await self.quiet()
        before = self.rows()
        yield
        await self.quiet()
        assert self.rows() == before

    def rows(self) -> dict[str, list[Any]]:
        """Return every row of an SQLite database, but not whose turn it is: that is renewed."""
        url = self.settings.database_url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(f"file:{url}?mode=ro", uri=True)) as db:
            names = [name for (name,) in db.execute("SELECT name FROM sqlite_master")]
            tables = [
                name for name in names if not name.startswith(("ix_", "uq_", "sqlite_", "turns"))
            ]
            return {name: list(db.execute(f"SELECT * FROM {name}")) for name in tables}  # noqa: S608

    async def _has_log(self, card: Json) -> bool:
        """Tell whether the log is in the thread and the card links to it: that is done last."""
        files = [file for reply in await self.ana.thread(card) for file in reply.get("files", ())]
        return bool(files) and any(
            screen.reads(each, files[0]["permalink"]) for each in await self.cards(card)
        )

    async def cards(self, card: Json) -> list[Json]:
        """Return all messages in the channel that tell of the execution of *card*."""
        state = await self.ana.state(card["channel"])
        words = f"#{number_of(card)} "
        messages = state["messages"][card["channel"]]
        return [
            each
            for each in messages
            if each.get("thread_ts", each["ts"]) == each["ts"] and words in each["text"]
        ]

    async def shown(self, card: Json) -> str:
        """Return the words on *card* as it is now; there must be exactly one card."""
        (now,) = await self.cards(card)
        return screen.shown(screen.words(now))

    async def thread(self, card: Json) -> list[str]:
        """Return what the thread of *card* says, a file by its title."""
        replies = await self.ana.thread(card)
        return [
            " ".join([reply["text"], *(file["title"] for file in reply.get("files", ()))]).strip()
            for reply in replies
        ]

    async def log_file(self, card: Json) -> str:
        """Return the content of the one file in the thread of *card*."""
        files = [file for reply in await self.ana.thread(card) for file in reply.get("files", ())]
        assert len(files) == 1, files
        return self.slack.workspace.contents[files[0]["id"]].decode()

    async def lines(self, number: int, stream: Stream | None = None) -> list[str]:
        """Return the stored lines of an execution, in order."""
        found = await self.services.history.tail(number, 1_000_000, stream=stream)
        return [line.text for line in found if stream or line.stream is not Stream.NOTE]


# -- starting ----------------------------------------------------------------------------------


@asynccontextmanager
async def house(home: Path, host: Host, **changes: Any) -> AsyncIterator[House]:
    """Start Slack and bot; stop them at the end."""
    slack = PlaygroundSlack()
    await slack.start()
    try:
        given = settings(slack, home, **changes)
        async with running(given) as bot:
            yield house_of(slack, given, bot.services, host)
        assert refused(slack) == []
    finally:
        await slack.stop()


@asynccontextmanager
async def furnished(home: Path, host: Host, **changes: Any) -> AsyncIterator[House]:
    """Start Slack and bot, with a staging and a production environment on *host*, bound."""
    async with house(home, host, **changes) as made:
        await furnish(made.services, host)
        yield made


@asynccontextmanager
async def running(given: Settings) -> AsyncIterator[Bot]:
    """Run a bot until the end of the block; it must have stopped in order then."""
    bot = build(given)
    stop = asyncio.Event()
    task = asyncio.create_task(bot.run(stop), name="ferry")
    ready = asyncio.create_task(bot.ready.wait(), name="ready")
    await asyncio.wait({task, ready}, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
    ready.cancel()
    try:
        assert bot.ready.is_set() or task.done(), "the bot is not ready"
        if task.done():
            await task
        yield bot
    finally:
        stop.set()
        await asyncio.wait_for(task, PATIENCE_S)


def refused(slack: PlaygroundSlack) -> list[Json]:
    """Return the calls that Slack did not like: a Ferry in order makes none."""
    return [call for call in slack.control.calls() if call["error"]]


def settings(slack: PlaygroundSlack, home: Path, **changes: Any) -> Settings:
    """Return settings for *slack*, whatever is in the environment."""
    values: dict[str, Any] = {
        "slack_bot_token": slack.bot_token,
        "slack_app_token": slack.app_token,
        "slack_api_url": slack.api_url,
        "admins": frozenset({ANA.user_id}),
        "database_url": f"sqlite:///{home / 'ferry.db'}",
        "key_file": home / "ferry.key",
        "connect_timeout_s": 5.0,
        **changes,
    }
    return Settings.model_construct(**values)


def house_of(slack: PlaygroundSlack, given: Settings, services: Services, host: Host) -> House:
    """Return the house around a bot that runs."""
    ids = ("U0ANA", "U0BRUNO", "U0CARLA", "U0GUEST")
    ana, bruno, carla, guest = (Person(slack.url, user) for user in ids)
    return House(
        slack=slack,
        settings=given,
        services=services,
        host=host,
        ana=ana,
        bruno=bruno,
        carla=carla,
        guest=guest,
    )
