"""Who has to say yes to a run, who did, who said no, and who went past them: in words."""

from collections.abc import Iterable
from types import MappingProxyType

from db.model.catalog import ConfirmationPolicy, EnvironmentDraft
from db.model.execution import CheckState, Execution, Status
from db.model.locks import Closed
from executor.rules.confirming import Answerers, missing, terms_of
from handlers.views.blocks import clip, esc, group, person
from handlers.views.closed import how_closed
from handlers.views.looks import look

REASON = 300
MOST_CALLED = 10
MOST_CHECKS = 5
#: Who confirms a run, as forms offer it.
CONFIRMS = MappingProxyType(
    {
        ConfirmationPolicy.NONE: "Nobody",
        ConfirmationPolicy.REQUESTER: "Whoever asked for it",
        ConfirmationPolicy.SOMEONE_ELSE: "Somebody else, an approver",
        ConfirmationPolicy.GROUP: "Members of a user group",
    }
)


def question(execution: Execution) -> str:
    """Return who is asked, and what, as mrkdwn."""
    asker, needed = person(execution.requested_by), execution.confirmations
    plan = f"{not_yet(execution)}: this is exactly what will run. Is it right?"
    match execution.confirmation:
        case ConfirmationPolicy.SOMEONE_ELSE:
            others = f"not {asker}, who asked for it, and not the last editor of the job"
            return f"*An approver has to say yes* ({others}); {plan}"
        case ConfirmationPolicy.GROUP:
            some = "One" if needed == 1 else str(needed)
            who = f"{some} of {group(execution.confirm_group)} must say yes"
            others = f"not {asker}, who asked for it, nor the last editor of the job"
            return f"*{who}* ({others}); {plan}"
    return f"{asker}, {plan}"


def not_yet(execution: Execution) -> str:
    """Return that nothing has started; of what was tried before, that it did not start again."""
    if execution.was_tried:
        return "an earlier attempt failed, and nothing of the next has started yet"
    return "nothing has started yet"


def nothing_ran(execution: Execution) -> str:
    """Return that nothing ran; of what was tried before, that it was not tried again."""
    return "it was not tried again" if execution.was_tried else "nothing ran"


def said_yes(execution: Execution) -> str:
    """Return who said yes so far and how many are missing; empty where one yes is enough."""
    if execution.confirmations == 1:
        return ""
    of = f"{len(execution.confirmed_by)} of {execution.confirmations} said yes"
    who = f": {people(execution.confirmed_by)}" if execution.confirmed_by else " so far"
    return f"👍 {of}{who}; {missing(execution)} missing."


def awaits(execution: Execution) -> str:
    """Return what it waits for, to be read aloud."""
    match execution.confirmation:
        case ConfirmationPolicy.SOMEONE_ELSE:
            who = " by somebody else than its requester"
        case ConfirmationPolicy.GROUP:
            who = f" by {missing(execution)} more of a user group"
        case _:
            who = ""
    return f"awaits confirmation{who}; nothing runs before that"


def answer_word(execution: Execution) -> str:
    """Return what the answer was: confirmed, discarded, or refused with a reason."""
    return look(execution)[1] if execution.status is Status.DISCARDED else "confirmed"


def overridden(execution: Execution, overrode: Closed | None = None) -> str:
    """Return who went past the rules, why, and in spite of what; empty if nobody did.

    *overrode*: what closed the environment then. Checks hold on unless it goes without a yes.
    """
    if not execution.overridden_by:
        return ""
    why = esc(clip(execution.override_reason, REASON))
    was_shut = f"\nAlthough it was {how_closed(overrode).rstrip('.')}." if overrode else ""
    spite = ""
    if execution.goes_without_yes:
        spite = _named(execution, CheckState.FAILED, "In spite of")
        spite += _named(execution, CheckState.UNSEEN, "Not looked at")
    return f"🔨 {person(execution.overridden_by)} broke the glass: {why}{was_shut}{spite}"


def _named(execution: Execution, state: CheckState, words: str) -> str:
    """Return a line with the names of the checks in *state*; empty if there are none."""
    names = [one.name for one in execution.checks if one.state is state]
    return f"\n{words}: {esc(', '.join(names[:MOST_CHECKS]))}." if names else ""


def must_say_yes(answerers: Answerers) -> str:
    """Return who may say yes, as a sentence."""
    whom = " or ".join(_mentions(answerers))
    return f"Must say yes: {whom}." if whom else "Nobody may say yes to it yet."


def call(answerers: Answerers) -> str:
    """Return mentions of whoever may answer; empty if nobody is known."""
    return ", ".join(_mentions(answerers))


def _mentions(answerers: Answerers) -> list[str]:
    return [*map(group, answerers.groups), *map(person, answerers.people)][:MOST_CALLED]


def people(user_ids: Iterable[str]) -> str:
    """Return mentions, joined as in a sentence."""
    *first, last = (person(user_id) for user_id in user_ids)
    return f"{', '.join(first)} and {last}" if first else last


def policy(one: EnvironmentDraft) -> str:
    """Return what *one* asks before a run starts, as mrkdwn; empty if it asks nothing."""
    terms, facts = terms_of(one), []
    match terms.policy:
        case ConfirmationPolicy.REQUESTER:
            facts.append("the requester confirms")
        case ConfirmationPolicy.SOMEONE_ELSE:
            facts.append("somebody else confirms")
        case ConfirmationPolicy.GROUP:
            verb = "confirms" if terms.needed == 1 else "confirm"
            facts.append(f"{terms.needed} of {group(terms.group)} {verb}")
    if one.second_factor:
        facts.append("with a second factor")
    if one.asks_reason:
        facts.append("asks why")
    return ", ".join(facts)
