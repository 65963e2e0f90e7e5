"""Table ``environments``."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import insert, select, update

from db.model.catalog import ConfirmationPolicy, Environment, EnvironmentDraft, Kind
from db.model.errors import Conflict
from db.repos.base import Repository, fill
from db.schema import environments as table
from db.session import Taken


class Environments(Repository):
    """Named places to run."""

    async def add(self, draft: EnvironmentDraft) -> Environment:
        """Return the new environment; Conflict if the name is taken."""
        now = self._now()
        values = asdict(draft) | {"is_active": True, "created_at": now, "updated_at": now}
        try:
            new = await self._session.insert(insert(table).values(values))
        except Taken as error:
            raise Conflict(f"An environment named `{draft.name}` exists already.") from error
        return await self.get(new)

    async def get(self, environment_id: int) -> Environment:
        """Return the environment with that id, active or not."""
        row = await self._session.row(select(table).where(table.c.id == environment_id))
        assert row is not None, "foreign keys keep environments alive"  # noqa: S101
        return _environment(row)

    async def named(self, name: str) -> Environment | None:
        """Return the active environment of that name."""
        row = await self._session.row(select(table).where(table.c.name == name, table.c.is_active))
        return _environment(row) if row else None

    async def all(self) -> list[Environment]:
        """Return the active environments by name."""
        query = select(table).where(table.c.is_active).order_by(table.c.name)
        return [_environment(row) for row in await self._session.rows(query)]

    async def pin_host_key(self, environment_id: int, host_key: str) -> None:
        """Replace the pinned host keys."""
        change = update(table).where(table.c.id == environment_id)
        await self._session.change(change.values(host_key=host_key, updated_at=self._now()))

    async def lock(self, environment_id: int) -> Environment:
        """Return the environment, held against other transactions until this one ends."""
        query = select(table).where(table.c.id == environment_id).with_for_update()
        row = await self._session.row(query)
        assert row is not None, "foreign keys keep environments alive"  # noqa: S101
        return _environment(row)


def _environment(row: Mapping[str, Any]) -> Environment:
    return fill(
        Environment,
        row,
        kind=Kind(row["kind"]),
        confirmation=ConfirmationPolicy(row["confirmation"]),
    )
