"""Giving and taking roles: by admins, where they are admins, and never the last of them."""

from collections.abc import Collection
from dataclasses import dataclass

from db.model.catalog import Environment
from db.model.errors import Conflict, NotFound
from db.model.grants import EVERYWHERE, Grant, Holder, Role, Subject
from db.model.people import Person
from db.repos import Repos
from executor.rules.access import LEAST, Verb, of_everyone, role_of
from executor.services.access import require
from executor.services.catalog import find_environment
from executor.services.ground import Ground


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Who has which role where, and where its reader may change that."""

    admins: frozenset[str]  #: of the settings
    everyone: Role  #: everywhere
    grants: tuple[Grant, ...]
    environments: tuple[Environment, ...]
    places: frozenset[int]  #: ids of environments (or ``EVERYWHERE``) in which the reader may


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What was given or taken: *before* and *after* are None for no role of their own."""

    subject: Subject
    environment: Environment | None  #: None: everywhere
    before: Role | None
    after: Role | None
    everyone: Role  #: what everybody may do there
    is_admin_by_settings: bool
    is_own: bool


class Grants:
    """One role for each subject and place."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def roles(self, by: Person) -> Roles:
        """Return all roles, for anybody who may look."""
        async with self._ground.db.read() as repos:
            await require(self._ground, repos, Verb.SEE, by)
            grants = await repos.grants.all()
            environments = await repos.environments.all()
        admins = self._ground.admins
        places = {EVERYWHERE, *(one.id for one in environments)}
        return Roles(
            admins=admins,
            everyone=of_everyone(EVERYWHERE, grants),
            grants=tuple(grants),
            environments=tuple(environments),
            places=frozenset(one for one in places if _may_grant(by, one, grants, admins)),
        )

    async def give(self, subject: Subject, role: Role, place: str, by: Person) -> Change:
        """Give *role* in the environment *place* ("": everywhere), in place of the one there.

        Raises NotAllowed unless an admin of that place asks, NotFound for an unknown place, and
        Conflict if nobody would be left who is an admin everywhere.
        """
        async with self._ground.db.begin() as repos:
            environment, grants = await self._begin(repos, place, by)
            where = environment.id if environment else EVERYWHERE
            before = _held(subject, where, grants)
            if role is not Role.ADMIN:
                self._check_not_last(subject, where, grants)
            if before is not role:
                await repos.grants.put(subject.kind, subject.id, where, role, by.user_id)
            change = self._change(
                await repos.grants.all(), subject, environment, by, before=before, after=role
            )
            if before is not role:
                _note(repos, by, "grant.given", change)
            return change

    async def take(
        self, subject: Subject, place: str, by: Person, *, seen: Role | None = None
    ) -> Change:
        """Take the role away that *subject* has in the environment *place* ("": everywhere).

        *seen*: the role that the person who takes it saw. Raises what ``give`` does, and NotFound
        if there is no such role (any more).
        """
        async with self._ground.db.begin() as repos:
            environment, grants = await self._begin(repos, place, by)
            where = environment.id if environment else EVERYWHERE
            before = _held(subject, where, grants)
            if before is None or before is not (seen or before):
                raise await self._nothing_there(repos, subject, environment, grants)
            self._check_not_last(subject, where, grants)
            await repos.grants.drop(subject.kind, subject.id, where)
            change = self._change(
                await repos.grants.all(), subject, environment, by, before=before, after=None
            )
            _note(repos, by, "grant.taken", change)
            return change

    async def _begin(
        self, repos: Repos, place: str, by: Person
    ) -> tuple[Environment | None, list[Grant]]:
        environment = await find_environment(repos, place) if place else None
        where = environment.id if environment else EVERYWHERE
        # Held before it is asked: of two who take the role from each other, one remains an admin.
        grants = await repos.grants.all(hold=True)
        await require(self._ground, repos, Verb.GRANT, by, where)
        return environment, grants

    def _check_not_last(self, subject: Subject, where: int, grants: Collection[Grant]) -> None:
        """Raise Conflict if *subject* is the last who is an admin everywhere."""
        if where != EVERYWHERE or self._ground.admins:
            return
        admins = {
            one.holder
            for one in grants
            if one.role is Role.ADMIN and one.environment_id == EVERYWHERE
        }
        if admins == {subject}:
            raise Conflict(
                "Then nobody would be an admin everywhere any more, so nothing was changed.",
                hint="Give the role to somebody else first: `/migrate grant @ana admin everywhere`."
                " FERRY_ADMINS names one who always is.",
            )

    def _change(
        self,
        grants: Collection[Grant],
        subject: Subject,
        environment: Environment | None,
        by: Person,
        *,
        before: Role | None,
        after: Role | None,
    ) -> Change:
        is_person = subject.kind is Holder.PERSON
        return Change(
            subject=subject,
            environment=environment,
            before=before,
            after=after,
            everyone=of_everyone(environment.id if environment else EVERYWHERE, grants),
            is_admin_by_settings=is_person and subject.id in self._ground.admins,
            is_own=is_person and subject.id == by.user_id,
        )

    async def _nothing_there(
        self,
        repos: Repos,
        subject: Subject,
        environment: Environment | None,
        grants: Collection[Grant],
    ) -> NotFound:
        """Return the error that says what there is instead of the role to be taken away."""
        names = {one.id: f"on {one.name}" for one in await repos.environments.all()}
        names[EVERYWHERE] = "everywhere"
        held = [
            f"{one.role} {names.get(one.environment_id, 'somewhere')}"
            for one in grants
            if one.holder == subject
        ]
        where = f"on {environment.name}" if environment else "everywhere"
        has = f"There is: {', '.join(held)}." if held else "`/migrate grants` shows who has which."
        if subject.kind is Holder.PERSON and subject.id in self._ground.admins:
            has = "They are an admin by FERRY_ADMINS: change that setting and restart Ferry."
        return NotFound(
            f"There is no such role to take away {where}: nothing was changed.", hint=has
        )


def _held(subject: Subject, where: int, grants: Collection[Grant]) -> Role | None:
    roles = [g.role for g in grants if g.holder == subject and g.environment_id == where]
    return roles[0] if roles else None


def _may_grant(by: Person, where: int, grants: Collection[Grant], admins: Collection[str]) -> bool:
    role = role_of(by, where, grants, admins)
    return role is not None and role.rank >= LEAST[Verb.GRANT].rank


def _note(repos: Repos, by: Person, verb: str, change: Change) -> None:
    kind = change.subject.kind
    repos.audit.note(
        by.user_id,
        verb,
        change.subject.id or kind,
        environment=change.environment.name if change.environment else "",
        before={"kind": kind, "role": change.before} if change.before else {},
        after={"kind": kind, "role": change.after} if change.after else {},
    )
