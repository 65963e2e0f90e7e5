"""What a worker records of a run that it owns: started, out of reach, silent, tried again, over."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from db.model.catalog import Environment
from db.model.categories import Category
from db.model.errors import LeaseLost
from db.model.execution import LIVE, Execution, Plan, Status
from db.repos import Repos
from executor.rules.lifecycle import may_become
from executor.rules.outcomes import Outcome, failed
from executor.rules.plan import plan_hash
from executor.services.ground import Ground

_LOST = "Another worker owns this run now."
_LOOKED_FOR = timedelta(days=30)  # a host that did not answer for so long is gone
_MOST_OF_MESSAGE, _MOST_OF_DETAIL = 2000, 64  # what their columns take


@dataclass(frozen=True, slots=True)
class Leftover:
    """An ended attempt that may still have its directory on a host."""

    execution_id: int
    key: str
    attempt: int
    ended_at: datetime
    environment: Environment


class Records:
    """Every write carries the fence: a worker that lost its lease is told to stop."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def start_requested(self, execution: Execution, plan: Plan) -> bool:
        """Record that the start is about to be sent; False if a person cancelled meanwhile.

        From here on the script may be running, whatever happens to us. *plan*: what was measured
        right before; it is stored where it is not what the execution has. LeaseLost when it is not
        ours.
        """
        async with self._ground.db.begin() as repos:
            fresh = await ours(repos, execution)
            if fresh.status is not Status.RUNNING:
                return False
            if (new := plan_hash(plan)) != fresh.plan_hash:
                await repos.executions.change(
                    execution.id,
                    expect={Status.RUNNING},
                    fence=execution.fence,
                    plan=asdict(plan),
                    plan_hash=new,
                )
            await repos.attempts.change(
                execution.id,
                execution.attempt,
                fence=execution.fence,
                start_requested_at=self._ground.clock(),
            )
        return True

    async def may_run(self, execution: Execution) -> bool:
        """Return whether a start may have been sent. Raises LeaseLost when it is not ours."""
        async with self._ground.db.begin() as repos:
            await ours(repos, execution)
            attempt = await repos.attempts.get(execution.id, execution.attempt)
        return attempt.start_requested_at is not None

    async def started(self, execution: Execution) -> None:
        """Record that the host said the script was started; LeaseLost when it is not ours."""
        async with self._ground.db.begin() as repos:
            is_ours = await repos.attempts.change(
                execution.id,
                execution.attempt,
                fence=execution.fence,
                started_at=self._ground.clock(),
            )
        if not is_ours:
            raise LeaseLost(_LOST)

    async def reconnecting(self, execution: Execution, *, lost: bool) -> None:
        """Record that the line to the host was lost, or is back."""
        since = self._ground.clock() if lost else None
        await self._mark(execution, reconnecting_since=since)

    async def host_key(self, execution: Execution) -> str:
        """Return what is pinned now for the host of *execution*."""
        async with self._ground.db.read() as repos:
            return (await repos.environments.get(execution.environment_id)).host_key

    async def silent(self, execution: Execution, since: datetime | None) -> None:
        """Record that the script has said nothing *since* then, for too long; None: it speaks."""
        await self._mark(execution, silent_since=since)

    async def stopping(self, execution: Execution, reason: str) -> bool:
        """Record why Ferry itself is about to stop the script: after a restart it is known.

        False if a person has it stopped already: then it was they. LeaseLost when it is not ours.
        """
        async with self._ground.db.begin() as repos:
            fresh = await ours(repos, execution)
            if fresh.status is not Status.RUNNING:
                return False
            await repos.attempts.change(
                execution.id, execution.attempt, fence=execution.fence, stop_reason=reason
            )
        return True

    async def _mark(self, execution: Execution, **values: Any) -> None:
        async with self._ground.db.begin() as repos:
            won = await repos.executions.change(
                execution.id, expect=LIVE, fence=execution.fence, **values
            )
        if not won:
            raise LeaseLost(_LOST)
        self._ground.news.ring()

    async def retry(
        self,
        execution: Execution,
        outcome: Outcome,
        *,
        not_before: datetime,
        exit_status: int | None = None,
    ) -> bool:
        """Put a failed attempt back into the queue; False if a person cancelled it meanwhile.

        Raises LeaseLost when it is not ours any more.
        """
        now = self._ground.clock()
        async with self._ground.db.begin() as repos:
            fresh = await ours(repos, execution)
            if fresh.status is not Status.RUNNING:
                return False
            environment = await repos.environments.get(execution.environment_id)
            error = error_of(outcome, exit_status)
            won = await repos.executions.change(
                execution.id,
                expect={Status.RUNNING},
                fence=execution.fence,
                status=Status.QUEUED,
                queued_at=now,
                not_before=not_before,
                queue_expires_at=not_before + timedelta(seconds=environment.queue_timeout_s),
                lease_until=None,
                reconnecting_since=None,
                silent_since=None,
                error_hint=outcome.hint,
                **error,
            )
            if not won:
                raise LeaseLost(_LOST)
            await end_attempt(repos, execution, error, self._ground.clock())
        self._ground.news.ring()
        self._ground.work.ring()
        return True

    async def finish(
        self,
        execution: Execution,
        outcome: Outcome,
        *,
        exit_status: int | None = None,
        result: Mapping[str, str] | None = None,
        receipt: str = "",
        lasted_s: int | None = None,
    ) -> None:
        """Record how it ended. Raises LeaseLost when it is not ours to record any more.

        *lasted_s*: how long the script ran by its host's clock: it may have ended while nobody
        here looked.
        """
        async with self._ground.db.begin() as repos:
            fresh = await ours(repos, execution)
            if not may_become(fresh.status, outcome.status):
                outcome = failed(Category.KILLED_EXTERNALLY)  # stopped, and not by us
            error = error_of(outcome, exit_status)
            won = await repos.executions.change(
                execution.id,
                expect={fresh.status},
                fence=execution.fence,
                status=outcome.status,
                finished_at=await self._end_of(repos, fresh, lasted_s),
                reconnecting_since=None,
                silent_since=None,
                error_hint=outcome.hint,
                result=dict(result or {}),
                receipt=receipt,
                **error,
            )
            if not won:
                raise LeaseLost(_LOST)
            await end_attempt(repos, execution, error, self._ground.clock())
        self._ground.news.ring()
        self._ground.work.ring()

    async def leftovers(self, limit: int, after: Mapping[int, datetime]) -> list[Leftover]:
        """Return at most *limit* ended attempts of each environment that may be on its host yet.

        Those first that ended after the time in *after*, by environment; then the oldest.
        """
        since = self._ground.clock() - _LOOKED_FOR
        found: list[Leftover] = []
        async with self._ground.db.read() as repos:
            for environment in await repos.environments.all():
                start = max(since, after.get(environment.id, since))
                rows = list(await repos.attempts.unremoved(environment.id, start, limit))
                if start > since and len(rows) < limit:
                    oldest = await repos.attempts.unremoved(environment.id, since, limit)
                    rows += [row for row in oldest if row not in rows]
                found += [
                    Leftover(
                        execution_id=row["execution_id"],
                        key=row["key"],
                        attempt=row["number"],
                        ended_at=row["finished_at"],
                        environment=environment,
                    )
                    for row in rows[:limit]
                ]
        return found

    async def removed(self, execution_id: int, attempt: int) -> None:
        """Record that nothing of the attempt is on its host any more."""
        async with self._ground.db.begin() as repos:
            await repos.attempts.removed(execution_id, attempt)

    async def _end_of(self, repos: Repos, execution: Execution, lasted_s: int | None) -> datetime:
        now = self._ground.clock()
        attempt = await repos.attempts.get(execution.id, execution.attempt)
        if lasted_s is None or attempt.started_at is None:
            return now
        return min(now, attempt.started_at + timedelta(seconds=lasted_s))


async def ours(repos: Repos, execution: Execution) -> Execution:
    """Return the execution as it is now, held; LeaseLost unless it lives and is still ours."""
    await repos.executions.hold(execution.id)  # a cancel in between is no lost lease
    fresh = await repos.executions.get(execution.id)
    if fresh is None or fresh.fence != execution.fence or not fresh.status.is_live:
        raise LeaseLost(_LOST)
    return fresh


async def end_attempt(
    repos: Repos, execution: Execution, error: Mapping[str, Any], now: datetime
) -> None:
    """Note that the attempt is over, and the *error* that ended it."""
    end = {**error, "error_message": str(error["error_message"])[:_MOST_OF_MESSAGE]}
    await repos.attempts.change(
        execution.id, execution.attempt, fence=execution.fence, finished_at=now, **end
    )


def error_of(outcome: Outcome, exit_status: int | None = None) -> dict[str, Any]:
    """Return what is stored of *outcome*, in the attempt and in the execution."""
    return {
        "error_category": outcome.category,
        "error_detail": outcome.detail[:_MOST_OF_DETAIL],  # it may be a word that a host said
        "error_message": outcome.message,
        "exit_status": exit_status,
    }
