"""Whether something may start in an environment: the one question, for whoever starts anything."""

from datetime import datetime

from db.model.catalog import Environment
from db.model.errors import Conflict
from db.model.execution import Execution
from db.model.locks import Closed, Lock
from db.repos import Repos
from executor.rules.closing import closed, sentence
from executor.services.ground import Ground


class Locked(Conflict):
    """Nothing starts there now: *closed* says by whom, why, and until when."""

    def __init__(self, closed_: Closed) -> None:
        super().__init__(
            f"{sentence(closed_)} Nothing starts there.",
            hint="`/migrate locks` shows what is closed, with a button for who may open it. "
            "An admin of Ferry may break the glass.",
        )
        self.closed = closed_


async def closed_now(repos: Repos, environment: Environment, now: datetime) -> Closed | None:
    """Return what closes *environment*; None if it is open.

    Who starts something holds the environment first, as who closes it does: of the two at the same
    moment one sees the other.
    """
    lock = await repos.locks.of(environment.id)
    return closed(environment.name, lock, await repos.freezes.of(environment.id), now)


async def require_open(
    ground: Ground, repos: Repos, environment: Environment, execution: Execution | None = None
) -> None:
    """Raise Locked if *environment* is closed; what the glass was broken for goes on."""
    if execution is not None and execution.overridden_by:
        return
    if found := await closed_now(repos, environment, ground.clock()):
        raise Locked(found)


def said(environment: Environment, lock: Lock) -> str:
    """Return the sentence that says who locked it, until when and why."""
    name, by = environment.name, lock.locked_by
    return sentence(Closed(environment=name, by=by, reason=lock.reason, until=lock.until))


def held_by_another(environment: Environment, lock: Lock) -> Conflict:
    """Return the refusal for who locks what somebody else has locked."""
    return Conflict(
        f"{said(environment, lock)} So nothing was changed.",
        hint="Only who locked it changes its reason and its end.",
    )


def not_locked(environment: Environment, closed_: Closed | None) -> Conflict:
    """Return the refusal for who opens what is not locked; *closed_*: a window may close it."""
    if closed_ is None:
        return Conflict(
            f"{environment.name} is not locked: nothing was changed.",
            hint="`/migrate locks` shows what is.",
        )
    return Conflict(
        f"{sentence(closed_)} It is not locked, so there is no lock to open.",
        hint="It opens by itself. `/migrate freezes` shows the windows; an admin may drop one.",
    )
