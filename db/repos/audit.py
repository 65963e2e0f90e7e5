"""Tables ``audit_events`` and ``audit_head``: what happened, chained."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from db.model.audit import AuditEvent, chained, key_check
from db.model.errors import InvalidInput
from db.repos.base import Repository, fill
from db.schema import audit_events as table
from db.schema import audit_head as head
from db.session import Session, Taken


class Audit(Repository):
    """What a transaction notes is written at its very end.

    The head of the chain is the last row that any transaction locks, so that nobody who holds it
    waits for anything.
    """

    def __init__(self, session: Session, clock: Callable[[], datetime], key: bytes) -> None:
        super().__init__(session, clock)
        self._key = key
        self._noted: list[dict[str, Any]] = []

    def note(
        self,
        actor: str,
        verb: str,
        subject: str | int = "",
        *,
        environment: str = "",
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        reason: str = "",
    ) -> None:
        """Note that *actor* did *verb* to *subject*; *before* and *after* hold plain JSON."""
        self._noted.append(
            {
                "created_at": self._now(),
                "actor": actor,
                "verb": verb,
                "subject": str(subject),
                "environment": environment,
                "before": dict(before or {}),
                "after": dict(after or {}),
                "reason": reason,
            }
        )

    async def write(self) -> None:
        """Append what was noted to the chain; for ``Database.begin``, right before its commit."""
        if not self._noted:
            return
        last_id, previous = await self._hold_head()
        rows = []
        for noted in self._noted:
            last_id += 1
            event = AuditEvent(id=last_id, previous=previous, **noted)
            previous = chained(event, self._key)
            rows.append(asdict(replace(event, hash=previous)))
        await self._session.change_many(insert(table), rows)
        end = {"last_id": last_id, "hash": previous, "key_check": key_check(self._key)}
        await self._session.change(update(head).where(head.c.id == 1).values(end))
        self._noted.clear()

    async def page(self, after: int, limit: int) -> list[AuditEvent]:
        """Return at most *limit* events with ids above *after*, in their order."""
        query = select(table).where(table.c.id > after).order_by(table.c.id).limit(limit)
        return [fill(AuditEvent, row) for row in await self._session.rows(query)]

    async def head(self) -> tuple[int, str]:
        """Return the id and hash of the last event as they were kept apart; (0, "") for none."""
        row = await self._session.row(select(head).where(head.c.id == 1))
        return (row["last_id"], row["hash"]) if row else (0, "")

    async def _hold_head(self) -> tuple[int, str]:
        query = select(head).where(head.c.id == 1).with_for_update()
        row = await self._session.row(query)
        first: dict[str, Any] = {"id": 1, "last_id": 0, "hash": "", "key_check": ""}
        if row is None:
            try:
                await self._session.change(insert(head).values(first))
            except Taken:  # another first one; it has committed by now
                row = await self._session.row(query)
        found = row or first
        if found["key_check"] not in {"", key_check(self._key)}:
            raise InvalidInput(
                "The audit log of this database was begun with another key than the one in "
                "Ferry's key file, so nothing was changed.",
                hint="Put the key file of the first machine beside this one: FERRY_KEY_FILE.",
            )
        return found["last_id"], found["hash"]
