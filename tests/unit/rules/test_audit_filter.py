"""What people type behind ``/migrate audit``, and what it cannot mean."""

from datetime import UTC, datetime

import pytest

from db.model.audit import AuditFilter
from db.model.errors import InvalidInput
from executor.rules.audit_filter import audit_filter, moment

PLACES = {"staging", "production"}
VERBS = ["execution.asked", "execution.moved_to_front", "lock.opened", "lock.made", "grant.made"]
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("", AuditFilter()),
        ("#128", AuditFilter(subject="128")),
        ("<@U0ANA|ana>", AuditFilter(actor="U0ANA")),
        ("<@U0ANA>", AuditFilter(actor="U0ANA")),
        ("U0ANA", AuditFilter(actor="U0ANA")),
        ("ferry", AuditFilter(actor="ferry")),
        ("cli:root", AuditFilter(actor="cli:root")),
        ("Staging", AuditFilter(environment="staging")),
        ("lock", AuditFilter(verbs=("lock.opened", "lock.made"))),
        ("made", AuditFilter(verbs=("lock.made", "grant.made"))),
        ("lock.made", AuditFilter(verbs=("lock.made",))),
        ("moved-to-front", AuditFilter(verbs=("execution.moved_to_front",))),
        ("front", AuditFilter(verbs=("execution.moved_to_front",))),
        ("since 2026-11-01", AuditFilter(since=NOVEMBER)),
        (
            "grant production since 2026-11-01 @U0ANA",
            AuditFilter(
                verbs=("grant.made",), environment="production", since=NOVEMBER, actor="U0ANA"
            ),
        ),
    ],
)
def test_each_kind_of_filter(line: str, wanted: AuditFilter) -> None:
    """In any order, and several together."""
    assert audit_filter(line.split(), environments=PLACES, verbs=VERBS) == wanted


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("stagin", "Did you mean `staging`?"),
        ("locks", "Did you mean `lock`?"),
        ("@ana", "Nothing in the audit log is called `@ana`"),
        ("#1 #2", "`#2` is one too many"),
        ("since", "A date is missing there"),
        ("since yesterday", "`yesterday` is no date"),
        ("since 2026-02-30", "`2026-02-30` is no date"),
        ("#1e99", "called `#1e99`"),
        ("\x00" * 2000, "Nothing in the audit log is called"),
    ],
)
def test_what_is_none_is_told_with_examples(line: str, words: str) -> None:
    """So that nobody takes an empty list for an answer."""
    with pytest.raises(InvalidInput) as caught:
        audit_filter(line.split(" "), environments=PLACES, verbs=VERBS)

    told = f"{caught.value.message} {caught.value.hint}"
    assert words in told
    assert "2026-11-01" in told or "one too many" in told


def test_a_last_day_is_included() -> None:
    """And a time is taken as it is."""
    assert moment("2026-11-01", is_end=True) == datetime(2026, 11, 2, tzinfo=UTC)
    assert moment("2026-11-01T10:00+02:00", is_end=True) == datetime(2026, 11, 1, 8, tzinfo=UTC)
