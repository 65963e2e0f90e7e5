"""Asking for a run: the one way in for commands, modals, buttons and every later caller."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from db.model.catalog import ConfirmationPolicy, Environment, Job
from db.model.errors import InvalidInput, NotFound
from db.model.execution import Execution, Plan, Status
from db.model.locks import Closed
from db.model.people import Person
from db.repos import Repos
from executor.rules.access import Verb, check_is_open
from executor.rules.closing import noted
from executor.rules.concurrency import concurrency_key
from executor.rules.confirming import terms_of
from executor.rules.parameters import validate
from executor.rules.plan import plan_hash, plan_of
from executor.rules.reasons import needed_reason, reason_of
from executor.rules.veil import Veil
from executor.services.access import require
from executor.services.asking import Ask, Duplicate, Preview
from executor.services.bindings import Unbound
from executor.services.catalog import find_job
from executor.services.closing import Locked, closed_now
from executor.services.ground import Ground
from executor.services.history import find_execution

_TWICE = timedelta(seconds=10)


class Launcher:
    """From an ask to an execution that waits, for its confirmation or for a worker."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def launch(self, ask: Ask) -> Execution:
        """Return the new execution, queued or awaiting its confirmation.

        Raises NotFound (job), Unbound (channel), InvalidInput (values, by field), NotAllowed,
        Locked (the environment is closed), and Duplicate when the same waits already.
        """
        async with self._ground.db.begin() as repos:
            if known := await _known(repos, ask.idempotency_key):
                return known
            job = await find_job(repos, ask.job)
            execution = await self._add(repos, job, ask)
        self._ring(execution)
        return execution

    async def again(self, execution_id: int, by: Person, channel_id: str) -> Execution:
        """Launch what ran before with the same values: today's version of the job.

        In the channel's own environment; NotFound if the job is gone. Two wishes within ten
        seconds are one: a double click is two clicks with nothing in common.
        """
        async with self._ground.db.begin() as repos:
            old = await find_execution(repos, execution_id)
            environment = await _environment(repos, channel_id)
            await repos.environments.lock(environment.id)
            since = self._ground.clock() - _TWICE
            if twin := await repos.executions.twin(old, by.user_id, channel_id, since):
                return twin
            job = await repos.jobs.with_id(old.job_id)
            if job is None:
                raise NotFound(f"The job `{old.job_name}` is not there any more.")
            ask = Ask(
                job=job.name,
                channel_id=channel_id,
                by=by,
                values=old.parameters,
                reason=old.reason,
            )
            execution = await self._add(repos, job, ask)
        self._ring(execution)
        return execution

    async def preview(self, ask: Ask) -> Preview:
        """Return the execution that ``launch`` would make; nothing is stored, its number is 0.

        Raises what ``launch`` raises, but for Duplicate: what waits already is told.
        """
        async with self._ground.db.read() as repos:
            job = await find_job(repos, ask.job)
            environment, new, plan = await self._new(repos, job, ask, Verb.PLAN)
            waiting = await repos.executions.waiting_twin(new)
        del new["idempotency_key"]
        made = Execution(id=0, plan=plan, created_at=self._ground.clock(), **new)
        return Preview(made, environment, job, waiting)

    async def _new(
        self, repos: Repos, job: Job, ask: Ask, verb: Verb
    ) -> tuple[Environment, dict[str, Any], Plan]:
        """Return where it would run, the columns of the new execution, and its plan."""
        environment = await _environment(repos, ask.channel_id)
        check_is_open(environment)
        await require(self._ground, repos, verb, ask.by, environment.id)
        values = await _values(repos, job, ask.values)
        plan = plan_of(environment, job, values)
        new: dict[str, Any] = {
            "key": uuid.uuid4().hex,
            "idempotency_key": ask.idempotency_key or None,
            "job_id": job.id,
            "job_name": job.name,
            "job_version": job.version,
            "environment_id": environment.id,
            "environment_name": environment.name,
            "environment_kind": environment.kind,
            "team_id": ask.by.team_id,
            "channel_id": ask.channel_id,
            "requested_by": ask.by.user_id,
            "reason": _reason(environment, ask.reason),
            "parameters": values,
            "plan_hash": plan_hash(plan),
            "concurrency_key": concurrency_key(job.concurrency_key, values),
            "job_concurrency": job.concurrency,
            "max_attempts": job.retry.attempts,
        }
        new |= self._first_state(environment)
        return environment, new, plan

    async def _add(self, repos: Repos, job: Job, ask: Ask) -> Execution:
        environment, new, plan = await self._new(repos, job, ask, Verb.RUN)
        await repos.environments.lock(environment.id)  # of two at once, one sees the other's
        if known := await _known(repos, ask.idempotency_key):
            return known
        found = await closed_now(repos, environment, self._ground.clock())
        new |= await self._break_glass(repos, environment, ask, found)
        if waiting := await repos.executions.waiting_twin(new):
            raise Duplicate(waiting)
        veil = Veil(plan.personal, new["parameters"], self._ground.keys.personal)
        execution = await repos.executions.add(
            new,
            plan,
            personal=veil.rows,
            why=veil.text(new["reason"]),
            mark=veil.mark(new["plan_hash"]),
        )
        assert execution is not None, "only the idempotency key can be taken"  # noqa: S101
        if execution.overridden_by:
            note_override(repos, execution, veil.text(execution.override_reason), found)
        return execution

    async def _break_glass(
        self, repos: Repos, environment: Environment, ask: Ask, found: Closed | None
    ) -> dict[str, Any]:
        """Return what is set where *found* closes it, and an admin says why it must run.

        Raises Locked where nobody says so; the confirmation is asked for as ever.
        """
        if found is None:
            return {}
        if not ask.override.strip():
            raise Locked(found)
        await require(self._ground, repos, Verb.OVERRIDE, ask.by, environment.id)
        return {"overridden_by": ask.by.user_id, "override_reason": _override(ask.override)}

    def _first_state(self, environment: Environment) -> dict[str, Any]:
        now, terms = self._ground.clock(), terms_of(environment)
        if terms.policy is not ConfirmationPolicy.NONE:
            return {
                "status": Status.AWAITING_CONFIRMATION,
                "expires_at": now + self._ground.confirm_within,
                "confirmation": terms.policy,
                "confirmations": terms.needed,
                "confirm_group": terms.group,
            }
        confirmation = {"confirmation": terms.policy}
        return {"status": Status.QUEUED, **confirmation, **queued(environment, now)}

    def _ring(self, execution: Execution) -> None:
        self._ground.news.ring()
        if execution.status is Status.QUEUED:
            self._ground.work.ring()
        else:
            self._ground.looks.ring()


def note_override(
    repos: Repos,
    execution: Execution,
    why: str,
    found: Closed | None,
    before: Execution | None = None,
) -> None:
    """Note that somebody broke the glass for *execution*, and *why*: without personal values.

    *found*: what closes its environment; *before*: the execution until then, if there was one.
    """
    was = {"status": before.status, "confirmed_by": list(before.confirmed_by)} if before else None
    repos.audit.note(
        execution.overridden_by,
        "execution.overridden",
        execution.id,
        environment=execution.environment_name,
        before=was,
        after={
            "status": execution.status,
            "overridden_by": execution.overridden_by,
            **noted(found),
        },
        reason=why,
    )


def queued(environment: Environment, now: datetime) -> dict[str, Any]:
    """Return what entering the queue of *environment* sets."""
    limit = timedelta(seconds=environment.queue_timeout_s)
    return {"queued_at": now, "queue_expires_at": now + limit}


async def _known(repos: Repos, key: str) -> Execution | None:
    return await repos.executions.with_idempotency_key(key) if key else None


async def _environment(repos: Repos, channel_id: str) -> Environment:
    binding = await repos.bindings.of(channel_id)
    if binding is None:
        raise Unbound
    return await repos.environments.get(binding.environment_id)


async def _values(repos: Repos, job: Job, given: Mapping[str, str]) -> dict[str, str]:
    source = await repos.sources.get(job.source_id)
    # What is of a person is of one run: a source cannot know it, and everybody sees its defaults.
    asked = (spec for spec in job.parameters if not spec.secret_ref)
    names = {spec.name for spec in asked if not spec.is_personal}
    defaults = {name: value for name, value in source.defaults.items() if name in names}
    filled = {name: value for name, value in given.items() if value.strip()}
    return validate(job.parameters, defaults | filled)


def _reason(environment: Environment, text: str) -> str:
    reason = reason_of(text)
    if environment.asks_reason and not reason:
        sentence = f"{environment.name} asks why: write it, for example “the clinic asked for it”."
        raise InvalidInput(
            sentence,
            hint='In one line: `reason="the clinic asked for it"`. On a card: “Run again with '
            "changes…”.",
            fields={"reason": sentence},
        )
    return reason


def _override(text: str) -> str:
    try:
        return needed_reason(text)
    except InvalidInput as error:
        raise InvalidInput(error.message, fields={"override": error.message}) from error
