"""Tables ``migration_executions`` and ``execution_parameters``."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import insert, select, update

from db.model.audit import FERRY
from db.model.execution import Execution, Plan, Status
from db.repos.audit import Audit
from db.repos.base import Repository
from db.repos.execution_rows import (
    execution_of,
    executions_of,
    first_of,
    news,
    readable_at,
    selection,
    sought,
)
from db.schema import execution_parameters
from db.schema import executions as table
from db.session import Session, Taken

_LAST = 200  # of a job, more than are asked for while somebody clicks twice


class Executions(Repository):
    """What was asked for, where it stands, how it ended; each change of state is noted."""

    def __init__(self, session: Session, clock: Callable[[], datetime], audit: Audit) -> None:
        super().__init__(session, clock)
        self._audit = audit

    async def add(
        self,
        new: Mapping[str, Any],
        plan: Plan,
        *,
        personal: Mapping[str, tuple[str, str]] = MappingProxyType({}),
        why: str | None = None,
        mark: str = "",
    ) -> Execution | None:
        """Return the new execution; None if its idempotency key was used before.

        *personal*: hint and digest by name, kept where values are looked for; *why*: the reason as
        it may be noted, if that is not as it was typed; *mark*: the same of the plan's hash.
        """
        now = self._now()
        values = {
            "created_at": now,
            "updated_at": now,
            "plan": asdict(plan),
            "error_message": "",
            "error_hint": "",
            "result": {},
            "receipt": "",
            "untold": bool(new.get("channel_id")),
            **new,
        }
        try:
            execution_id = await self._session.insert(insert(table).values(values))
        except Taken:
            return None
        rows = []
        for name, value in new["parameters"].items():
            shown, digest = personal.get(name, (value, ""))
            row = {"name": name, "value": shown, "digest": digest, "sought": sought(shown, digest)}
            row |= {"execution_id": execution_id, "environment_id": new["environment_id"]}
            rows.append(row)
        await self._session.change_many(insert(execution_parameters), rows)
        after = {name: new[name] for name in _ASKED if name in new}
        after |= {"plan_hash": mark} if mark else {}
        self._audit.note(
            new["requested_by"],
            "execution.asked",
            execution_id,
            environment=new["environment_name"],
            after=after,
            reason=new.get("reason", "") if why is None else why,
        )
        return await self.get(execution_id)

    async def get(self, execution_id: int) -> Execution | None:
        """Return the execution of that number; Unreadable if that cannot be done."""
        row = await self._session.row(selection().where(table.c.id == execution_id))
        return execution_of(row) if row else None

    async def readable(self, execution_id: int) -> Execution | None:
        """Return the execution of that number; None also if it is unreadable."""
        return await readable_at(self._session, execution_id)

    async def hold(self, execution_id: int) -> None:
        """Hold the execution against other transactions until this one ends."""
        await self._session.rows(
            select(table.c.id).where(table.c.id == execution_id).with_for_update()
        )

    async def with_idempotency_key(self, key: str) -> Execution | None:
        """Return the execution that was asked for under *key*."""
        row = await self._session.row(selection().where(table.c.idempotency_key == key))
        return execution_of(row) if row else None

    async def change(
        self,
        execution_id: int,
        *,
        expect: Collection[Status],
        fence: int | None = None,
        by: str = FERRY,
        why: str = "",
        mark: str = "",
        **values: Any,
    ) -> bool:
        """Set *values* if the status is one of *expect* (and the fence is ours); say whether.

        The compare-and-set that every change of state goes through, but a claim (``Leases``), whose
        caller calls ``note``. It makes news, and is noted as done *by* that person, for the reason
        *why*; *mark*: what is noted of the plan's hash.
        """
        change = update(table).where(table.c.id == execution_id, table.c.status.in_(expect))
        if fence is not None:
            change = change.where(table.c.fence == fence)
        if await self._session.change(change.values(values | news(self._now()))) != 1:
            return False
        if "status" in values:
            (before,) = expect
            await self.note(execution_id, before, by, why, values | {"plan_hash": mark})
        return True

    async def note(
        self, execution_id: int, before: Status, by: str, why: str, values: Mapping[str, Any]
    ) -> None:
        """Note that the execution went from *before* to the status in *values*."""
        status = Status(values["status"])
        query = select(table.c.environment_name).where(table.c.id == execution_id)
        self._audit.note(
            by,
            f"execution.{status}",
            execution_id,
            environment=str(await self._session.value(query)),
            before={"status": before},
            after={name: values[name] for name in _NOTED if values.get(name) not in (None, "")},
            reason=why,
        )

    async def twin(
        self, old: Execution, requested_by: str, channel_id: str, since: datetime
    ) -> Execution | None:
        """Return a later execution of the same job and values by that person in that channel.

        One that was asked for after *since*, a moment ago; None if it is none of the last ones.
        """
        last = (
            select(table.c.id)
            .where(table.c.job_id == old.job_id, table.c.id > old.id)
            .order_by(table.c.id.desc())
            .limit(_LAST)
            .subquery()
        )
        query = selection().where(
            table.c.id.in_(select(last.c.id)),
            table.c.requested_by == requested_by,
            table.c.channel_id == channel_id,
            table.c.created_at > since,
        )
        found = executions_of(await self._session.rows(query))
        return next((one for one in found if one.parameters == old.parameters), None)

    async def asked_groups(self) -> set[str]:
        """Return the user groups that have to confirm what awaits it."""
        waits = table.c.status == Status.AWAITING_CONFIRMATION
        rows = await self._session.rows(select(table.c.confirm_group).where(waits))
        return {row["confirm_group"] for row in rows}

    async def unlooked(self, limit: int) -> list[Execution]:
        """Return what awaits its confirmation and whose host was not looked at, oldest first."""
        query = selection().where(
            table.c.status == Status.AWAITING_CONFIRMATION, table.c.checked_at.is_(None)
        )
        return await first_of(self._session, query.order_by(table.c.id), limit)

    async def look_anew(self, environment_id: int) -> list[int]:
        """Let all that awaits its confirmation there be looked at anew; return their numbers."""
        there = (
            table.c.environment_id == environment_id,
            table.c.status == Status.AWAITING_CONFIRMATION,
        )
        waiting = select(table.c.id).where(*there).order_by(table.c.id).with_for_update()
        found = [row["id"] for row in await self._session.rows(waiting)]
        if found:
            values = {"checks": [], "checked_at": None, **news(self._now())}
            await self._session.change(update(table).where(*there).values(values))
        return found

    async def waiting_twin(self, new: Mapping[str, Any]) -> Execution | None:
        """Return what waits already with the job, environment and values of *new*; None if none."""
        query = selection().where(
            table.c.environment_id == new["environment_id"],
            table.c.status.in_([Status.AWAITING_CONFIRMATION, Status.QUEUED]),
            table.c.job_id == new["job_id"],
        )
        found = executions_of(await self._session.rows(query))
        return next((one for one in found if one.parameters == new["parameters"]), None)


#: What is noted of an execution: nothing that its script or a person typed as a value.
_ASKED = (
    "job_name",
    "job_version",
    "environment_name",
    "status",
    "channel_id",
    "confirmation",
)
_NOTED = (
    "status",
    "plan_hash",
    "attempt",
    "worker",
    "error_category",
    "error_detail",
    "exit_status",
    "receipt",
    "overridden_by",
)
