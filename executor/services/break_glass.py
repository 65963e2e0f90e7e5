"""Breaking the glass: an admin lets a run past its confirmation or a lock, and all hear of it."""

from typing import Any

from db.model.errors import Conflict, InvalidInput
from db.model.execution import Execution, Status
from db.model.people import Person
from executor.rules import lifecycle
from executor.rules.access import Verb, check_is_open
from executor.rules.reasons import reason_of
from executor.services.access import require
from executor.services.answers import check_awaits
from executor.services.closing import closed_now
from executor.services.ground import Ground
from executor.services.history import find_execution
from executor.services.launcher import note_override, queued
from executor.services.personal import veil_of


class BreakGlass:
    """For the night when nobody else answers."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def override(self, execution_id: int, by: Person, reason: str) -> Execution:
        """Let the execution into the queue, and past what holds it there; return it.

        Raises InvalidInput without a reason, NotAllowed unless an admin asks, Conflict when it
        neither awaits confirmation nor waits in the queue.
        """
        why = reason_of(reason)
        if not why:
            raise InvalidInput(
                "Breaking the glass takes a reason: everybody is told of it.",
                hint=f"For example `/migrate override #{execution_id} the clinic is down`.",
            )
        async with self._ground.db.begin() as repos:
            await repos.executions.hold(execution_id)
            execution = await find_execution(repos, execution_id)
            environment = await repos.environments.get(execution.environment_id)
            check_is_open(environment)
            await require(self._ground, repos, Verb.OVERRIDE, by, environment.id)
            now, told = self._ground.clock(), veil_of(self._ground, execution).text(why)
            after: dict[str, Any] = {"overridden_by": by.user_id, "override_reason": why}
            if execution.status is Status.AWAITING_CONFIRMATION:
                check_awaits(execution, now)
                after |= {"status": Status.QUEUED, **queued(environment, now)}
            elif execution.status is not Status.QUEUED:
                # It says what it is instead.
                lifecycle.check(execution.status, Status.RUNNING, is_refused=execution.is_refused)
            elif execution.overridden_by:
                raise Conflict(
                    f"<@{execution.overridden_by}> broke the glass for #{execution_id} before: "
                    "nothing was changed."
                )
            await repos.executions.change(
                execution_id, expect={execution.status}, by=by.user_id, why=told, **after
            )
            fresh = await find_execution(repos, execution_id)
            found = await closed_now(repos, environment, now)
            note_override(repos, fresh, told, found, before=execution)
        self._ground.work.ring()
        self._ground.news.ring()
        return fresh
