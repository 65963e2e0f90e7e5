"""What the reporter reads: executions that changed since Slack was last told."""

from dataclasses import dataclass

from db.model.execution import Card, Execution
from executor.services.ground import Ground


@dataclass(frozen=True, slots=True)
class Item:
    """An execution, and what Slack knows of it."""

    execution: Execution
    card: Card


class News:
    """The reporter's place, kept in the database: a restart or an outage of Slack loses nothing."""

    def __init__(self, ground: Ground) -> None:
        self._db = ground.db
        self.bell = ground.news

    async def pending(self, limit: int = 50) -> list[Item]:
        """Return executions with news: ends and questions first, then the oldest."""
        async with self._db.read() as repos:
            return [Item(*found) for found in await repos.cards.untold(limit)]

    async def live(self) -> list[Item]:
        """Return what runs now, for progress."""
        async with self._db.read() as repos:
            return [Item(*found) for found in await repos.cards.live()]

    async def told(
        self, execution_id: int, *, ts: str, channel_id: str, version: int, digest: str
    ) -> None:
        """Remember where the card is and what it shows; *digest* is of its last render."""
        async with self._db.begin() as repos:
            await repos.cards.put(
                execution_id, ts=ts, channel_id=channel_id, told_version=version, told_hash=digest
            )

    async def posted(self, execution_id: int, key: str) -> None:
        """Remember that a thread post is out."""
        async with self._db.begin() as repos:
            await repos.cards.posted(execution_id, key)

    async def settled(self, execution_id: int, version: int) -> None:
        """Take the execution off the news: card and thread tell all up to *version*."""
        async with self._db.begin() as repos:
            await repos.cards.settle(execution_id, version)

    async def silence(self, execution_id: int, version: int, why: str) -> None:
        """Give up telling *version* (the channel is gone, the bot is not in it)."""
        async with self._db.begin() as repos:
            await repos.cards.put(execution_id, silenced_why=why[:255])
            await repos.cards.settle(execution_id, version)
