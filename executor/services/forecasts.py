"""When something that waits will start, and how long it takes: told from what ran before."""

from collections.abc import Mapping, Sequence
from typing import Any

from db.model.execution import Execution, Status
from db.repos import Repos
from executor.rules.estimates import Estimate, Forecast, estimate, starts_in_s
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
        if execution.status.is_over:
            return Forecast()
        async with self._ground.db.read() as repos:
            return await self._forecast(repos, execution)

    async def line(
        self, environment_id: int | None, limit: int
    ) -> tuple[list[tuple[Execution, Forecast]], int]:
        """Return at most *limit* of what waits (there) as it will start, and how many wait."""
        async with self._ground.db.read() as repos:
            waiting = await repos.queue.line(environment_id, limit)
            found = [(one, await self._forecast(repos, one)) for one in waiting]
            return found, await repos.queue.count(environment_id)

    async def _forecast(self, repos: Repos, execution: Execution) -> Forecast:
        usual = await _usual(repos, execution.job_id, execution.environment_id)
        if execution.status not in {Status.AWAITING_CONFIRMATION, Status.QUEUED}:
            return Forecast(estimate=usual)
        environment = await repos.environments.get(execution.environment_id)
        closed = await closed_now(repos, environment, self._ground.clock())
        closed_to_it = None if execution.overridden_by else closed
        if execution.status is not Status.QUEUED:
            return Forecast(estimate=usual, closed=closed_to_it)
        running = await repos.queue.running(execution.environment_id)
        is_passed = closed is not None and closed_to_it is None
        ahead = await repos.queue.ahead(execution, is_closed=is_passed)
        key, limit = execution.concurrency_key, execution.job_concurrency
        places = environment.concurrency
        holders = [row["id"] for row in running if key and row["concurrency_key"] == key]
        return Forecast(
            estimate=usual,
            position=len(ahead) + 1,
            starts_in_s=await self._starts_in_s(repos, execution, running, ahead, places),
            running=len(running),
            places=places,
            behind=holders[0] if holders else await _before(repos, execution),
            job_is_full=limit is not None and await repos.queue.runs_of(execution.job_id) >= limit,
            closed=closed_to_it,
        )

    async def _starts_in_s(
        self,
        repos: Repos,
        execution: Execution,
        running: Sequence[Mapping[str, Any]],
        ahead: list[int],
        places: int,
    ) -> float | None:
        if len(ahead) > _MOST_LOOKED_AT:
            return None
        now, environment_id = self._ground.clock(), execution.environment_id
        known: dict[int, float | None] = {}
        for job_id in {*ahead, *(row["job_id"] for row in running)}:
            usual = await _usual(repos, job_id, environment_id)
            known[job_id] = usual.median_s if usual else None
        left: list[float | None] = []
        for row in running:
            median_s = known[row["job_id"]]
            ran_s = (now - row["started_at"]).total_seconds()
            left.append(None if median_s is None else median_s - ran_s)
        return starts_in_s(left, [known[job_id] for job_id in ahead], places)


async def _before(repos: Repos, execution: Execution) -> int:
    return await repos.queue.before_with_key(execution) if execution.concurrency_key else 0


async def _usual(repos: Repos, job_id: int, environment_id: int) -> Estimate | None:
    return estimate(await repos.executions.durations(job_id, environment_id, _PAST_RUNS))
