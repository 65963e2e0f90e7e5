"""Bots are killed and stopped, lines are cut: the script goes on and its story stays whole."""

import re
from pathlib import Path

from db.model.execution import Status
from tests.acceptance.counting import Counting, counts
from tests.acceptance.house import House, furnished
from tests.acceptance.looking import PATIENCE_S, says
from tests.acceptance.process import served
from tests.support.proxy import Proxy
from tests.support.sshd import Sshd

RESTARTED = "bot restarted, nothing lost"


async def _ends_once(ferry: House, counting: Counting, *between: str) -> None:
    """Check a good end on the one card, and a thread that says each thing once."""
    execution = await counting.ends()
    shown = await ferry.shown(counting.card)
    posts = await ferry.thread(counting.card)

    assert execution.status is Status.SUCCEEDED
    assert execution.attempt == 1
    says(shown, "Succeeded")
    assert "reconnecting" not in shown
    wanted = ["started on", *between, "succeeded in", "Log of"]
    assert len(posts) == len(wanted), posts
    for words, post in zip(wanted, posts, strict=True):
        assert words in post


async def test_bot_killed_in_mid_run(sshd: Sshd, tmp_path: Path) -> None:
    """The next bot takes the run over where the first was killed: every line once, in order."""
    async with served(tmp_path, sshd.host, WORKER_LEASE_S="1") as (ferry, serve):
        counting = await counts(ferry, "killed", await ferry.channel())
        await serve.kill()
        await counting.goes_on()
        await serve.start()
        await ferry.bruno.sees(counting.card["channel"], RESTARTED, timeout=PATIENCE_S)
        await counting.is_stored()

        await _ends_once(ferry, counting, "took the run over again; nothing lost")


async def test_bot_stopped_in_mid_run(sshd: Sshd, tmp_path: Path) -> None:
    """SIGTERM hands over: the next bot need not wait until the lease of a minute is over."""
    async with served(tmp_path, sshd.host, WORKER_LEASE_S="60") as (ferry, serve):
        counting = await counts(ferry, "stopped", await ferry.channel())
        status = await serve.stop()
        await counting.goes_on()
        await serve.start()
        await ferry.bruno.sees(counting.card["channel"], RESTARTED, timeout=PATIENCE_S)

        assert status == 0
        await _ends_once(ferry, counting, "took the run over again; nothing lost")
        assert not re.search("error|Traceback", serve.log.read_text())


async def test_line_cut_in_mid_run(sshd: Sshd, tmp_path: Path) -> None:
    """The card says that Ferry reconnects; once it does, what was printed meanwhile is there."""
    async with (
        Proxy(sshd.host.port) as proxy,
        furnished(tmp_path, sshd.host, connect_timeout_s=0.5) as ferry,
    ):
        channel = await ferry.channel("")
        await ferry.environment("far-away", channel, ssh_port=proxy.port)
        counting = await counts(ferry, "cut", channel)
        proxy.is_silent = True
        assert proxy.cut() > 0
        await ferry.bruno.sees(channel, "reconnecting", timeout=PATIENCE_S)
        await counting.goes_on()
        proxy.is_silent = False
        await counting.is_stored()

        await _ends_once(ferry, counting)
