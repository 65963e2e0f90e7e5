"""What the reporter reads: executions that changed since Slack was last told."""

from collections.abc import Collection
from dataclasses import dataclass

from db.model.execution import Brief, Card, Execution
from executor.services.ground import Ground
from executor.services.turn import Turn


@dataclass(frozen=True, slots=True)
class Item:
    """An execution, and what Slack knows of it."""

    execution: Execution
    card: Card


class News:
    """The reporter's place, kept in the database: a restart or an outage of Slack loses nothing.

    Of several processes one has the turn to tell: two would post every card twice.
    """

    def __init__(self, ground: Ground) -> None:
        self._db = ground.db
        self._turn = Turn(ground, "telling")
        self.bell = ground.news

    @property
    def has_turn(self) -> bool:
        """Whether it is still this process that tells: ask before each thing that is told."""
        return self._turn.is_ours

    async def take_turn(self) -> bool:
        """Return whether it is this process that tells Slack; ask again at every look."""
        return await self._turn.take()

    async def end_turn(self) -> None:
        """Let another process tell from now on."""
        await self._turn.end()

    async def pending(self) -> list[Brief]:
        """Return executions with news: questions first, then ends, and then the oldest."""
        async with self._db.read() as repos:
            return await repos.cards.untold()

    async def moving(self) -> list[Brief]:
        """Return what runs, then what waits: its card changes without news of its own."""
        async with self._db.read() as repos:
            return await repos.cards.moving()

    async def items(self, ids: Collection[int]) -> list[Item]:
        """Return the whole of those of *ids* that can be read, the oldest first."""
        async with self._db.read() as repos:
            return [Item(*found) for found in await repos.cards.some(ids)]

    async def told(
        self, execution_id: int, *, ts: str, channel_id: str, version: int, digest: str
    ) -> None:
        """Remember where the card is and what it shows; *digest* is of its last render.

        It is news again if there is something newer: a process that was paused while it told, and
        lost its turn, may have put an old state over a new one.
        """
        async with self._db.begin() as repos:
            # First the execution, then its card, as everybody does: the card's foreign key would
            # share the execution's row, and a claim in between would be a deadlock.
            await repos.cards.reopen(execution_id, version)
            await repos.cards.put(
                execution_id, ts=ts, channel_id=channel_id, told_version=version, told_hash=digest
            )

    async def posted(self, execution_id: int, key: str) -> None:
        """Remember that a thread post is out."""
        async with self._db.begin() as repos:
            await repos.cards.posted(execution_id, key)

    async def attached(self, execution_id: int, key: str, permalink: str) -> None:
        """Remember that the log is out under *key*, and where it is; empty if it is nowhere."""
        async with self._db.begin() as repos:
            await repos.cards.posted(execution_id, key)
            await repos.cards.put(execution_id, log_permalink=permalink)

    async def settled(self, execution_id: int, version: int) -> None:
        """Take the execution off the news: card and thread tell all up to *version*."""
        async with self._db.begin() as repos:
            await repos.cards.settle(execution_id, version)

    async def silence(self, execution_id: int, version: int, why: str) -> None:
        """Give up telling *version* (the channel is gone, the bot is not in it)."""
        async with self._db.begin() as repos:
            await repos.cards.settle(execution_id, version)
            await repos.cards.put(execution_id, silenced_why=why[:255])
