from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.model.execution import Progress
from executor.rules.estimates import ENOUGH, ends_at, estimate, starts_in_s
from tests.support.executions import NOON

SECONDS = st.floats(0, 1e6)


def test_without_past_runs_there_is_no_estimate() -> None:
    """Nothing is made up."""
    assert estimate([]) is None


def test_one_past_run_is_the_estimate() -> None:
    """The range is that one."""
    told = estimate([7.0])

    assert told is not None
    assert (told.median_s, told.low_s, told.high_s, told.slow_s) == (7.0, 7.0, 7.0, None)


@pytest.mark.parametrize("count", [2, 9])
def test_range_of_few_is_from_the_fastest_to_the_slowest(count: int) -> None:
    """A tenth of nine is none; a range that holds none of them would be nobody's."""
    told = estimate([25.0, *[15.0] * (count - 1)])

    assert told is not None
    assert (told.low_s, told.high_s, told.is_of_few) == (15, 25, True)


def test_range_leaves_out_the_fastest_and_slowest_tenth() -> None:
    """Of 1 … 101: the median, and what eight in ten took."""
    told = estimate([float(n) for n in range(101, 0, -1)])

    assert told is not None
    assert (told.median_s, told.low_s, told.high_s) == (51, 11, 91)
    assert told.slow_s == 96


@given(st.lists(SECONDS, min_size=1, max_size=60))
def test_estimate_lies_within_what_was_seen(past: list[float]) -> None:
    """In order: fastest, low, median, high, slow, slowest."""
    told = estimate(past)

    assert told is not None
    marks = [min(past), told.low_s, told.median_s, told.high_s, told.slow_s or max(past), max(past)]
    assert marks == pytest.approx(sorted(marks))
    assert (told.slow_s is None) == (len(past) < ENOUGH)


@pytest.mark.parametrize(
    ("done", "heard_s", "past", "expected"),
    [
        pytest.param(20, 30, [100.0], 150, id="a fifth in 30 s"),
        pytest.param(20, 30, [], 150, id="no past runs"),
        pytest.param(9, 30, [100.0], 100, id="not a tenth yet"),
        pytest.param(9, 30, [], None, id="nobody knows"),
        pytest.param(None, 30, [100.0], 100, id="no progress"),
        pytest.param(100, 30, [100.0], 30, id="all is done"),
        pytest.param(20, None, [100.0], 100, id="nobody heard it"),
        pytest.param(20, -1, [100.0], 0, id="heard before it was known to have begun"),
    ],
)
def test_end_is_told_by_progress_or_else_by_past_runs(
    done: float | None, heard_s: float | None, past: list[float], expected: float | None
) -> None:
    """As things were when the last output came: what time it is makes no difference."""
    progress = None if done is None else Progress(done=done, total=100)
    heard = None if heard_s is None else NOON + timedelta(seconds=heard_s)

    end = ends_at(NOON, None, progress, heard, estimate(past))

    assert end == (None if expected is None else NOON + timedelta(seconds=expected))


@pytest.mark.parametrize(
    ("running", "ahead", "places", "expected"),
    [
        pytest.param([], [], 1, 0, id="free"),
        pytest.param([None], [], 2, 0, id="free beside one that nobody knows"),
        pytest.param([30], [], 1, 30, id="one place, taken"),
        pytest.param([-5], [], 1, None, id="longer than usual: nobody knows"),
        pytest.param([30], [100], 1, 130, id="one before it"),
        pytest.param([30, 10], [100], 2, 30, id="the one before it takes the other place"),
        pytest.param([30, 10], [5, 100], 2, 30, id="the earliest place each time"),
        pytest.param([None], [], 1, None, id="nobody knows what runs"),
        pytest.param([30], [None], 1, None, id="nobody knows what is before it"),
    ],
)
def test_start_is_when_the_line_before_it_has_found_places(
    running: list[float | None], ahead: list[float | None], places: int, expected: float | None
) -> None:
    """Told from what runs, what is before it, and how many may run at once."""
    assert starts_in_s(running, ahead, places) == expected
