"""Environments, sources and jobs: created by admins, read by all."""

from dataclasses import asdict

from db.model.catalog import Environment, EnvironmentDraft, Job, JobDraft, Source, SourceDraft
from db.model.errors import Conflict, InvalidInput, NotFound
from db.model.people import Person
from db.repos import Repos
from executor.rules.access import Verb
from executor.rules.host_keys import fingerprints
from executor.rules.names import did_you_mean
from executor.services.access import require
from executor.services.ground import Ground

_MOST = 1000  # names looked through for "did you mean"


class Catalog:
    """What can be run, and where."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def environments(self) -> list[Environment]:
        """Return the environments by name."""
        async with self._ground.db.read() as repos:
            return await repos.environments.all()

    async def environment(self, name: str) -> Environment:
        """Return the environment called *name*; NotFound names the nearest one."""
        async with self._ground.db.read() as repos:
            return await find_environment(repos, name)

    async def create_environment(self, draft: EnvironmentDraft, by: Person) -> Environment:
        """Create an environment; NotAllowed unless an admin asks, Conflict if the name is taken."""
        async with self._ground.db.begin() as repos:
            await require(self._ground, repos, Verb.DEFINE, by)
            made = await repos.environments.add(draft)
            repos.audit.note(
                by.user_id,
                "environment.created",
                made.name,
                environment=made.name,
                after=asdict(draft),
            )
            return made

    async def trust_host_key(
        self, name: str, host_key: str, by: Person, *, seen: str | None = None
    ) -> Environment:
        """Pin *host_key* (OpenSSH lines) for the environment in place of what was pinned before.

        The host is looked at anew for all that awaits its confirmation there.
        *seen*: what was pinned when the two were compared. Raises Conflict if that was changed
        meanwhile, or if *host_key* is pinned already.
        """
        async with self._ground.db.begin() as repos:
            found = await find_environment(repos, name)
            await require(self._ground, repos, Verb.TRUST, by, found.id)
            environment = await repos.environments.lock(found.id)
            if environment.host_key == host_key:
                raise Conflict(f"That key is pinned for `{name}` already: nothing was changed.")
            if seen is not None and environment.host_key != seen:
                raise Conflict(
                    f"The key pinned for `{name}` was changed meanwhile: nothing was changed now.",
                    hint=f"Compare again: `/migrate hostkey {environment.name}`.",
                )
            await repos.environments.pin_host_key(environment.id, host_key)
            waiting = await repos.executions.look_anew(environment.id)
            repos.audit.note(
                by.user_id,
                "environment.host_key_trusted",
                environment.name,
                environment=environment.name,
                before=_key_facts(environment.host_key),
                after=_key_facts(host_key) | ({"looked_at_anew": waiting} if waiting else {}),
            )
            pinned = await repos.environments.get(environment.id)
        self._ground.looks.ring()
        self._ground.news.ring()
        return pinned

    async def sources(self) -> list[Source]:
        """Return the sources by name."""
        async with self._ground.db.read() as repos:
            return await repos.sources.all()

    async def source(self, name: str) -> Source:
        """Return the source called *name*; NotFound names the nearest one."""
        async with self._ground.db.read() as repos:
            if found := await repos.sources.named(name.strip().lower()):
                return found
            known = [source.name for source in await repos.sources.all()]
        raise unknown("source", name, known)

    async def create_source(self, draft: SourceDraft, by: Person) -> Source:
        """Create a source; NotAllowed unless an admin asks, Conflict if the name is taken."""
        async with self._ground.db.begin() as repos:
            await require(self._ground, repos, Verb.DEFINE, by)
            made = await repos.sources.add(draft)
            after = asdict(draft) | {"defaults": dict(draft.defaults)}
            repos.audit.note(by.user_id, "source.created", made.name, after=after)
            return made

    async def jobs(self, *, search: str = "", limit: int = 100) -> list[Job]:
        """Return at most *limit* jobs by name whose name or source holds *search*."""
        async with self._ground.db.read() as repos:
            return await repos.jobs.search(search.strip(), limit)

    async def job(self, name: str) -> Job:
        """Return the job called *name* as it is today; NotFound names the nearest one."""
        async with self._ground.db.read() as repos:
            return await find_job(repos, name)

    async def create_job(self, draft: JobDraft, by: Person) -> Job:
        """Create a job; NotAllowed unless an admin asks, Conflict if the name is taken.

        InvalidInput at the field ``proven_in`` if there is no such environment.
        """
        async with self._ground.db.begin() as repos:
            await require(self._ground, repos, Verb.DEFINE, by)
            await _check_proven_in(repos, draft)
            made = await repos.jobs.add(draft, by.user_id)
            repos.audit.note(by.user_id, "job.created", made.name, after=asdict(draft))
            return made


def _key_facts(host_key: str) -> dict[str, str]:
    return {"host_key": host_key, "fingerprint": fingerprints(host_key)}


async def find_job(repos: Repos, name: str) -> Job:
    """Return the job called *name* as it is today; NotFound names the nearest one."""
    if found := await repos.jobs.named(name.strip().lower()):
        return found
    raise unknown("job", name, [job.name for job in await repos.jobs.search("", _MOST)])


async def _check_proven_in(repos: Repos, draft: JobDraft) -> None:
    if draft.proven_in:
        try:
            await find_environment(repos, draft.proven_in)
        except NotFound as error:
            sentence = f"{error.message} {error.hint}".strip()
            raise InvalidInput(sentence, fields={"proven_in": sentence}) from error


async def find_environment(repos: Repos, name: str) -> Environment:
    """Return the environment called *name*; NotFound names the nearest one."""
    if found := await repos.environments.named(name.strip().lower()):
        return found
    raise unknown("environment", name, [e.name for e in await repos.environments.all()])


def unknown(kind: str, name: str, known: list[str]) -> NotFound:
    """Return the error that says there is no such *kind*, and what there is."""
    if not known:
        hint = f"There is none yet: create one with `/migrate new {kind}`."
    else:
        shown = ", ".join(f"`{one}`" for one in known[:10])
        hint = did_you_mean(name, known) or f"There is: {shown}."
    return NotFound(f"There is no {kind} called `{name.strip()[:63]}`.", hint=hint)
