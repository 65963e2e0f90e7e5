"""A host that was installed anew: from the failed card to a run that succeeds, in Slack alone."""

import pytest

from db.model.execution import Status
from playground.screen import shown, words
from tests.acceptance.house import House
from tests.acceptance.looking import PATIENCE_S, newest
from tests.support.sshd import Sshd

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_changed_key_is_trusted_from_the_failed_card(ferry: House, sshd: Sshd) -> None:
    """The real host is asked for its key; what it shows is pinned, and Ferry logs in with it."""
    channel = await ferry.channel("")
    await ferry.environment("anew", channel, host_key=sshd.host.other_host_key)
    await ferry.job("anew", "echo hello")
    card = await ferry.asks(ferry.ana, channel, "anew")
    failed = await ferry.over(card)

    await ferry.ana.clicks(card, "Compare host keys…")
    view = await ferry.ana.until(
        lambda state: next((v for v in state["views"] if "shows SHA256" in shown(words(v))), None),
        lambda state: str(state["views"]),
        timeout=PATIENCE_S,
    )
    await ferry.ana.submits(
        await ferry.ana.fills(view, {"At the host": ["I compared it, and it is the same"]})
    )
    told = shown(words(await ferry.ana.modal("Trusted", timeout=PATIENCE_S)))
    before = await newest(ferry.ana, channel)
    await ferry.ana.clicks(card, "Run again")
    again = await ferry.over(
        await ferry.ana.sees(channel, "anew on ", timeout=PATIENCE_S, after=before)
    )

    assert failed.status is Status.FAILED
    assert "Ferry can log in." in told
    assert again.status is Status.SUCCEEDED
    assert (await ferry.services.catalog.environment("anew")).host_key == sshd.host.host_key
