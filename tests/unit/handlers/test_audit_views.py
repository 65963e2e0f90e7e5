"""Events in plain sentences: the known ones as people would say them, the others all the same."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.model.audit import AuditEvent
from db.model.execution import Status
from handlers.views import audit
from handlers.views.audit_words import LABELS, PLAIN, SLACK
from handlers.views.environment_form import environment_modal
from handlers.views.freezes import freeze_modal
from handlers.views.locks import lock_modal
from tests.support.executions import NOON
from tests.support.rendered import check
from tests.support.views import ENVIRONMENT

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
            event("value.sought", subject="patient-id"),
            "<@U0ANA> looked for the runs with a value of patient-id on production",
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
    assert audit.deed(one, JOBS, SLACK).startswith(told)


def test_every_status_of_a_run_has_its_sentence() -> None:
    """None falls back to the sentence for what is not known."""
    told = [audit.deed(event(f"execution.{status}"), JOBS, PLAIN) for status in Status]

    assert [words for words in told if "U0ANA: " in words] == []
    assert len(set(told)) == len(Status)


def test_changes_and_reason_stand_below() -> None:
    """What was before, what is now, why."""
    one = event("grant.put", before={"role": "operator"}, after={"role": "admin"}, reason="on call")
    taken = event("grant.taken", before={"role": "operator"})

    assert audit.details(one, PLAIN) == "role: operator → admin · “on call”"
    assert audit.details(taken, PLAIN) == "role: operator"  # the sentence says that it is gone


def test_what_the_sentence_says_is_not_said_again() -> None:
    """Of what was asked for remains what it does not say; a channel is shown as one."""
    names = {"job_name": "import-patients", "environment_name": "production"}
    asked = event("execution.asked", after={**names, "job_version": 2, "channel_id": "C0OPS"})

    assert audit.details(asked, SLACK) == "version of the job: 2 · channel: <#C0OPS>"
    assert audit.details(asked, PLAIN) == "version of the job: 2 · channel: C0OPS"


def test_filters_are_told_by_names() -> None:
    """Slack's marks are for Slack: between backticks people would read them."""
    typed = "<@U0BRUNO|bruno> #12"

    told = [audit.exported(3, typed, is_cut=False), audit.nothing_to_export(typed)]

    assert all("`@bruno #12`" in str(one.blocks) for one in told)
    assert all("U0BRUNO" not in one.text for one in told)


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


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (
            event(
                "execution.asked",
                after={
                    "job_name": "import-patients",
                    "job_version": 3,
                    "environment_name": "production",
                    "status": "queued",
                    "channel_id": "C0PROD",
                    "confirmation": "someone_else",
                },
            ),
            (
                "version of the job: 3 · channel: <#C0PROD> · "
                "who confirms a run: somebody else, an approver"
            ),
        ),
        (
            event("lock.closed", after={"until": "2026-03-14T18:00:00+00:00", "reason": "x"}),
            "until: <!date^1773511200^{date_short_pretty} {time}|2026-03-14 18:00 UTC>",
        ),
        (event("lock.closed", after={"until": None}), "until: somebody opens it"),
        (
            event("freeze.made", after={"cron": "0 18 * * 5", "minutes": 90, "time_zone": "UTC"}),
            "begins: 0 18 * * 5 · lasts: 1 h 30 min · time zone: UTC",
        ),
        (
            event(
                "execution.terms_changed",
                before={"policy": "requester", "needed": 1, "group": "", "confirmed_by": []},
                after={"policy": "group", "needed": 1, "group": "S0OPS", "confirmed_by": []},
            ),
            (
                "who confirms a run: whoever asked for it → members of a user group · "
                "user group: none → <!subteam^S0OPS>"
            ),
        ),
        (
            event("execution.voided", before={"confirmed_by": ["U0ANA", "U0BRUNO"]}, after={}),
            "said yes: <@U0ANA>, <@U0BRUNO> → nobody",
        ),
        (
            event("audit.exported", after={"events": 7, "filter": {"environment": "staging"}}),
            "how many events: 7 · only: environment staging",
        ),
        (event("grant.given", after={"kind": "person", "role": "admin"}), "role: admin"),
        (event("what.ever", after={"is_on": True, "lag_s": 90}), "is on: yes · lag: 1 min 30 s"),
    ],
)
def test_details_are_words_and_times_are_the_reader_s(one: AuditEvent, told: str) -> None:
    """No field names, no values of enums, no times as machines write them."""
    assert audit.details(one, SLACK) == told


def test_a_terminal_shows_times_in_utc() -> None:
    """Nobody's own zone is known there."""
    one = event("lock.closed", after={"until": "2026-03-14T18:00:00+00:00"})

    assert audit.details(one, PLAIN) == "until: 2026-03-14 18:00 UTC"


def test_labels_are_those_of_the_forms() -> None:
    """What somebody filled in is found again under the same words."""
    forms = [environment_modal(ENVIRONMENT), freeze_modal([], time_zone="UTC"), lock_modal([])]
    labels = {
        block["block_id"].rpartition(":")[2]: block["label"]["text"]
        for form in forms
        for block in form["blocks"]
        if block["type"] == "input"
    }

    same = LABELS.keys() & labels.keys()
    assert {"cron", "confirmation", "confirm_group", "time_zone", "until"} <= same
    assert {name: LABELS[name] for name in same} == {name: labels[name].lower() for name in same}
    assert LABELS["minutes"] == labels["lasts"].lower()
