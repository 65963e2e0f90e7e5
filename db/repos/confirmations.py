"""Table ``confirmations``: who said yes or no, to which plan, when."""

from sqlalchemy import insert, update

from db.repos.base import Repository
from db.schema import confirmations as table
from db.session import Taken


class Confirmations(Repository):
    """Answers; one a person and plan."""

    async def put(
        self, execution_id: int, person: str, *, answer: str, plan_hash: str, reason: str = ""
    ) -> None:
        """Store an answer, ``confirmed`` or ``discarded``, in place of the person's last one."""
        key = {"execution_id": execution_id, "person": person, "plan_hash": plan_hash}
        said = {"answer": answer, "reason": reason, "created_at": self._now()}
        try:
            await self._session.change(insert(table).values(**key, **said))
        except Taken:
            mine = (
                table.c.execution_id == execution_id,
                table.c.person == person,
                table.c.plan_hash == plan_hash,
            )
            await self._session.change(update(table).where(*mine).values(said))
