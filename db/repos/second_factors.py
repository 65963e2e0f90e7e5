"""Table ``second_factors``: who has one, and how its codes were used."""

from typing import Any

from sqlalchemy import delete, insert, select, update

from db.model.factors import SecondFactor
from db.repos.base import Repository, fill
from db.schema import second_factors as table
from db.session import Taken


class SecondFactors(Repository):
    """One a person."""

    async def get(self, person: str) -> SecondFactor | None:
        """Return the second factor of *person*, enrolled or not."""
        row = await self._session.row(select(table).where(table.c.person == person))
        return fill(SecondFactor, row) if row else None

    async def hold(self, person: str) -> SecondFactor | None:
        """Return it, held against other transactions until this one ends."""
        query = select(table).where(table.c.person == person).with_for_update()
        row = await self._session.row(query)
        return fill(SecondFactor, row) if row else None

    async def put(self, person: str, secret: str) -> None:
        """Begin anew with *secret*, which is not enrolled yet."""
        now = self._now()
        fresh: dict[str, Any] = {"secret": secret, "enrolled_at": None, "last_step": 0}
        fresh |= {"failures": 0, "locked_until": None, "remembered_until": None, "updated_at": now}
        try:
            await self._session.change(insert(table).values(person=person, created_at=now, **fresh))
        except Taken:
            await self.change(person, **fresh)

    async def take_step(self, person: str, step: int, **values: Any) -> bool:
        """Use up the codes of all steps up to *step* and set *values*; False if they were used."""
        change = update(table).where(table.c.person == person, table.c.last_step < step)
        new = {"last_step": step, "updated_at": self._now(), **values}
        return await self._session.change(change.values(new)) == 1

    async def change(self, person: str, **values: Any) -> None:
        """Set *values*."""
        change = update(table).where(table.c.person == person)
        await self._session.change(change.values(values | {"updated_at": self._now()}))

    async def drop(self, person: str) -> bool:
        """Forget the second factor of *person*; say whether there was one."""
        return await self._session.change(delete(table).where(table.c.person == person)) == 1
