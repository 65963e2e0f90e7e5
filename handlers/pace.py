"""How often a running execution is shown: often at first, less often for long and for many."""

from datetime import timedelta

FRESH, LONG = timedelta(seconds=30), timedelta(minutes=10)
SLOWEST_S = 12.0
FOR_EACH_RUN_S = 1.5  # 40 edits a minute in all, of the 50 that Slack allows
QUEUED_S, FOR_EACH_QUEUED_S = 3.0, 0.1  # each look is some queries, mostly to find no change
FIRST_RETRY_S, LAST_RETRY_S = 2.0, 60.0


def interval(age: timedelta, runs: int) -> timedelta:
    """Return the time between two edits for a run of *age*, when *runs* are running."""
    if age < FRESH:
        own_s = 2.5
    elif age < LONG:
        own_s = 5.0
    else:
        own_s = SLOWEST_S
    shared_s = max(3.0, FOR_EACH_RUN_S * runs) if runs > 1 else 0.0
    return timedelta(seconds=max(own_s, shared_s))


def retry_after(failures: int) -> timedelta:
    """Return how long to leave an execution alone after so many *failures* in a row, from 1."""
    return timedelta(seconds=min(FIRST_RETRY_S * 2.0 ** (failures - 1), LAST_RETRY_S))
