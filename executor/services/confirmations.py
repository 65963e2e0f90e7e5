"""Yes or no to exactly one plan: of two answers one counts, and an old one explains itself."""

from typing import Any

from db.model.errors import Conflict
from db.model.execution import Execution, Status
from db.model.people import Person
from db.repos import Repos
from executor.rules.access import Verb, check_is_open
from executor.rules.confirming import check_requester
from executor.services.access import require, require_cancel
from executor.services.closing import require_open
from executor.services.ground import Ground
from executor.services.history import find_execution
from executor.services.launcher import queued

_AWAITING = frozenset({Status.AWAITING_CONFIRMATION})


class Confirmations:
    """Answers to what awaits confirmation."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def confirm(self, execution_id: int, by: Person, plan_hash: str) -> Execution:
        """Let the execution into the queue; return it.

        *plan_hash* is what the person saw (a prefix will do, from 12 digits on). Raises Conflict
        when it was answered before, has expired, or shows another plan, NotAllowed unless its
        requester answers.
        """
        async with self._ground.db.begin() as repos:
            execution = await self._awaiting(repos, execution_id)
            environment = await repos.environments.lock(execution.environment_id)
            check_is_open(environment)
            await require_open(self._ground, repos, environment, execution)
            role = await require(self._ground, repos, Verb.RUN, by, environment.id)
            check_requester(by, execution, role)
            if len(plan_hash) < 12 or not execution.plan_hash.startswith(plan_hash):
                raise Conflict(
                    "This button shows another plan than the one that waits: nothing was started.",
                    hint=f"Look at `/migrate status #{execution_id}` and use the button there.",
                )
            now = self._ground.clock()
            answer = {"status": Status.QUEUED, **queued(environment, now)}
            execution = await self._answer(repos, execution, by, "confirmed", "", answer)
        self._ground.work.ring()
        self._ground.news.ring()
        return execution

    async def discard(self, execution_id: int, by: Person, reason: str = "") -> Execution:
        """End the execution before it began; return it. Raises Conflict when answered before.

        NotAllowed for others than its requester and admins.
        """
        async with self._ground.db.begin() as repos:
            execution = await self._awaiting(repos, execution_id)
            await require_cancel(self._ground, repos, by, execution)
            answer = {"status": Status.DISCARDED, "finished_at": self._ground.clock()}
            execution = await self._answer(repos, execution, by, "discarded", reason, answer)
        self._ground.news.ring()
        return execution

    async def expire_due(self) -> int:
        """Expire what was not answered in time; return how many."""
        now = self._ground.clock()
        expired = 0
        async with self._ground.db.begin() as repos:
            for execution_id in await repos.executions.due(now):
                expired += await repos.executions.change(
                    execution_id, expect=_AWAITING, status=Status.EXPIRED, finished_at=now
                )
        if expired:
            self._ground.news.ring()
        return expired

    async def _awaiting(self, repos: Repos, execution_id: int) -> Execution:
        execution = await find_execution(repos, execution_id)
        if execution.status is not Status.AWAITING_CONFIRMATION:
            raise Conflict(_answered(execution), hint=_next(execution))
        if execution.expires_at is not None and execution.expires_at <= self._ground.clock():
            raise Conflict(
                f"The time to confirm #{execution_id} is over: nothing was started.",
                hint="Ask for it again with “Run again”.",
            )
        return execution

    async def _answer(
        self,
        repos: Repos,
        execution: Execution,
        by: Person,
        answer: str,
        reason: str,
        values: dict[str, Any],
    ) -> Execution:
        now = self._ground.clock()
        won = await repos.executions.change(
            execution.id,
            expect=_AWAITING,
            by=by.user_id,
            why=reason,
            answered_by=by.user_id,
            answered_at=now,
            **values,
        )
        fresh = await find_execution(repos, execution.id)
        if not won:
            raise Conflict(_answered(fresh), hint=_next(fresh))
        await repos.confirmations.add(
            execution.id, by.user_id, answer=answer, plan_hash=execution.plan_hash, reason=reason
        )
        return fresh


def _answered(execution: Execution) -> str:
    who = f" by <@{execution.answered_by}>" if execution.answered_by else ""
    match execution.status:
        case Status.DISCARDED:
            return f"#{execution.id} was discarded{who} before: nothing was started."
        case Status.EXPIRED:
            return f"The time to confirm #{execution.id} is over: nothing was started."
        case _:
            return f"#{execution.id} was already confirmed{who}: your click changed nothing."


def _next(execution: Execution) -> str:
    if execution.status in {Status.DISCARDED, Status.EXPIRED}:
        return "Ask for it again with “Run again”."
    return "Its card tells how it goes."
