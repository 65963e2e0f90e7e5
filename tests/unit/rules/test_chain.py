"""What was done to a log, told by the log itself."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.model.audit import AuditEvent, Head, chained, key_check
from db.model.errors import InvalidInput
from executor.rules.chain import Chain, Noted, Unreadable, Verdict, check_key, noted_head

KEY = b"k" * 32
NOON = datetime(2026, 11, 24, 10, 12, tzinfo=UTC)


def log(count: int = 6, key: bytes = KEY) -> list[AuditEvent]:
    """Return a log as Ferry writes it."""
    events: list[AuditEvent] = []
    for number in range(1, count + 1):
        event = AuditEvent(
            id=number,
            created_at=NOON + timedelta(minutes=number),
            actor="U0ANA",
            verb="execution.confirmed",
            subject=str(number + 10),
            environment="production",
            before={"status": "awaiting_confirmation"},
            after={"status": "queued"},
            reason="für Ana",
            previous=events[-1].hash if events else "",
        )
        events.append(replace(event, hash=chained(event, key)))
    return events


def head_of(events: Sequence[AuditEvent], key: bytes = KEY) -> Head:
    """Return the end that Ferry keeps."""
    return Head(len(events), events[-1].hash if events else "", key_check(key) if events else "")


def verified(
    events: Sequence[AuditEvent | Unreadable], head: Head | None, noted: Noted | None = None
) -> Verdict:
    """Follow the events to the end."""
    chain = Chain(KEY, noted)
    for event in events:
        chain.follow(event)
    return chain.end(head)


@pytest.mark.parametrize("count", [0, 1, 6])
def test_an_untouched_log_is_good(count: int) -> None:
    """Also one in which nothing happened yet."""
    events = log(count)

    verdict = verified(events, head_of(events))

    assert verdict == Verdict(count, f"{count}:{events[-1].hash if events else ''}")


CHANGES: dict[str, dict[str, Any]] = {
    "created_at": {"created_at": NOON},
    "actor": {"actor": "U0EVE"},
    "verb": {"verb": "execution.discarded"},
    "subject": {"subject": "99"},
    "environment": {"environment": "staging"},
    "before": {"before": {}},
    "after": {"after": {"status": "queued", "by": "x"}},
    "reason": {"reason": ""},
    "previous": {"previous": "0" * 64},
    "hash": {"hash": "0" * 64},
    "a kind that Ferry never writes": {"actor": b"U0ANA"},
}


@pytest.mark.parametrize("number", [1, 3, 6])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_any_changed_field_is_found_where_it_is(change: dict[str, Any], number: int) -> None:
    """In the first event, in the middle, and in the last one."""
    events = log()
    head = head_of(events)
    events[number - 1] = replace(events[number - 1], **change)

    verdict = verified(events, head)

    assert verdict.count == number - 1
    assert verdict.fault.startswith(f"Event {number} (execution.")
    assert verdict.fault.endswith("its content was changed after it was written.")


def test_the_place_says_what_happened_there() -> None:
    """As people quote it: number, verb, run, time."""
    events = log()
    events[2] = replace(events[2], reason="x")

    fault = verified(events, head_of(events)).fault

    assert fault.startswith("Event 3 (execution.confirmed of #13, 2026-11-24 10:15): ")


def deleted(*numbers: int) -> Callable[[list[AuditEvent]], list[AuditEvent]]:
    """Return what takes events away."""
    return lambda events: [event for event in events if event.id not in numbers]


def renumbered(events: list[AuditEvent]) -> list[AuditEvent]:
    """Take the third away and close the gap."""
    kept = deleted(3)(events)
    return [replace(event, id=number) for number, event in enumerate(kept, 1)]


def swapped(events: list[AuditEvent]) -> list[AuditEvent]:
    """Let the third and the fifth change places."""
    events[2], events[4] = replace(events[4], id=3), replace(events[2], id=5)
    return events


def inserted(events: list[AuditEvent]) -> list[AuditEvent]:
    """Put one in between, and number all anew."""
    forged = replace(events[1], actor="U0EVE", previous=events[1].hash)
    return [
        replace(event, id=number)
        for number, event in enumerate([*events[:2], forged, *events[2:]], 1)
    ]


def appended(events: list[AuditEvent]) -> list[AuditEvent]:
    """Add one at the end."""
    return [*events, replace(events[-1], id=7, previous=events[-1].hash)]


def put_before(events: list[AuditEvent]) -> list[AuditEvent]:
    """Put one in front of the first."""
    return [replace(events[0], id=0), *events]


def of_two_copies(events: list[AuditEvent]) -> list[AuditEvent]:
    """Let the past be that of another copy, made with the same key."""
    other = [replace(event, actor="U0EVE") for event in events[:3]]
    for place, event in enumerate(other):
        linked = replace(event, previous=other[place - 1].hash if place else "")
        other[place] = replace(linked, hash=chained(linked, KEY))
    return [*other, *events[3:]]


@pytest.mark.parametrize(
    ("tamper", "good", "words"),
    [
        pytest.param(deleted(1), 0, "Event 1 was deleted.", id="first"),
        pytest.param(deleted(3), 2, "Event 3 was deleted.", id="one"),
        pytest.param(deleted(3, 4), 2, "Events 3 to 4 were deleted.", id="two"),
        pytest.param(deleted(5, 6), 4, "Events 5 to 6 were deleted: the end was", id="end"),
        pytest.param(deleted(*range(1, 7)), 0, "Events 1 to 6 were deleted", id="all"),
        pytest.param(renumbered, 2, "it was written as event 4: event 3 was deleted", id="gap"),
        pytest.param(swapped, 2, "it was written as event 5", id="swapped"),
        pytest.param(inserted, 2, "Ferry did not write it: it was put in between", id="inserted"),
        pytest.param(appended, 6, "Ferry did not write it: the log ends with event 6", id="added"),
        pytest.param(put_before, 0, "its first event is number 1", id="before the first"),
        pytest.param(of_two_copies, 3, "the events before it were replaced", id="two copies"),
        pytest.param(lambda events: [Unreadable(1), *events[1:]], 0, "cannot be read", id="junk"),
    ],
)
def test_what_was_done_to_the_rows_is_told(
    tamper: Callable[[list[AuditEvent]], list[AuditEvent]], good: int, words: str
) -> None:
    """Deleted, moved, added: each with the first place where it shows."""
    head = head_of(log())

    verdict = verified(tamper(log()), head)

    assert verdict.count == good
    assert words in verdict.fault


@pytest.mark.parametrize(
    "change",
    [{"last_id": 5}, {"hash": "0" * 64}, {"key_check": ""}, {"key_check": "0" * 16}],
    ids=lambda change: str(*change),
)
def test_a_changed_end_is_told(change: dict[str, Any]) -> None:
    """The events are good then, and all the same somebody was at it."""
    events = log()

    verdict = verified(events, replace(head_of(events), **change))

    assert verdict.count == 6
    assert "audit_head) was changed" in verdict.fault


def test_a_deleted_end_is_told() -> None:
    """Its row is made once and never taken away."""
    assert "was deleted" in verified(log(), None).fault


def test_another_key_is_no_tampering() -> None:
    """Nothing can be said with it; but who changed only the mark of the key is not believed."""
    events = log(key=b"o" * 32)

    with pytest.raises(InvalidInput, match="key file is another one"):
        check_key(events, head_of(events, b"o" * 32), KEY)
    check_key(log(), replace(head_of(log()), key_check="0" * 16), KEY)
    check_key([], Head(0, "", ""), KEY)


def test_a_head_that_was_noted_elsewhere_must_be_in_the_log() -> None:
    """An older copy, put back, is a good log by itself: only who noted its end can tell."""
    events = log()
    noted = noted_head(f"5:{events[4].hash}")

    good = verified(events, head_of(events), noted)
    older = verified(events[:4], head_of(events[:4]), noted)
    other = verified(events, head_of(events), Noted(5, "0" * 12))

    assert good.fault == ""
    assert "ends with event 4, before the one that was noted (5)" in older.fault
    assert "not the event that was noted" in other.fault


@pytest.mark.parametrize("text", ["", "12", "12:abc", "x:0123456789ab", "12:0123456789abcdefg"])
def test_what_is_no_head_is_told_with_an_example(text: str) -> None:
    """It is typed from a piece of paper."""
    with pytest.raises(InvalidInput) as caught:
        noted_head(text)

    assert "12000:" in caught.value.hint
