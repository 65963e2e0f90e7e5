"""The page on how jobs run tells the truth: its defaults, bounds, keys and field names."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.settings import Settings
from db.model.catalog import EnvironmentDraft, JobDraft, Kind, ParameterSpec, RetryPolicy, Source
from db.model.categories import Category
from db.model.errors import InvalidInput
from executor.rules import durations, fields
from executor.rules.concurrency import (
    LONGEST_KEY,
    SEPARATORS,
    concurrency_key,
    concurrency_template,
)
from executor.rules.outcomes import outcome
from executor.rules.quoting import split
from executor.rules.retries import NEVER
from handlers.views.definition_forms import job_modal
from handlers.views.environment_form import environment_modal
from tests.unit.rules.samples import NOON

PAGE = (Path(__file__).parents[3] / "docs" / "jobs.md").read_text(encoding="utf-8")
ENVIRONMENT = EnvironmentDraft(name="e", kind=Kind.STAGING, ssh_host="h", ssh_user="u")
JOB = JobDraft(name="j", source_id=1, script="/x")
NAMES = ("sistema", "practitioner-id", "patient-id", "city")
SPECS = (
    *(ParameterSpec(name=name) for name in NAMES),
    ParameterSpec(name="api-token", secret_ref="env:T"),
)
PROSE = " ".join(PAGE.split())
(REFUSED,) = re.findall(r"^```refused\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
TIMERS = {
    "queue": (ENVIRONMENT.queue_timeout_s, fields.queue_timeout),
    "connect": (Settings.model_fields["connect_timeout_s"].default, fields.connect_timeout),
    "run": (ENVIRONMENT.timeout_s, fields.timeout),
    "silence": (JOB.silence_s, fields.silence),
}


def table(first: str) -> list[list[str]]:
    """Return the cells, without headings, of the table whose first heading is *first*."""
    (rows,) = re.findall(rf"^\| {first} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows.splitlines()]


def seconds(cell: str) -> int | None:
    """Return the duration in a cell, None for ``never``."""
    return None if cell == "never" else durations.parse(cell.strip("`"))


def is_taken(read: Callable[[str], int], value: int) -> bool:
    """Return whether a field takes a duration of *value* seconds."""
    try:
        return read(str(value)) == value
    except InvalidInput:
        return False


def test_every_timer_stands_with_its_default() -> None:
    """The four of them, in the order in which a run meets them."""
    told = {timer: seconds(default) for timer, _, _, default, *_ in table("timer")}

    assert list(told.items()) == [(timer, default) for timer, (default, _) in TIMERS.items()]


def test_every_timer_stands_with_its_bounds() -> None:
    """What the page calls the least and the most is just taken."""
    for timer, _, _, _, between, _ in table("timer"):
        least, most = (durations.parse(bound.strip("`")) for bound in between.split(" and "))
        tried = (least - 1, least, most, most + 1)

        _, read = TIMERS[timer]

        assert [is_taken(read, value) for value in tried] == [False, True, True, False], timer


def test_other_defaults_are_those_of_the_code() -> None:
    """Attempts, their pause, and the grace."""
    assert f"`{RetryPolicy().attempts}` (nothing is tried again)" in PROSE
    assert f"and `{RetryPolicy().delay_s}s`." in PROSE
    assert f"*Grace* (`{ENVIRONMENT.grace_s}s`, between `1s` and `5m`)" in PROSE
    assert [is_taken(fields.grace, value) for value in (0, 1, 300, 301)] == [
        False,
        True,
        True,
        False,
    ]


def test_every_field_is_called_as_in_its_form() -> None:
    """Somebody who reads of a field finds it."""
    source = Source(id=1, name="iclinic", created_at=NOON, updated_at=NOON)
    blocks = [*job_modal([source])["blocks"], *environment_modal({"settings": "all"})["blocks"]]
    labels = {block["label"]["text"] for block in blocks if block["type"] == "input"}
    named = {cell.strip("*") for row in (*table("timer"), *table("what")) for cell in row[1:2]}
    named |= {"Attempts", "Pause before the second attempt", "Try again also after", "Grace"}

    assert named <= labels
    assert [name for name in named if f"*{name}*" not in PAGE] == []


@pytest.mark.parametrize("row", table("key"), ids=lambda row: str(row[0]))
def test_key_becomes_what_the_page_shows(row: list[str]) -> None:
    """From a template and values to the text that is compared."""
    template, typed, key = (cell.strip("`") for cell in row)
    values = {name: value or "" for name, value in split(typed)}

    assert concurrency_key(concurrency_template(template, SPECS), values) == key


@pytest.mark.parametrize("template", REFUSED.split())
def test_refused_key_is_refused(template: str) -> None:
    """What the page calls wrong is wrong."""
    with pytest.raises(InvalidInput):
        concurrency_template(template, SPECS)


def test_limits_of_keys_are_those_of_the_code() -> None:
    """Which signs part parameters, and how long a key may be."""
    assert f"one of {' '.join(f'`{sign}`' for sign in SEPARATORS)}," in PROSE
    assert f"more than {LONGEST_KEY} characters" in PROSE


def test_page_and_form_name_the_same_failures_from_before_the_script_begins() -> None:
    """Of a script that ended by itself none of them is told; of a missing one, it is a guess."""
    source = Source(id=1, name="iclinic", created_at=NOON, updated_at=NOON)
    (menu,) = [
        block
        for block in job_modal([source])["blocks"]
        if block.get("block_id") == "field:retry_categories"
    ]
    before, nearly, _ = (re.findall(r"`([A-Z_]+)`", row[0]) for row in table("chosen"))
    ends = [outcome(status, "", "exit", "") for status in range(256)]
    ends.append(outcome(2, "", "exit", "sh: 0: cannot open step-2.sh: No such file"))

    told = {ended.category for ended in ends}

    assert ", ".join(before[:-1]) + f" and {before[-1]} come before" in menu["hint"]["text"]
    assert not told & set(before)
    assert nearly == [Category.SCRIPT_NOT_FOUND]
    assert Category.SCRIPT_NOT_FOUND in told


def test_every_category_that_is_never_tried_again_stands_with_its_reason() -> None:
    """And no other one."""
    assert [category.strip("`") for category, _ in table("category")] == list(NEVER)
