"""All parts of one playground, as its Web API, its page and its control reach them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from playground.cast import TEAM_ID
from playground.clock import Clock
from playground.errors import Json
from playground.feed import Feed
from playground.journal import Journal
from playground.limits import Faults, RateLimits
from playground.permits import Permits
from playground.sockets import Sockets
from playground.views import Views
from playground.workspace import Workspace


@dataclass
class Core:
    """State shared by everything that the server answers."""

    url: str = ""
    http_target: str | None = None
    outage: bool = False
    clock: Clock = field(default_factory=Clock)
    feed: Feed = field(default_factory=Feed)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.workspace = Workspace(self.clock, self.feed)
        self.views = Views(self.clock, self.feed)
        self.permits = Permits(self.clock, TEAM_ID)
        self.journal = Journal(self.clock)
        self.faults = Faults(self.clock)
        self.limits = RateLimits(self.clock)
        self.sockets = Sockets(self.feed)

    def reset(self) -> None:
        """Go back to the beginning; the bot stays connected."""
        self.views.clear()
        self.journal.clear()
        self.faults.clear()
        self.limits.clear()
        self.workspace.reset()

    @property
    def is_connected(self) -> bool:
        """Tell whether there is a way to reach the bot."""
        return bool(self.http_target or self.sockets.count)

    def connection(self) -> Json:
        """Return the event that tells whether the bot is there."""
        return connection_event(connected=self.is_connected, sockets=self.sockets.count)

    def later(self, delay_s: float, act: Callable[[], object]) -> None:
        """Do something after the answer has gone out."""

        async def wait() -> None:
            await asyncio.sleep(delay_s)
            act()

        task = asyncio.create_task(wait(), name="playground-later")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Drop what is still waiting, and every connection."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.feed.close()
        await self.sockets.close()


def connection_event(*, connected: bool, sockets: int) -> Json:
    """Return the event that tells a page whether the bot is there."""
    return {"type": "connection", "connected": connected, "sockets": sockets}
