"""Runs as lists and as answers to one person; how a run looks in the channel is in ``card``."""

from collections.abc import Sequence
from datetime import datetime

from db.model.errors import FerryError
from db.model.execution import Execution, Status
from db.model.output import LogLine
from executor.rules.confirming import missing
from executor.rules.durations import words
from executor.rules.readiness import failed_checks
from handlers.views.aloud import aloud
from handlers.views.blocks import (
    Block,
    actions,
    button,
    clip_mrkdwn,
    code,
    context,
    esc,
    header,
    person,
    section,
)
from handlers.views.blocks import when as moment
from handlers.views.confirming import answer_word
from handlers.views.going import SEPARATOR, due, meanwhile
from handlers.views.ids import COMMAND, Action
from handlers.views.looked import check_again_button
from handlers.views.looks import look
from handlers.views.message import Told
from handlers.views.notes import advice, problem, said
from handlers.views.output import readable
from handlers.views.sentences import (
    elapsed_s,
    name,
    no_output,
    place,
    reconnecting,
    share,
    values,
    waited_for_attempt,
)
from handlers.views.states import sentence, took

LOG_LINES, LOG_LOOK = 20, 400  # shown, and looked through: most may be marks for Ferry
HISTORY = 10
VALUES, SPOKEN_VALUES = 100, 60  # characters


def active(running: Sequence[Execution], *, now: datetime, where: str = "") -> Told:
    """Return what runs and waits (in the environment *where*, if given), each with a button."""
    place_ = f" in {where}" if where else ""
    run = button("Run a job…", action_id=Action.RUN_OPEN, style="primary")
    last = button("Last runs", action_id=Action.EXECUTION_HISTORY)
    line = button("Queue", action_id=Action.EXECUTION_QUEUE)
    if not running:
        text = f"Nothing runs or waits{esc(place_)}."
        return Told(text, [section(text), actions(run, last)])
    rows = [row(one, now=now) for one in running[:40]]
    more = [context(f"and {len(running) - 40} more")] if len(running) > 40 else []
    title = f"Running and waiting{place_}"
    text = aloud(esc(title), (spoken(one, now=now) for one in running), len(running))
    head = header(f"{title} ({len(running)})")
    return Told(text, [head, *rows, *more, actions(run, line, last)])


def history(
    past: Sequence[Execution],
    *,
    now: datetime,
    is_first: bool,
    older: str | None,
    where: str = "",
    sought: str = "",
) -> Told:
    """Return runs (in the environment *where*, if given), newest first.

    *older*: the value of the button for more of them, if there are; *sought*: the parameter's name
    and value, or its hint, that all of them had.
    """
    place_ = f"{f' with {sought}' if sought else ''}{f' in {where}' if where else ''}"
    if not past and is_first:
        text = f"Nothing ran{esc(place_)} yet."
        run = button("Run a job…", action_id=Action.RUN_OPEN, style="primary")
        how = "" if sought else f" A run begins with `{COMMAND} run`."
        return Told(text, [section(f"{text}{how}"), actions(run)])
    buttons = [button("Newest", action_id=Action.EXECUTION_HISTORY)] if not is_first else []
    if older is not None:
        buttons.append(button("Older", action_id=Action.EXECUTION_OLDER, value=older))
    rows = [row(one, now=now) for one in past] or [section("There are no older runs.")]
    told = f"{'Last' if is_first else 'Older'} runs{place_}"
    below = [actions(*buttons)] if buttons else []
    text = aloud(esc(told), (spoken(one, now=now) for one in past), len(past))
    return Told(text, [header(told), *rows, *below])


def row(one: Execution, *, now: datetime, more: str = "") -> Block:
    """Return one run on two lines, and *more* on a third, with a button that shows all of it."""
    emoji, _ = look(one)
    where = f"{emoji} *{name(one)}* → {place(one.environment_name, one.environment_kind)}"
    first = SEPARATOR.join([where, *_state(one, now)])
    given = clip_mrkdwn(values(one), VALUES)
    second = SEPARATOR.join([asked(one), *([given] if given else [])])
    lines = [first, second, *([more] if more else [])]
    return section("\n".join(lines), accessory=show_button(one))


def spoken(one: Execution, *, now: datetime) -> str:
    """Return one run as it is read aloud."""
    given = clip_mrkdwn(values(one), SPOKEN_VALUES)
    told = ", ".join(_state(one, now)).replace(SEPARATOR, ", ")
    with_ = f", with {given}" if given else ""
    return f"{name(one)} on {esc(one.environment_name)}: {told}{with_}"


def _state(one: Execution, now: datetime) -> list[str]:
    """Return where a run stands and for how long; of one that is tried again, when and why."""
    why = one.error_category
    if one.status is Status.QUEUED and one.is_retried:
        waits = f"waits for attempt {one.attempt + 1} of {one.max_attempts}"
        if one.not_before and one.not_before > now:
            waits += f", due {due(one.not_before, one)}"
        return [waits, *([f"after {why}"] if why else [])]
    facts = _going(one, now) if one.status.is_live else [look(one)[1], took(one)]
    return [fact for fact in (*facts, why) if fact]


def _going(one: Execution, now: datetime) -> list[str]:
    """Return of a run that is under way what its card says of it."""
    is_cancelling = one.status is Status.CANCELLING
    away = reconnecting(one, now)
    return [
        "connecting" if not (one.begun_at or is_cancelling) else look(one)[1],
        words(elapsed_s(one, now)) if one.started_at else "",
        share(one.progress) if one.progress else "",
        no_output(one, now),
        f"{away}: {meanwhile(one)}" if away and is_cancelling else away,
    ]


def asked(one: Execution) -> str:
    """Return who asked for it, and when."""
    return f"{person(one.requested_by)} {moment(one.created_at)}"


def show_button(one: Execution, words_: str = "Show") -> Block:
    """Return the button that shows all of a run."""
    return button(
        words_,
        action_id=Action.EXECUTION_SHOW,
        value=str(one.id),
        accessible=f"Show #{one.id} {one.job_name}",
    )


def log(
    one: Execution, lines: Sequence[LogLine], *, now: datetime, log_permalink: str = ""
) -> Told:
    """Return the last of *lines*, the end of a run's log, that are for people; and where all is.

    *log_permalink*: the file with the whole log; Slack may not have taken one.
    """
    said = sentence(one, position=0, now=now)
    if log_permalink:
        full = f"The <{log_permalink}|whole log> is a file in the thread of its card."
    elif one.status.is_over:
        full = "There is no file of the whole log in the thread of its card, or not yet."
    else:
        full = "The whole log will be a file in the thread of its card once the run is over."
    if not lines:
        text = f"{said} {'It said nothing.' if one.status.is_over else 'No output so far.'}"
        return Told(text, [section(text)])
    told = readable(lines)
    shown = told[-LOG_LINES:]
    if not shown:
        lines_ = f"last {len(lines)} lines are" if len(lines) > 1 else "last line is one of the"
        text = f"{said} Its {lines_} marks for Ferry, of progress or results."
        return Told(text, [section(text), context(full)])
    if len(told) == len(lines):
        which = f"the last {len(shown)} of {one.lines} lines"
        if len(shown) == one.lines:
            which = f"all {one.lines} lines" if one.lines > 1 else "its only line"
    else:
        which = "lines that are not marks" if len(shown) > 1 else "line that is not a mark"
        count = f"{len(shown)} " if len(shown) > 1 else ""
        which = f"the last {count}{which} for Ferry, of {one.lines} in all"
    head = section(f"*Log of {name(one)}*: {which}")
    return Told(said, [head, code(line.text for line in shown), context(full)])


def launched(one: Execution, *, here: str) -> Told:
    """Return the receipt for a run that was asked for by command, in the channel *here*.

    Short where its card is right below it, and without the mark of what succeeded.
    """
    if here == one.channel_id:
        text = f"{name(one)} is asked for."
        return Told(text, [section(f"📨 {text}")])
    waits = " It starts once it is confirmed on its card." if _asks(one) else ""
    text = f"{name(one)} → {place(one.environment_name, one.environment_kind)} is asked for.{waits}"
    return Told(text, [section(f"📨 {text}"), context(f"Its card is in <#{one.channel_id}>.")])


def waits_already(error: FerryError, waiting: Execution) -> Told:
    """Return that the same was asked for before, where that waits, and what it waits for."""
    card = f"Its card is in <#{waiting.channel_id}>"
    again = check_again_button(waiting)
    if again:
        failed = ", ".join(esc(check.name) for check in failed_checks(waiting)) or "its host"
        hint = (
            f"{card}: {failed} failed when Ferry looked. Once that is mended, press *Check again*."
        )
    elif waiting.status is Status.AWAITING_CONFIRMATION:
        hint = f"{card}, where it can be confirmed or discarded."
    else:
        hint = f"{card}. {advice(error)}"
    return said(problem(error), show_button(waiting), *again, hint=hint)


def answered(one: Execution) -> Told:
    """Return the receipt for an answer that was given on a copy of the card."""
    if one.status is Status.AWAITING_CONFIRMATION:
        will = f"has your yes; {missing(one)} more must say yes before it runs"
    else:
        word = answer_word(one)
        will = f"is {word}" if word == "confirmed" else f"is {word}: nothing runs"
    text = f"{name(one)} {will}."
    return Told(text, [section(f"✅ {text}"), context(f"Its card is in <#{one.channel_id}>.")])


def overridden(one: Execution) -> Told:
    """Return the receipt for an admin who broke the glass."""
    text = f"{name(one)} → {place(one.environment_name, one.environment_kind)} goes ahead."
    hint = "Its channel is told that you broke the glass, and why; the audit log keeps it."
    return Told(f"{text} {hint}", [section(f"🔨 {text}"), context(hint)])


def cancelling(one: Execution) -> Told:
    """Return the receipt for a cancel that was asked for by command."""
    done = "is not tried again" if waited_for_attempt(one) or one.was_tried else "will not run"
    if one.status.is_live:
        later = "will be stopped as soon as its host answers"
        done = later if one.reconnecting_since else "is being stopped"
        done += "; its card tells when it is"
    text = f"{name(one)} {done}."
    return Told(text, [section(f"🛑 {text}")])


def _asks(one: Execution) -> bool:
    return one.status is Status.AWAITING_CONFIRMATION
