"""Staging before production: a job may have to succeed in one environment before it runs in others.

What counts is a success there of the same version with the same script, after which nothing of
that version failed there.
"""

from collections.abc import Sequence
from datetime import datetime

from db.model.catalog import Environment, Job, Kind
from db.model.execution import Check, CheckState, Execution, Status
from executor.rules.differences import short
from executor.rules.durations import UNITS, words

_PROVEN = "proven in "  # before the environment, in the name of the check


def needs_proof(job: Job, environment: Environment) -> bool:
    """Return whether *job* must have succeeded elsewhere before it runs in *environment*.

    Not where it is to be proven, and not in development: that comes before.
    """
    is_elsewhere = environment.name != job.proven_in
    return bool(job.proven_in) and is_elsewhere and environment.kind is not Kind.DEVELOPMENT


def proof(job: Job, ended: Sequence[Execution], sha256: str, *, now: datetime) -> Check:
    """Return whether *job* with the script *sha256* is proven, in words.

    *ended*: its runs there, of that version, that succeeded or failed; the last one first.
    """
    name, there = f"{_PROVEN}{job.proven_in}", job.proven_in
    newest = ended[0] if ended else None
    if newest is None:
        told = f"version {job.version} has not succeeded on {there} yet: run it there first"
        return Check(name=name, state=CheckState.FAILED, words=told)
    for run in ended:
        if run.status is not Status.SUCCEEDED:
            break
        if run.plan.measured and run.plan.measured.sha256 == sha256:
            told = f"succeeded as #{run.id} {_ago(run, now)} on {there} with the same script"
            return Check(name=name, state=CheckState.GOOD, words=told)
    if newest.status is not Status.SUCCEEDED:
        told = f"its last run on {there}, #{newest.id}, failed: run it there again first"
    else:
        ran = newest.plan.measured
        there_is = f"sha256 {short(ran.sha256)}" if ran else "one that was not measured"
        told = (
            f"succeeded as #{newest.id} on {there}, but with another script ({there_is} there, "
            f"{short(sha256)} here): run this one there first"
        )
    return Check(name=name, state=CheckState.FAILED, words=told)


def unproven_in(execution: Execution) -> str:
    """Return where *execution* has to succeed first, as its failed check says; else empty."""
    failed = (check.name for check in execution.checks if check.state is CheckState.FAILED)
    return next((name.removeprefix(_PROVEN) for name in failed if name.startswith(_PROVEN)), "")


def unknown_proof(job: Job) -> Check:
    """Return the check where the environment that *job* is to be proven in is not there."""
    told = f"there is no environment {job.proven_in} any more, where it has to succeed first"
    return Check(name=f"{_PROVEN}{job.proven_in}", state=CheckState.FAILED, words=told)


def _ago(run: Execution, now: datetime) -> str:
    seconds = int((now - (run.finished_at or run.created_at)).total_seconds())
    size = next((size for size in UNITS.values() if seconds >= size), None)
    return f"{words(seconds - seconds % size)} ago" if size else "just now"
