"""More output than is kept: the script goes on, and the log says where it was cut."""

from pathlib import Path

from db.model.execution import Status
from tests.acceptance.house import furnished
from tests.support.sshd import Sshd
from tests.support.world import STAGING


async def test_output_over_the_limit_is_cut_and_said_to_be(sshd: Sshd, tmp_path: Path) -> None:
    """The script never notices; its exit status and its stderr are whole."""
    async with furnished(tmp_path, sshd.host, output_limit_mb=1) as ferry:
        await ferry.job("chatty", "seq 1 400000; echo told >&2; exit 3")
        card = await ferry.asks(ferry.bruno, STAGING, "chatty")
        execution = await ferry.over(card)

        tail = [line.text for line in await ferry.services.history.tail(execution.id, 3)]

    assert (execution.status, execution.exit_status) == (Status.FAILED, 3)
    assert 100_000 < execution.lines < 200_000
    assert tail[-1].startswith("stdout was cut here (1 MB or a full disk on the host)")
