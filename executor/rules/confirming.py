"""Who may say yes to a run, and how many of them: what an environment's policy asks.

``requester``: who asked for it. ``someone_else``: an approver who neither asked for it nor was the
last to edit the job. ``group``: so many members of a user group, again others than those two.
"""

from collections.abc import Collection
from dataclasses import dataclass

from db.model.catalog import ConfirmationPolicy, EnvironmentDraft, Kind
from db.model.errors import InvalidInput, NotAllowed
from db.model.execution import Execution
from db.model.grants import EVERYWHERE, Grant, Holder, Role
from db.model.people import Person
from executor.rules.access import LEAST, Verb, check, is_in_slack, on, whom_to_ask

_ORDER = list(ConfirmationPolicy)  # the least strict first


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Who must say yes, and how many of them."""

    policy: ConfirmationPolicy
    needed: int = 1
    group: str = ""  #: id of the user group


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerers:
    """Whom to call for an answer: ids of people and of user groups."""

    people: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


def terms_of(environment: EnvironmentDraft) -> Terms:
    """Return what *environment* asks today; production always asks."""
    policy = environment.confirmation
    if policy is ConfirmationPolicy.GROUP:
        needed = max(1, environment.confirmations)
        return Terms(policy=policy, needed=needed, group=environment.confirm_group)
    if policy is ConfirmationPolicy.NONE and environment.kind is Kind.PRODUCTION:
        # Whatever its row says: a policy typed wrong must not open it.
        policy = ConfirmationPolicy.REQUESTER
    return Terms(policy=policy)


def check_group(draft: EnvironmentDraft, members: int | None) -> None:
    """Raise InvalidInput if the group that confirms has fewer *members* than must say yes.

    *members*: None if there is no such group.
    """
    field = "confirm_group"
    if members is None:
        sentence = "Slack has no such user group switched on: pick one from the list, as `@ops`."
    elif members == 0:
        sentence = "Nobody is in that group to say yes: pick another, as `@ops`, or fill it first."
    elif draft.confirmations > members:
        field = "confirmations"
        sentence = (
            f"The group has {members} member{'s' if members > 1 else ''}, so "
            f"{draft.confirmations} can never say yes: write for example {max(1, members - 1)}."
        )
    else:
        return
    raise InvalidInput(sentence, fields={field: sentence})


def terms_at_asking(execution: Execution) -> Terms:
    """Return what was asked for when *execution* was, as its card says."""
    return Terms(
        policy=execution.confirmation,
        needed=execution.confirmations,
        group=execution.confirm_group,
    )


def terms_in_force(execution: Execution, environment: EnvironmentDraft) -> Terms:
    """Return what counts at the click: today's terms, unless those of the asking were stricter."""
    then, now = terms_at_asking(execution), terms_of(environment)
    is_same_group = then.policy is now.policy and then.group == now.group
    if is_same_group:
        return then if then.needed >= now.needed else now
    return then if _ORDER.index(then.policy) > _ORDER.index(now.policy) else now


def missing(execution: Execution) -> int:
    """Return how many have yet to say yes."""
    return max(0, execution.confirmations - len(execution.confirmed_by))


def check_may_answer(
    person: Person,
    execution: Execution,
    terms: Terms,
    *,
    role: Role | None,
    editor: str,
    ask: Collection[str],
) -> None:
    """Raise NotAllowed, in words, unless *person* may say yes to *execution*.

    *role*: what they are in its environment; *editor*: who edited the job last, as of the version
    that was asked for; *ask*: who could do it instead.
    """
    if terms.policy not in {ConfirmationPolicy.SOMEONE_ELSE, ConfirmationPolicy.GROUP}:
        check(Verb.RUN, role, ask=ask, where=on(execution.environment_name))
        _check_requester(person, execution, role)
        return
    others = set(ask) - {execution.requested_by, editor}
    check(Verb.SEE, role, ask=others)  # nobody is nobody else
    if person.user_id == execution.requested_by:
        raise NotAllowed(
            f"You asked for run #{execution.id} yourself: somebody else has to confirm it.",
            hint=_instead(terms, others),
        )
    if person.user_id == editor:
        raise NotAllowed(
            f"You were the last to edit `{execution.job_name}`, which run #{execution.id} runs: "
            "somebody else has to confirm it.",
            hint=_instead(terms, others),
        )
    if terms.policy is ConfirmationPolicy.SOMEONE_ELSE:
        check(Verb.CONFIRM, role, ask=others, where=on(execution.environment_name))
    elif not person.is_in(terms.group):  # to be a member is the right, with whatever role
        raise NotAllowed(
            f"Run #{execution.id} waits for members of a user group, and you are not in it.",
            hint=whom_to_ask({terms.group}),
        )


def answerers(
    execution: Execution, *, editor: str, grants: Collection[Grant], admins: Collection[str]
) -> Answerers:
    """Return who may say yes to *execution*, as far as Ferry knows them by name."""
    if execution.confirmation is ConfirmationPolicy.GROUP:
        return Answerers(groups=(execution.confirm_group,))
    if execution.confirmation is not ConfirmationPolicy.SOMEONE_ELSE:
        if is_in_slack(execution.requested_by):
            return Answerers(people=(execution.requested_by,))
        return Answerers(people=tuple(sorted(admins)))
    enough = [
        grant
        for grant in grants
        if grant.environment_id in {EVERYWHERE, execution.environment_id}
        and grant.role.rank >= LEAST[Verb.CONFIRM].rank
    ]
    people = {grant.subject for grant in enough if grant.kind is Holder.PERSON} | set(admins)
    people -= {execution.requested_by, editor}
    groups = {grant.subject for grant in enough if grant.kind is Holder.GROUP}
    return Answerers(people=tuple(sorted(people)), groups=tuple(sorted(groups)))


def _check_requester(person: Person, execution: Execution, role: Role | None) -> None:
    """Raise NotAllowed unless *person* asked for the run: who asks says that it is meant.

    What was asked for at the command line is confirmed by an admin.
    """
    asked_by = execution.requested_by
    if not is_in_slack(asked_by):
        if role is not Role.ADMIN:
            raise NotAllowed(
                f"Run #{execution.id} was asked for at Ferry's own machine: only an admin "
                f"{on(execution.environment_name)} may confirm it.",
                hint="Ask an admin: `/migrate grants` names them.",
            )
    elif person.user_id != asked_by:
        raise NotAllowed(
            f"Run #{execution.id} waits for the confirmation of <@{asked_by}>, who asked for it.",
            hint="Ask for a run of your own, and confirm that.",
        )


def _instead(terms: Terms, others: Collection[str]) -> str:
    if terms.policy is ConfirmationPolicy.GROUP:
        return whom_to_ask({terms.group})
    if any(is_in_slack(user_id) for user_id in others):
        return whom_to_ask(others)
    return "Nobody else may yet: an admin makes somebody an approver with `/migrate grant`."
