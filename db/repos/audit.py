"""Tables ``audit_events`` and ``audit_head``: what happened, chained."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, insert, select, update

from db.model.audit import AuditEvent, AuditFilter, Head, chained, key_check
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
                "before": _plain(before),
                "after": _plain(after),
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

    async def page(self, after: int | None, limit: int) -> list[AuditEvent]:
        """Return at most *limit* events with ids above *after* (None: all), in their order.

        Raises ValueError or TypeError if one of them holds what Ferry cannot have written.
        """
        query = select(table).order_by(table.c.id).limit(limit)
        if after is not None:
            query = query.where(table.c.id > after)
        return [fill(AuditEvent, row) for row in await self._session.rows(query)]

    async def next_id(self, after: int | None) -> int | None:
        """Return the number of the first event above *after*, without looking at its content."""
        query = select(func.min(table.c.id))
        if after is not None:
            query = query.where(table.c.id > after)
        found = await self._session.value(query)
        return None if found is None else int(found)

    async def matching(self, wanted: AuditFilter, after: int, limit: int) -> list[AuditEvent]:
        """Return at most *limit* of the *wanted* events with ids above *after*, oldest first."""
        query = _wanted(wanted).where(table.c.id > after).order_by(table.c.id).limit(limit)
        return [fill(AuditEvent, row) for row in await self._session.rows(query)]

    async def recent(self, wanted: AuditFilter, before: int | None, limit: int) -> list[AuditEvent]:
        """Return at most *limit* of the *wanted* events with ids below *before*, newest first."""
        query = _wanted(wanted).order_by(table.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(table.c.id < before)
        return [fill(AuditEvent, row) for row in await self._session.rows(query)]

    async def count(self, wanted: AuditFilter, end: int) -> int:
        """Return how many of the *wanted* events there are up to number *end*."""
        query = select(func.count()).select_from(table).where(*_asked(wanted), table.c.id <= end)
        return int(await self._session.value(query))

    async def first_of_last(self, wanted: AuditFilter, end: int, count: int) -> int:
        """Return the number of the first of the last *count* events *wanted* up to *end*."""
        query = select(table.c.id).where(*_asked(wanted), table.c.id <= end)
        last = query.order_by(table.c.id.desc()).limit(count).subquery()
        return int(await self._session.value(select(func.min(last.c.id))))

    async def verbs(self) -> list[str]:
        """Return every verb that is in the log: a look into the index for each."""
        found: list[str] = []
        query = select(func.min(table.c.verb))
        while verb := await self._session.value(query):
            found.append(str(verb))
            query = select(func.min(table.c.verb)).where(table.c.verb > verb)
        return found

    async def head(self) -> Head | None:
        """Return the end of the chain as it is kept apart; None if its row is not there."""
        row = await self._session.row(select(head).where(head.c.id == 1))
        return fill(Head, row) if row else None

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


def _plain(said: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return *said* as it will be read again: the hash must be the same then."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(said or {}), allow_nan=False))
    return plain


def _wanted(wanted: AuditFilter) -> Select[Any]:
    return select(table).where(*_asked(wanted))


def _asked(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    exact = {name: getattr(wanted, name) for name in ("subject", "actor", "environment")}
    asked = [table.c[name] == value for name, value in exact.items() if value]
    if wanted.verbs:
        asked.append(table.c.verb.in_(wanted.verbs))
    if wanted.since is not None:
        asked.append(table.c.created_at >= wanted.since)
    if wanted.until is not None:
        asked.append(table.c.created_at < wanted.until)
    if wanted.after_id:
        asked.append(table.c.id > wanted.after_id)
    return asked
