"""Lists say whose data, how long and until when, to who reads and to who has it read aloud."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.model.catalog import Environment, Job, Kind, Source
from db.model.categories import Category
from db.model.execution import Execution, Status
from db.model.grants import Role
from executor.rules.access import LEAST, a_role
from executor.rules.estimates import Forecast
from executor.services.access import Roles
from handlers.views import catalog, runs
from handlers.views.aloud import aloud
from handlers.views.blocks import Block, esc
from handlers.views.help import SECTIONS, help_note
from handlers.views.message import Told
from handlers.views.queue import queue
from tests.support.executions import NOON, execution
from tests.support.rendered import check

DUE = "within a minute"
GIVEN = "sistema=iclinic usuario=dr leandro"
ENVIRONMENT = Environment(
    id=1,
    name="lab",
    kind=Kind.STAGING,
    ssh_host="10.0.0.5",
    ssh_user="deploy",
    created_at=NOON,
    updated_at=NOON,
)
SOURCE = Source(
    id=1, name="iclinic", description="The clinics' system.", created_at=NOON, updated_at=NOON
)
JOB = Job(
    id=1,
    name="import-patients",
    source_id=1,
    source_name="iclinic",
    script="/x",
    version=1,
    created_by="U0ANA",
    edited_by="U0ANA",
    created_at=NOON,
    updated_at=NOON,
)


def retry(**changes: Any) -> Execution:
    """Return a run that has failed twice and waits, 40 seconds long, for its third attempt."""
    failed: dict[str, Any] = {
        "attempt": 2,
        "max_attempts": 3,
        "started_at": NOON - timedelta(seconds=70),
        "error_category": Category.SCRIPT_ERROR,
        "not_before": NOON + timedelta(seconds=40),
    }
    return execution(Status.QUEUED, **(failed | changes))


def row_of(one: Execution) -> str:
    """Return the words of a run in a list."""
    return str(runs.row(one, now=NOON)["text"]["text"])


@pytest.mark.parametrize("status", list(Status))
def test_row_says_whose_data(status: Status) -> None:
    """Ten runs of one job are told apart by their values."""
    assert row_of(execution(status)).endswith(f" · {GIVEN}")


def test_row_cuts_long_values_and_does_without() -> None:
    """A list of ten is not ten pages."""
    long = row_of(execution(Status.QUEUED, parameters={"patient": "é<" * 300}))
    none = row_of(execution(Status.QUEUED, parameters={}))

    assert len(long.rpartition(" · ")[2]) <= runs.VALUES
    assert long.endswith("…")
    assert none.endswith("UTC>")


@pytest.mark.parametrize(
    ("one", "words"),
    [
        pytest.param(
            retry(), f"waits for attempt 3 of 3, due {DUE} · after SCRIPT_ERROR\n", id="later"
        ),
        pytest.param(
            retry(not_before=NOON), "waits for attempt 3 of 3 · after SCRIPT_ERROR\n", id="now"
        ),
        pytest.param(execution(Status.QUEUED), "queued\n", id="first attempt"),
        pytest.param(
            execution(Status.RUNNING, started_at=NOON - timedelta(seconds=70)),
            "running · 1 min 10 s · 7/12 · 58 %\n",
            id="runs",
        ),
        pytest.param(
            execution(Status.RUNNING, begun_at=None, progress=None),
            "connecting · 0 s\n",
            id="connects",
        ),
        pytest.param(
            execution(Status.RUNNING, progress=None, silent_since=NOON - timedelta(minutes=12)),
            "running · 0 s · no output for 12 min\n",
            id="says nothing",
        ),
        pytest.param(
            execution(Status.RUNNING, reconnecting_since=NOON - timedelta(seconds=15)),
            "running · 0 s · 7/12 · 58 % · reconnecting (15 s)\n",
            id="out of reach",
        ),
        pytest.param(
            execution(Status.CANCELLING, reconnecting_since=NOON - timedelta(seconds=15)),
            "cancelling · 0 s · reconnecting (15 s): the script will be stopped as soon as the "
            "host answers\n",
            id="cannot be stopped yet",
        ),
        pytest.param(
            execution(Status.FAILED), "failed · 3 min 12 s · COMMAND_NOT_FOUND\n", id="over"
        ),
        pytest.param(
            execution(
                Status.CANCELLED,
                not_before=NOON + timedelta(seconds=40),
                error_category=Category.SCRIPT_ERROR,
            ),
            "cancelled · SCRIPT_ERROR\n",
            id="over while it waited",
        ),
    ],
)
def test_row_says_how_long_it_ran_or_what_it_waits_for(one: Execution, words: str) -> None:
    """What waits to be tried again does not run, however long ago it first began."""
    assert f"→ 🟡 staging · {words}" in row_of(one)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (execution(Status.CANCELLING), "is being stopped; its card tells when it is"),
        (
            execution(Status.CANCELLING, reconnecting_since=NOON),
            "will be stopped as soon as its host answers; its card tells when it is",
        ),
        (execution(Status.CANCELLED, attempt=0, started_at=None), "will not run"),
        (execution(Status.CANCELLED, attempt=1, not_before=NOON), "is not tried again"),
    ],
)
def test_receipt_of_a_cancel_says_what_will_be(one: Execution, words: str) -> None:
    """Of what ran before nobody says that it will not run."""
    assert runs.cancelling(one).text == f"#128 import-patients {words}."


def lists() -> Iterator[tuple[Told, list[str]]]:
    """Yield each list, and what of its rows is read aloud."""
    active = [retry(id=3), execution(Status.RUNNING, id=4)]
    wait = f"#3 import-patients on staging: waits for attempt 3 of 3, due {DUE}, after SCRIPT_ERROR"
    run = f"#4 import-patients on staging: running, 0 s, 7/12, 58 %, with {GIVEN}."
    both = [f"{wait}, with {GIVEN}.", run]
    yield runs.active(active, now=NOON, where="lab"), ["Running and waiting in lab: 2.", *both]
    yield (
        runs.history(active, now=NOON, is_first=True, older=None),
        ["Last runs: 2.", *both],
    )
    places = [(active[0], Forecast(position=1)), (execution(Status.QUEUED), Forecast(position=2))]
    yield (
        queue(places, 9, now=NOON, where="lab", may_move=True),
        [
            "Queue in lab: 9.",
            f"#3 import-patients on staging: attempt 3 is due {DUE}, with {GIVEN}.",
            f"#128 import-patients on staging: 2nd in line, with {GIVEN}.",
            "And 7 more.",
        ],
    )
    yield catalog.jobs([JOB]), ["Jobs: 1.", "import-patients of iclinic."]
    yield catalog.sources([SOURCE]), ["Sources: 1.", "iclinic: The clinics' system."]
    for channels, bound in (
        ([], "no channel runs there."),
        (["C0STAGING"], "<#C0STAGING> runs there."),
        (["C0STAGING", "C0PROD"], "2 channels run there."),
    ):
        yield (
            catalog.environments([ENVIRONMENT], {"lab": channels}),
            ["Environments: 1.", f"lab (staging) is deploy@10.0.0.5, {bound}"],
        )


@pytest.mark.parametrize(("told", "words"), list(lists()))
def test_list_is_read_aloud_with_its_first_rows(told: Told, words: list[str]) -> None:
    """A screen reader reads the text of a message, not its blocks."""
    check(told)
    assert told.text == " ".join(words)


@given(
    st.text(max_size=300).map(esc),
    st.lists(st.text(max_size=400).map(esc), max_size=9),
    st.integers(0, 9),
)
def test_what_is_read_aloud_is_short(title: str, rows: list[str], unlisted: int) -> None:
    """Whatever is in the rows: the first one is told, and all of it is under 500 characters."""
    count = len(rows) + unlisted

    text = aloud(title, rows, count)

    assert len(text) <= 500
    assert f": {count}." in text
    assert all(row[:100].strip() in text for row in rows[:1])


def test_what_is_left_out_is_counted_exactly() -> None:
    """Three rows that fit, of five that are shown, of nine in all."""
    text = aloud("Queue", [f"{number}{'x' * 120}" for number in range(5)], 9)

    assert text.endswith("x. And 6 more.")
    assert aloud("Queue", ["a", "b"], 2) == "Queue: 2. a. b."


def labels(node: Any) -> Iterator[str]:
    """Yield the name of every button, as a screen reader tells it."""
    if isinstance(node, dict):
        if node.get("type") == "button":
            yield node.get("accessibility_label") or node["text"]["text"]
        for each in node.values():
            yield from labels(each)
    elif isinstance(node, list):
        for each in node:
            yield from labels(each)


def test_every_repeated_button_has_a_name_of_its_own() -> None:
    """Ten times Show, read aloud, is no list."""
    some = [execution(Status.QUEUED, id=number) for number in range(1, 4)]
    places = [(one, Forecast(position=number)) for number, one in enumerate(some, 1)]
    jobs = [JOB, replace(JOB, name="import-visits")]
    environments = [ENVIRONMENT, replace(ENVIRONMENT, name="attic")]
    blocks: list[list[Block]] = [
        runs.active(some, now=NOON).blocks,
        runs.history(some, now=NOON, is_first=False, older="1").blocks,
        queue(places, 3, now=NOON, may_move=True).blocks,
        catalog.jobs(jobs).blocks,
        catalog.environments(environments, {}, here="C0STAGING").blocks,
    ]

    for each in blocks:
        assert [name for name, count in Counter(labels(each)).items() if count > 1] == []
    assert "Show #1 import-patients" in labels(blocks[0])


def test_help_is_read_aloud_with_every_verb() -> None:
    """It sends nobody to itself."""
    text = help_note(Roles(Role.ADMIN, Role.ADMIN)).text

    for lines in SECTIONS.values():
        for line, (_verb, does) in lines.items():
            assert f"{line}, {does}" in text
    assert "/migrate help" not in text


@pytest.mark.parametrize("role", Role)
def test_help_shows_each_role_what_it_may_do(role: Role) -> None:
    """To see and to hear the same; a viewer looks, and learns who can give more."""
    told = help_note(Roles(role, role))

    lines = {line: verb for each in SECTIONS.values() for line, (verb, _) in each.items()}
    shown = str(told.blocks)
    for line, verb in lines.items():
        may = LEAST[verb].rank <= role.rank
        assert (f"`/migrate {line}`" in shown) is may, line
    assert ("*For admins*" in shown) is (role is Role.ADMIN)
    assert ("*Run*" in shown) is (role is not Role.VIEWER)
    assert ("reveal personal values" in shown) is (role in {Role.APPROVER, Role.ADMIN})
    for words in (shown, told.text):
        assert f"You are {a_role(role)}" in words
        assert ("Admins give more" in words) is (role is not Role.ADMIN)


def test_help_tells_an_admin_of_another_place_what_they_are_here() -> None:
    """They see what they may do somewhere."""
    told = help_note(Roles(Role.ADMIN, Role.VIEWER))

    assert "*For admins*" in str(told.blocks)
    assert "an admin somewhere, and a viewer in the environment of this channel" in told.text
