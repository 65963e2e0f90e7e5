"""A run that is taken over while something keeps Ferry from its host goes on all the same."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from db.model.catalog import ParameterSpec, Passing
from db.model.categories import Category
from db.model.errors import InvalidInput
from db.model.execution import Execution, Status
from executor.services import Ground, Services
from executor.tools import Tools
from tests.faults.processes import processes_of
from tests.support.database import do
from tests.support.on_host import HELD, follows, launch, place, worker
from tests.support.remote import eventually
from tests.support.sshd import Sshd
from tests.support.world import ANA


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one database: which one it is does not matter here."""
    return sqlite_url


class Supervisors:
    """The versions of the supervisor on a host."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep_out(self) -> None:
        """Remove them, and let none be installed."""
        for program in self._folder.glob("supervisor-*.sh"):
            program.unlink()
        self._folder.chmod(0o500)

    def let_in(self) -> None:
        """Let them be installed."""
        self._folder.chmod(0o700)


@pytest.fixture
def supervisors(sshd: Sshd) -> Iterator[Supervisors]:
    """Give what is installed on the host; after the test it can be again."""
    found = Supervisors(sshd.host.home / ".cache/ferry")
    yield found
    found.let_in()


async def _left(
    services: Services,
    tools: Tools,
    sshd: Sshd,
    gate: Path,
    **job: Any,
) -> Execution:
    """Return a run whose script goes on, and that nobody here looks after."""
    await place(services, sshd.host)
    asked = await launch(services, sshd.host, HELD.format(gate=gate.name), **job)
    async with worker(tools, "w1"):
        return await follows(services, asked)


def _gone(reference: str) -> str:
    raise InvalidInput(f"There is no {reference}.")


def _end(gate: Path) -> None:
    gate.touch()


async def _until(services: Services, run: Execution, what: str) -> Execution:
    is_right = {
        "out of reach": lambda one: one.reconnecting_since is not None,
        "over": lambda one: one.status.is_over,
        "silent": lambda one: one.silent_since is not None,
        "heard": lambda one: one.silent_since is None and one.lines > 0,
    }[what]
    return await eventually(lambda: services.history.execution(run.id), is_right)


async def test_a_supervisor_that_cannot_be_installed_now_is_waited_for(
    services: Services,
    tools: Tools,
    sshd: Sshd,
    gate: Path,
    supervisors: Supervisors,
) -> None:
    """A new version of Ferry brings its own, and the script of the old one knows nothing of it."""
    run = await _left(services, tools, sshd, gate)
    supervisors.keep_out()
    async with worker(tools, "w2"):
        waits = await _until(services, run, "out of reach")
        supervisors.let_in()
        _end(gate)
        over = await _until(services, run, "over")

    assert (waits.status, over.status) == (Status.RUNNING, Status.SUCCEEDED)


async def test_a_key_that_is_trusted_anew_brings_a_run_back(
    services: Services,
    tools: Tools,
    sshd: Sshd,
    gate: Path,
) -> None:
    """The worker that found the host with another key is told of it: nobody restarts it."""
    run = await _left(services, tools, sshd, gate)
    await services.catalog.trust_host_key("host", sshd.host.other_host_key, ANA)
    async with worker(tools, "w2"):
        waits = await _until(services, run, "out of reach")
        await services.catalog.trust_host_key("host", sshd.host.host_key, ANA)
        _end(gate)
        over = await _until(services, run, "over")

    assert (waits.status, over.status) == (Status.RUNNING, Status.SUCCEEDED)


async def test_a_cancel_ends_a_run_whose_secret_is_gone(
    services: Services,
    tools: Tools,
    sshd: Sshd,
    gate: Path,
) -> None:
    """What it printed could not be masked and is not stored, which its log says."""
    token = ParameterSpec(
        name="token", secret_ref="file:/token", passing=Passing.ENV, target="TOKEN"
    )
    run = await _left(services, tools, sshd, gate, parameters=(token,))
    async with worker(replace(tools, read_secret=_gone), "w2"):
        await services.controls.cancel(run.id, ANA)
        over = await _until(services, run, "over")
    last = (await services.history.tail(run.id, 1))[0]

    assert over.status is Status.CANCELLED
    assert over.receipt.endswith("none remain")
    assert "was not stored" in last.text


async def test_a_run_that_a_new_version_cannot_read_is_stopped_and_ends(
    services: Services,
    ground: Ground,
    tools: Tools,
    sshd: Sshd,
    gate: Path,
) -> None:
    """Its job's pattern was good for an older Ferry: nobody could follow it any more."""
    run = await _left(services, tools, sshd, gate, progress_pattern="(?P<percent>[0-9]+) done")
    await do(ground.db, "UPDATE migration_job_versions SET progress_pattern = '(?=x)'")
    async with worker(tools, "w2"):
        over = await _until(services, run, "over")

    assert (over.status, over.error_category) == (Status.FAILED, Category.INTERNAL_ERROR)
    assert processes_of(over) == {}


async def test_a_silence_is_forgotten_by_the_next_worker_too(
    services: Services,
    tools: Tools,
    sshd: Sshd,
    gate: Path,
) -> None:
    """The bot that told of it was stopped meanwhile; the script speaks again."""
    await place(services, sshd.host)
    text = f"{HELD.format(gate=gate.name)}; while :; do echo again; sleep 0.1; done"
    asked = await launch(services, sshd.host, text, silence_s=1)
    async with worker(tools, "w1"):
        silent = await _until(services, asked, "silent")
    async with worker(tools, "w2"):
        _end(gate)
        now = await _until(services, asked, "heard")
        await services.controls.cancel(asked.id, ANA)
        await _until(services, asked, "over")

    assert (silent.status, now.status) == (Status.RUNNING, Status.RUNNING)
