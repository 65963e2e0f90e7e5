"""The card: one message for an execution, edited in place from the first word to the last."""

from collections.abc import Sequence
from datetime import datetime

from db.model.categories import Category
from db.model.execution import Execution, Status
from db.model.locks import Closed
from db.model.output import LogLine
from executor.rules.estimates import Forecast
from handlers.views.asking import asking
from handlers.views.blocks import (
    Block,
    actions,
    button,
    clip,
    code,
    confirm,
    context,
    esc,
    person,
    section,
    when,
)
from handlers.views.closed import closed_sentence
from handlers.views.confirming import answer_word, overridden, people
from handlers.views.going import SEPARATOR, going, in_the_queue
from handlers.views.host_keys import compare_button
from handlers.views.ids import Action
from handlers.views.message import Told
from handlers.views.output import readable
from handlers.views.personal import reveal_buttons
from handlers.views.promotion import promote_button
from handlers.views.sentences import name, place, share, values
from handlers.views.states import BAD_ENDS, advice, head, never_began, outcome, sentence

CELLS = 20
TAIL, LIVE_TAIL = 12, 6
REASON = 300
TIME = "{time}"
ANEW = (
    "Slack may have taken this card before. If there is another one of this run above, that "
    "one stays as it was; this one is kept true."
)


def execution_card(
    execution: Execution,
    *,
    tail: Sequence[LogLine],
    forecast: Forecast,
    now: datetime,
    log_permalink: str = "",
    proves: bool = False,
    overrode: Closed | None = None,
    is_anew: bool = False,
) -> Told:
    """Return what runs, where, for whom and how it goes, with the buttons valid in this state.

    *tail*: the newest log lines, oldest first (of a failure: of stderr); *forecast*: when it
    starts and how long it takes; *log_permalink*: the attached log; *proves*: it is a success that
    its job needs before it runs on production; *overrode*: what was closed when the glass was
    broken; *is_anew*: there may be an older card, which nobody can find any more.
    """
    came_of_it = [section(told)] if (told := outcome(execution)) else []
    past = [section(told)] if (told := overridden(execution, overrode)) else []
    blocks, facts = [_title(execution), *past, *came_of_it], _facts(execution, log_permalink)
    match execution.status:
        case Status.AWAITING_CONFIRMATION:
            blocks += [facts, *asking(execution, forecast)]
        case Status.QUEUED:
            blocks += [facts, *_queued(execution, forecast, now)]
        case Status.RUNNING | Status.CANCELLING:
            blocks += [facts, *_live(execution, tail, forecast, now)]
        case _:
            blocks += [*_advice(execution, tail), facts, _again(execution, proves=proves)]
    *said_, buttons = blocks  # in every state the last of them is a row of buttons
    older = [context(ANEW)] if is_anew else []
    blocks = [*said_, *older, actions(*buttons["elements"], *reveal_buttons(execution))]
    said = [sentence(execution, position=forecast.position, now=now)]
    said += [closed_sentence(forecast.closed)] if forecast.closed else []
    return Told(" ".join(said), blocks)


def _title(execution: Execution) -> Block:
    where = place(execution.environment_name, execution.environment_kind)
    return section(f"{head(execution)} · *{name(execution)}* → {where}")


def _facts(execution: Execution, log_permalink: str) -> Block:
    """Return who and when, with which values, and why: a line each, small."""
    facts = [f"Asked by {person(execution.requested_by)} {when(execution.created_at)}"]
    facts.append(_receipt(execution))
    if execution.started_at and not (execution.status is Status.QUEUED or never_began(execution)):
        facts.append(f"started {when(execution.started_at, TIME)}")
    ended = f"exit status {execution.exit_status}"
    is_told = bool(execution.receipt) or ended in execution.error_message
    if execution.exit_status and execution.status in BAD_ENDS and not is_told:
        facts.append(ended)
    if execution.is_one_of_several and execution.status.is_over:
        facts.append(f"attempt {execution.attempt} of {execution.max_attempts}")
    if execution.warnings:
        s = "s" if execution.warnings > 1 else ""
        facts.append(f"{execution.warnings} warning{s} or error{s}")
    if log_permalink:
        facts.append(f"<{log_permalink}|full log>")
    lines = [SEPARATOR.join(fact for fact in facts if fact)]
    if execution.status is not Status.AWAITING_CONFIRMATION:  # the plan says them
        lines.append(values(execution))
    if execution.reason:
        lines.append(f"Why: {esc(clip(execution.reason, REASON))}")
    return context("\n".join(line for line in lines if line))


def _receipt(execution: Execution) -> str:
    """Return who said yes or no, and when; the buttons are gone by then."""
    if not execution.answered_by or execution.answered_at is None:
        return ""
    word = answer_word(execution)
    who = execution.confirmed_by if word == "confirmed" else ()
    by = people(who or (execution.answered_by,))
    return f"{word} by {by} {when(execution.answered_at, TIME)}"


def _queued(execution: Execution, forecast: Forecast, now: datetime) -> list[Block]:
    return [section(in_the_queue(execution, forecast, now)), actions(_cancel(execution))]


def _live(
    execution: Execution, tail: Sequence[LogLine], forecast: Forecast, now: datetime
) -> list[Block]:
    blocks = []
    if execution.progress:
        said = f" · {esc(clip(execution.progress.words, 200))}" if execution.progress.words else ""
        bar_ = bar(execution.progress.fraction)
        blocks.append(section(f"`{bar_}` {share(execution.progress)}{said}"))
    blocks.append(context(SEPARATOR.join(going(execution, forecast.estimate, now))))
    if said_ := [line.text for line in readable(tail)][-LIVE_TAIL:]:
        blocks.append(code(said_))
    buttons = [_log(execution)]
    if execution.status is Status.RUNNING:
        buttons.insert(0, _cancel(execution))
    return [*blocks, actions(*buttons)]


def _advice(execution: Execution, tail: Sequence[LogLine]) -> list[Block]:
    is_bad = execution.status in BAD_ENDS
    blocks = [section(told)] if is_bad and (told := advice(execution)) else []
    lines = [line.text for line in readable(tail)]
    is_told = all(line in execution.error_message for line in lines)
    if is_bad and not is_told:
        blocks.append(code(lines[-TAIL:]))
    return blocks


def _again(execution: Execution, *, proves: bool) -> Block:
    buttons = [
        *([promote_button(execution)] if proves else []),
        button(
            "Run again",
            action_id=Action.EXECUTION_AGAIN,
            value=str(execution.id),
            accessible=f"Run #{execution.id} {execution.job_name} again",
        ),
        button(
            "Run again with changes…",
            action_id=Action.EXECUTION_AGAIN_WITH_CHANGES,
            value=str(execution.id),
            accessible=f"Run #{execution.id} {execution.job_name} again with changes",
        ),
    ]
    if execution.lines:
        buttons.append(_log(execution))
    if execution.error_category is Category.SSH_HOST_KEY_ERROR:
        buttons.append(compare_button(execution.environment_name))
    return actions(*buttons)


def bar(fraction: float) -> str:
    """Return a progress bar of always the same width; full only at the end."""
    full = int(fraction * CELLS)
    return "█" * full + "░" * (CELLS - full)


def _cancel(execution: Execution) -> Block:
    where = execution.environment_name
    has_started = execution.status is Status.RUNNING
    if has_started:
        told = "will be stopped; what it has done so far stays done"
    elif execution.is_retried or execution.was_tried:
        told = "is not tried again; what it did so far stays done"
    else:
        told = "leaves the queue; nothing of it has run"
    dialog = confirm(
        f"Cancel #{execution.id}?",
        f"{execution.job_name} on {where} {told}.",
        "Cancel the run",
        "Keep running" if has_started else "Keep waiting",
        style="danger",
    )
    return button(
        "Cancel",
        action_id=Action.EXECUTION_CANCEL,
        value=str(execution.id),
        style="danger",
        confirm=dialog,
        accessible=f"Cancel #{execution.id} {execution.job_name} on {where}",
    )


def _log(execution: Execution) -> Block:
    return button(
        "Log",
        action_id=Action.EXECUTION_LOG,
        value=str(execution.id),
        accessible=f"Log of #{execution.id}",
    )
