"""A start may be repeated, at once or after a lost answer: the script runs once."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from db.model.errors import AttemptError
from executor.ssh import helper
from executor.ssh.errors import StartUncertain
from executor.ssh.pool import Hosts
from executor.ssh.remote import RemoteState
from executor.ssh.target import Target
from tests.support.proxy import Proxy
from tests.support.remote import Job, eventually, script, target_to
from tests.support.sshd import Sshd, free_port

NewJob = Callable[[], Job]


async def test_twelve_starts_at_once_are_one_execution(shell_job: NewJob, sshd: Sshd) -> None:
    """One of them launches it, the others find it there."""
    job = shell_job()
    counted = sshd.host.home / f"count-{job.id}"

    answers = await asyncio.gather(
        *(job.start(f"echo x >>{counted}; sleep 0.2") for _ in range(12))
    )
    await job.follow()

    assert sorted(answers) == [False] * 11 + [True]
    assert counted.read_text() == "x\n"


async def test_start_of_what_is_over_does_not_run_it_again(job: Job) -> None:
    """A finished run is an existing one."""
    await job.start("echo once")
    await job.follow()

    again = await job.start("echo twice")

    assert not again
    assert bytes((await job.follow()).out) == b"once\n"


async def test_lost_answer_is_uncertain_and_a_second_start_is_safe(
    sshd: Sshd, hosts: Hosts
) -> None:
    """The program arrived, the answer did not: told as uncertain, and repeated without harm."""
    async with Proxy(sshd.host.port) as proxy:
        job = Job(hosts, target_to(sshd.host, port=proxy.port))
        counted = sshd.host.home / f"count-{job.id}"
        await job.remote.status()  # logged in, supervisor installed

        proxy.mute_after = 50_000  # in the middle of the program
        starting = asyncio.create_task(job.start(f"echo x >>{counted}; : {'x' * 100_000}"))
        await eventually(_exists(counted), bool)
        proxy.refuses = True
        proxy.cut()
        with pytest.raises(StartUncertain) as caught:
            await starting
        proxy.mute_after, proxy.refuses = None, False
        again = await job.start(f"echo x >>{counted}")
        await job.follow()

    assert not caught.value.retry_safe
    assert not again
    assert counted.read_text() == "x\n"


@pytest.mark.parametrize("pause_s", [0.0, 0.01, 0.02, 0.04])
async def test_start_cut_anywhere_then_repeated_runs_once(
    sshd: Sshd, hosts: Hosts, pause_s: float
) -> None:
    """Wherever the line breaks, the repeated start finds it or launches it, never twice."""
    async with Proxy(sshd.host.port) as proxy:
        job = Job(hosts, target_to(sshd.host, port=proxy.port))
        counted = sshd.host.home / f"count-{job.id}"
        await job.remote.status()

        starting = asyncio.create_task(job.start(f"echo x >>{counted}"))
        await asyncio.sleep(pause_s)
        proxy.cut()
        await asyncio.gather(starting, return_exceptions=True)
        await job.start(f"echo x >>{counted}")
        await job.follow()

    assert counted.read_text() == "x\n"


async def test_refused_port_cannot_have_begun(hosts: Hosts, sshd: Sshd) -> None:
    """Where nothing was sent a retry is safe, and said to be."""
    job = Job(hosts, target_to(sshd.host, port=free_port()))

    with pytest.raises(AttemptError) as caught:
        await job.start("exit 0")

    assert not isinstance(caught.value, StartUncertain)
    assert caught.value.retry_safe


async def test_half_a_program_is_not_run(job: Job, target: Target, hosts: Hosts) -> None:
    """A size that differs from what arrived is refused, and leaves the id free."""
    answer = await helper.call(
        hosts, target, "start", job.id, 1000, 10, 1, 1000, data=script("echo half")
    )

    assert answer == "error short"
    assert (await job.remote.status()).state is RemoteState.GONE
    assert await job.start("exit 0")


def _exists(path: Path) -> Callable[[], Awaitable[bool]]:
    return lambda: asyncio.to_thread(path.exists)


async def test_a_start_that_arrives_after_the_end_starts_nothing(shell_job: NewJob) -> None:
    """A worker that was paused sends it when another one has seen the run through already."""
    job = shell_job()
    text = f'echo x >>"$HOME/late-{job.id}"'
    await job.start(text)
    await job.over()
    assert await job.remote.remove()

    was_new = await job.start(text)
    status = await job.remote.status()

    assert not was_new
    assert status.state is RemoteState.GONE


async def test_what_was_called_off_cannot_start_any_more(shell_job: NewJob) -> None:
    """The host knew nothing of it, and said so to whoever recorded that it never ran."""
    job = shell_job()

    called_off = await job.remote.cancel()
    was_new = await job.start("sleep 60")
    status = await job.remote.status()

    assert called_off.state is RemoteState.GONE
    assert not was_new
    assert status.state is RemoteState.GONE


async def test_a_run_of_an_older_supervisor_is_still_known(job: Job, sshd: Sshd) -> None:
    """It kept numbers only, without births: after an upgrade its runs are not taken for lost."""
    await job.start("echo here; sleep 60")
    await job.prints(b"here\n")
    place = sshd.host.home / ".cache/ferry/runs" / job.id
    keeper, payload, watchdog, started, boot = (place / "pids").read_text().splitlines()[0].split()
    numbers = [each.partition(":")[0] for each in (keeper, payload, watchdog)]
    (place / "pids").write_text(f"{' '.join(numbers)} {started}\n")
    (place / "claim").unlink()
    (place / "claim").symlink_to(f"{numbers[0]} 1 {boot}")

    before = await job.remote.status()
    await job.remote.cancel()
    after = await job.over()

    assert before.state is RemoteState.RUNNING
    assert after.reason == "cancel"
