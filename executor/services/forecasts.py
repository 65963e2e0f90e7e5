"""When something that waits will start, and how long it takes: told from what ran before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.model.catalog import Environment
from db.model.execution import Execution, Progress, Status
from db.model.locks import Closed
from db.repos import Repos
from executor.rules.estimates import (
    Estimate,
    Forecast,
    ends_at,
    estimate,
    starts_in_s,
    with_end,
)
from executor.services.closing import closed_now
from executor.services.ground import Ground

_PAST_RUNS = 50
_MOST_LOOKED_AT = 20  # further back in the line a time would be a guess


class Forecasts:
    """Reads only."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def of(self, execution: Execution) -> Forecast:
        """Return what can be said of *execution* now."""
        return (await self.of_all([execution]))[execution.id]

    async def of_all(self, executions: Collection[Execution]) -> dict[int, Forecast]:
        """Return what can be said of each of *executions* now, by its number.

        What they have in common is asked once: how their environments stand, how long jobs take.
        """
        found = {one.id: Forecast() for one in executions}
        if going := [one for one in executions if not one.status.is_over]:
            async with self._ground.db.read() as repos:
                look = _Look(repos, self._ground.clock())
                found |= {one.id: await look.forecast(one) for one in going}
        return found

    async def line(
        self, environment_id: int | None, limit: int
    ) -> tuple[list[tuple[Execution, Forecast]], int]:
        """Return at most *limit* of what waits (there) as it will start, and how many wait."""
        async with self._ground.db.read() as repos:
            look = _Look(repos, self._ground.clock())
            waiting = await repos.queue.line(environment_id, limit)
            found = [(one, await look.forecast(one)) for one in waiting]
            return found, await repos.queue.count(environment_id)


@dataclass(frozen=True, slots=True)
class _Place:
    """How an environment stands."""

    environment: Environment
    closed: Closed | None
    running: Sequence[Mapping[str, Any]]


class _Look:
    """One look at what waits: within it nothing is asked twice."""

    def __init__(self, repos: Repos, now: datetime) -> None:
        self._repos, self._now = repos, now
        self._places: dict[int, _Place] = {}
        self._running: dict[int, Sequence[Mapping[str, Any]]] = {}
        self._usual: dict[tuple[int, int], Estimate | None] = {}
        self._runs: dict[int, int] = {}

    async def forecast(self, execution: Execution) -> Forecast:
        """Return what can be said of *execution*, which is not over."""
        usual = await self._usually(execution.job_id, execution.environment_id)
        if execution.status not in {Status.AWAITING_CONFIRMATION, Status.QUEUED}:
            running = await self._running_in(execution.environment_id)
            ends = [_ends_at(row, usual) for row in running if row["id"] == execution.id]
            return Forecast(estimate=with_end(usual, ends[0] if ends else None))
        place = await self._place(execution.environment_id)
        closed = None if execution.overridden_by else place.closed
        if execution.status is not Status.QUEUED:
            return Forecast(estimate=usual, closed=closed)
        is_passed = place.closed is not None and closed is None
        ahead = await self._repos.queue.ahead(execution, is_closed=is_passed)
        where = execution.environment_id
        key, limit = execution.concurrency_key, execution.job_concurrency
        holders = [row for row in place.running if key and row["concurrency_key"] == key]
        return Forecast(
            estimate=usual,
            position=len(ahead) + 1,
            starts_in_s=await self._starts_in_s(place, ahead),
            running=tuple(row["id"] for row in place.running),
            places=place.environment.concurrency,
            behind=holders[0]["id"] if holders else await _before(self._repos, execution),
            behind_ends_in_s=await self._left_s(holders[0], where) if holders else None,
            job_is_full=limit is not None and await self._runs_of(execution.job_id) >= limit,
            closed=closed,
        )

    async def _starts_in_s(self, place: _Place, ahead: list[int]) -> float | None:
        if len(ahead) > _MOST_LOOKED_AT:
            return None
        where = place.environment.id
        left = [await self._left_s(row, where) for row in place.running]
        usual = [await self._usually(job_id, where) for job_id in ahead]
        takes = [one.median_s if one else None for one in usual]
        return starts_in_s(left, takes, place.environment.concurrency)

    async def _left_s(self, row: Mapping[str, Any], environment_id: int) -> float | None:
        end = _ends_at(row, await self._usually(row["job_id"], environment_id))
        return (end - self._now).total_seconds() if end else None

    async def _place(self, environment_id: int) -> _Place:
        if environment_id not in self._places:
            environment = await self._repos.environments.get(environment_id)
            self._places[environment_id] = _Place(
                environment=environment,
                closed=await closed_now(self._repos, environment, self._now),
                running=await self._running_in(environment_id),
            )
        return self._places[environment_id]

    async def _running_in(self, environment_id: int) -> Sequence[Mapping[str, Any]]:
        if environment_id not in self._running:
            self._running[environment_id] = await self._repos.queue.running(environment_id)
        return self._running[environment_id]

    async def _usually(self, job_id: int, environment_id: int) -> Estimate | None:
        key = job_id, environment_id
        if key not in self._usual:
            took = await self._repos.history.durations(job_id, environment_id, _PAST_RUNS)
            self._usual[key] = estimate(took)
        return self._usual[key]

    async def _runs_of(self, job_id: int) -> int:
        if job_id not in self._runs:
            self._runs[job_id] = await self._repos.queue.runs_of(job_id)
        return self._runs[job_id]


def _ends_at(row: Mapping[str, Any], usual: Estimate | None) -> datetime | None:
    """Return when one of ``Queue.running`` ends; nobody knows if it is stopped, or out of reach."""
    if row["status"] == Status.CANCELLING or row["reconnecting_since"]:
        return None
    total = row["progress_total"]
    progress = None if total is None else Progress(done=row["progress_done"], total=total)
    return ends_at(row["started_at"], row["begun_at"], progress, row["last_output_at"], usual)


async def _before(repos: Repos, execution: Execution) -> int:
    return await repos.queue.before_with_key(execution) if execution.concurrency_key else 0
