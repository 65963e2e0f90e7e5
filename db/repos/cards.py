"""Tables ``cards`` and ``card_posts``: what Slack was told, and what it has yet to be told."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import ColumnElement, Select, case, insert, select, update

from db.model.execution import LIVE, OVER, WAITING, Brief, Card, Execution, Status
from db.repos.base import Repository, fill
from db.repos.execution_rows import executions_of, selection
from db.schema import card_posts, cards, executions
from db.session import Taken

BRIEF = select(executions.c.id, executions.c.channel_id, executions.c.status, executions.c.version)
QUESTIONS_FIRST = case(
    (executions.c.status == Status.AWAITING_CONFIRMATION, 0),
    (executions.c.status.in_(OVER), 1),
    else_=2,
)


class Cards(Repository):
    """One card an execution; an untold execution is news."""

    async def untold(self) -> list[Brief]:
        """Return executions with news: questions first, then ends, and then the oldest."""
        return await self._briefs(BRIEF.where(executions.c.untold), QUESTIONS_FIRST)

    async def moving(self) -> list[Brief]:
        """Return what runs, then what waits, the oldest first, where it is told somewhere."""
        status = executions.c.status
        query = BRIEF.where(status.in_(LIVE | WAITING), executions.c.channel_id != "")
        return await self._briefs(query, status.in_(WAITING))

    async def _briefs(self, query: Select[Any], first: ColumnElement[Any]) -> list[Brief]:
        rows = await self._session.rows(query.order_by(first, executions.c.id))
        return [Brief(**row) for row in rows]

    async def some(self, ids: Collection[int]) -> list[tuple[Execution, Card]]:
        """Return those of *ids*, the oldest first."""
        if not ids:
            return []
        rows = await self._session.rows(selection().where(executions.c.id.in_(ids)))
        found = sorted(executions_of(rows), key=lambda one: one.id)
        return await self._with_cards(found)

    async def get(self, execution: Execution) -> Card:
        """Return the card of *execution*, posted or not."""
        return (await self._with_cards([execution]))[0][1]

    async def _with_cards(self, found: Sequence[Execution]) -> list[tuple[Execution, Card]]:
        if not found:
            return []
        ids = [execution.id for execution in found]
        stored = await self._session.rows(select(cards).where(cards.c.execution_id.in_(ids)))
        posts = await self._session.rows(
            select(card_posts).where(card_posts.c.execution_id.in_(ids))
        )
        keys: dict[int, set[str]] = {}
        for post in posts:
            keys.setdefault(post["execution_id"], set()).add(post["post_key"])
        by_id = {
            row["execution_id"]: fill(Card, row, posts=frozenset(keys.get(row["execution_id"], ())))
            for row in stored
        }
        blank = {
            one.id: Card(
                execution_id=one.id,
                channel_id=one.channel_id,
                posts=frozenset(keys.get(one.id, ())),  # something may be told before the card
            )
            for one in found
        }
        return [(execution, by_id.get(execution.id, blank[execution.id])) for execution in found]

    async def put(self, execution_id: int, **values: Any) -> None:
        """Set *values* of a card; it is created if need be."""
        now = self._now()
        values |= {"updated_at": now}
        change = update(cards).where(cards.c.execution_id == execution_id).values(values)
        if await self._session.change(change) > 0:
            return
        new = insert(cards).values(execution_id=execution_id, created_at=now, **values)
        try:
            await self._session.change(new)
        except Taken:
            await self._session.change(change)

    async def settle(self, execution_id: int, version: int) -> None:
        """Take an execution off the news, unless it changed after *version*."""
        change = update(executions).where(
            executions.c.id == execution_id, executions.c.version <= version
        )
        await self._session.change(change.values(untold=False))

    async def reopen(self, execution_id: int, version: int) -> None:
        """Make the execution news again if it changed after *version*."""
        change = update(executions).where(
            executions.c.id == execution_id, executions.c.version > version
        )
        await self._session.change(change.values(untold=True))

    async def posted(self, execution_id: int, key: str) -> None:
        """Remember that a thread post is out; twice is the same as once."""
        new = insert(card_posts).values(
            execution_id=execution_id, post_key=key, created_at=self._now()
        )
        with suppress(Taken):
            await self._session.change(new)
