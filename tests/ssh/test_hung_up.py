"""A server that hangs up with a reason, whichever, while it is asked for a command."""

from pathlib import Path

import pytest

from db.model.errors import AttemptError
from executor.ssh.pool import Hosts
from tests.support.remote import Job, target_to
from tests.support.rude_host import REASONS, serving


@pytest.mark.parametrize("reason", REASONS)
async def test_a_hung_up_line_is_replaced_without_a_word(
    hosts: Hosts, tmp_path: Path, reason: int
) -> None:
    """The follow command is asked for once more, on a new line."""
    async with serving(tmp_path / "home") as rude:
        job = Job(hosts, target_to(rude.host))
        await job.start("echo said")
        rude.reason, rude.hang_ups = reason, 1

        taken = await job.follow()

    assert (bytes(taken.out), taken.cuts) == (b"said\n", 0)


@pytest.mark.parametrize("reason", REASONS)
async def test_a_server_that_always_hangs_up_is_a_lost_line(
    hosts: Hosts, tmp_path: Path, reason: int
) -> None:
    """Said in words after three tries; not a refused login, which was over long before."""
    async with serving(tmp_path / "home") as rude:
        job = Job(hosts, target_to(rude.host))
        await job.start("echo said")
        rude.reason, rude.hang_ups = reason, 3

        with pytest.raises(AttemptError) as caught:
            async with job.remote.follow(0, 0):
                pass
        taken = await job.follow()

    assert caught.value.detail == "LOST"
    assert bytes(taken.out) == b"said\n"
