"""Table ``migration_sources``."""

from dataclasses import asdict

from sqlalchemy import insert, select

from db.model.catalog import Source, SourceDraft
from db.model.errors import Conflict
from db.repos.base import Repository, fill
from db.schema import sources as table
from db.session import Taken


class Sources(Repository):
    """The systems that data comes from."""

    async def add(self, draft: SourceDraft) -> Source:
        """Return the new source; Conflict if the name is taken."""
        now = self._now()
        values = asdict(draft) | {"is_active": True, "created_at": now, "updated_at": now}
        values["defaults"] = dict(draft.defaults)
        try:
            new = await self._session.insert(insert(table).values(values))
        except Taken as error:
            raise Conflict(f"A source named `{draft.name}` exists already.") from error
        return await self.get(new)

    async def get(self, source_id: int) -> Source:
        """Return the source with that id, active or not."""
        row = await self._session.row(select(table).where(table.c.id == source_id))
        assert row is not None, "foreign keys keep sources alive"  # noqa: S101
        return fill(Source, row)

    async def named(self, name: str) -> Source | None:
        """Return the active source of that name."""
        row = await self._session.row(select(table).where(table.c.name == name, table.c.is_active))
        return fill(Source, row) if row else None

    async def all(self) -> list[Source]:
        """Return the active sources by name."""
        query = select(table).where(table.c.is_active).order_by(table.c.name)
        return [fill(Source, row) for row in await self._session.rows(query)]
