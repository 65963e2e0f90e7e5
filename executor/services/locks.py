"""Closing an environment and opening it again; what waits there is told, and who reads along."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.model.audit import FERRY
from db.model.catalog import Environment
from db.model.errors import InvalidInput, NotAllowed
from db.model.locks import Closed, Lock
from db.model.people import Person
from db.repos import Repos
from executor.rules import access as roles
from executor.rules.access import LEAST, Verb, whom_to_ask
from executor.rules.closing import closed
from executor.rules.reasons import needed_reason
from executor.services.access import require
from executor.services.catalog import find_environment
from executor.services.closing import closed_now, held_by_another, not_locked, said
from executor.services.ground import Ground


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an environment stands, for one reader."""

    environment: Environment
    closed: Closed | None = None
    lock: Lock | None = None  #: one that is shut
    may_lock: bool = False
    may_unlock: bool = False
    may_freeze: bool = False
    may_override: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """What came of locking or unlocking: *before* is the lock as it was, None if there was none."""

    environment: Environment
    lock: Lock
    before: Lock | None = None
    closed: Closed | None = None  #: what closes it now
    running: int = 0
    waiting: int = 0
    channels: tuple[str, ...] = ()  #: where it is announced


class Locks:
    """Every change holds the environment's row, as do claims: the two never miss each other."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.bell = ground.locks

    async def lock(
        self, environment: str, by: Person, reason: str, until: datetime | None = None
    ) -> Turned:
        """Close the environment until then, or until somebody opens it.

        Who locked it may change reason and end. Raises NotFound, NotAllowed, InvalidInput (reason,
        end), and Conflict when somebody else has locked it.
        """
        why = needed_reason(reason)
        async with self._ground.db.begin() as repos:
            found, now, old = await self._hold(repos, environment)
            await require(self._ground, repos, Verb.LOCK, by, found.id)
            if until is not None and until <= now:
                over = "That end is over already: write it like `for 2h` or `until tomorrow 9:00`."
                raise InvalidInput(over, fields={"until": over})
            if old is not None and old.locked_by != by.user_id:
                raise held_by_another(found, old)
            if old is None:
                lock = await repos.locks.add(found.id, by.user_id, why, until)
            else:
                lock = await repos.locks.change(old, reason=why, until=until)
            await repos.queue.retell(found.id)
            turned = await self._turned(repos, found, lock, old)
            was = _noted(old) if old else {}
            repos.audit.note(
                by.user_id,
                "lock.closed",
                lock.id,
                environment=found.name,
                before=was,
                after=_noted(lock),
                reason=why,
            )
        self._ring()
        return turned

    async def unlock(self, environment: str, by: Person) -> Turned:
        """Open the environment again: its holder may, and who may open the locks of others.

        Raises NotFound, NotAllowed, and Conflict when it is not locked.
        """
        async with self._ground.db.begin() as repos:
            found, now, old = await self._hold(repos, environment)
            if old is None:
                raise not_locked(found, await closed_now(repos, found, now))
            await self._require_unlock(repos, by, found, old)
            lock = await self._open(repos, found, old, by.user_id, now)
            turned = await self._turned(repos, found, lock, old)
        self._ring()
        return turned

    async def open_due(self) -> int:
        """Note what has opened by itself since its end has passed; return how many."""
        async with self._ground.db.read() as repos:
            now = self._ground.clock()
            due = [lock for lock in await repos.locks.all() if not lock.is_shut(now)]
        for lock in due:
            async with self._ground.db.begin() as repos:
                environment = await repos.environments.lock(lock.environment_id)
                await self._open_if_over(repos, environment, self._ground.clock())
        if due:
            self._ring()
        return len(due)

    async def standings(self, by: Person) -> list[Standing]:
        """Return how each environment stands, and what *by* may do about it."""
        async with self._ground.db.read() as repos:
            locks = {lock.environment_id: lock for lock in await repos.locks.all()}
            windows, grants = await repos.freezes.of(), await repos.grants.all()
            environments, now = await repos.environments.all(), self._ground.clock()
        found = []
        for one in environments:
            lock, own = locks.get(one.id), [w for w in windows if w.environment_id == one.id]
            role = roles.role_of(by, one.id, grants, self._ground.admins)
            may = {v: role is not None and role.rank >= LEAST[v].rank for v in Verb}
            shut = lock if lock and lock.is_shut(now) else None
            is_holder = shut is not None and shut.locked_by == by.user_id
            found.append(
                Standing(
                    environment=one,
                    closed=closed(one.name, shut, own, now),
                    lock=shut,
                    may_lock=may[Verb.LOCK],
                    may_unlock=may[Verb.LOCK if is_holder else Verb.UNLOCK],
                    may_freeze=may[Verb.FREEZE],
                    may_override=may[Verb.OVERRIDE],
                )
            )
        return found

    async def closed(self, environment: Environment) -> Closed | None:
        """Return what closes *environment* now; None if something may start there.

        For whoever starts runs by itself: it skips this time, and says why.
        """
        async with self._ground.db.read() as repos:
            return await closed_now(repos, environment, self._ground.clock())

    async def untold(self) -> list[Turned]:
        """Return the locks that their channels were not told of as they stand now."""
        async with self._ground.db.read() as repos:
            locks = await repos.locks.untold()
            found = [(await repos.environments.get(lock.environment_id), lock) for lock in locks]
            return [await self._turned(repos, one, lock, lock) for one, lock in found]

    async def told(self, lock: Lock) -> None:
        """Remember that *lock* was announced as it is here."""
        async with self._ground.db.begin() as repos:
            await repos.locks.told(lock)

    async def _hold(self, repos: Repos, name: str) -> tuple[Environment, datetime, Lock | None]:
        """Hold the environment; return it, the time, and its lock if it is shut."""
        environment = await find_environment(repos, name)
        await repos.environments.lock(environment.id)
        now = self._ground.clock()
        return environment, now, await self._open_if_over(repos, environment, now)

    async def _open_if_over(
        self, repos: Repos, environment: Environment, now: datetime
    ) -> Lock | None:
        lock = await repos.locks.of(environment.id)
        if lock is None or lock.is_shut(now):
            return lock
        await self._open(repos, environment, lock, FERRY, lock.until or now)
        return None

    async def _open(
        self, repos: Repos, environment: Environment, lock: Lock, by: str, at: datetime
    ) -> Lock:
        opened = await repos.locks.change(lock, opened_by=by, opened_at=at)
        await repos.queue.retell(environment.id)
        before = _noted(lock)
        repos.audit.note(by, "lock.opened", lock.id, environment=environment.name, before=before)
        return opened

    async def _require_unlock(
        self, repos: Repos, by: Person, environment: Environment, lock: Lock
    ) -> None:
        verb = Verb.LOCK if by.user_id == lock.locked_by else Verb.UNLOCK
        try:
            await require(self._ground, repos, verb, by, environment.id)
        except NotAllowed as error:
            if verb is Verb.LOCK or not by.user_id:
                raise
            raise NotAllowed(
                f"{said(environment, lock)} Only they or an admin may open it.",
                hint=whom_to_ask({lock.locked_by, *self._ground.admins}, first=lock.locked_by),
            ) from error

    async def _turned(
        self, repos: Repos, environment: Environment, lock: Lock, before: Lock | None
    ) -> Turned:
        bound = await repos.bindings.all()
        return Turned(
            environment=environment,
            lock=lock,
            before=before,
            closed=await closed_now(repos, environment, self._ground.clock()),
            running=len(await repos.queue.running(environment.id)),
            waiting=await repos.queue.count(environment.id),
            channels=tuple(b.channel_id for b in bound if b.environment_id == environment.id),
        )

    def _ring(self) -> None:
        for bell in (self._ground.work, self._ground.news, self.bell):
            bell.ring()


def _noted(lock: Lock) -> dict[str, Any]:
    until = lock.until.isoformat() if lock.until else None
    return {"locked_by": lock.locked_by, "reason": lock.reason, "until": until}
