"""A start that broke off on its host, or that nobody heard of, is neither lost nor left alone."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from db.model.execution import Execution, Status
from db.model.output import Stream
from executor.giving_up import remote_of
from executor.services import Services
from executor.tools import Tools
from tests.faults.processes import end_all, processes_of
from tests.support.on_host import launch, login_shell, once_over, place, run_folder, worker
from tests.support.remote import script
from tests.support.sshd import Sshd, give
from tests.support.waiting import until

#: A login shell that ends before it answers to a start, as one does that may not fork any more.
MUTE = """#!/bin/sh
case $2 in *" start "*)
    case $2 in *" probe-"*) ;; *)
        echo start >>"$HOME/starts"
        sh "$@" >/dev/null
        exit 2 ;;
    esac ;;
esac
exec sh "$@"
"""

#: Forgets the first two starts without a word, and keeps its PATH to itself.
FORGETFUL = """#!/bin/sh
SHELL=/bin/true
export SHELL
case $2 in *" start "*)
    case $2 in *" probe-"*) ;; *)
        echo start >>"$HOME/forgotten"
        [ "$(wc -l <"$HOME/forgotten")" -gt 2 ] || exit 2 ;;
    esac ;;
esac
exec sh "$@"
"""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Give one database: which one it is does not matter here."""
    return sqlite_url


@pytest.fixture
def mute(sshd: Sshd) -> Iterator[Sshd]:
    """Serve a host that does what a start asks, and does not answer."""
    with login_shell(sshd, "mute", MUTE) as server:
        yield server


@pytest.fixture
def forgetful(sshd: Sshd) -> Iterator[Sshd]:
    """Serve a host that has to be asked for a start three times."""
    with login_shell(sshd, "forgetful", FORGETFUL) as server:
        yield server


async def _sent(services: Services, host: Sshd, text: str) -> Execution:
    """Return a run whose start was about to be sent when its bot was killed."""
    await place(services, host.host)
    await launch(services, host.host, text)
    sent = await services.queue.claim_next("killed", timedelta(minutes=1))
    assert sent is not None
    assert await services.records.start_requested(sent, sent.plan)
    return sent


def _begin(folder: Path, user: str) -> None:
    """Leave on the host what a start leaves there that is cut off before it claims the run."""
    folder.mkdir(mode=0o700, parents=True)
    give(folder.parents[2], user)


async def test_a_start_that_broke_off_is_repeated(
    services: Services,
    tools: Tools,
    sshd: Sshd,
) -> None:
    """Its bot was killed, and its line was cut after the directory was made: nothing ran yet."""
    asked = await _sent(services, sshd, "echo x >>$HOME/counted-again")
    _begin(run_folder(sshd.host, asked), sshd.host.user)
    await services.queue.release("killed")
    async with worker(tools):
        over = await once_over(services, asked, within_s=45)

    assert (over.status, over.attempt) == (Status.SUCCEEDED, 1)
    assert (sshd.host.home / "counted-again").read_text() == "x\n"


async def test_a_start_without_an_answer_is_asked_for(
    services: Services,
    tools: Tools,
    mute: Sshd,
) -> None:
    """The script runs: it must not be told as one that never could."""
    await place(services, mute.host)
    asked = await launch(services, mute.host, "echo x >>$HOME/counted-mute")
    async with worker(tools):
        over = await once_over(services, asked, within_s=40)

    assert (over.status, over.attempt, over.error_message) == (Status.SUCCEEDED, 1, "")
    assert (mute.host.home / "counted-mute").read_text() == "x\n"
    assert (mute.host.home / "starts").read_text() == "start\n"


async def test_a_path_that_was_guessed_is_remarked_once(
    services: Services, tools: Tools, forgetful: Sshd
) -> None:
    """However often the start is tried again: the log is not to fill up with it."""
    await place(services, forgetful.host)
    asked = await launch(services, forgetful.host, "echo said")
    async with worker(tools):
        over = await once_over(services, asked)
    lines = await services.history.tail(asked.id, 9)

    assert over.status is Status.SUCCEEDED
    assert (forgetful.host.home / "forgotten").read_text() == "start\n" * 3
    assert [line.stream for line in lines] == [Stream.NOTE, Stream.OUT]
    assert "did not tell its PATH" in lines[0].text


async def test_what_runs_without_its_directory_is_not_started_again(
    services: Services,
    tools: Tools,
    sshd: Sshd,
) -> None:
    """Its bot was killed before it heard of the start, and somebody cleaned up on the host."""
    asked = await _sent(services, sshd, "echo x >>$HOME/counted-bare")
    remote = remote_of(tools, await services.queue.brief(asked))
    await remote.start(script("exec sleep 300"), timeout_s=60, grace_s=1, max_bytes=1000)
    await until(lambda: bool(processes_of(asked)), "it runs")
    shutil.rmtree(run_folder(sshd.host, asked))
    await services.queue.release("killed")
    async with worker(tools):
        over = await once_over(services, asked, within_s=45)
    left = processes_of(over)
    end_all(over)

    assert (over.status, left) == (Status.LOST, {})
    assert not (sshd.host.home / "counted-bare").exists()
