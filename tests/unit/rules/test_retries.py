import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.model.catalog import RetryPolicy
from db.model.categories import Category
from db.model.errors import InvalidInput
from executor.rules.retries import (
    LISTABLE,
    LONGEST_DELAY_S,
    NEVER,
    retry_categories,
    retry_delay_s,
)

THREE = RetryPolicy(attempts=3, delay_s=30)


def delay_s(
    policy: RetryPolicy,
    attempt: int = 1,
    *,
    category: Category | None = Category.CONNECTION_ERROR,
    retry_safe: bool = True,
    chance: float = 0.5,
) -> float | None:
    """Return the pause after an attempt that could not connect, unless said otherwise."""
    return retry_delay_s(policy, attempt, category=category, retry_safe=retry_safe, chance=chance)


def test_each_pause_is_twice_the_one_before_until_the_attempts_are_used_up() -> None:
    """By itself, without chance."""
    pauses = [delay_s(THREE, attempt) for attempt in (1, 2, 3, 4)]

    assert pauses == [30, 60, None, None]


def test_nothing_is_tried_again_without_a_policy() -> None:
    """One attempt is what a job has if it says nothing."""
    assert delay_s(RetryPolicy()) is None


@pytest.mark.parametrize(("chance", "expected"), [(0.0, 27.0), (0.5, 30.0), (0.999999, 33.0)])
def test_chance_moves_the_pause_by_a_tenth(chance: float, expected: float) -> None:
    """Runs that failed together come back apart."""
    assert delay_s(THREE, chance=chance) == pytest.approx(expected, abs=0.001)


@given(
    st.integers(1, 10), st.integers(1, 3600), st.integers(1, 12), st.floats(0, 1, exclude_max=True)
)
def test_pause_is_never_longer_than_an_hour(
    attempts: int, seconds: int, attempt: int, chance: float
) -> None:
    """Nor shorter than nine tenths of what the job says, unless that is an hour itself."""
    policy = RetryPolicy(attempts=attempts, delay_s=seconds)

    pause = delay_s(policy, attempt, chance=chance)

    if attempt >= attempts:
        assert pause is None
    else:
        assert pause is not None
        assert 0.9 * seconds <= pause <= LONGEST_DELAY_S


@pytest.mark.parametrize(
    ("category", "retry_safe", "listed", "is_retried"),
    [
        pytest.param(Category.CONNECTION_ERROR, True, False, True, id="safe"),
        pytest.param(Category.CONNECTION_ERROR, False, False, False, id="may have begun"),
        pytest.param(Category.CONNECTION_ERROR, False, True, True, id="may have begun, listed"),
        pytest.param(Category.COMMAND_NOT_FOUND, True, False, False, id="would fail again"),
        pytest.param(Category.COMMAND_NOT_FOUND, True, True, True, id="would fail again, listed"),
        pytest.param(Category.SCRIPT_ERROR, False, False, False, id="script failed"),
        pytest.param(Category.SCRIPT_ERROR, False, True, True, id="script failed, listed"),
        pytest.param(None, True, False, False, id="no failure"),
    ],
)
def test_only_what_is_safe_or_listed_is_tried_again(
    category: Category | None, retry_safe: bool, listed: bool, is_retried: bool
) -> None:
    """Safe is what cannot have begun and would not fail the same way."""
    categories = (category,) if listed and category else ()
    policy = RetryPolicy(attempts=2, categories=categories)

    pause = delay_s(policy, category=category, retry_safe=retry_safe)

    assert (pause is not None) == is_retried


@pytest.mark.parametrize("category", NEVER)
def test_some_failures_are_never_tried_again(category: Category) -> None:
    """Not even for a policy that lists them: wrong logins get Ferry banned."""
    policy = RetryPolicy(attempts=2, categories=(category,))

    assert delay_s(policy, category=category) is None
    with pytest.raises(InvalidInput, match=f"{category} is never tried again: "):
        retry_categories(category)


@given(st.lists(st.sampled_from(LISTABLE)), st.sampled_from([" ", ",", ", ", "\n", " , "]))
def test_categories_are_read_in_any_case_and_once(categories: list[Category], between: str) -> None:
    """Between commas or spaces, in their order."""
    text = between.join(category.lower() for category in categories)

    assert retry_categories(text) == tuple(dict.fromkeys(categories))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SCRIPT_EROR", "Did you mean `SCRIPT_ERROR`?"),
        ("TIMEOUT_ERROR, timeout", "`timeout` is not a category of failure. Did you mean"),
        ("???", "They are: COMMAND_NOT_FOUND, "),
        ("SCRIPT_ERROR authentication_error", "sshd bans addresses"),
    ],
)
def test_wrong_category_is_told(text: str, expected: str) -> None:
    """With the nearest one, all of them, or why it is never tried again."""
    with pytest.raises(InvalidInput) as refused:
        retry_categories(text)

    assert expected in refused.value.message
