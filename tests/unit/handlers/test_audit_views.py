"""Events in plain sentences: the known ones as people would say them, the others all the same."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.model.audit import AuditEvent
from db.model.execution import Status
from handlers.views import audit
from tests.support.executions import NOON
from tests.support.rendered import check

JOBS = {"12": "import-patients"}


def event(verb: str, **changes: Any) -> AuditEvent:
    """Return an event of Ana's about run 12."""
    values: dict[str, Any] = {"actor": "U0ANA", "subject": "12", "environment": "production"}
    values |= {"id": 41, "created_at": NOON, "previous": ""} | changes
    return AuditEvent(verb=verb, **values)


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (
            event("execution.queued", before={"status": "awaiting_confirmation"}),
            "#12 import-patients on production entered the queue",
        ),
        (event("execution.confirmed"), "<@U0ANA> confirmed #12 import-patients on production"),
        (
            event("grant.given", subject="U0BRUNO"),
            "<@U0ANA> gave a role to <@U0BRUNO> on production",
        ),
        (
            event("execution.queued", before={"status": "running"}, actor="ferry"),
            "#12 import-patients on production will be tried again",
        ),
        (
            event("execution.cancelled", actor="ferry"),
            "#12 import-patients on production was cancelled",
        ),
        (
            event("execution.discarded", reason="no backup"),
            "<@U0ANA> refused #12 import-patients on production",
        ),
        (event("execution.discarded"), "<@U0ANA> discarded #12 import-patients on production"),
        (event("execution.asked", actor="cli:root"), "root asked for #12 import-patients on"),
        (event("channel.bound", subject="C0OPS"), "<@U0ANA> bound <#C0OPS> to production"),
        (event("lock.opened", subject="7"), "<@U0ANA> opened production again"),
        (event("execution.went", subject="12"), "<@U0ANA>: execution went (#12 on production)"),
        (event("lock.made", subject="production"), "<@U0ANA>: lock made (production)"),
        (
            event("grant.put", subject="U0BRUNO", environment=""),
            "<@U0ANA>: grant put (<@U0BRUNO>)",
        ),
        (event("what.ever_there_is", subject="", environment="", actor="ferry"), "Ferry: what e"),
    ],
)
def test_sentences(one: AuditEvent, told: str) -> None:
    """Who did what to which run, where."""
    assert audit.deed(one, JOBS, audit.SLACK).startswith(told)


def test_every_status_of_a_run_has_its_sentence() -> None:
    """None falls back to the sentence for what is not known."""
    told = [audit.deed(event(f"execution.{status}"), JOBS, audit.PLAIN) for status in Status]

    assert [words for words in told if "U0ANA: " in words] == []
    assert len(set(told)) == len(Status)


def test_changes_and_reason_stand_below() -> None:
    """What was before, what is now, why."""
    one = event("grant.put", before={"role": "operator"}, after={"role": "admin"}, reason="on call")
    taken = event("grant.taken", before={"role": "operator"})

    assert audit.details(one, audit.PLAIN) == "role: operator → admin · “on call”"
    assert audit.details(taken, audit.PLAIN) == "role: operator → none"


def test_a_line_for_the_terminal() -> None:
    """The number first: it is what `--since` and people quote."""
    assert audit.line(event("execution.asked", reason="again"), JOBS) == (
        "41  2026-03-14 12:00  U0ANA asked for #12 import-patients on production · “again”"
    )


@given(st.text(max_size=400), st.dictionaries(st.text(max_size=60), st.text(max_size=400)))
def test_nothing_that_was_noted_breaks_the_list(text: str, said: dict[str, str]) -> None:
    """A reason or a name can neither mention anybody nor make Slack refuse the message."""
    hostile = f"<!channel> <@U0BRUNO> {text}"
    shown = [
        event(
            verb, actor=hostile[:64], subject=hostile, environment=hostile, reason=hostile,
            before=said, after={"role": hostile},
        )
        for verb in ("grant.put", "execution.failed", f"{hostile}.x")
    ]  # fmt: skip

    told = audit.log(shown, {}, asked="staging", is_first=False, has_older=True)

    check(told)
    assert "<!channel>" not in str(told)
    assert "<@U0BRUNO>" not in str(told)
