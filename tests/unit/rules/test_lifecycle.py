import itertools
import re

import pytest

from db.model.errors import Conflict
from db.model.execution import OVER, Status
from executor.rules import lifecycle

ALLOWED = [(old, new) for old, ways in lifecycle.TRANSITIONS.items() for new in sorted(ways)]
REFUSED = [pair for pair in itertools.product(Status, Status) if pair not in ALLOWED]


def test_table_equals_the_chart_in_the_docstring() -> None:
    """What people read and what the code does are the same chart."""
    lines = re.findall(r"^    (\w+) → (.+)$", lifecycle.__doc__ or "", re.MULTILINE)

    chart = {old: set(new.split(" | ")) for old, new in lines}

    assert chart == {old: set(new) for old, new in lifecycle.TRANSITIONS.items()}


def test_exactly_the_statuses_that_are_over_have_no_way_out() -> None:
    """A run that is over stays as it is; every other one can still move."""
    assert set(Status) - lifecycle.TRANSITIONS.keys() == OVER


def test_every_status_is_reached_from_a_first_one() -> None:
    """There is no status that no run can ever have."""
    reached = {Status.AWAITING_CONFIRMATION, Status.QUEUED}

    for _ in Status:
        reached |= {new for old, new in ALLOWED if old in reached}

    assert reached == set(Status)


@pytest.mark.parametrize(("old", "new"), ALLOWED)
def test_allowed_transition_passes(old: Status, new: Status) -> None:
    """Each arrow of the chart may be taken."""
    lifecycle.check(old, new)

    assert lifecycle.may_become(old, new)


@pytest.mark.parametrize(("old", "new"), REFUSED)
def test_other_transition_is_a_conflict_in_words(old: Status, new: Status) -> None:
    """Everything that is no arrow is refused with a sentence and a hint, without enum spellings."""
    with pytest.raises(Conflict) as refused:
        lifecycle.check(old, new)

    assert not lifecycle.may_become(old, new)
    assert refused.value.message.startswith("This run ")
    assert refused.value.hint
    assert "_" not in refused.value.message


def test_what_somebody_refused_is_not_called_discarded() -> None:
    """In the word that its card has for it."""
    with pytest.raises(Conflict, match="This run was refused; nothing was changed"):
        lifecycle.check(Status.DISCARDED, Status.RUNNING, is_refused=True)
    with pytest.raises(Conflict, match="it failed"):
        lifecycle.check(Status.FAILED, Status.RUNNING)


def test_cancel_of_what_waits_for_an_answer_names_the_button() -> None:
    """It is discarded, not cancelled."""
    with pytest.raises(Conflict) as refused:
        lifecycle.check(Status.AWAITING_CONFIRMATION, Status.CANCELLING)

    assert refused.value.hint == "“Discard” on its card ends it before it starts."
