"""The whole state of an execution in words: its headline, one sentence, how it ended.

Everything returned is mrkdwn, escaped.
"""

from datetime import datetime

from db.model.categories import Category
from db.model.execution import Execution, Status
from executor.rules.durations import words
from handlers.views.blocks import clip, clip_mrkdwn, esc, person
from handlers.views.confirming import answer_word, awaits, nothing_ran
from handlers.views.looks import is_silent_end, look
from handlers.views.sentences import (
    MESSAGE,
    attempt_failed,
    elapsed_s,
    in_line,
    name,
    no_output,
    pairs,
    reconnecting,
    share,
    waited_for_attempt,
)

BAD_ENDS = frozenset({Status.FAILED, Status.TIMED_OUT, Status.LOST})
RESULT, HINT, RECEIPT = 600, 1500, 300


def sentence(execution: Execution, *, position: int, now: datetime) -> str:
    """Return the whole state for a notification or a screen reader, with a full stop."""
    subject = f"{name(execution)} on {esc(execution.environment_name)}"
    match execution.status:
        case Status.AWAITING_CONFIRMATION:
            told = awaits(execution)
        case Status.QUEUED if execution.is_retried:
            told = f"is tried again: {attempt_failed(execution)}"
        case Status.QUEUED:
            told = f"is queued, {in_line(position)}"
        case Status.RUNNING | Status.CANCELLING:
            told = _live(execution, now)
        case _:
            told = ending(execution)
    return f"{subject} {told}".rstrip(".") + "."


def _live(execution: Execution, now: datetime) -> str:
    if execution.status is Status.CANCELLING:
        facts = [f"is being cancelled{_by(execution.cancelled_by)}"]
    else:
        doing = "running" if execution.begun_at else "connecting"
        facts = [f"is {doing}, {words(elapsed_s(execution, now))} so far"]
        if execution.progress:
            facts[0] += f", {share(execution.progress)}"
    if execution.reconnecting_since:
        facts.append(reconnecting(execution, now))
    if execution.silent_since:
        facts.append(no_output(execution, now))
    return "; ".join(facts)


def head(execution: Execution) -> str:
    """Return the state with its emoji, how long it took, who said no: a card's headline."""
    emoji, word = look(execution)
    if execution.status is Status.QUEUED and execution.is_retried:
        word = f"waits for attempt {execution.attempt + 1} of {execution.max_attempts}"
    lasted = took(execution)
    match execution.status:
        case Status.SUCCEEDED if lasted:
            lasted = f" in {lasted}"
        case Status.CANCELLED if waited_for_attempt(execution):
            lasted = f" while it waited for {waited_for_attempt(execution)}"
        case Status.CANCELLED | Status.FAILED if not lasted and not waited_for_attempt(execution):
            lasted = f" {_before_it_started(execution)}"
        case Status.DISCARDED if execution.answered_by != execution.requested_by:
            lasted = _by(execution.answered_by)
        case _:
            lasted = f" after {lasted}" if lasted else ""
    return f"{emoji} *{word[:1].upper()}{word[1:]}*{lasted}"


def outcome(execution: Execution) -> str:
    """Return what the headline does not say: result, reason or receipt; empty if there is none."""
    reason = _why(execution).removeprefix(": ")
    counted = results(execution).removeprefix(" · ")
    stopped = f"stopped {esc(clip(execution.receipt, RECEIPT))}" if execution.receipt else ""
    match execution.status:
        case Status.SUCCEEDED:
            told = " · ".join(filter(None, (counted, got_to(execution), _too_late(execution))))
        case Status.CANCELLED:
            by = f"By {person(execution.cancelled_by)}" if execution.cancelled_by else ""
            is_between = waited_for_attempt(execution) and execution.is_retried
            failed = attempt_failed(execution) if is_between else ""
            told = " · ".join(filter(None, (by, failed, got_to(execution), stopped)))
        case Status.DISCARDED:
            told = nothing_ran(execution).capitalize()
            told += f"{': ' if execution.error_message else ''}{_message(execution)}."
        case Status.EXPIRED:
            why = _message(execution) or "Nobody confirmed it in time"
            told = f"{why}; {nothing_ran(execution)}."
        case Status.FAILED | Status.TIMED_OUT | Status.LOST:
            parts = (reason, _not_run(execution), got_to(execution), stopped, _too_late(execution))
            told = " · ".join(part for part in parts if part)
            told += f"\nIts result: {counted}" if counted else ""
        case _:
            told = ""
    return told


def ending(execution: Execution, *, names: bool = True) -> str:
    """Return how an execution that is over ended, without a subject and a full stop.

    *names*: who did it, too; a mention in a new message would call them.
    """
    lasted = took(execution)
    by = _by(execution.cancelled_by or execution.answered_by) if names else ""
    match execution.status:
        case Status.SUCCEEDED:
            told = f"succeeded{f' in {lasted}' if lasted else ''}{results(execution)}"
            told += _dotted(got_to(execution))
        case Status.CANCELLED:
            moment = f"after {lasted}" if lasted else _before_it_started(execution)
            if waited := waited_for_attempt(execution):
                moment = f"while it waited for {waited}"
            told = f"was cancelled{by} {moment}{_dotted(got_to(execution))}"
        case Status.DISCARDED:
            why = f": {_message(execution)}" if execution.error_message else ""
            told = f"was {answer_word(execution)}{by}{why}; {nothing_ran(execution)}"
        case Status.EXPIRED:
            why = _message(execution) or "nobody confirmed it in time"
            told = f"expired: {why[:1].lower()}{why[1:]}; {nothing_ran(execution)}"
        case Status.TIMED_OUT:
            how = "was stopped for silence" if is_silent_end(execution) else "timed out"
            after = f" after {lasted}" if lasted else ""
            told = f"{how}{after}{_why(execution)}{_dotted(got_to(execution))}"
        case Status.LOST:
            told = f"was lost{_why(execution)}{_dotted(got_to(execution))}"
        case _:
            ran = _dotted(got_to(execution)) + _dotted(_not_run(execution))
            told = f"failed{_why(execution)}{ran}{results(execution)}"
    return told


def advice(execution: Execution) -> str:
    """Return what to do about a bad end; empty if there is nothing to do."""
    hint = execution.error_hint
    if execution.error_category is Category.SCRIPT_ERROR and not execution.lines:
        hint = "It printed nothing. Run it by hand on the host, or let it print what goes wrong."
    return f"💡 What to do: {esc(clip(hint, HINT))}" if hint else ""


def results(execution: Execution) -> str:
    """Return what the script reported of itself, beginning with a dot: `` · imported=2950``."""
    if not execution.result:
        return ""
    return " · " + clip_mrkdwn(pairs(execution.result.items()), RESULT)


def got_to(execution: Execution) -> str:
    """Return how far it was when it ended, as it said; empty if it was done, or never said."""
    progress = execution.progress
    if progress is None or (execution.status is Status.SUCCEEDED and progress.fraction >= 1):
        return ""
    done, _, percent = share(progress).partition(" · ")
    return f"got to {done}{f' ({percent})' if percent else ''}"


def took(execution: Execution) -> str:
    """Return how long it ran, in words; empty if it never did, or waited for another attempt."""
    if execution.started_at is None or execution.finished_at is None:
        return ""
    is_stopped_short = execution.status is Status.CANCELLED and execution.begun_at is None
    if waited_for_attempt(execution) or is_stopped_short or never_began(execution):
        return ""
    return words(elapsed_s(execution, execution.finished_at))


def never_began(execution: Execution) -> bool:
    """Whether it failed before anything of the attempt can have run on the host."""
    # A script that had ended when its host was asked again has left an exit status, or output.
    is_known = execution.error_category is not Category.INTERNAL_ERROR
    is_traceless = execution.begun_at is None and execution.exit_status is None
    return execution.status is Status.FAILED and is_known and is_traceless and not execution.lines


def _not_run(execution: Execution) -> str:
    """Return that nothing ran, or that the next attempt never had its turn; empty if it ran."""
    if waited := waited_for_attempt(execution):
        return f"{waited} waited too long in the queue"
    is_first = execution.attempt == execution.max_attempts - execution.plan.attempts + 1
    return "nothing ran" if never_began(execution) and is_first else ""


def _before_it_started(execution: Execution) -> str:
    which = f"attempt {execution.attempt} of {execution.max_attempts}"
    return f"before {which if execution.is_one_of_several else 'it'} started"


def _too_late(execution: Execution) -> str:
    """Return that somebody wanted it cancelled, but it had ended; empty if nobody did."""
    if not execution.cancelled_by:
        return ""
    how = {Status.TIMED_OUT: "it had been stopped already", Status.LOST: "it was gone already"}
    ended = how.get(execution.status, "it had ended by itself")
    return f"the cancel by {person(execution.cancelled_by)} came too late: {ended}"


def _why(execution: Execution) -> str:
    said = [execution.error_category or "", _message(execution)]
    return "".join(f": {part}" for part in said if part)


def _message(execution: Execution) -> str:
    return esc(clip(execution.error_message, MESSAGE)).rstrip(".")


def _dotted(told: str) -> str:
    return f" · {told}" if told else ""


def _by(user_id: str) -> str:
    return f" by {person(user_id)}" if user_id else ""
