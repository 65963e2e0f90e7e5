"""Ferry's services on a real database, and a reporter from there to a playground."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from db.database import Database
from db.model.catalog import (
    EnvironmentDraft,
    JobDraft,
    Kind,
    ParameterSpec,
    ParameterType,
    RetryPolicy,
    SourceDraft,
)
from db.model.categories import Category
from db.model.execution import Execution, Status
from db.model.output import Block, Level, Stream
from db.model.people import Person
from executor.rules.outcomes import Outcome
from executor.services import Ask, Ground, Services, build
from executor.services.forecasts import Forecasts
from executor.services.log_writer import Batch, LogWriter
from executor.services.news import News
from handlers.reporter import Reporter
from playground.errors import Json
from playground.server import PlaygroundSlack
from tests.support.looked import looked_at
from tests.support.outbox import outbox_on
from tests.support.rendered import texts_of

ANA = Person("U0ANA", "T0FERRY")
CHANNELS = {"staging": "C0STAGING", "production": "C0PROD", "quiet": "C0QUIET"}
LEASE = timedelta(minutes=1)
SCOPES = frozenset({"chat:write", "files:write"})
DONE = Outcome(status=Status.SUCCEEDED)
FAILED = Outcome(
    status=Status.FAILED,
    category=Category.SCRIPT_ERROR,
    message="It said: boom.",
    hint="Look at the log.",
)


def wall_clock() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class Ferry:
    """What happens to executions, as workers and people make it happen."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.ground = Ground(db=database, clock=wall_clock, admins=frozenset({"U0ANA"}))
        self.services: Services = build(self.ground)
        self._numbers = itertools.count(1)

    async def open(self) -> None:
        """Create a job and three environments, each bound to its channel."""
        catalog = self.services.catalog
        source = await catalog.create_source(SourceDraft(name="iclinic"), ANA)
        number = ParameterSpec(name="number", type=ParameterType.INTEGER, target="1")
        job = JobDraft(
            name="import-patients",
            source_id=source.id,
            script="/srv/run.js",
            parameters=(number,),
            retry=RetryPolicy(attempts=3),
        )
        await catalog.create_job(job, ANA)
        for name, channel_id in CHANNELS.items():
            kind = Kind.PRODUCTION if name == "production" else Kind.STAGING
            draft = EnvironmentDraft(
                name=name, kind=kind, ssh_host="h", ssh_user="deploy", concurrency=50
            )
            await catalog.create_environment(draft, ANA)
            await self.services.bindings.bind(channel_id, name, ANA)

    async def launch(self, channel_id: str = "C0STAGING", **other: str) -> Execution:
        """Ask for a run."""
        values = {"number": str(next(self._numbers))}  # the same ones are not queued twice
        ask = Ask(job="import-patients", channel_id=channel_id, by=ANA, values=values, **other)
        return await self.services.launcher.launch(ask)

    async def claim(self) -> Execution:
        """Let a worker take the next one."""
        execution = await self.services.queue.claim_next("worker", LEASE)
        assert execution is not None
        await self.services.records.started(execution)
        return execution

    async def start(self, channel_id: str = "C0STAGING") -> Execution:
        """Ask for a run and let it begin."""
        execution = await self.launch(channel_id)
        if execution.expires_at:
            execution = await looked_at(self.services, execution)
            await self.services.confirmations.confirm(execution.id, ANA, execution.plan_hash)
        return await self.claim()

    async def prints(
        self,
        execution: Execution,
        *texts: str,
        stream: Stream = Stream.OUT,
        done: int = 1,
        first: int = 1,
    ) -> None:
        """Let the script print lines, numbered from *first*, and be *done* of 4."""
        block = Block(
            execution.id,
            execution.attempt,
            first,
            stream,
            wall_clock(),
            [Level.INFO] * len(texts),
            list(texts),
        )
        batch = Batch(
            blocks=[block],
            execution_id=execution.id,
            attempt=execution.attempt,
            fence=execution.fence,
            out_offset=0,
            err_offset=0,
            last_line=first + len(texts) - 1,
            warnings=0,
            progress_done=done,
            progress_total=4,
            progress_words="",
            result={},
            last_output_at=wall_clock(),
        )
        writer = LogWriter(self.ground)
        running = asyncio.create_task(writer.run())
        lane = writer.lane()
        await lane.write(batch)
        await lane.flush()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    async def finish(self, execution: Execution, outcome: Outcome) -> None:
        """Let it end."""
        await self.services.records.finish(execution, outcome, exit_status=0)

    @asynccontextmanager
    async def reporting(
        self,
        slack: PlaygroundSlack,
        *,
        scopes: frozenset[str] = SCOPES,
        patience_s: float = 10,
        timeout_s: int = 15,
        news: News | None = None,
        forecasts: Forecasts | None = None,
        security_channel: str = "",
        clock: Callable[[], datetime] = wall_clock,
    ) -> AsyncIterator[None]:
        """Run a reporter until the end of the block; leaving it is a restart."""
        async with outbox_on(slack, patience_s=patience_s, timeout_s=timeout_s) as outbox:
            reporter = Reporter(
                replace(
                    self.services,
                    news=news or self.services.news,
                    forecasts=forecasts or self.services.forecasts,
                ),
                outbox,
                scopes=scopes,
                clock=clock,
                security_channel=security_channel,
            )
            running = asyncio.create_task(reporter.run())
            try:
                yield
            finally:
                running.cancel()
                await asyncio.wait([running])
            assert running.cancelled(), running.exception()


class Channel:
    """What a channel of the playground shows."""

    def __init__(self, slack: PlaygroundSlack, channel_id: str = "C0STAGING") -> None:
        self._slack, self._id = slack, channel_id

    @property
    def cards(self) -> list[Json]:
        """Return the messages that are no replies."""
        return [m for m in self._messages if m.get("thread_ts", m["ts"]) == m["ts"]]

    @property
    def replies(self) -> list[str]:
        """Return what threads say, oldest first; a file by its name."""
        replies = [m for m in self._messages if m.get("thread_ts", m["ts"]) != m["ts"]]
        return [m["files"][0]["name"] if "files" in m else m["text"] for m in replies]

    @property
    def broadcasts(self) -> list[str]:
        """Return the replies that are shown in the channel as well."""
        return [m["text"] for m in self._messages if m.get("subtype") == "thread_broadcast"]

    def shows(self, words: str) -> bool:
        """Tell whether any card says *words*."""
        return any(words in "\n".join(texts_of(card)) for card in self.cards)

    @property
    def _messages(self) -> list[dict[str, Any]]:
        return list(self._slack.workspace.messages[self._id].values())


async def told_all(ferry: Ferry) -> None:
    """Wait until there is no news left."""
    async with asyncio.timeout(20):
        while await ferry.services.news.pending():  # noqa: ASYNC110 - it rings no bell
            await asyncio.sleep(0.02)
