"""Who may do what: every service asks here before it changes anything."""

from dataclasses import dataclass

from db.model.errors import NotAllowed
from db.model.execution import Execution
from db.model.grants import EVERYWHERE, Grant, Holder, Role
from db.model.people import Person, groups_unsaid
from db.repos import Repos
from executor.rules.access import (
    LEAST,
    Verb,
    best_role_of,
    cancel_verb,
    check,
    hangs_on_a_group,
    not_yours,
    on,
    role_of,
)
from executor.services.ground import Ground

#: What is done in the channel's own environment, and nowhere else.
_IN_THE_CHANNEL = frozenset({Verb.RUN, Verb.PLAN})


@dataclass(frozen=True, slots=True)
class Roles:
    """The highest role of somebody: anywhere, and in the environment of the channel."""

    anywhere: Role
    here: Role

    def may(self, verb: Verb) -> bool:
        """Return whether it is worth offering *verb*; the service decides all the same."""
        role = self.here if verb in _IN_THE_CHANNEL else self.anywhere
        return role.rank >= LEAST[verb].rank


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

    async def admit(self, verb: Verb, by: Person, channel_id: str = "") -> Roles:
        """Return the roles of *by*; NotAllowed if there is nowhere that they may do *verb*.

        The door of the house: where it may be done is asked again by whoever does it.
        """
        async with self._ground.db.read() as repos:
            grants = await repos.grants.all()
            binding = await repos.bindings.of(channel_id)
        anywhere = best_role_of(by, grants, self._ground.admins)
        places = {EVERYWHERE, *(grant.environment_id for grant in grants)}
        if _is_less(anywhere, verb) and any(
            hangs_on_a_group(verb, by, place, grants) for place in places
        ):
            raise groups_unsaid()
        ask = _who_may(verb, EVERYWHERE, grants, self._ground)
        check(verb, anywhere, ask=ask, admins=self._ground.admins)
        assert anywhere is not None, "nobody has no role"  # noqa: S101
        if binding is None:
            return Roles(anywhere, anywhere)
        here = role_of(by, binding.environment_id, grants, self._ground.admins)
        return Roles(anywhere, here or anywhere)

    async def named_groups(self) -> frozenset[str]:
        """Return the user groups on which anything depends: roles and confirmations."""
        async with self._ground.db.read() as repos:
            granted = {g.subject for g in await repos.grants.all() if g.kind is Holder.GROUP}
            confirming = {one.confirm_group for one in await repos.environments.all()}
            # Who was asked stays asked, when the environment's rules are others by now.
            confirming |= await repos.executions.asked_groups()
        return frozenset((granted | confirming) - {""})


async def require(
    ground: Ground, repos: Repos, verb: Verb, by: Person, environment_id: int = EVERYWHERE
) -> Role:
    """Return the role of *by* in the environment; NotAllowed unless it is enough for *verb*.

    Unavailable if a user group decides, and Slack did not say who is in it.
    """
    grants = await repos.grants.all()
    role = role_of(by, environment_id, grants, ground.admins)
    if _is_less(role, verb) and hangs_on_a_group(verb, by, environment_id, grants):
        raise groups_unsaid()
    where = await _place(repos, environment_id) if _is_less(role, verb) else ""
    ask = _who_may(verb, environment_id, grants, ground)
    check(verb, role, ask=ask, admins=ground.admins, where=where)
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


async def _place(repos: Repos, environment_id: int) -> str:
    if environment_id == EVERYWHERE:
        return on("")
    return on((await repos.environments.get(environment_id)).name)


def _is_less(role: Role | None, verb: Verb) -> bool:
    return role is not None and role.rank < LEAST[verb].rank


def _who_may(
    verb: Verb, environment_id: int, grants: list[Grant], ground: Ground
) -> frozenset[str]:
    """Return the admins, and whoever was granted enough: people and user groups."""
    enough = {
        grant.subject
        for grant in grants
        if grant.kind is not Holder.EVERYONE
        and grant.environment_id in {EVERYWHERE, environment_id}
        and grant.role.rank >= LEAST[verb].rank
    }
    return ground.admins | enough
