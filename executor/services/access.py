"""Who may do what: every service asks here before it changes anything."""

from db.model.errors import NotAllowed
from db.model.execution import Execution
from db.model.grants import EVERYWHERE, Grant, Holder, Role
from db.model.people import Person
from db.repos import Repos
from executor.rules.access import LEAST, Verb, cancel_verb, check, not_yours, role_of
from executor.services.ground import Ground


class Access:
    """Roles, and the questions that listeners ask before they show a form."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def check(self, verb: Verb, by: Person, environment_id: int = EVERYWHERE) -> None:
        """Raise NotAllowed unless *by* may do *verb* in the environment."""
        async with self._ground.db.read() as repos:
            await require(self._ground, repos, verb, by, environment_id)

    async def may(self, verb: Verb, by: Person, environment_id: int = EVERYWHERE) -> bool:
        """Return whether *by* may do *verb*: nobody is offered what they may not do."""
        try:
            await self.check(verb, by, environment_id)
        except NotAllowed:
            return False
        return True


async def require(
    ground: Ground, repos: Repos, verb: Verb, by: Person, environment_id: int = EVERYWHERE
) -> Role:
    """Return the role of *by* in the environment; NotAllowed unless it is enough for *verb*."""
    role, ask = await standing(ground, repos, verb, by, environment_id)
    check(verb, role, ask=ask)
    assert role is not None, "nobody has no role"  # noqa: S101
    return role


async def standing(
    ground: Ground, repos: Repos, verb: Verb, by: Person, environment_id: int
) -> tuple[Role | None, frozenset[str]]:
    """Return the role of *by* in the environment, and the ids of those who may do *verb* there."""
    grants = await repos.grants.all()
    role = role_of(by, environment_id, grants, ground.admins)
    return role, _who_may(verb, environment_id, grants, ground)


async def require_cancel(ground: Ground, repos: Repos, by: Person, execution: Execution) -> None:
    """Raise NotAllowed unless *by* asked for the run, confirmed it, or may cancel all of them."""
    verb = cancel_verb(by, execution)
    try:
        await require(ground, repos, verb, by, execution.environment_id)
    except NotAllowed as error:
        if verb is Verb.CANCEL and by.user_id:
            raise not_yours(execution, ground.admins) from error
        raise


def _who_may(
    verb: Verb, environment_id: int, grants: list[Grant], ground: Ground
) -> frozenset[str]:
    """Return the admins, and whoever was granted enough in person."""
    enough = {
        grant.subject
        for grant in grants
        if grant.kind is Holder.PERSON
        and grant.environment_id in {EVERYWHERE, environment_id}
        and grant.role.rank >= LEAST[verb].rank
    }
    return ground.admins | enough
