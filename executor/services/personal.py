"""Personal values: shown to those who may see them, and found again by what they are."""

from dataclasses import dataclass

from db.model.catalog import ParameterSpec
from db.model.errors import InvalidInput, NotAllowed, NotFound
from db.model.execution import Execution
from db.model.people import Person
from db.repos import Repos
from executor.rules.access import Verb
from executor.rules.names import did_you_mean, quoted
from executor.rules.values import canonical
from executor.rules.veil import Veil, digest, hint
from executor.services.access import require
from executor.services.ground import Ground
from executor.services.history import find_execution

_MOST_JOBS = 1000
_MOST_BEFORE = 100  # runs with the same value that are looked through


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Executions that had a parameter's value, newest first; *shown*: it, or its hint."""

    name: str
    shown: str
    executions: list[Execution]


class Personal:
    """What only some may see. Values leave here as plain text, never inside of an execution."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def reveal(self, execution_id: int, by: Person) -> dict[str, str]:
        """Return the personal values of an execution by name; it is noted who saw which.

        Raises NotFound, NotAllowed, InvalidInput when it has none.
        """
        async with self._ground.db.begin() as repos:
            execution = await find_execution(repos, execution_id)
            await require(self._ground, repos, Verb.REVEAL, by, execution.environment_id)
            if not execution.plan.personal:
                raise InvalidInput(f"#{execution_id} has no personal values: all are shown.")
            _note(repos, execution, by)
        return {name: execution.parameters[name] for name in execution.plan.personal}

    async def to_change(self, execution_id: int, by: Person) -> dict[str, str]:
        """Return the values of an execution for the form that asks for it again.

        Personal ones only for its requester, if they typed them, and for those who may see them,
        which is noted; for others they are left out.
        """
        async with self._ground.db.begin() as repos:
            execution = await find_execution(repos, execution_id)
            values, personal = dict(execution.parameters), execution.plan.personal
            if not personal or await self._typed(repos, execution, by):
                return values
            try:
                await require(self._ground, repos, Verb.REVEAL, by, execution.environment_id)
            except NotAllowed:
                return {name: value for name, value in values.items() if name not in personal}
            _note(repos, execution, by)
        return values

    async def find(
        self, name: str, typed: str, by: Person, *, environment_id: int | None, limit: int
    ) -> Found:
        """Return at most *limit* executions whose parameter *name* had the value that was typed.

        Of a personal value it is noted first that *by* looked for it: what is found confirms a
        guess. Raises NotFound if no job, and no execution, has a parameter of that name.
        """
        async with self._ground.db.read() as repos:
            specs = await _specs(repos, name)
            values = {typed.strip(), *_as_stored(specs, typed)} - {""}
            if not values:
                raise InvalidInput(f"Which value of {quoted(name)}? Write `{name}=value`.")
            found = await self._had(repos, name, values, environment_id, None, limit)
            is_personal = await repos.jobs.had_personal(name)
        value = found[0].parameters[name] if found else min(values, key=len)
        told = self._told(name, value, found, is_personal=is_personal)
        if is_personal:
            await self._note_sought(told, by, environment_id, limit)
        return told

    async def older(
        self, like: int, name: str, *, environment_id: int | None, before: int, limit: int
    ) -> Found:
        """Return older executions that had the value that *name* had in the execution *like*."""
        async with self._ground.db.read() as repos:
            execution = await find_execution(repos, like)
            value = execution.parameters.get(name, "")
            found = await self._had(repos, name, {value}, environment_id, before, limit)
        is_personal = any(name in one.plan.personal for one in (execution, *found))
        return self._told(name, value, found, is_personal=is_personal)

    async def _typed(self, repos: Repos, execution: Execution, by: Person) -> bool:
        """Return whether *by* knows its personal values: nobody else had asked for one before.

        Who presses "Run again" asks for a run with values that they may never have seen.
        """
        if by.user_id != execution.requested_by:
            return False
        for name in execution.plan.personal:
            value = {execution.parameters[name]}
            before = await self._had(repos, name, value, None, execution.id, _MOST_BEFORE)
            if len(before) == _MOST_BEFORE or any(one.requested_by != by.user_id for one in before):
                return False
        return True

    async def _had(
        self,
        repos: Repos,
        name: str,
        values: set[str],
        environment_id: int | None,
        before: int | None,
        limit: int,
    ) -> list[Execution]:
        digests = {digest(self._ground.keys.personal, name, value) for value in values}
        return await repos.values.had(
            name, values, digests, environment_id=environment_id, before=before, limit=limit
        )

    async def _note_sought(
        self, told: Found, by: Person, environment_id: int | None, limit: int
    ) -> None:
        """Note who looked for which value, by its hint, and how many runs had it."""
        count = len(told.executions)
        async with self._ground.db.begin() as repos:
            where = ""
            if environment_id is not None:
                where = (await repos.environments.get(environment_id)).name
            repos.audit.note(
                by.user_id,
                "value.sought",
                told.name,
                environment=where,
                after={
                    "value": told.shown,
                    "found": count if count < limit else f"{limit - 1} or more",
                },
            )

    def _told(self, name: str, value: str, found: list[Execution], *, is_personal: bool) -> Found:
        shown = hint(self._ground.keys.personal, name, value) if is_personal else value
        return Found(name=name, shown=shown, executions=found)


def veil_of(ground: Ground, execution: Execution) -> Veil:
    """Return what hides the personal values of *execution*, for what is kept in the audit log."""
    return Veil(execution.plan.personal, execution.parameters, ground.keys.personal)


def _note(repos: Repos, execution: Execution, by: Person) -> None:
    repos.audit.note(
        by.user_id,
        "value.revealed",
        execution.id,
        environment=execution.environment_name,
        after={"names": list(execution.plan.personal)},
    )


async def _specs(repos: Repos, name: str) -> list[ParameterSpec]:
    """Return what the jobs say of the parameter *name*; NotFound if nobody ever heard of it."""
    jobs = await repos.jobs.search("", _MOST_JOBS)
    askable = [spec for job in jobs for spec in job.parameters if not spec.secret_ref]
    specs = [spec for spec in askable if spec.name == name]
    if specs or await repos.values.has_name(name):
        return specs
    raise NotFound(
        f"No job has a parameter that is called {quoted(name)}.",
        hint=did_you_mean(name, dict.fromkeys(spec.name for spec in askable))
        or "`/migrate jobs` shows what each job asks for.",
    )


def _as_stored(specs: list[ParameterSpec], typed: str) -> set[str]:
    """Return *typed* as each of *specs* would have stored it."""
    values = set()
    for spec in specs:
        try:
            values.add(canonical(spec, typed))
        except InvalidInput:
            continue  # such a job cannot have had it
    return values
