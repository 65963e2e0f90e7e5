"""Yes or no to exactly one plan: of two answers one counts, and an old one explains itself."""

from dataclasses import dataclass, replace
from typing import Any

from db.model.catalog import Environment
from db.model.errors import Conflict, InvalidInput, NotAllowed, Unavailable
from db.model.execution import Execution, Status
from db.model.people import Person
from db.repos import Repos
from executor.rules.access import check_is_open
from executor.rules.confirming import Answerers, answerers, missing, terms_in_force
from executor.rules.lifecycle import AWAITING
from executor.rules.readiness import check_ready
from executor.rules.reasons import reason_of
from executor.rules.veil import Veil
from executor.services.access import require_cancel
from executor.services.answers import allowed, check_awaits, check_may, held
from executor.services.closing import require_open
from executor.services.ground import Ground
from executor.services.history import find_execution
from executor.services.launcher import queued
from executor.services.personal import veil_of
from executor.services.second_factors import check_factor
from executor.services.sweeping import swept

_MOST_ASKED = 50  # each takes a few questions to the database


@dataclass(frozen=True, slots=True)
class Asked:
    """What awaits confirmation, whether one person may give it now, and who may."""

    execution: Execution
    is_theirs: bool
    answerers: Answerers


class Confirmations:
    """Answers to what awaits confirmation."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def confirm(self, execution_id: int, by: Person, plan_hash: str) -> Execution:
        """Say yes; return the execution, which is in the queue once enough people did.

        *plan_hash* is what the person saw (a prefix will do, from 12 digits on). Raises Conflict
        when it was answered before, has expired, shows another plan, or was not found in order on
        its host; NotAllowed unless the environment's policy lets *by* answer; CodeNeeded where it
        wants a second factor, too.
        """
        async with self._ground.db.begin() as repos:
            environment_id = (await find_execution(repos, execution_id)).environment_id
            environment = await repos.environments.lock(environment_id)  # first, as a lock does
            execution = await held(self._ground, repos, execution_id)
            check_is_open(environment)
            await require_open(self._ground, repos, environment, execution)
            execution, refusal = await allowed(self._ground, repos, execution, by)
            if refusal is None:
                _check_plan(execution, plan_hash, veil_of(self._ground, execution))
                check_ready(execution)
                factor = await repos.second_factors.get(by.user_id)
                check_factor(factor, environment, self._ground.clock())
                execution = await self._yes(repos, execution, environment, by)
        self._ring(execution)
        if refusal is not None:
            raise refusal
        return execution

    async def discard(self, execution_id: int, by: Person) -> Execution:
        """End the execution before it began; return it. Raises Conflict when answered before.

        NotAllowed for others than its requester and admins.
        """
        async with self._ground.db.begin() as repos:
            execution = await held(self._ground, repos, execution_id)
            await self._check_may_discard(repos, execution, by)
            execution = await self._no(repos, execution, by, "")
        self._ring(execution)
        return execution

    async def refuse(self, execution_id: int, by: Person, reason: str) -> Execution:
        """Say no to somebody else's run, and why; return it, discarded.

        Raises InvalidInput at the field ``reason``, NotAllowed for who could not say yes either.
        """
        why = reason_of(reason)
        if not why:
            sentence = "Say why not, for example “the backup is not done yet”."
            raise InvalidInput(sentence, fields={"reason": sentence})
        async with self._ground.db.begin() as repos:
            execution = await held(self._ground, repos, execution_id)
            execution, refusal = await allowed(self._ground, repos, execution, by)
            if refusal is None:
                execution = await self._no(repos, execution, by, why)
        self._ring(execution)
        if refusal is not None:
            raise refusal
        return execution

    async def asked_of(self, by: Person) -> list[Asked]:
        """Return the oldest that await confirmation, and whether *by* may say yes to each."""
        async with self._ground.db.read() as repos:
            active = await repos.history.active(None)
            waiting = [one for one in active if one.status is Status.AWAITING_CONFIRMATION]
            return [await self._asked(repos, one, by) for one in waiting[:_MOST_ASKED]]

    async def _asked(self, repos: Repos, execution: Execution, by: Person) -> Asked:
        environment = await repos.environments.get(execution.environment_id)
        job = await repos.jobs.get(execution.job_id, execution.job_version)
        terms = terms_in_force(execution, environment)
        who = answerers(
            replace(execution, confirmation=terms.policy, confirm_group=terms.group),
            editor=job.edited_by,
            grants=await repos.grants.all(),
            admins=self._ground.admins,
        )
        try:
            check_awaits(execution, self._ground.clock())
            await check_may(self._ground, repos, execution, terms, by)
        except (Conflict, NotAllowed, Unavailable):  # not knowing the groups is not a yes
            return Asked(execution, is_theirs=False, answerers=who)
        return Asked(execution, by.user_id not in execution.confirmed_by, who)

    async def must_say_why(self, execution_id: int, by: Person) -> bool:
        """Return whether a no of *by* is a refusal, which takes a reason, and no discard.

        Raises what either would raise.
        """
        async with self._ground.db.read() as repos:
            execution = await find_execution(repos, execution_id)
            check_awaits(execution, self._ground.clock())
            try:
                await self._check_may_discard(repos, execution, by)
            except NotAllowed as not_theirs:
                environment = await repos.environments.get(execution.environment_id)
                terms = terms_in_force(execution, environment)
                try:
                    await check_may(self._ground, repos, execution, terms, by)
                except NotAllowed:
                    raise not_theirs from None
                return True
        return False

    async def remind_due(self) -> int:
        """Let what has waited for half of its time be reminded of, once; return how many."""
        now = self._ground.clock()
        # Of the time for this answer: what was void may have been asked for long ago.
        half = now + self._ground.confirm_within / 2
        return await swept(
            self._ground,
            lambda repos, after, limit: repos.deadlines.unreminded(half, after, limit),
            lambda repos, number: repos.deadlines.remind(number, now),
        )

    async def expire_due(self) -> int:
        """Expire what was not answered in time; return how many."""
        now = self._ground.clock()
        return await swept(
            self._ground,
            lambda repos, after, limit: repos.deadlines.unanswered(now, after, limit),
            lambda repos, number: repos.executions.change(
                number, expect=AWAITING, status=Status.EXPIRED, finished_at=now
            ),
        )

    async def _check_may_discard(self, repos: Repos, execution: Execution, by: Person) -> None:
        # A yes makes a run one's own once it runs; before that a change of mind takes a reason.
        theirs = replace(execution, confirmed_by=())
        await require_cancel(self._ground, repos, by, theirs)

    async def _yes(
        self, repos: Repos, execution: Execution, environment: Environment, by: Person
    ) -> Execution:
        if by.user_id in execution.confirmed_by:
            raise Conflict(
                f"You said yes to #{execution.id} before: your click changed nothing.",
                hint=f"{missing(execution)} more must say yes.",
            )
        now = self._ground.clock()
        people = [*execution.confirmed_by, by.user_id]
        values: dict[str, Any] = {"confirmed_by": people}
        if len(people) >= execution.confirmations:
            values |= {"status": Status.QUEUED, **queued(environment, now)}
            values |= {"answered_by": by.user_id, "answered_at": now}
        repos.audit.note(
            by.user_id,
            "execution.confirmed",
            execution.id,
            environment=execution.environment_name,
            before={"confirmed_by": list(execution.confirmed_by)},
            after={
                "confirmed_by": people,
                "plan_hash": veil_of(self._ground, execution).mark(execution.plan_hash),
            },
        )
        await repos.executions.change(execution.id, expect=AWAITING, by=by.user_id, **values)
        await repos.confirmations.put(
            execution.id, by.user_id, answer="confirmed", plan_hash=execution.plan_hash
        )
        return await find_execution(repos, execution.id)

    async def _no(self, repos: Repos, execution: Execution, by: Person, why: str) -> Execution:
        now = self._ground.clock()
        await repos.executions.change(
            execution.id,
            expect=AWAITING,
            by=by.user_id,
            why=veil_of(self._ground, execution).text(why),
            status=Status.DISCARDED,
            finished_at=now,
            answered_by=by.user_id,
            answered_at=now,
            error_message=why,
        )
        await repos.confirmations.put(
            execution.id,
            by.user_id,
            answer="discarded",
            plan_hash=execution.plan_hash,
            reason=why,
        )
        return await find_execution(repos, execution.id)

    def _ring(self, execution: Execution) -> None:
        if execution.status is Status.QUEUED:
            self._ground.work.ring()
        self._ground.news.ring()


def _check_plan(execution: Execution, plan_hash: str, veil: Veil) -> None:
    known = (execution.plan_hash, veil.mark(execution.plan_hash))
    is_known = plan_hash in known or known[0].startswith(plan_hash)
    if len(plan_hash) < 12 or not is_known:
        raise Conflict(
            "This button shows another plan than the one that waits: nothing was started.",
            hint=f"Look at `/migrate status #{execution.id}` and use the button there.",
        )
