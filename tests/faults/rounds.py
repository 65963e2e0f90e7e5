"""How often each fault is tried: a few times in the suite, as often as wanted by ``make faults``.

A round is its seed: the seed decides what the script prints, when the fault strikes and how often.
``FERRY_FAULT_ROUNDS`` is the number of rounds, ``FERRY_FAULT_SEED`` repeats a single one.
"""

import os
import random

import pytest

#: Rounds that were asked for; 0 is the suite's few.
ROUNDS = int(os.environ.get("FERRY_FAULT_ROUNDS", "0"))
_SEED = os.environ.get("FERRY_FAULT_SEED", "")
#: Whether there is time for the real size of things: 300 MB, a whole minute without Slack.
IS_LONG = ROUNDS > 0


def rounds(few: int = 1, *, share: float = 1.0) -> pytest.MarkDecorator:
    """Run the test once a seed: *few* in the suite, *share* of ``ROUNDS`` where many are wanted."""
    count = max(1, round(ROUNDS * share)) if IS_LONG else few
    seeds = [int(_SEED)] if _SEED else range(1, count + 1)
    return pytest.mark.parametrize("seed", [pytest.param(n, id=f"seed-{n}") for n in seeds])


def chance(seed: int) -> random.Random:
    """Return the dice of one round."""
    return random.Random(seed)  # noqa: S311 - repeatable, and no secret
