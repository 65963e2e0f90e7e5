"""The words that cards, threads and lists share: the same thing is said the same way everywhere.

Everything returned is mrkdwn, escaped.
"""

from collections.abc import Iterable
from datetime import datetime

from db.model.catalog import Kind
from db.model.execution import Attempt, Execution, Progress
from executor.rules.durations import words
from handlers.views.blocks import badge, clip, clip_mrkdwn, esc

MESSAGE, VALUES = 1200, 600


def name(execution: Execution) -> str:
    """Return the number people quote and the job: ``#128 import-patients``."""
    return f"#{execution.id} {esc(execution.job_name)}"


def place(environment: str, kind: Kind) -> str:
    """Return dot, name and kind of an environment; the kind only once if it is the name."""
    if environment == kind.value:
        return badge(kind)
    dot, word = badge(kind).split(" ", 1)
    return f"{dot} {esc(environment)} ({word})"


def values(execution: Execution) -> str:
    """Return the parameters as ``name=value`` words; empty if there are none."""
    return clip_mrkdwn(pairs(execution.parameters.items()), VALUES)


def in_line(position: int) -> str:
    """Return the place in the queue in words; 0 stands for one that is not known."""
    if position <= 0:
        return "waiting for a free slot"
    if position == 1:
        return "next in line"
    last_two, last = position % 100, position % 10
    ending_ = "th" if last_two in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(last, "th")
    return f"{position}{ending_} in line"


def share(progress: Progress) -> str:
    """Return how far a run is in words: ``7/12 · 58 %``."""
    percent = f"{int(progress.fraction * 100)} %"
    if progress.total == 100:
        return percent
    return f"{progress.done:,.10g}/{progress.total:,.10g} · {percent}"


def reconnecting(execution: Execution, now: datetime) -> str:
    """Return since when the host does not answer; empty if it does."""
    since = execution.reconnecting_since
    if since is None:
        return ""
    return f"reconnecting ({words((now - since).total_seconds())})"


def attempt_failed(execution: Execution, attempt: Attempt | None = None) -> str:
    """Return which attempt failed and why: *attempt*, or the last one of what is tried again."""
    told = attempt or execution
    number = attempt.number if attempt else execution.attempt
    said = [told.error_category or "", esc(clip(told.error_message, MESSAGE)).rstrip(".")]
    why = "".join(f": {part}" for part in said if part)
    return f"attempt {number} of {execution.max_attempts} failed{why}"


def waited_for_attempt(execution: Execution) -> str:
    """Return the attempt that it waits, or waited to the end, for; empty if it did not."""
    # What was asked again after an attempt, and confirmed, has no time at which that is due.
    is_next = execution.not_before or (execution.was_tried and execution.started_at is None)
    if not is_next or not execution.attempt:
        return ""
    return f"attempt {execution.attempt + 1} of {execution.max_attempts}"


def no_output(execution: Execution, now: datetime) -> str:
    """Return for how long it has said nothing, once that is too long; empty if it speaks.

    While its host is out of reach nobody hears it: that time does not count.
    """
    since, heard = execution.silent_since, execution.reconnecting_since or now
    return f"no output for {words((heard - since).total_seconds())}" if since else ""


def elapsed_s(execution: Execution, now: datetime) -> float:
    """Return the seconds since the start, until the end or *now*; 0 if it never started."""
    if execution.started_at is None:
        return 0.0
    return max(0.0, ((execution.finished_at or now) - execution.started_at).total_seconds())


def pairs(found: Iterable[tuple[str, str]]) -> str:
    """Return ``name=value`` words."""
    return " ".join(f"{esc(key)}={esc(value)}" for key, value in found)
