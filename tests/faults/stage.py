"""Where the faults are played: Slack, one or more ``ferry serve``, a host; all of it real."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.offline import services_of
from db.model.catalog import RetryPolicy
from db.model.execution import Execution, Status
from playground.server import PlaygroundSlack
from tests.acceptance.furnishing import furnish
from tests.acceptance.house import House, house_of, settings
from tests.acceptance.looking import Json, eventually, number_of
from tests.acceptance.process import Serve, variables_of
from tests.faults.processes import end_all
from tests.faults.recording import JOB, PARAMETERS, SCRIPT, Recording
from tests.faults.tally import Tally
from tests.support.sshd import Host

#: For what may need a lease to run out, a database to come back, a host to answer again.
PATIENCE_S = 90.0
ONCE = RetryPolicy()


@dataclass(frozen=True, kw_only=True)
class Played:
    """One run of a recording."""

    recording: Recording
    card: Json
    folder: Path  #: of the recording, on the host

    @property
    def number(self) -> int:
        """The number of the execution."""
        return number_of(self.card)

    def goes_on(self) -> None:
        """Let the script go on from where it is held, to its end."""
        (self.folder / "go").touch()

    def times(self) -> int:
        """Return how often the script was run, by its own record."""
        ran = self.folder / "ran"
        return len(ran.read_text().splitlines()) if ran.exists() else 0


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The house, the bots that serve it, and what was counted of the round so far."""

    house: House
    bots: list[Serve]
    tally: Tally
    played: list[Played] = field(default_factory=list)

    async def plays(self, recording: Recording, *, environment: str = "staging") -> Played:
        """Have Bruno start *recording* in a new channel; return as soon as the card is there."""
        channel = await self.house.channel(environment)
        folder = self.house.host.home / f"recording-{uuid.uuid4().hex}"
        recording.put(folder, self.house.host.user)
        card = await self.house.asks(self.house.bruno, channel, f"{JOB} {folder.name}")
        self.played.append(Played(recording=recording, card=card, folder=folder))
        return self.played[-1]

    async def execution(self, played: Played) -> Execution:
        """Return the execution as it stands."""
        return await self.house.services.history.execution(played.number)

    async def waits_for(
        self, played: Played, is_so: Callable[[Execution], bool], what: str
    ) -> Execution:
        """Return the execution once *is_so* of it."""

        async def look() -> Execution | None:
            execution = await self.execution(played)
            return execution if is_so(execution) else None

        return await eventually(look, f"#{played.number} {what}", within_s=PATIENCE_S)

    async def taken_over(self, played: Played, *, since: int) -> None:
        """Return once a worker owns it with a fence above *since*."""
        await self.waits_for(played, lambda one: one.fence > since, "is taken over")

    async def runs(self, played: Played) -> None:
        """Return once the script runs, and some of what it said is stored."""
        await self.waits_for(
            played, lambda one: one.status is Status.RUNNING and one.lines > 0, "runs"
        )

    async def told(self, played: Played) -> Execution:
        """Return the execution once it is over and Slack was told all of it."""
        await self.waits_for(played, lambda one: one.status.is_over, "is over")

        async def look() -> bool | None:
            pending = await self.house.services.news.pending()
            is_told = all(brief.id != played.number for brief in pending)
            # Slack shows a file in its thread a moment after it took it.
            return (is_told and not self.house.slack.core._tasks) or None

        await eventually(look, f"#{played.number} is told", within_s=PATIENCE_S)
        return await self.execution(played)


@asynccontextmanager
async def stage(
    home: Path,
    host: Host,
    url: str,
    tally: Tally,
    *,
    bots: int = 1,
    retry: RetryPolicy = ONCE,
    timeout_s: int = 300,
    **variables: str,
) -> AsyncIterator[Stage]:
    """Raise the curtain: *bots* processes of Ferry over the database *url*, ready to be asked.

    *retry*: of the job, where a run may fail before it starts; *timeout_s*: how long it may last.
    """
    slack = PlaygroundSlack()
    await slack.start()
    given = settings(slack, home, database_url=url)
    names = variables_of(slack, given, **{"WORKER_LEASE_S": "1", **variables})
    async with AsyncExitStack() as stack:
        stack.push_async_callback(slack.stop)
        services = await stack.enter_async_context(services_of(given))
        await furnish(services, host)
        house = house_of(slack, given, services, host)
        await house.job(JOB, SCRIPT, PARAMETERS, timeout_s=timeout_s, retry=retry)
        serves = []
        for number in range(bots):
            folder = home / f"bot-{number}"
            folder.mkdir()
            serves.append(Serve(folder, names))
            stack.push_async_callback(serves[-1].close)
        await asyncio.gather(*(serve.start() for serve in serves))
        on = Stage(house=house, bots=serves, tally=tally)
        try:
            yield on
        finally:
            for played in on.played:
                end_all(await on.execution(played))
