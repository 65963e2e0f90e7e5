"""A success counts only for the same version, the same script, and if nothing failed after it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from db.model.catalog import Kind
from db.model.execution import CheckState, Execution, Status
from executor.rules.proof import needs_proof, proof, unknown_proof
from tests.unit.rules.samples import IMPORT, NOON, PLAN, RUN, STAGING
from tests.unit.rules.test_plan import MEASURED

JOB = replace(IMPORT, proven_in="staging")
SHA = MEASURED.sha256
OTHER = "cd" * 32
LATER = NOON + timedelta(hours=2, minutes=5)


def ran(number: int, status: Status, sha256: str = SHA) -> Execution:
    """Return a run on staging that ended at noon."""
    plan = replace(PLAN, measured=replace(MEASURED, sha256=sha256))
    return replace(RUN, id=number, status=status, plan=plan, finished_at=NOON)


GOOD, BAD = ran(41, Status.SUCCEEDED), ran(42, Status.FAILED)
CHANGED = ran(43, Status.SUCCEEDED, OTHER)


@pytest.mark.parametrize(
    ("ended", "state", "words"),
    [
        pytest.param([GOOD], CheckState.GOOD, "succeeded as #41 2 h ago on staging", id="success"),
        pytest.param([CHANGED, GOOD], CheckState.GOOD, "as #41", id="and one of another script"),
        pytest.param([GOOD, BAD], CheckState.GOOD, "as #41", id="after a failure"),
        pytest.param([], CheckState.FAILED, "version 3 has not succeeded on staging", id="never"),
        pytest.param([BAD, GOOD], CheckState.FAILED, "#42, failed", id="failed since"),
        pytest.param([CHANGED], CheckState.FAILED, "as #43 on staging, but", id="another script"),
        pytest.param([CHANGED, BAD, GOOD], CheckState.FAILED, "#43", id="failed in between"),
        pytest.param(
            [replace(GOOD, plan=PLAN)], CheckState.FAILED, "not measured", id="never measured"
        ),
        pytest.param([ran(44, Status.LOST)], CheckState.FAILED, "#44, failed", id="lost"),
    ],
)
def test_what_proves_a_job(ended: list[Execution], state: CheckState, words: str) -> None:
    """The last run comes first; the sentence names the one that counts."""
    check = proof(JOB, ended, SHA, now=LATER)

    assert check.name == "proven in staging"
    assert check.state is state
    assert words in check.words


def test_a_success_of_this_moment_is_just_now() -> None:
    """There is no "0 s ago"."""
    assert "#41 just now on" in proof(JOB, [GOOD], SHA, now=NOON).words


@pytest.mark.parametrize(
    ("proven_in", "name", "kind", "is_needed"),
    [
        ("staging", "production", Kind.PRODUCTION, True),
        ("staging", "acceptance", Kind.STAGING, True),
        ("staging", "staging", Kind.STAGING, False),
        ("staging", "laptop", Kind.DEVELOPMENT, False),
        ("", "production", Kind.PRODUCTION, False),
    ],
)
def test_where_a_job_has_to_be_proven(
    proven_in: str, name: str, kind: Kind, is_needed: bool
) -> None:
    """Everywhere but where it is proven, and where it is written."""
    job, environment = replace(JOB, proven_in=proven_in), replace(STAGING, name=name, kind=kind)

    assert needs_proof(job, environment) is is_needed


def test_an_environment_that_is_gone_proves_nothing() -> None:
    """It is not taken for proven."""
    assert unknown_proof(JOB).state is CheckState.FAILED
