"""Stopping what waits or runs."""

from dataclasses import replace
from typing import Any

from db.model.errors import Conflict, NotAllowed
from db.model.execution import Execution, Status
from db.model.people import Person
from db.repos import Repos
from executor.rules import lifecycle
from executor.rules.access import Verb
from executor.services.access import require, require_cancel
from executor.services.answers import check_awaits
from executor.services.ground import Ground
from executor.services.history import find_execution


class Controls:
    """What a person may do to an execution that is under way."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def cancel(self, execution_id: int, by: Person) -> Execution:
        """Cancel at once what waits, ask its worker to stop what runs; return the execution.

        Raises NotFound, NotAllowed, or Conflict when it is over or being cancelled already, or the
        time to answer it is.
        """
        async with self._ground.db.begin() as repos:
            await repos.executions.hold(execution_id)  # whatever it became just now is cancelled
            execution = await find_execution(repos, execution_id)
            await self._check_may_cancel(repos, execution, by)
            now = self._ground.clock()
            match execution.status:
                case Status.AWAITING_CONFIRMATION:
                    check_awaits(execution, now)
                    after: dict[str, Any] = {"status": Status.DISCARDED, "finished_at": now}
                    after |= {"answered_by": by.user_id, "answered_at": now}
                case Status.QUEUED:
                    after = {"status": Status.CANCELLED, "finished_at": now}
                case Status.RUNNING:
                    after = {"status": Status.CANCELLING}
                case _:
                    refused = execution.is_refused
                    lifecycle.check(execution.status, Status.CANCELLING, is_refused=refused)
            await repos.executions.change(
                execution_id,
                expect={execution.status},
                by=by.user_id,
                cancelled_by=by.user_id,
                **after,
            )
            fresh = await find_execution(repos, execution_id)
        self._ground.work.ring()
        self._ground.news.ring()
        return fresh

    async def _check_may_cancel(self, repos: Repos, execution: Execution, by: Person) -> None:
        if execution.status is not Status.AWAITING_CONFIRMATION:
            await require_cancel(self._ground, repos, by, execution)
            return
        try:  # a yes makes a run one's own once it is queued: until then it may only be refused
            await require_cancel(self._ground, repos, by, replace(execution, confirmed_by=()))
        except NotAllowed:
            if by.user_id not in execution.confirmed_by:
                raise
            raise NotAllowed(
                f"You said yes to #{execution.id}: to change your mind takes a reason.",
                hint="Press “Discard” on its card: a window asks why not.",
            ) from None

    async def move_to_front(self, execution_id: int, by: Person) -> Execution:
        """Let the execution be the next of its environment, now; return it.

        Raises NotFound, NotAllowed unless an admin asks, or Conflict when it does not wait there.
        """
        async with self._ground.db.begin() as repos:
            execution = await find_execution(repos, execution_id)
            where = execution.environment_id
            await require(self._ground, repos, Verb.MOVE_TO_FRONT, by, where)
            await repos.environments.lock(execution.environment_id)  # of two, each goes before all
            execution = await find_execution(repos, execution_id)  # as it is by now
            if await repos.queue.is_first(execution):
                raise Conflict(
                    f"#{execution_id} is the next one already: nothing was changed.",
                    hint="`/migrate queue` shows what waits.",
                )
            first = await repos.queue.highest_priority(execution.environment_id) + 1
            # Not None: that it waits for another attempt is what its end would tell.
            due = min(execution.not_before, self._ground.clock()) if execution.not_before else None
            won = await repos.executions.change(
                execution_id, expect={Status.QUEUED}, priority=first, not_before=due
            )
            fresh = await find_execution(repos, execution_id)
            if won:
                repos.audit.note(
                    by.user_id,
                    "execution.moved_to_front",
                    execution_id,
                    environment=execution.environment_name,
                    before={"priority": execution.priority},
                    after={"priority": first},
                )
        if not won:
            raise Conflict(
                f"#{execution_id} does not wait in the queue: nothing was changed.",
                hint="`/migrate queue` shows what waits.",
            )
        self._ground.work.ring()
        self._ground.news.ring()
        return fresh
