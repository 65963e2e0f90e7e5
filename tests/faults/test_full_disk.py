"""The host's disk is full: output is cut and said to be, how the script ended is still true."""

import os
import pwd
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.model.categories import Category
from db.model.execution import Status, Stream
from tests.acceptance.looking import says
from tests.faults.recording import recorded
from tests.faults.rounds import chance, rounds
from tests.faults.stage import stage
from tests.faults.tally import Tally
from tests.faults.verdict import attempt_of, came_through, stored
from tests.support.sshd import Sshd

DISK = 2_000_000
FILL = 'dd if=/dev/zero of="$HOME/.cache/filler" bs=4096 2>/dev/null; '


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
    """What fits is stored to the byte, the rest is told to be missing; the next run is told why."""
    dice = chance(seed)
    async with stage(tmp_path, small_disk.host, url, tally) as on:
        chatty = recorded(dice, lines=200).but(held_at=-1, end=f"{FILL}exit 3")
        chatty = chatty.but(out=b"first\n" + dice.randbytes(2 * DISK) + chatty.out, result={})
        played = await on.plays(chatty)
        tally.faults += 1

        (ended,) = await came_through(
            on, played, status=Status.FAILED, exits=(3,), is_whole=False
        )
        attempt = await attempt_of(on, ended)
        notes = [
            line.text
            async for line in stored(on.house.services, ended.id)
            if line.stream is Stream.NOTE
        ]
        refused = await on.plays(recorded(dice, lines=20).but(held_at=-1))
        told = await on.told(refused)

        assert DISK / 2 < attempt.out_offset < DISK
        assert any(note.startswith("stdout was cut here") for note in notes), notes
        assert (told.status, told.error_category) == (Status.FAILED, Category.DISK_FULL)
        assert refused.times() == 0
        says(await on.house.shown(refused.card), "disk", "full")
