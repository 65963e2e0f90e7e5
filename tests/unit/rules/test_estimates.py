import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.rules.estimates import ENOUGH_TO_CALL_SLOW, estimate, starts_in_s

SECONDS = st.floats(0, 1e6)


def test_without_past_runs_there_is_no_estimate() -> None:
    """Nothing is made up."""
    assert estimate([]) is None


def test_one_past_run_is_the_estimate() -> None:
    """The range is that one."""
    told = estimate([7.0])

    assert told is not None
    assert (told.median_s, told.low_s, told.high_s, told.slow_s) == (7.0, 7.0, 7.0, None)


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
    assert (told.slow_s is None) == (len(past) < ENOUGH_TO_CALL_SLOW)


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
