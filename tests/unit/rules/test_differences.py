"""What changed is said in words, both sides, and nothing else."""

from dataclasses import fields, replace

import pytest

from db.model.execution import Measured, Plan
from executor.rules.differences import Difference, differences
from executor.rules.host_keys import fingerprints
from executor.rules.sizes import size_words
from tests.support.executions import HOST_KEY
from tests.unit.rules.samples import PLAN
from tests.unit.rules.test_plan import MEASURED, changed

KNOWN = replace(PLAN, measured=MEASURED)


def _measured(**changes: object) -> list[Difference]:
    return differences(KNOWN, replace(KNOWN, measured=replace(MEASURED, **changes)))  # type: ignore[arg-type]


def test_equal_plans_differ_in_nothing() -> None:
    """Neither does one that was measured for the first time."""
    assert differences(KNOWN, KNOWN) == []
    assert differences(PLAN, KNOWN) == []


@pytest.mark.parametrize("name", [one.name for one in fields(Plan) if one.name != "measured"])
def test_every_field_of_a_plan_is_told(name: str) -> None:
    """One thing changed: one line, with other words on each side."""
    (found,) = differences(PLAN, changed(PLAN, name))

    assert found.what
    assert found.before or name in {"proxy_jump", "host_key", "silence_action"}
    assert found.after
    if name not in {"arguments", "variables"}:  # their values may be personal
        assert found.before != found.after


@pytest.mark.parametrize(
    "name", [one.name for one in fields(Measured) if one.name not in {"size", "modified_at"}]
)
def test_everything_measured_is_told(name: str) -> None:
    """But a script that was only touched is the same script."""
    other = not MEASURED.is_dirty if name == "is_dirty" else "0123456789abcdef" * 4

    (found,) = _measured(**{name: other})

    assert found.before != found.after


def test_a_changed_script_is_told_by_its_hash_and_size() -> None:
    """Short enough to read, long enough to compare."""
    found = _measured(sha256="cd" * 32, size=4300)

    assert found == [
        Difference(
            "content of the script",
            "sha256 abababababab…, 4.7 kB",
            "sha256 cdcdcdcdcdcd…, 4.3 kB",
        )
    ]


def test_a_host_key_is_told_by_its_fingerprint() -> None:
    """Nobody compares base64 by eye."""
    (found,) = differences(PLAN, replace(PLAN, host_key=HOST_KEY))

    assert (found.before, found.after) == ("none is pinned", fingerprints(HOST_KEY))


def test_uncommitted_changes_are_told() -> None:
    """The commit alone would look as before."""
    (found,) = _measured(is_dirty=True)

    assert found.after == f"{found.before} with uncommitted changes"


def test_personal_values_are_not_told() -> None:
    """Arguments and variables come from what people typed."""
    other = replace(PLAN, arguments=("patient 44320",), variables={"TOKEN": "44320"})

    assert "44320" not in str(differences(PLAN, other))


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (812, "812 bytes"),
        (4211, "4.2 kB"),
        (999_999, "1.0 MB"),
        (2_000_000_000, "2.0 GB"),
    ],
)
def test_sizes_are_rounded_for_people(count: int, words: str) -> None:
    """One digit is enough."""
    assert size_words(count) == words
