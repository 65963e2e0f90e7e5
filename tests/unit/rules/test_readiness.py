"""Only what was measured, on a host in order, may be confirmed."""

from dataclasses import replace
from typing import Any

import pytest

from db.model.errors import Conflict
from db.model.execution import Check, CheckState
from executor.rules.readiness import check_ready, is_ready
from tests.unit.rules.samples import NOON, RUN
from tests.unit.rules.test_plan import MEASURED

READY = replace(RUN, checked_at=NOON, plan=replace(RUN.plan, measured=MEASURED))


@pytest.mark.parametrize("state", [CheckState.GOOD, CheckState.WARNING])
def test_warnings_stop_nothing(state: CheckState) -> None:
    """They are told, and people decide."""
    execution = replace(READY, checks=(Check(name="disk", state=state),))

    check_ready(execution)

    assert is_ready(execution)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"checked_at": None}, "still looking", id="not looked at"),
        pytest.param({"plan": RUN.plan}, "cannot be confirmed", id="not measured"),
        pytest.param(
            {"checks": (Check(name="script", state=CheckState.FAILED, words="not there."),)},
            "host stands: script: `not there`. Nothing",
            id="failed",
        ),
        pytest.param(
            {
                "plan": RUN.plan,
                "checks": (
                    Check(name="host key", state=CheckState.FAILED, words="changed."),
                    Check(name="login", state=CheckState.UNSEEN, words="Ferry is not let in"),
                ),
            },
            "host stands: host key: `changed`. Nothing",
            id="not looked at, after what failed",
        ),
    ],
)
def test_what_is_missing_is_said(changes: dict[str, Any], words: str) -> None:
    """And what to do about it."""
    execution = replace(READY, **changes)

    with pytest.raises(Conflict, match=words) as refused:
        check_ready(execution)

    assert refused.value.hint
    assert not is_ready(execution)


def test_what_a_host_answered_mentions_nobody() -> None:
    """It stands in backticks, which it cannot end: there Slack takes nothing for a mention."""
    failed = Check(name="login", state=CheckState.FAILED, words="exit 1, “` <@U0EVIL> `”")

    with pytest.raises(Conflict) as refused:
        check_ready(replace(READY, checks=(failed,)))

    assert "`exit 1, “' <@U0EVIL> '”`" in refused.value.message
