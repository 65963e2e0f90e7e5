"""The host's disk is full: output is cut and said to be, how the script ended is still true."""

import asyncio
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.model.categories import Category
from db.model.execution import Status
from db.model.output import Stream
from tests.acceptance.looking import says
from tests.faults.recording import recorded
from tests.faults.rounds import chance, rounds
from tests.faults.stage import stage
from tests.faults.tally import Tally
from tests.faults.verdict import attempt_of, came_through, stored
from tests.support.sshd import Sshd

DISK = 2_000_000


@pytest.fixture
def small_disk(sshd: Sshd) -> Iterator[Sshd]:
    """Serve a host where Ferry's directory lies on a disk of 2 MB: real, and seen by nobody else.

    In a mount namespace; an ordinary user becomes root in a user namespace for it, and then again
    who they are, since sshd as root would change users.
    """
    if shutil.which("unshare") is None:
        pytest.skip("There is no unshare here (Debian: apt-get install util-linux).")
    home = sshd.make_home("small-disk")
    cache = home / ".cache"
    cache.mkdir()
    uid, gid = os.getuid(), os.getgid()
    if uid == 0:
        account = pwd.getpwnam(sshd.host.user)
        owner, before, after = f"uid={account.pw_uid},gid={account.pw_gid},", [], ""
    else:
        owner, before = "", ["--user", "--map-root-user"]
        after = f"unshare --user --map-user={uid} --map-group={gid} "
    mount = f'mount -t tmpfs -o {owner}mode=755,size={DISK} none "{cache}" && exec {after}"$@"'
    within = ["unshare", *before, "--mount", "sh", "-c", mount, "sh"]
    server = sshd.variant(environment={"HOME": str(home)}, within=within)
    server.start()
    yield server
    server.stop()


@rounds(few=1)
async def test_disk_full(
    small_disk: Sshd, url: str, tmp_path: Path, tally: Tally, seed: int
) -> None:
    """What fits is stored to the byte, the rest told to be missing, and the end is true."""
    dice = chance(seed)
    async with stage(tmp_path, small_disk.host, url, tally) as on:
        noise = b"first\n" + dice.randbytes(2 * DISK)
        chatty = recorded(dice, lines=200).but(out=noise, held_at=-1, end="exit 3", result={})
        played = await on.plays(chatty)
        tally.faults += 1

        (ended,) = await came_through(on, played, status=Status.FAILED, exits=(3,), is_whole=False)
        attempt = await attempt_of(on, ended)
        lines = [line async for line in stored(on.house.services, ended.id)]
        notes = [line.text for line in lines if line.stream is Stream.NOTE]
        assert DISK / 2 < attempt.out_offset < DISK
        assert any(note.startswith("stdout was cut here") for note in notes), notes


@rounds(few=1)
async def test_disk_full_before(
    small_disk: Sshd, url: str, tmp_path: Path, tally: Tally, seed: int
) -> None:
    """No room to start in: nothing ran, the card says why; with room again, it runs."""
    dice = chance(seed)
    short = recorded(dice, lines=100).but(held_at=-1)
    async with stage(tmp_path, small_disk.host, url, tally) as on:
        await _on(small_disk, "dd if=/dev/zero of=.cache/filler bs=4096 || true")
        tally.faults += 1
        refused = await on.plays(short)
        told = await on.told(refused)
        await _on(small_disk, "rm .cache/filler")

        assert (told.status, told.error_category) == (Status.FAILED, Category.DISK_FULL)
        assert refused.times() == 0
        says(await on.house.shown(refused.card), "disk", "full")
        await came_through(on, await on.plays(short))


async def _on(server: Sshd, command: str) -> None:
    """Run *command* on the host, as somebody who logs in there."""
    host = server.host
    words = ["ssh", "-p", str(host.port), "-i", host.key_path, "-l", host.user]
    for option in ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"):
        words += ["-o", option]
    words += [host.address, f"cd && {command}"]
    done = await asyncio.to_thread(subprocess.run, words, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
