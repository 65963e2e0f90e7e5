"""Table ``turns``: whose turn it is to do what only one process at a time may do."""

from datetime import datetime

from sqlalchemy import insert, or_, select, update

from db.repos.base import Repository
from db.schema import turns as table
from db.session import Taken


class Turns(Repository):
    """A turn runs out by itself, so a process that died holds nobody up for long."""

    async def take(self, name: str, holder: str, until: datetime) -> bool:
        """Give *holder* the turn until then, or prolong it; False while another has it."""
        now = self._now()
        # Nobody takes it for so long: who has it until far ahead had a clock that went wrong.
        is_odd = table.c.until > until + (until - now)
        free = or_(table.c.holder == holder, table.c.until < now, is_odd)
        change = update(table).where(table.c.name == name, free)
        values = {"holder": holder, "until": until, "updated_at": now}
        if await self._session.change(change.values(values)) == 1:
            return True
        if await self._session.value(select(table.c.holder).where(table.c.name == name)):
            return False
        try:
            await self._session.change(insert(table).values(name=name, created_at=now, **values))
        except Taken:  # somebody had the very first turn a moment earlier
            return False
        return True

    async def end(self, name: str, holder: str) -> None:
        """Let others have the turn, if *holder* has it."""
        mine = update(table).where(table.c.name == name, table.c.holder == holder)
        await self._session.change(mine.values(until=self._now(), updated_at=self._now()))
