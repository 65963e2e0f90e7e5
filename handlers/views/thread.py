"""What is said in the thread of a card: few words, each once, so that nobody mutes it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from db.model.catalog import Kind
from db.model.categories import Category
from db.model.execution import Attempt, Execution, Status
from db.model.locks import Closed
from db.model.output import LogLine
from executor.rules.confirming import Answerers
from executor.rules.durations import words
from executor.rules.estimates import Estimate
from executor.rules.readiness import is_ready
from handlers.views.alarms import ALARM_REFUSED, broken_glass, not_alarmed, reminder
from handlers.views.blocks import Block, code, context, esc, mono, person, section
from handlers.views.confirming import nothing_ran
from handlers.views.going import due, is_slow, meanwhile, usually
from handlers.views.ids import COMMAND
from handlers.views.looked import voided
from handlers.views.looks import look
from handlers.views.message import Told
from handlers.views.output import readable
from handlers.views.sentences import attempt_failed, elapsed_s, name, share
from handlers.views.states import BAD_ENDS, advice, ending

MILESTONES = (75, 50, 25)  # per cent; the highest that was reached is said, the others are skipped
LASTS = timedelta(minutes=1)  # shorter runs have no milestones
OUT_OF_REACH = timedelta(minutes=1)
MOST_OUTAGES = 5  # a flapping line is told of this often
MOST_SILENCES = 3
TAIL = 20
GLASS, GLASS_OF_LOCK = "overridden", "past-lock"  # the first was the key of both once


@dataclass(frozen=True, slots=True)
class Post:
    """One thing to say in the thread; *key* is what it is remembered by."""

    key: str
    told: Told
    broadcast: bool = False  #: also in the channel


@dataclass(frozen=True, slots=True)
class Calls:
    """Whom a reminder calls, what is closed now, and what was when the glass was broken."""

    answerers: Answerers = field(default_factory=Answerers)
    closed: Closed | None = None
    overrode: Closed | None = None


NOBODY = Calls()


def due_posts(
    execution: Execution,
    *,
    said: Collection[str],
    tail: Sequence[LogLine],
    estimate: Estimate | None,
    attempts: Sequence[Attempt],
    now: datetime,
    log_is_attached: bool,
    calls: Calls = NOBODY,
) -> list[Post]:
    """Return what is to be said now and was not yet, in order.

    *said*: the keys of the posts that are out; *tail*: after a failure, the last lines of stderr;
    *attempts*: all so far; *log_is_attached*: a file follows, so nobody needs to be told how to
    see the log; *calls*: what it takes to call people.
    """
    called = _called(execution, said, calls)
    posts = [_retried(execution, one, now) for one in attempts if _is_followed(one, execution)]
    if execution.status.is_over and not _is_own_answer(execution):
        posts += [_end(execution, tail, log_is_attached=log_is_attached)]
    elif execution.status.is_live:
        # What failed by itself before it was told to have started had started.
        is_told = any(one.started_at and f"attempt-{one.number}" in said for one in attempts)
        begun = [_started(execution)] if execution.begun_at and not is_told else []
        posts = [*begun, *posts, *_line(execution, said, now)]
        if execution.status is Status.RUNNING and not execution.reconnecting_since:
            # Of what is stopped or out of reach nobody is told how it goes.
            posts += [*_silence(execution, said, now), *_slow(execution, estimate, now)]
            posts += _milestone(execution, now)
    elif execution.status is Status.AWAITING_CONFIRMATION and execution.voided_plan:
        posts += [_voided(execution)]
    posts = [*called, *posts]
    return [post for post in posts if post.key not in said and not _is_past(post.key, said)]


def log_refused(execution: Execution, why: str) -> Told:
    """Return that the log could not be attached, and how to see it."""
    text = f"The log of {name(execution)} could not be attached: {esc(why)} {_log_hint(execution)}"
    return Told(text, [section(f"📄 {text}")])


def not_here(execution: Execution, why: str) -> Told:
    """Return, for the requester alone, that the card cannot be shown in its channel."""
    text = (
        f"I cannot tell you about {name(execution)} in <#{execution.channel_id}>: {esc(why)} "
        f"{mono(f'{COMMAND} status {execution.id}')} shows how it stands."
    )
    return Told(text, [section(text)])


def _called(execution: Execution, said: Collection[str], calls: Calls) -> list[Post]:
    """Return that it still waits for its confirmation, or that somebody went past that."""
    posts = []
    if execution.status is Status.AWAITING_CONFIRMATION and execution.reminded_at:
        at, is_open = int(execution.reminded_at.timestamp()), calls.closed is None
        is_callable = is_ready(execution) and is_open
        key = f"{'reminder' if is_callable else 'unready'}-{at}"  # others are called once it is
        if is_open or f"reminder-{at}" not in said:  # that it was closed later is announced
            posts.append(Post(key, reminder(execution, calls.answerers, calls.closed)))
    if execution.overridden_by and not {_glass(execution), GLASS}.intersection(said):
        told = broken_glass(execution, calls.overrode)
        posts.append(Post(_glass(execution), told, broadcast=True))
    if ALARM_REFUSED in said:
        posts.append(Post("not-alarmed", not_alarmed()))
    return posts


def _glass(execution: Execution) -> str:
    """Return the key of the post: what opened a lock may be let past its confirmation later."""
    return GLASS if execution.goes_without_yes else GLASS_OF_LOCK


def _started(execution: Execution) -> Post:
    where = esc(execution.environment_name)
    return Post("started", _message(f"▶️ {name(execution)} started on {where}."))


def _is_followed(attempt: Attempt, execution: Execution) -> bool:
    """Whether another attempt came, or comes, after *attempt*: one in which something ran."""
    if attempt.error_category is Category.PLAN_CHANGED:
        return False
    is_past = attempt.number < execution.attempt
    return is_past or (attempt.number == execution.attempt and execution.status is Status.QUEUED)


def _retried(execution: Execution, attempt: Attempt, now: datetime) -> Post:
    failed = attempt_failed(execution, attempt)
    told = f"🔁 {failed[:1].upper()}{failed[1:]}."
    is_next = attempt.number == execution.attempt
    if is_next and execution.not_before and execution.not_before > now:
        told += f" The next one is due {due(execution.not_before, execution)}."
    return Post(f"attempt-{attempt.number}", _message(told))


def _voided(execution: Execution) -> Post:
    """Return that it is asked again, each time it is."""
    told = f"✋ {person(execution.requested_by)}: {name(execution)} did not start. "
    told += f"{voided(execution)} {nothing_ran(execution).capitalize()}; "
    told += "its card shows what changed, and asks again."
    nth = f".{execution.voids}" if execution.voids else ""  # older versions did not count them
    return Post(f"voided-{execution.attempt}{nth}", _message(told))


def _silence(execution: Execution, said: Collection[str], now: datetime) -> list[Post]:
    """Return that there was no output for too long; each silence is told once."""
    since = execution.silent_since
    if since is None or sum(key.startswith("silent-") for key in said) >= MOST_SILENCES:
        return []
    quiet = words((now - since).total_seconds())
    told = (
        f"🔇 {person(execution.requested_by)}: {name(execution)} has said nothing for {quiet}. "
        f"It still runs; {mono(f'{COMMAND} cancel {execution.id}')} would stop it."
    )
    return [Post(f"silent-{int(since.timestamp())}", _message(told))]


def _slow(execution: Execution, estimate: Estimate | None, now: datetime) -> list[Post]:
    if not is_slow(execution, estimate, now):
        return []
    ran = words(elapsed_s(execution, now))
    usual = usually(estimate)[0]
    told = f"🐢 Slower than 95 % of its past runs: {ran} so far, it {usual}."
    return [Post("slow", _message(told))]


def _line(execution: Execution, said: Collection[str], now: datetime) -> list[Post]:
    """Return that the host is out of reach, that it is back, and that the bot restarted."""
    posts = []
    outages = [key.partition("-")[2] for key in said if key.startswith("away-")]
    since = execution.reconnecting_since
    if since is None:  # an outage of an earlier attempt ended with that
        begin = int(execution.started_at.timestamp()) if execution.started_at else 0
        back = [n for n in outages if int(n) >= begin]
        posts += [Post(f"back-{n}", _message("🔌 Connected again, nothing lost.")) for n in back]
    elif now - since >= OUT_OF_REACH and len(outages) < MOST_OUTAGES:
        gone = words((now - since).total_seconds())
        text = f"🔌 The host has not answered for {gone}; {meanwhile(execution)}."
        posts.append(Post(f"away-{int(since.timestamp())}", _message(text)))
    if execution.resumed:
        text = "🔄 The bot was restarted and took the run over again; nothing lost."
        posts.append(Post(f"resumed-{execution.attempt}.{execution.resumed}", _message(text)))
    return posts


def _milestone(execution: Execution, now: datetime) -> list[Post]:
    progress, elapsed = execution.progress, elapsed_s(execution, now)
    if progress is None or elapsed < LASTS.total_seconds() or progress.fraction >= 1:
        return []
    reached = [mark for mark in MILESTONES if progress.fraction * 100 >= mark]
    if not reached:
        return []
    text = f"📈 {share(progress)} after {words(elapsed)}."
    return [Post(f"milestone-{reached[0]}", _message(text))]


def _is_own_answer(execution: Execution) -> bool:
    """Whether the requester ended it before any try: the card says so, who else wants to know."""
    match execution.status:
        case Status.DISCARDED:
            return execution.answered_by == execution.requested_by
        case Status.CANCELLED:
            return not execution.attempt and execution.cancelled_by == execution.requested_by
        case _:
            return False


def _is_past(key: str, said: Collection[str]) -> bool:
    """Whether *key* is a milestone below one that was said: progress may jump, and fall back."""
    kind, _, mark = key.partition("-")
    return kind == "milestone" and any(
        f"milestone-{m}" in said for m in MILESTONES if m > int(mark)
    )


def _end(execution: Execution, tail: Sequence[LogLine], *, log_is_attached: bool) -> Post:
    emoji, _ = look(execution)
    is_bad = execution.status in BAD_ENDS
    blocks = [section(told)] if is_bad and (told := advice(execution)) else []
    if execution.receipt:
        blocks.append(context(f"stopped {esc(execution.receipt)}"))
    lines = readable(tail)
    if is_bad and not all(line.text in execution.error_message for line in lines):
        blocks += [context(f"the last lines of {_streams(lines)}:")]
        blocks += [code(line.text for line in lines[-TAIL:])]
    if execution.lines and not log_is_attached:
        blocks.append(context(_log_hint(execution)))
    asker = person(execution.requested_by)
    where = esc(execution.environment_name)
    text = f"{emoji} {asker}: {name(execution)} on {where} {ending(execution, names=False)}"
    is_told_to_all = is_bad and execution.environment_kind is Kind.PRODUCTION
    return Post("end", _message(f"{text.rstrip('.')}.", *blocks), broadcast=is_told_to_all)


def _streams(tail: Sequence[LogLine]) -> str:
    return "stderr" if {line.stream.value for line in tail} == {"err"} else "the output"


def _log_hint(execution: Execution) -> str:
    return f"{mono(f'{COMMAND} log {execution.id}')} shows the log."


def _message(text: str, *blocks: Block) -> Told:
    return Told(text, [section(text), *blocks])
