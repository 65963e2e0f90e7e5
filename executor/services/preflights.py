"""What was found on the host of a run that awaits its confirmation: only that is confirmed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from db.model.catalog import Environment, Job
from db.model.errors import Conflict, Unavailable
from db.model.execution import Check, Execution, Measured, Plan, Status
from db.model.people import Person
from db.repos import Repos
from executor.rules.access import Verb
from executor.rules.plan import plan_hash, plan_of
from executor.rules.proof import needs_proof, proof, unknown_proof
from executor.services.access import require
from executor.services.ground import Ground
from executor.services.history import find_execution
from executor.services.personal import veil_of
from executor.services.turn import Turn
from executor.services.voids import note_void

_AWAITING = frozenset({Status.AWAITING_CONFIRMATION})
_PAST_RUNS = 20


@dataclass(frozen=True, slots=True)
class Question:
    """What awaits confirmation, and what its plan is made of; *plan*: as it is today."""

    execution: Execution
    environment: Environment
    job: Job
    plan: Plan


class Preflights:
    """Of several processes one has the turn to look."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.turn = Turn(ground, "looking")
        self.bell = ground.looks

    async def pending(self, limit: int) -> list[Question]:
        """Return what has to be looked at, the oldest first.

        What breaks for one of them is raised when there is no other.
        """
        questions: list[Question] = []
        broken: Exception | None = None
        async with self._ground.db.read() as repos:
            for execution in await repos.executions.unlooked(limit):
                try:
                    questions.append(await _question(repos, execution))
                except Unavailable:
                    raise
                except Exception as error:  # noqa: BLE001 - raised below
                    broken = error
        if broken is not None and not questions:
            raise broken
        return questions

    async def found(self, question: Question, checks: Sequence[Check]) -> bool:
        """Store what was found so far; False if nobody waits for it any more."""
        async with self._ground.db.begin() as repos:
            is_wanted = await self._is_wanted(repos, question)
            if is_wanted:
                await self._put(repos, question, checks=stored(checks))
        self._ground.news.ring()
        return is_wanted

    async def looked(
        self, question: Question, checks: Sequence[Check], measured: Measured | None
    ) -> bool:
        """Store all that was found, and the plan as it was measured; False if nobody waits for it.

        A yes that was given to another plan does not count any more.
        """
        plan = replace(question.plan, measured=measured)
        async with self._ground.db.begin() as repos:
            if not await self._is_wanted(repos, question):
                return False
            execution, new = question.execution, plan_hash(plan)
            found = list(checks)
            if check := await self._proof(repos, question.job, question.environment, plan):
                found.append(check)
            values: dict[str, Any] = {"checks": stored(found), "checked_at": self._ground.clock()}
            if new != execution.plan_hash:
                values |= {"plan": asdict(plan), "plan_hash": new, "confirmed_by": []}
                if execution.confirmed_by:
                    values |= {"voided_plan": asdict(execution.plan), "voids": execution.voids + 1}
                    note_void(repos, execution, new, veil_of(self._ground, execution))
            await self._put(repos, question, **values)
        self._ground.news.ring()
        return True

    async def again(self, execution_id: int, by: Person) -> Execution:
        """Let the host be looked at anew; return the execution.

        Twice is the same as once. Raises Conflict when it awaits no confirmation.
        """
        async with self._ground.db.begin() as repos:
            await repos.executions.hold(execution_id)
            execution = await find_execution(repos, execution_id)
            await require(self._ground, repos, Verb.PLAN, by, execution.environment_id)
            if execution.status is not Status.AWAITING_CONFIRMATION:
                raise Conflict(
                    f"#{execution_id} awaits no confirmation any more: nothing was looked at.",
                    hint="Its card tells how it stands.",
                )
            if execution.checked_at is None:  # it is being looked at
                return execution
            await repos.executions.change(
                execution_id, expect=_AWAITING, checks=[], checked_at=None
            )
            execution = await find_execution(repos, execution_id)
        self.bell.ring()
        self._ground.news.ring()
        return execution

    async def proof(self, job: Job, environment: Environment, plan: Plan) -> Check | None:
        """Return whether *job* is proven where it has to be; None where it has not to be."""
        async with self._ground.db.read() as repos:
            return await self._proof(repos, job, environment, plan)

    async def _proof(
        self, repos: Repos, job: Job, environment: Environment, plan: Plan
    ) -> Check | None:
        if plan.measured is None or not needs_proof(job, environment):
            return None
        there = await repos.environments.named(job.proven_in)
        if there is None:
            return unknown_proof(job)
        ended = await repos.history.ended(job.id, job.version, there.id, _PAST_RUNS)
        return proof(job, ended, plan.measured.sha256, now=self._ground.clock())

    async def _is_wanted(self, repos: Repos, question: Question) -> bool:
        was = question.execution
        await repos.executions.hold(was.id)
        now = await find_execution(repos, was.id)
        environment = await repos.environments.get(was.environment_id)
        is_waiting = now.status is Status.AWAITING_CONFIRMATION and now.checked_at is None
        is_same_key = environment.host_key == question.environment.host_key  # it was logged in with
        return is_waiting and is_same_key and now.plan_hash == was.plan_hash

    async def _put(self, repos: Repos, question: Question, **values: Any) -> None:
        await repos.executions.change(question.execution.id, expect=_AWAITING, **values)


def stored(checks: Sequence[Check]) -> list[dict[str, Any]]:
    """Return *checks* as they are stored."""
    return [asdict(check) for check in checks]


async def _question(repos: Repos, execution: Execution) -> Question:
    environment = await repos.environments.get(execution.environment_id)
    job = await repos.jobs.get(execution.job_id, execution.job_version)
    return Question(execution, environment, job, plan_of(environment, job, execution.parameters))
