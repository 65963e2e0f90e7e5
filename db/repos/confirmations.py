"""Table ``confirmations``: who said yes or no, to which plan, when."""

from sqlalchemy import insert

from db.repos.base import Repository
from db.schema import confirmations as table


class Confirmations(Repository):
    """Answers; one a person."""

    async def add(
        self, execution_id: int, person: str, *, answer: str, plan_hash: str, reason: str = ""
    ) -> None:
        """Store an answer: ``confirmed`` or ``discarded``."""
        await self._session.change(
            insert(table).values(
                execution_id=execution_id,
                person=person,
                answer=answer,
                plan_hash=plan_hash,
                reason=reason,
                created_at=self._now(),
            )
        )
