import hashlib
import json
from dataclasses import asdict, fields, replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.model.catalog import Kind
from db.model.execution import Measured, Plan
from executor.rules.plan import as_known, plan_hash, plan_of
from tests.unit.rules.samples import IMPORT, PLAN, STAGING, VALUES

MEASURED = Measured(
    script="/home/deploy/migrations/import.js",
    sha256="ab" * 32,
    size=4711,
    modified_at="2026-03-14T15:09:26Z",
    interpreter="/usr/bin/node",
    interpreter_version="v22.1.0",
    revision="cd" * 20,
)
OTHER: dict[str, object] = {
    "kind": Kind.PRODUCTION,
    "arguments": ("iclinic", "drleandro 320623"),
    "variables": {"API_TOKEN": "env:OTHER"},
    "measured": MEASURED,
    "silence_s": 60,
}


def changed(plan: Plan, name: str) -> Plan:
    """Return *plan* with another value in field *name*."""
    value = getattr(plan, name)
    other = OTHER.get(name, value + 1 if isinstance(value, int) else f"{value}x")
    return replace(plan, **{name: other})  # type: ignore[arg-type]


def test_plan_fills_in_what_the_job_leaves_open() -> None:
    """Directory, timeout and host come from the script and the environment."""
    assert PLAN.directory == "~/migrations"
    assert PLAN.timeout_s == 600
    assert PLAN.interpreter == "node"
    assert PLAN.arguments == ("iclinic", "drleandro", "320623")
    assert PLAN.variables == {"API_TOKEN": "env:ICLINIC_TOKEN"}
    assert (PLAN.host, PLAN.user, PLAN.port) == ("staging.example.com", "deploy", 22)


def test_what_the_job_says_wins() -> None:
    """A job's own timeout and directory are not overruled by the environment."""
    job = replace(IMPORT, timeout_s=30, directory="/srv")

    plan = plan_of(STAGING, job, VALUES)

    assert (plan.timeout_s, plan.directory) == (30, "/srv")


@pytest.mark.parametrize(
    ("interpreter", "expected"), [("node", "/opt/node"), ("python3", "python3"), ("", "")]
)
def test_node_path_replaces_node_only(interpreter: str, expected: str) -> None:
    """The environment's node path is for jobs that run with node."""
    environment = replace(STAGING, node_path="/opt/node")

    plan = plan_of(environment, replace(IMPORT, interpreter=interpreter), VALUES)

    assert plan.interpreter == expected


@pytest.mark.parametrize(("script", "directory"), [("/x.sh", "/"), ("~/x.sh", "~")])
def test_directory_of_a_script_at_the_top(script: str, directory: str) -> None:
    """A script in the root or the home directory runs there."""
    assert plan_of(STAGING, replace(IMPORT, script=script), VALUES).directory == directory


@pytest.mark.parametrize("name", [field.name for field in fields(Plan)])
def test_hash_changes_with_every_field(name: str) -> None:
    """Nothing of what was confirmed can change unnoticed."""
    assert plan_hash(changed(PLAN, name)) != plan_hash(PLAN)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("script", "/elsewhere/import.js"),
        ("sha256", "cd" * 32),
        ("interpreter", "/opt/node"),
        ("interpreter_version", "v22.1.1"),
        ("revision", "ef" * 20),
        ("is_dirty", True),
    ],
)
def test_hash_changes_with_what_was_measured(name: str, other: object) -> None:
    """Another script, another interpreter, another checkout: another plan."""
    measured = replace(MEASURED, **{name: other})  # type: ignore[arg-type]

    assert plan_hash(replace(PLAN, measured=measured)) != plan_hash(
        replace(PLAN, measured=MEASURED)
    )


def test_hash_does_not_change_when_the_script_was_only_touched() -> None:
    """The same bytes at a later time are the same script."""
    touched = replace(MEASURED, modified_at="2026-03-15T00:00:00Z")

    assert plan_hash(replace(PLAN, measured=touched)) == plan_hash(replace(PLAN, measured=MEASURED))


def test_hash_is_that_of_the_content() -> None:
    """The same plan read back from a database has the same hash."""
    plan = replace(PLAN, variables={"A": "1", "B": "2"})
    same = replace(PLAN, variables=MappingProxyType({"B": "2", "A": "1"}))

    assert plan_hash(same) == plan_hash(plan)
    assert len(plan_hash(plan)) == 64


@given(
    st.lists(st.text(alphabet=st.characters()), max_size=4).map(tuple),
    st.lists(st.text(alphabet=st.characters()), max_size=4).map(tuple),
)
def test_hash_tells_argument_lists_apart(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    """Two lists of words hash alike only if they are the same list."""
    hashes = [plan_hash(replace(PLAN, arguments=words)) for words in (one, other)]

    assert (hashes[0] == hashes[1]) == (one == other)


def test_what_plans_learned_later_changes_no_old_one() -> None:
    """What waits across an upgrade is still what was confirmed, unless it says something new."""
    later = {"attempts", "retry_categories", "silence_s", "silence_action", "personal", "measured"}
    content = {key: value for key, value in asdict(PLAN).items() if key not in later}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))

    old = hashlib.sha256(canonical.encode("ascii")).hexdigest()

    assert plan_hash(PLAN) == old
    assert plan_hash(replace(PLAN, attempts=2)) != old
    assert plan_hash(replace(PLAN, silence_s=60, silence_action="warn")) != old


def test_a_version_that_was_not_told_in_time_is_no_other_plan() -> None:
    """But another one is, and so is another path."""
    known = replace(PLAN, measured=MEASURED)
    late = replace(PLAN, measured=replace(MEASURED, interpreter_version=""))
    other = replace(PLAN, measured=replace(MEASURED, interpreter_version="v23.0.0"))
    moved = replace(PLAN, measured=replace(MEASURED, interpreter="/opt/node"))

    assert as_known(late, known) == known
    assert as_known(known, late) == late
    assert as_known(other, known) == other
    assert as_known(moved, known) == moved
    assert as_known(known, PLAN) == known
