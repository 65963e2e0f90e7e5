"""What every answer to a run has in common: it still waits, and the person may give it."""

from dataclasses import asdict, replace
from datetime import datetime

from db.model.audit import FERRY
from db.model.catalog import ConfirmationPolicy
from db.model.errors import Conflict, NotAllowed
from db.model.execution import Execution, Status
from db.model.people import Person
from db.repos import Repos
from executor.rules.access import Verb
from executor.rules.confirming import (
    Terms,
    check_may_answer,
    terms_at_asking,
    terms_in_force,
)
from executor.rules.lifecycle import AWAITING
from executor.services.access import require, standing
from executor.services.ground import Ground
from executor.services.history import find_execution


async def held(ground: Ground, repos: Repos, execution_id: int) -> Execution:
    """Return what awaits confirmation, held: of several answers at once each sees the one before.

    Raises NotFound, or Conflict when it was answered before or its time is over.
    """
    await repos.executions.hold(execution_id)
    execution = await find_execution(repos, execution_id)
    check_awaits(execution, ground.clock())  # that may have waited for another answer
    return execution


def check_awaits(execution: Execution, now: datetime) -> None:
    """Raise Conflict unless *execution* may still be answered."""
    if execution.status is not Status.AWAITING_CONFIRMATION:
        raise Conflict(_answered(execution), hint=_next(execution))
    if execution.expires_at is not None and execution.expires_at <= now:
        raise Conflict(
            f"The time to confirm #{execution.id} is over: nothing was started.",
            hint="Ask for it again with “Run again”.",
        )


async def allowed(
    ground: Ground, repos: Repos, execution: Execution, by: Person
) -> tuple[Execution, NotAllowed | None]:
    """Return the execution under the terms in force; with why *by* may not answer it, if so.

    Raises that at once, unless the terms changed: then the card is to show it all the same.
    """
    environment = await repos.environments.get(execution.environment_id)
    then, now = terms_at_asking(execution), terms_in_force(execution, environment)
    if now == then:
        await check_may(ground, repos, execution, now, by)
        return execution, None
    execution = await _put_terms(repos, execution, now)
    try:
        await check_may(ground, repos, execution, now, by)
    except NotAllowed as error:
        told = f"The rules of {environment.name} changed since this was asked for."
        return execution, NotAllowed(f"{told} {error.message}", hint=error.hint)
    return execution, None


async def check_may(
    ground: Ground, repos: Repos, execution: Execution, terms: Terms, by: Person
) -> None:
    """Raise NotAllowed unless *terms* let *by* answer *execution*."""
    if terms.policy is ConfirmationPolicy.SOMEONE_ELSE and not by.knows_groups:
        await require(ground, repos, Verb.CONFIRM, by, execution.environment_id)
    role, ask = await standing(ground, repos, Verb.CONFIRM, by, execution.environment_id)
    job = await repos.jobs.get(execution.job_id, execution.job_version)
    check_may_answer(by, execution, terms, role=role, editor=job.edited_by, ask=ask)


async def _put_terms(repos: Repos, execution: Execution, terms: Terms) -> Execution:
    """Store stricter terms; who said yes as a member of another group has to be asked anew."""
    is_same = (terms.policy, terms.group) == (execution.confirmation, execution.confirm_group)
    yes = execution.confirmed_by if is_same else ()
    was = terms_at_asking(execution)
    repos.audit.note(
        FERRY,
        "execution.terms_changed",
        execution.id,
        environment=execution.environment_name,
        before=asdict(was) | {"confirmed_by": list(execution.confirmed_by)},
        after=asdict(terms) | {"confirmed_by": list(yes)},
    )
    await repos.executions.change(
        execution.id,
        expect=AWAITING,
        confirmation=terms.policy,
        confirmations=terms.needed,
        confirm_group=terms.group,
        confirmed_by=list(yes),
    )
    return replace(
        execution,
        confirmation=terms.policy,
        confirmations=terms.needed,
        confirm_group=terms.group,
        confirmed_by=yes,
    )


def _answered(execution: Execution) -> str:
    who = f" by <@{execution.answered_by}>" if execution.answered_by else ""
    match execution.status:
        case Status.DISCARDED:
            no = "refused" if execution.is_refused else "discarded"
            return f"#{execution.id} was {no}{who} before: nothing was started."
        case Status.EXPIRED:
            return f"The time to confirm #{execution.id} is over: nothing was started."
        case _ if execution.overridden_by:
            return f"<@{execution.overridden_by}> broke the glass for #{execution.id} before."
        case _:
            return f"#{execution.id} was already confirmed{who}: your click changed nothing."


def _next(execution: Execution) -> str:
    if execution.status in {Status.DISCARDED, Status.EXPIRED}:
        return "Ask for it again with “Run again”."
    return "Its card tells how it goes."
