"""Table ``channel_bindings``."""

from sqlalchemy import delete, insert, select, update

from db.model.catalog import ChannelBinding
from db.repos.base import Repository, fill
from db.schema import channel_bindings as table
from db.session import Taken


class Bindings(Repository):
    """The one environment that a channel runs in."""

    async def put(self, channel_id: str, environment_id: int, bound_by: str) -> None:
        """Bind the channel; a binding it had before is replaced."""
        values = {
            "environment_id": environment_id,
            "bound_by": bound_by,
            "created_at": self._now(),
        }
        rebind = update(table).where(table.c.channel_id == channel_id).values(values)
        if await self._session.change(rebind) > 0:
            return
        try:
            await self._session.change(insert(table).values(channel_id=channel_id, **values))
        except Taken:  # somebody bound it at the same moment; the last word counts
            await self._session.change(rebind)

    async def drop(self, channel_id: str) -> bool:
        """Unbind the channel; False if it was not bound."""
        return await self._session.change(delete(table).where(table.c.channel_id == channel_id)) > 0

    async def of(self, channel_id: str) -> ChannelBinding | None:
        """Return the channel's binding."""
        row = await self._session.row(select(table).where(table.c.channel_id == channel_id))
        return fill(ChannelBinding, row) if row else None

    async def all(self) -> list[ChannelBinding]:
        """Return every binding."""
        rows = await self._session.rows(select(table).order_by(table.c.created_at))
        return [fill(ChannelBinding, row) for row in rows]
