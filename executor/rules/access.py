"""Who may do what, decided at the click by the person's id; views only mirror it.

A role includes the ones before it: viewer, operator, approver, admin. Without any grant everybody
in the workspace is an operator, and production is protected by its confirmation; a grant to
*everyone* says otherwise. The admins of the settings are admins everywhere.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType

from db.model.catalog import Environment
from db.model.errors import NotAllowed
from db.model.execution import Execution, Status
from db.model.grants import EVERYWHERE, Grant, Holder, Role
from db.model.people import Person


class Verb(StrEnum):
    """What somebody wants to do; the words complete "You may not …"."""

    SEE = "see runs, logs and definitions"
    PLAN = "look at a plan"
    RUN = "ask for a run"
    CANCEL_OWN = "cancel a run of one's own"
    CONFIRM = "confirm a run of somebody else"
    REVEAL = "reveal a personal value"
    LOCK = "lock an environment"
    CANCEL = "cancel a run of somebody else"
    MOVE_TO_FRONT = "move a run to the front of the queue"
    UNLOCK = "open somebody else's lock"
    FREEZE = "change freeze windows"
    DEFINE = "create or change environments, sources and jobs"
    BIND = "bind a channel to an environment"
    TRUST = "trust a host key"
    GRANT = "give and take roles"
    OVERRIDE = "break the glass"
    RESET = "reset somebody's second factor"
    AUDIT = "read the audit log"


#: The least role that a verb needs.
LEAST: Mapping[Verb, Role] = MappingProxyType(
    {
        Verb.SEE: Role.VIEWER,
        Verb.PLAN: Role.OPERATOR,
        Verb.RUN: Role.OPERATOR,
        Verb.CANCEL_OWN: Role.VIEWER,
        Verb.REVEAL: Role.APPROVER,
        Verb.LOCK: Role.OPERATOR,
        Verb.CONFIRM: Role.APPROVER,
        Verb.CANCEL: Role.ADMIN,
        Verb.MOVE_TO_FRONT: Role.ADMIN,
        Verb.UNLOCK: Role.ADMIN,
        Verb.FREEZE: Role.ADMIN,
        Verb.DEFINE: Role.ADMIN,
        Verb.BIND: Role.ADMIN,
        Verb.TRUST: Role.ADMIN,
        Verb.GRANT: Role.ADMIN,
        Verb.OVERRIDE: Role.ADMIN,
        Verb.RESET: Role.ADMIN,
        Verb.AUDIT: Role.ADMIN,
    }
)


def role_of(
    person: Person,
    environment_id: int,
    grants: Collection[Grant],
    admins: Collection[str],
) -> Role | None:
    """Return the highest role of *person* in an environment; None for nobody in particular.

    What everyone is granted in an environment goes before what everyone is granted everywhere.
    """
    if not person.user_id:
        return None
    if person.is_operator or person.user_id in admins:
        return Role.ADMIN
    roles = [of_everyone(environment_id, grants)]
    for grant in _there(environment_id, grants):
        is_own = grant.kind is Holder.PERSON and grant.subject == person.user_id
        if is_own or (grant.kind is Holder.GROUP and grant.subject in person.groups):
            roles.append(grant.role)
    return max(roles, key=lambda role: role.rank)


def of_everyone(environment_id: int, grants: Collection[Grant]) -> Role:
    """Return the role that everybody has in an environment, or everywhere."""
    there = _there(environment_id, grants)
    by_place = {one.environment_id: one.role for one in there if one.kind is Holder.EVERYONE}
    everywhere = by_place.pop(EVERYWHERE, Role.OPERATOR)
    return next(iter(by_place.values()), everywhere)


def best_role_of(person: Person, grants: Collection[Grant], admins: Collection[str]) -> Role | None:
    """Return the highest role of *person* anywhere; None for nobody in particular."""
    places = {EVERYWHERE, *(grant.environment_id for grant in grants)}
    roles = [role_of(person, place, grants, admins) for place in places]
    return max((role for role in roles if role), key=lambda role: role.rank, default=None)


def hangs_on_a_group(
    verb: Verb, person: Person, environment_id: int, grants: Collection[Grant]
) -> bool:
    """Return whether *person* might be in a group that may do *verb*, for all that is known."""
    return not person.knows_groups and any(
        grant.kind is Holder.GROUP and grant.role.rank >= LEAST[verb].rank
        for grant in _there(environment_id, grants)
    )


def check(
    verb: Verb,
    role: Role | None,
    *,
    ask: Collection[str],
    admins: Collection[str] = (),
    where: str = "",
) -> None:
    """Raise NotAllowed unless *role* is enough for *verb*; *ask*: ids of those who may.

    *admins*: who of them gives roles as well, if that is known; *where*: the place, in words; empty
    if the role is not enough in any.
    """
    if role is None:
        raise NotAllowed(
            "Ferry cannot tell who you are, so nothing was done.",
            hint="Runs are started by people of this workspace, not by bots or workflows.",
        )
    least = LEAST[verb]
    if role.rank >= least.rank:
        return
    place, there = (f" {where}", " there") if where else ("", "")
    are_admins = least is Role.ADMIN or set(ask) <= set(admins)
    whose = "tells who has which role" if are_admins else "names them"
    roles = f"{'' if are_admins else 'Admins give roles: '}`/migrate grants` {whose}."
    raise NotAllowed(
        f"You may not {verb}: that takes {a_role(least)}{place}, and you are "
        f"{a_role(role)}{there}.",
        hint=f"{whom_to_ask(ask)} {roles}",
    )


def on(environment_name: str) -> str:
    """Return where a role is needed, in words; everywhere if that is no name."""
    return f"on `{environment_name}`" if environment_name else "everywhere"


def check_is_open(environment: Environment) -> None:
    """Raise NotAllowed if *environment* is switched off."""
    if not environment.is_active:
        raise NotAllowed(
            f"The environment `{environment.name}` is switched off: nothing starts there.",
            hint="Ask an admin of Ferry to switch it on, or bind this channel to another one.",
        )


def cancel_verb(person: Person, execution: Execution) -> Verb:
    """Return what a cancel of *execution* by *person* is: of their own, or of somebody else's.

    It is their own if they asked for it or confirmed it.
    """
    owners = {execution.requested_by, execution.answered_by, *execution.confirmed_by} - {""}
    return Verb.CANCEL_OWN if person.user_id in owners else Verb.CANCEL


def not_yours(execution: Execution, ask: Collection[str]) -> NotAllowed:
    """Return the refusal of a cancel, or discard, of somebody else's run; *ask*: the admins."""
    owners = {execution.requested_by, execution.answered_by} - {""}
    is_asked = execution.status is Status.AWAITING_CONFIRMATION
    who, do = ("may confirm", "discard") if is_asked else ("confirmed", "cancel")
    return NotAllowed(
        f"Run #{execution.id} belongs to <@{execution.requested_by}>: only they, whoever {who} it, "
        f"or an admin may {do} it.",
        hint=whom_to_ask({*owners, *ask}),
    )


def whom_to_ask(user_ids: Collection[str], *, first: str = "") -> str:
    """Return the sentence that says who can do it instead: people and user groups.

    *first*: the one of them who is to be asked before the others.
    """
    in_order = sorted(user_ids, key=lambda user_id: (user_id != first, user_id))
    people = [_mention(user_id) for user_id in in_order if is_in_slack(user_id)]
    if not people:
        return (
            "No admin is named yet: set FERRY_ADMINS=U012AB3CD (Slack user ids) and restart Ferry."
        )
    return f"Ask {' or '.join(people)}."


def _mention(subject: str) -> str:
    return f"<!subteam^{subject}>" if subject.startswith("S") else f"<@{subject}>"


def is_in_slack(user_id: str) -> bool:
    """Return whether that is somebody in Slack, and not at the command line."""
    return user_id != "" and not user_id.startswith("cli:")


def a_role(role: Role) -> str:
    """Return the role with its article: an admin."""
    return f"{'an' if role.value[0] in 'aeiou' else 'a'} {role}"


def _there(environment_id: int, grants: Collection[Grant]) -> list[Grant]:
    return [grant for grant in grants if grant.environment_id in {EVERYWHERE, environment_id}]
