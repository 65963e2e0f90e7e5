"""Tables ``migration_executions`` and ``execution_parameters``."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Select, and_, insert, select, update

from db.model.audit import FERRY
from db.model.catalog import ConfirmationPolicy, Kind
from db.model.categories import Category
from db.model.execution import (
    LIVE,
    Check,
    CheckState,
    Execution,
    Measured,
    Plan,
    Progress,
    Status,
)
from db.repos.audit import Audit
from db.repos.base import Repository, fill
from db.schema import SOUGHT, attempts, execution_parameters
from db.schema import executions as table
from db.session import Session, Taken


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
        """Return the execution of that number."""
        row = await self._session.row(selection().where(table.c.id == execution_id))
        return execution_of(row) if row else None

    async def job_names(self, numbers: Collection[int]) -> dict[str, str]:
        """Return the name of the job of each execution, by its number as text."""
        query = select(table.c.id, table.c.job_name).where(table.c.id.in_(numbers))
        return {str(row["id"]): row["job_name"] for row in await self._session.rows(query)}

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

        The compare-and-set that every change of state goes through; it makes news, and is noted
        as done *by* that person, for the reason *why*; *mark*: what is noted of the plan's hash.
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

        One that was asked for after *since*; None if there is none.
        """
        query = selection().where(
            table.c.job_id == old.job_id,
            table.c.id > old.id,
            table.c.requested_by == requested_by,
            table.c.channel_id == channel_id,
            table.c.created_at > since,
        )
        found = (execution_of(row) for row in await self._session.rows(query))
        return next((one for one in found if one.parameters == old.parameters), None)

    async def due(self, now: datetime) -> list[int]:
        """Return the numbers of executions whose confirmation was not given in time."""
        query = select(table.c.id).where(
            table.c.status == Status.AWAITING_CONFIRMATION, table.c.expires_at <= now
        )
        return [row["id"] for row in await self._session.rows(query)]

    async def unreminded(self) -> list[Execution]:
        """Return what awaits confirmation and nobody was reminded of yet."""
        query = selection().where(
            table.c.status == Status.AWAITING_CONFIRMATION, table.c.reminded_at.is_(None)
        )
        return [execution_of(row) for row in await self._session.rows(query)]

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
        rows = await self._session.rows(query.order_by(table.c.id).limit(limit))
        return [execution_of(row) for row in rows]

    async def ended(
        self, job_id: int, job_version: int, environment_id: int, limit: int
    ) -> list[Execution]:
        """Return the last runs of that version there that succeeded or failed, last one first.

        At most *limit* of each way to end.
        """
        found: list[Execution] = []
        # Asked for all at once, SQLite would walk through the history of the job.
        for status in _TELLING:
            query = (
                selection()
                .where(table.c.job_id == job_id, table.c.environment_id == environment_id)
                .where(table.c.status == status, table.c.job_version == job_version)
                .order_by(table.c.id.desc())
                .limit(limit)
            )
            found += [execution_of(row) for row in await self._session.rows(query)]
        return sorted(found, key=lambda one: (one.finished_at or one.created_at, one.id))[::-1]

    async def remind(self, execution_id: int, now: datetime) -> bool:
        """Note that it was reminded of; False if it was before, or was answered."""
        change = update(table).where(
            table.c.id == execution_id,
            table.c.status == Status.AWAITING_CONFIRMATION,
            table.c.reminded_at.is_(None),
        )
        values = {"reminded_at": now, **news(self._now())}
        return await self._session.change(change.values(values)) == 1

    async def active(self, environment_id: int | None) -> list[Execution]:
        """Return what waits or runs, oldest first."""
        states = [Status.AWAITING_CONFIRMATION, Status.QUEUED, *LIVE]
        query = selection().where(table.c.status.in_(states))
        if environment_id is not None:
            query = query.where(table.c.environment_id == environment_id)
        found = [execution_of(row) for row in await self._session.rows(query)]
        # Asked for in order, SQLite would walk through all of history for the few that are active.
        return sorted(found, key=lambda one: one.id)

    async def recent(
        self, environment_id: int | None, before: int | None, limit: int
    ) -> list[Execution]:
        """Return at most *limit* executions, newest first, with numbers below *before*."""
        query = selection().order_by(table.c.id.desc()).limit(limit)
        if environment_id is not None:
            query = query.where(table.c.environment_id == environment_id)
        if before is not None:
            query = query.where(table.c.id < before)
        return [execution_of(row) for row in await self._session.rows(query)]

    async def waiting_twin(self, new: Mapping[str, Any]) -> Execution | None:
        """Return what waits already with the job, environment and values of *new*; None if none."""
        query = selection().where(
            table.c.environment_id == new["environment_id"],
            table.c.status.in_([Status.AWAITING_CONFIRMATION, Status.QUEUED]),
            table.c.job_id == new["job_id"],
        )
        found = (execution_of(row) for row in await self._session.rows(query))
        return next((one for one in found if one.parameters == new["parameters"]), None)

    async def durations(self, job_id: int, environment_id: int, limit: int) -> list[float]:
        """Return the seconds that the last *limit* successes took, newest first."""
        query = (
            select(table.c.started_at, table.c.finished_at)
            .where(table.c.job_id == job_id, table.c.environment_id == environment_id)
            .where(table.c.status == Status.SUCCEEDED)
            .order_by(table.c.id.desc())
            .limit(limit)
        )
        rows = await self._session.rows(query)
        return [(row["finished_at"] - row["started_at"]).total_seconds() for row in rows]


#: Ends that say whether the script works.
_TELLING = (Status.SUCCEEDED, Status.FAILED, Status.TIMED_OUT, Status.LOST)

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


def news(now: datetime) -> dict[str, Any]:
    """Return what every change of state sets besides: it is told where there is a channel."""
    return {
        "version": table.c.version + 1,
        "untold": table.c.channel_id != "",
        "updated_at": now,
    }


def selection() -> Select[Any]:
    """Return the SELECT that ``execution_of`` understands."""
    current = and_(attempts.c.execution_id == table.c.id, attempts.c.number == table.c.attempt)
    return select(
        table,
        attempts.c.started_at.label("begun_at"),
        attempts.c.last_line.label("lines"),
        attempts.c.warnings,
        attempts.c.progress_done,
        attempts.c.progress_total,
        attempts.c.progress_words,
    ).select_from(table.outerjoin(attempts, current))


def sought(value: str, digest: str = "") -> str:
    """Return what a parameter is looked for by."""
    return digest or value[:SOUGHT]


def execution_of(row: Mapping[str, Any]) -> Execution:
    """Return the frozen value of a row of ``selection()``."""
    category = row["error_category"]
    voided = row["voided_plan"]
    return fill(
        Execution,
        row,
        status=Status(row["status"]),
        environment_kind=Kind(row["environment_kind"]),
        plan=_plan(row["plan"]),
        voided_plan=_plan(voided) if voided else None,
        checks=tuple(
            Check(**(one | {"state": CheckState(one["state"])})) for one in row["checks"] or ()
        ),
        confirmation=ConfirmationPolicy(row["confirmation"] or ConfirmationPolicy.REQUESTER),
        confirmed_by=tuple(row["confirmed_by"] or ()),
        override_reason=row["override_reason"] or "",
        error_category=Category(category) if category else None,
        progress=_progress(row),
        lines=row["lines"] or 0,
        warnings=row["warnings"] or 0,
    )


def _plan(stored: Mapping[str, Any]) -> Plan:
    plan = dict(stored)
    plan |= {"kind": Kind(plan["kind"]), "arguments": tuple(plan["arguments"])}
    plan["retry_categories"] = tuple(plan.get("retry_categories", ()))
    plan["personal"] = tuple(plan.get("personal", ()))
    if measured := plan.get("measured"):
        plan["measured"] = Measured(**measured)
    return Plan(**plan)


def _progress(row: Mapping[str, Any]) -> Progress | None:
    if row["progress_total"] is None:
        return None
    return Progress(
        done=row["progress_done"], total=row["progress_total"], words=row["progress_words"] or ""
    )
