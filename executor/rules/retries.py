"""Whether a failed attempt is tried again by itself, when, and what a job may say of it."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from db.model.catalog import RetryPolicy
from db.model.categories import Category
from db.model.errors import InvalidInput
from executor.rules.categories import ADVICE
from executor.rules.names import did_you_mean, quoted

LONGEST_DELAY_S = 3600.0
_JITTER = 0.1  # runs that failed together do not come back together
_WORD = re.compile(r"[^\s,]+")

#: Never tried again, whatever a job says, and why.
NEVER: Mapping[Category, str] = MappingProxyType(
    {
        Category.AUTHENTICATION_ERROR: (
            "sshd bans addresses that repeat a wrong login, and that would lock out every other "
            "run as well"
        ),
        Category.SSH_HOST_KEY_ERROR: "a person has to look whether the host is still the right one",
        Category.PLAN_CHANGED: "a person has to look at what changed and confirm it again",
        Category.NOT_PROVEN: "somebody has to run it in the other environment first",
        Category.INTERNAL_ERROR: "nobody knows what Ferry had done until an operator has looked",
    }
)
LISTABLE = tuple(category for category in Category if category not in NEVER)


def retry_delay_s(
    policy: RetryPolicy,
    attempt: int,
    *,
    category: Category | None,
    retry_safe: bool,
    chance: float,
) -> float | None:
    """Return the seconds until the attempt after *attempt* (from 1); None: there is none.

    *retry_safe*: the script cannot have begun; tried again is then what is safe by its category,
    and besides whatever the job lists. The pause doubles each time, ± 10 % by *chance* in [0, 1).
    """
    if attempt >= policy.attempts or category is None or category in NEVER:
        return None
    is_safe = retry_safe and ADVICE[category].retry_safe
    if not is_safe and category not in policy.categories:
        return None
    jitter = 1 + _JITTER * (2 * chance - 1)
    return min(policy.delay_s * 2.0 ** (attempt - 1) * jitter, LONGEST_DELAY_S)


def retry_categories(text: str) -> tuple[Category, ...]:
    """Return the categories that *text* names in any case, between commas or spaces.

    Raises InvalidInput for the first that is none, or that is never tried again.
    """
    return tuple(dict.fromkeys(map(_category, _WORD.findall(text))))


def _category(word: str) -> Category:
    if word.upper() not in set(Category):
        hint = did_you_mean(word, LISTABLE) or f"They are: {', '.join(LISTABLE)}."
        raise InvalidInput(f"{quoted(word)} is not a category of failure. {hint}")
    category = Category(word.upper())
    if category in NEVER:
        raise InvalidInput(
            f"{category} is never tried again: {NEVER[category]}. List only others, for example "
            f"{Category.SCRIPT_ERROR}."
        )
    return category
