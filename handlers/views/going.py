"""What is said of a run before it is over: how it waits, how it goes, when it will be done.

All of it is mrkdwn, escaped. While nothing happens nothing here changes: every change is an edit,
and Slack allows few of them. So moments are told as times of day, rounded.
"""

from datetime import datetime, timedelta

from db.model.execution import Execution, Status
from executor.rules.durations import words
from executor.rules.estimates import Estimate, Forecast
from handlers.views.blocks import clip_mrkdwn, person, when
from handlers.views.closed import closed_words, mark
from handlers.views.sentences import attempt_failed, elapsed_s, in_line, no_output, reconnecting

SEPARATOR = " · "
CLOCK = "{time}"
ROUGH = 300  # seconds
SOON_S = 5.0
NOT_WORTH_TELLING_S = 5.0
PAUSES = {10: "in a few seconds", 60: "within a minute", 120: "within 2 minutes"}
FAILURE = 600


def in_the_queue(execution: Execution, forecast: Forecast, now: datetime) -> str:
    """Return its place, what it waits for, when it will start and how long that takes."""
    told = in_line(forecast.position)
    facts = [told[:1].upper() + told[1:], *_why_it_waits(forecast, now)]
    lines = []
    if execution.is_retried:
        failed = attempt_failed(execution)
        lines.append(f"🔁 {failed[:1].upper()}{clip_mrkdwn(failed[1:], FAILURE)}")
    if execution.not_before and execution.not_before > now:
        facts = [f"Attempt {execution.attempt + 1} is due {due(execution.not_before, execution)}"]
    elif not (forecast.behind or forecast.job_is_full or forecast.closed):
        facts += _start(forecast, now)
    facts += usually(forecast.estimate)
    if forecast.closed:
        facts.append(f"{mark(forecast.closed)} waits: {closed_words(forecast.closed)}")
    return "\n".join([*lines, SEPARATOR.join(facts)])


def going(execution: Execution, estimate: Estimate | None, now: datetime) -> list[str]:
    """Return how a run goes: since when, how much is left, and whatever is not as usual."""
    elapsed = elapsed_s(execution, now)
    has_begun = execution.begun_at is not None
    facts = [f"{'running' if has_begun else 'connecting'} for {words(elapsed)}"]
    if execution.is_one_of_several:
        facts.append(f"attempt {execution.attempt} of {execution.max_attempts}")
    if is_slow(execution, estimate, now):
        facts += ["🐢 slower than 95 % of its past runs", *usually(estimate)]
    else:
        facts += _left(execution, estimate, now)
    if quiet := no_output(execution, now):
        facts.append(f"🔇 {quiet}")
    by = f", asked by {person(execution.cancelled_by)}" if execution.cancelled_by else ""
    if execution.reconnecting_since:
        facts.append(f"🔌 {reconnecting(execution, now)}: {meanwhile(execution)}{by}")
    elif execution.status is Status.CANCELLING:
        facts.append(f"stopping: TERM, then KILL after {words(execution.plan.grace_s)}{by}")
    if execution.resumed:
        facts.append("bot restarted, nothing lost")
    return facts


def due(at: datetime, execution: Execution) -> str:
    """Return when the next attempt is due: roughly where the pause before it is short.

    In words that are true until then, so that they do not change while it waits.
    """
    pause_s = (at - (execution.queued_at or execution.created_at)).total_seconds()
    rough = [told for most, told in PAUSES.items() if pause_s <= most]
    return rough[0] if rough else when(at, CLOCK)


def is_slow(execution: Execution, estimate: Estimate | None, now: datetime) -> bool:
    """Return whether it runs for longer than 95 % of its past runs did.

    Not while its host is out of reach: it may be over since long.
    """
    slow_s = estimate.slow_s if estimate else None
    is_running = execution.status is Status.RUNNING and not execution.reconnecting_since
    return is_running and slow_s is not None and elapsed_s(execution, now) > slow_s


def usually(estimate: Estimate | None) -> list[str]:
    """Return what the job usually takes, with a range where past runs differ; [] if unknown."""
    if estimate is None or not estimate.runs:
        return []
    median, low, high = map(words, (estimate.median_s, estimate.low_s, estimate.high_s))
    if estimate.runs == 1:
        return [f"took {median} last time"]
    if low == high:
        return [f"usually takes {median}"]
    if estimate.is_of_few:
        return [f"took {low} to {high} before ({estimate.runs} runs)"]
    return [f"usually takes {median} ({low} to {high})"]


def _start(forecast: Forecast, now: datetime) -> list[str]:
    if forecast.starts_in_s is None:
        return []
    # A place is free: then it is a worker that it waits for, and how long nobody knows.
    is_free = forecast.starts_in_s <= 0
    return ["starts any moment" if is_free else f"starts {_about(forecast.starts_in_s, now)}"]


def _about(seconds: float, now: datetime) -> str:
    if seconds <= SOON_S:
        return "in a few seconds"
    step = 60 if seconds < ROUGH else ROUGH
    at = (now + timedelta(seconds=seconds)).timestamp()
    rounded = now + timedelta(seconds=-(-at // step) * step - now.timestamp())
    return f"about {when(rounded, CLOCK)}"


def _why_it_waits(forecast: Forecast, now: datetime) -> list[str]:
    if forecast.closed:
        return []  # said last, since its reason may be long
    if forecast.behind:
        left = forecast.behind_ends_in_s
        ends = "" if left is None or left < 0 else f" and ends {_about(left, now)}"
        return [f"waits for #{forecast.behind}, which works on the same records{ends}"]
    if forecast.job_is_full:
        return ["waits until fewer runs of its job are under way"]
    if not forecast.places or len(forecast.running) < forecast.places:
        return []
    if forecast.places > 1:
        return [f"waits for a place: all {forecast.places} are taken"]
    runs = " and ".join(f"#{number}" for number in forecast.running)
    return [f"waits for {runs} to end (one run at a time there)"]


def _left(execution: Execution, estimate: Estimate | None, now: datetime) -> list[str]:
    """Return what is left, and what is usual; [] if unknown.

    Of what is being stopped nothing is left; how far it is nobody knows while its host is away.
    """
    usual = usually(estimate)
    if estimate is None or execution.status is Status.CANCELLING:
        return []
    if execution.reconnecting_since:
        return usual
    left = (estimate.ends_at - now).total_seconds() if estimate.ends_at else 0.0
    if left >= 1:
        return [f"about {words(left)} left", *usual]
    is_long = elapsed_s(execution, now) > estimate.high_s + NOT_WORTH_TELLING_S
    return [f"longer than usual: {usual[0]}"] if usual and is_long else usual


def meanwhile(execution: Execution) -> str:
    """Return what goes on while its host is out of reach."""
    if execution.status is Status.CANCELLING:
        return "the script will be stopped as soon as the host answers"
    if execution.begun_at is None:
        return "whether the script has started is not known; Ferry keeps trying"
    return "the script does not need the line; Ferry keeps trying"
