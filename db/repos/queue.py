"""The queue over ``migration_executions``: what waits, in which order, and what may start next.

Who claims locks the environment's row first: two workers must not both count a free place.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update

from db.model.catalog import Environment
from db.model.execution import LIVE, Execution, Status
from db.repos.base import Repository
from db.repos.execution_rows import executions_of, in_time, news, readable_at, selection
from db.schema import attempts, jobs
from db.schema import executions as table
from db.session import Row

LOOK_AHEAD = 2000  # of those that wait behind a key or a limit, so many are looked past
IN_LINE = (table.c.priority.desc(), table.c.id)


class Queue(Repository):
    """Who runs what next."""

    async def waiting(self, now: datetime) -> list[int]:
        """Return the environments where something is due, the one of the oldest first."""
        query = (
            select(table.c.environment_id)
            .where(table.c.status == Status.QUEUED, _is_due(now), in_time(now))
            .group_by(table.c.environment_id)
            .order_by(func.min(table.c.id))
        )
        return [row["environment_id"] for row in await self._session.rows(query)]

    async def next_in(
        self, environment: Environment, now: datetime, *, is_closed: bool = False
    ) -> int | None:
        """Return the number of the execution that may start there now; None if none may.

        *environment*: as ``Environments.lock`` gave it. The jobs with a limit of their own are
        held, too, until the transaction ends. What has waited for longer than it may never starts,
        and holds nobody up: it is in line until a sweep ends it.
        *is_closed*: only what an admin broke the glass for may start, past all that waits.
        """
        there = table.c.environment_id == environment.id
        running = await self.running(environment.id)
        if len(running) >= environment.concurrency:
            return None
        columns = (table.c.id, table.c.job_id, table.c.job_concurrency, table.c.concurrency_key)
        line = await self._session.rows(
            select(*columns, table.c.not_before)
            .where(there, table.c.status == Status.QUEUED, *_may_start(now, is_closed=is_closed))
            .order_by(*IN_LINE)
            .limit(LOOK_AHEAD)
        )
        full = await self._full({row["job_id"] for row in line if row["job_concurrency"]}, line)
        taken = {row["concurrency_key"] for row in running}
        for row in line:
            key = row["concurrency_key"]
            rests = row["not_before"] is not None and row["not_before"] > now
            may = not rests and row["id"] not in full and (not key or key not in taken)
            if may and await readable_at(self._session, row["id"]):
                return int(row["id"])
            taken.add(key)  # who comes later must not overtake: same records, same order
        return None

    async def _full(self, job_ids: Collection[int], line: Sequence[Row]) -> set[int]:
        """Return those in *line* whose job runs as often as it may; *job_ids*: those with limits.

        The jobs are held, in one order: two workers must not both count the last free place.
        """
        if not job_ids:
            return set()
        held = select(jobs.c.id).where(jobs.c.id.in_(job_ids)).order_by(jobs.c.id)
        await self._session.rows(held.with_for_update())
        counts = await self._runs_by_job()
        return {
            row["id"]
            for row in line
            if row["job_concurrency"] and counts[row["job_id"]] >= row["job_concurrency"]
        }

    async def line(self, environment_id: int | None, limit: int) -> list[Execution]:
        """Return what waits (there) in the order in which it will start, retries that rest last."""
        query = selection().where(table.c.status == Status.QUEUED)
        if environment_id is not None:
            query = query.where(table.c.environment_id == environment_id)
        rests = case((_is_due(self._now()), 0), else_=1)
        rows = await self._session.rows(
            query.order_by(table.c.environment_id, rests, *IN_LINE).limit(limit)
        )
        return executions_of(rows)

    async def count(self, environment_id: int | None) -> int:
        """Return how many wait (there)."""
        query = select(func.count()).where(table.c.status == Status.QUEUED)
        if environment_id is not None:
            query = query.where(table.c.environment_id == environment_id)
        return int(await self._session.value(query))

    async def ahead(self, execution: Execution, *, is_closed: bool = False) -> list[int]:
        """Return the jobs of those that start before it in its environment, the first one first.

        *is_closed*: as for ``next_in``.
        """
        now = self._now()
        query = select(table.c.job_id).where(
            table.c.environment_id == execution.environment_id,
            table.c.status == Status.QUEUED,
            _is_due(now),
            _is_before(execution),
            *_may_start(now, is_closed=is_closed),
        )
        rows = await self._session.rows(query.order_by(*IN_LINE))
        return [row["job_id"] for row in rows]

    async def before_with_key(self, execution: Execution) -> int:
        """Return the first that waits before it in its environment with its key; 0: none."""
        query = select(table.c.id).where(
            table.c.environment_id == execution.environment_id,
            table.c.status == Status.QUEUED,
            table.c.concurrency_key == execution.concurrency_key,
            _is_before(execution),
            in_time(self._now()),
        )
        return int(await self._session.value(query.order_by(*IN_LINE).limit(1)) or 0)

    async def running(self, environment_id: int) -> list[Row]:
        """Return what runs there: its job and key, since when, and how it goes."""
        current = and_(attempts.c.execution_id == table.c.id, attempts.c.number == table.c.attempt)
        columns = ("id", "job_id", "concurrency_key", "status", "started_at", "reconnecting_since")
        goes = ("progress_done", "progress_total", "last_output_at")
        query = (
            select(
                *(table.c[name] for name in columns),
                attempts.c.started_at.label("begun_at"),
                *(attempts.c[name] for name in goes),
            )
            .select_from(table.outerjoin(attempts, current))
            .where(table.c.environment_id == environment_id, table.c.status.in_(LIVE))
        )
        # Asked for in order, SQLite would walk through all of history for the few that run.
        return sorted(await self._session.rows(query), key=lambda row: int(row["id"]))

    async def runs_of(self, job_id: int) -> int:
        """Return how many runs of the job there are now, everywhere."""
        return (await self._runs_by_job())[job_id]

    async def _runs_by_job(self) -> Counter[int]:
        # Of all jobs: what runs are few rows by status, while one job may have a long history.
        query = select(table.c.job_id).where(table.c.status.in_(LIVE))
        return Counter(row["job_id"] for row in await self._session.rows(query))

    async def highest_priority(self, environment_id: int) -> int:
        """Return the highest priority of what waits there."""
        query = select(func.coalesce(func.max(table.c.priority), 0)).where(
            table.c.environment_id == environment_id, table.c.status == Status.QUEUED
        )
        return int(await self._session.value(query))

    async def retell(self, environment_id: int) -> None:
        """Make news of all that waits there, for its confirmation or for its turn.

        One by one in their order: others hold an execution first, then its place in an index.
        """
        waiting = [Status.AWAITING_CONFIRMATION, Status.QUEUED]
        found = await self._session.rows(
            select(table.c.id).where(
                table.c.environment_id == environment_id, table.c.status.in_(waiting)
            )
        )
        for number in sorted(row["id"] for row in found):
            change = update(table).where(table.c.id == number).values(news(self._now()))
            await self._session.change(change)

    async def is_first(self, execution: Execution) -> bool:
        """Return whether it was put before all that waits there, and nothing after it."""
        highest = await self.highest_priority(execution.environment_id)
        rests = execution.not_before is not None and execution.not_before > self._now()
        is_waiting = execution.status is Status.QUEUED and not rests
        return is_waiting and 0 < execution.priority == highest


def _is_before(execution: Execution) -> ColumnElement[bool]:
    same = and_(table.c.priority == execution.priority, table.c.id < execution.id)
    return or_(table.c.priority > execution.priority, same)


def _may_start(now: datetime, *, is_closed: bool) -> list[ColumnElement[bool]]:
    return [in_time(now), *([table.c.overridden_by != ""] if is_closed else [])]


def _is_due(now: datetime) -> ColumnElement[bool]:
    return or_(table.c.not_before.is_(None), table.c.not_before <= now)
