"""How long a run takes, told from its past, and when one that waits will start."""

import heapq
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from db.model.execution import Progress
from db.model.locks import Closed

ENOUGH = 10  # past runs; among fewer the fastest and the slowest tenth say little
TELLING = 0.1  # of the whole: less progress tells too little of the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """How long it takes, in seconds: what past runs took, and of one that runs when it ends."""

    median_s: float
    low_s: float  #: one in ten was faster; of few runs: the fastest
    high_s: float  #: one in ten was slower; of few runs: the slowest
    slow_s: float | None  #: 95 % were faster; None: too few runs to say
    runs: int  #: in the past; 0: only its own progress tells
    ends_at: datetime | None = None  #: of one that runs; None: nobody knows

    @property
    def is_of_few(self) -> bool:
        """Whether too few ran to say what is usual."""
        return self.runs < ENOUGH


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What can be said of an execution before it is over."""

    estimate: Estimate | None = None  #: None: the job never succeeded in that environment
    position: int = 0  #: in the queue, 1 is next; 0: it does not wait there
    starts_in_s: float | None = None  #: seconds; None: nobody knows
    running: tuple[int, ...] = ()  #: in its environment now
    places: int = 0  #: runs at once there
    behind: int = 0  #: the run with the same key that it waits for; 0: none
    behind_ends_in_s: float | None = None  #: when that one ends; None: nobody knows
    job_is_full: bool = False  #: the job runs as often at once as it may
    closed: Closed | None = None  #: what closes its environment; None: it may start all the same


def estimate(past: Sequence[float]) -> Estimate | None:
    """Return what the durations of past runs (seconds, any order) tell; None if there are none."""
    if not past:
        return None
    low_s, high_s, slow_s = min(past), max(past), None
    if len(past) >= ENOUGH:
        twentieths = statistics.quantiles(past, n=20, method="inclusive")
        low_s, high_s, slow_s = twentieths[1], twentieths[-2], twentieths[-1]
    median_s = statistics.median(past)
    return Estimate(median_s=median_s, low_s=low_s, high_s=high_s, slow_s=slow_s, runs=len(past))


def ends_at(
    started_at: datetime,
    begun_at: datetime | None,
    progress: Progress | None,
    last_output_at: datetime | None,
    usual: Estimate | None,
) -> datetime | None:
    """Return when one that runs will be over: by its own progress, or else by its past runs.

    Past runs are counted from their start (*started_at*), progress from when the script began.
    Its progress was true when its last output came (*last_output_at*), not now: while nothing comes
    its end stays where it was. A moment that is past says nothing more; None: nobody knows.
    """
    if progress and progress.fraction >= TELLING and last_output_at:
        begun_at = begun_at or started_at
        return begun_at + max(last_output_at - begun_at, timedelta()) / progress.fraction
    return started_at + timedelta(seconds=usual.median_s) if usual else None


def with_end(usual: Estimate | None, end: datetime | None) -> Estimate | None:
    """Return *usual* for a run that ends at *end*; None if neither is known."""
    if usual is None and end is not None:
        usual = Estimate(median_s=0.0, low_s=0.0, high_s=0.0, slow_s=None, runs=0)
    return replace(usual, ends_at=end) if usual else None


def starts_in_s(
    running: Sequence[float | None], ahead: Sequence[float | None], places: int
) -> float | None:
    """Return the seconds until the next after *ahead* starts; None if that cannot be told.

    *running*: the seconds that each running one still needs, *ahead*: that each one before it in
    the line takes, None where nobody knows; *places*: runs at once. One that takes longer than
    usual (it needs less than nothing) may end at any moment, or never.
    """
    if len(running) + len(ahead) < places:
        return 0.0
    if any(seconds is None or seconds < 0 for seconds in (*running, *ahead)):
        return None
    free_at = [seconds or 0.0 for seconds in running]
    free_at += [0.0] * (places - len(free_at))
    heapq.heapify(free_at)
    for seconds in ahead:
        heapq.heapreplace(free_at, free_at[0] + (seconds or 0.0))
    return free_at[0]
