"""Table ``grants``: who may do what where."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, select

from db.model.errors import Conflict
from db.model.grants import Grant, Holder, Role
from db.repos.base import Repository, fill
from db.schema import grants as table
from db.session import Taken


class Grants(Repository):
    """One role for each subject and place."""

    async def all(self, *, hold: bool = False) -> list[Grant]:
        """Return every grant: everyone's first, then by subject; *hold*: nobody changes them."""
        query = select(table).order_by(table.c.subject, table.c.environment_id)
        if hold:
            query = query.with_for_update()
        return [_grant(row) for row in await self._session.rows(query)]

    async def put(
        self, kind: Holder, subject: str, environment_id: int, role: Role, by: str
    ) -> Role | None:
        """Give *role*, in place of the one that was there, which is returned.

        Conflict if somebody else gives one there at the same moment.
        """
        old = await self.drop(kind, subject, environment_id)
        values = {"kind": kind, "subject": subject, "environment_id": environment_id}
        values |= {"role": role, "granted_by": by, "created_at": self._now()}
        try:
            await self._session.change(insert(table).values(values))
        except Taken:
            raise Conflict(
                "Somebody changed the same role at the same moment, so nothing was changed.",
                hint="`/migrate grants` shows how it stands now.",
            ) from None
        return old

    async def drop(self, kind: Holder, subject: str, environment_id: int) -> Role | None:
        """Take a role away and return it; None if there was none."""
        where = (
            table.c.kind == kind,
            table.c.subject == subject,
            table.c.environment_id == environment_id,
        )
        row = await self._session.row(select(table).where(*where).with_for_update())
        await self._session.change(delete(table).where(*where))
        return Role(row["role"]) if row else None


def _grant(row: Mapping[str, Any]) -> Grant:
    return fill(Grant, row, kind=Holder(row["kind"]), role=Role(row["role"]))
