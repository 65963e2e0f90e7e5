"""Hosts that are odd, though nothing is wrong with them: Ferry works there all the same."""

import asyncio
import os
from collections.abc import Callable

from executor.ssh.helper import DIGEST
from executor.ssh.pool import Hosts
from executor.ssh.remote import Receipt, RemoteState
from tests.support.remote import Job, eventually, target_to
from tests.support.sshd import Sshd, give

NewJob = Callable[[], Job]
Variant = Callable[..., Sshd]

_HELD_UP = """case $* in
*.incomplete.*) if /bin/mv "$HOME/hold" "$HOME/held" 2>/dev/null; then cat "$HOME/go"; fi ;;
esac
exec /bin/mv "$@\""""


async def test_sizes_are_bytes_whatever_the_user_likes_to_read(
    sshd: Sshd, variant: Variant, hosts: Hosts
) -> None:
    """GNU `ls` tells sizes in the units of BLOCK_SIZE."""
    home = sshd.make_home("block-size")
    server = variant(environment={"HOME": str(home), "BLOCK_SIZE": "human-readable"})
    job = Job(hosts, target_to(server.host))

    await job.start("head -c 5000 /dev/zero")
    status = await job.over()

    assert status.out_size == 5000


async def test_supervisor_that_a_crash_emptied_is_installed_again(
    sshd: Sshd, another: NewJob
) -> None:
    """The name may reach the disk before the content does."""
    await another().start("exit 0")
    (sshd.host.home / f".cache/ferry/supervisor-{DIGEST}.sh").write_bytes(b"")

    assert await another().start("exit 0")


async def test_link_that_was_made_though_it_is_said_to_be_there(
    sshd: Sshd, variant: Variant, hosts: Hosts
) -> None:
    """NFS asks again when an answer is lost, and is told that what it made exists already."""
    server = variant(environment=_with_tool(sshd, "nfs", "ln", '/bin/ln "$@"; exit 1'))
    job = Job(hosts, target_to(server.host))

    launched = await job.start("echo once")
    taken = await job.follow()

    assert (launched, bytes(taken.out)) == (True, b"once\n")


async def test_who_puts_away_what_broke_off_leaves_a_new_start_alone(
    sshd: Sshd, variant: Variant, hosts: Hosts
) -> None:
    """Between the last look and the move somebody else has put it away and started anew."""
    server = variant(environment=_with_tool(sshd, "slow-mv", "mv", _HELD_UP))
    home = server.host.home
    job = Job(hosts, target_to(server.host))
    await Job(hosts, target_to(server.host)).start("exit 0")
    folder = home / ".cache/ferry/runs" / job.id
    folder.mkdir(mode=0o700)
    (folder / "born").write_text("1 another-boot\n")
    give(folder, sshd.host.user)
    (home / "hold").touch()
    os.mkfifo(home / "go")
    give(home, sshd.host.user)

    slow = asyncio.create_task(job.remote.status())
    await eventually(lambda: asyncio.to_thread((home / "held").exists), bool)
    await job.start("echo once; sleep 1; echo more")
    await job.prints(b"once\n")
    await asyncio.to_thread((home / "go").write_bytes, b"")
    await slow

    assert (await job.remote.status()).state in {RemoteState.RUNNING, RemoteState.EXITED}
    assert bytes((await job.follow()).out) == b"once\nmore\n"


async def test_cancel_of_more_processes_than_an_argument_can_name(
    sshd: Sshd, variant: Variant, hosts: Hosts
) -> None:
    """Twenty thousand have the cookie, as far as the look at them tells: none saves the script."""
    many = 'case $* in *cookie*) seq -f "/proc/%.0f/environ" 5000001 5020000 ;; esac'
    server = variant(environment=_with_tool(sshd, "crowd", "grep", f'/bin/grep "$@"\n{many}'))
    job = Job(hosts, target_to(server.host))
    await job.start("echo ready; sleep 300", grace_s=30)
    await job.prints(b"ready\n")

    await job.remote.cancel()
    status = await job.over()

    assert (status.state, status.reason) == (RemoteState.EXITED, "cancel")
    assert status.receipt == Receipt(2, 2, 0, 0, 0)


def _with_tool(sshd: Sshd, name: str, tool: str, text: str) -> dict[str, str]:
    folder = sshd.make_home(f"tools-{name}")
    (folder / tool).write_text(f"#!/bin/sh\n{text}\n")
    (folder / tool).chmod(0o755)
    give(folder, sshd.host.user)
    return {"HOME": str(sshd.make_home(name)), "PATH": f"{folder}:/usr/bin:/bin"}
