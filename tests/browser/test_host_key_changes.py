"""A host was installed anew: nothing runs until an admin compared its keys in a window."""

import pytest
from playwright.async_api import Page, expect

from bot.demo import World
from executor.rules.host_keys import fingerprints
from executor.rules.randomart import randomart
from tests.browser.walking import (
    ANA,
    BRUNO,
    FIRST,
    LOOK_MS,
    PRODUCTION,
    RUN,
    RUN_MS,
    Visit,
    card,
    confirms,
    says,
    told,
)

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def _installed_anew(ferry: World) -> tuple[str, str]:
    """Give the host another key, at the same address; return the old and the new one."""
    old = ferry.host.host_key
    await ferry.host.stop()
    for name in ("host_ed25519", "host_ed25519.pub"):
        (ferry.host.home / ".ssh" / name).unlink()
    await ferry.host.start()
    return old, ferry.host.host_key


def _fingerprint(key: str) -> str:
    return fingerprints(key).split()[1]


async def test_a_changed_host_key_is_compared_and_trusted(visit: Visit, ferry: World) -> None:
    """Bruno is kept from running and from trusting; Ana compares, trusts, and it runs."""
    old, new = await _installed_anew(ferry)
    bruno = await visit(BRUNO, PRODUCTION)
    await says(bruno, RUN)
    asked = card(bruno, FIRST)
    await expect(asked).to_contain_text("❌ failed · host key: ", timeout=LOOK_MS)
    await expect(asked).to_contain_text(
        "an admin compares the fingerprint there and trusts it: /migrate hostkey"
    )
    await expect(asked).to_contain_text(
        "⚪ not looked at · login, directory, script, interpreter, disk, clock, by hand: "
        "the host does not let Ferry in"
    )
    await expect(asked).to_contain_text("nothing can: host key failed. Mend it")
    await expect(asked.get_by_role("button", name="Run on production")).to_have_count(0)
    await asked.get_by_role("button", name="Compare the host keys of production").click()
    await expect(told(bruno, "an admin")).to_be_visible()
    await expect(bruno.get_by_role("dialog")).to_have_count(0)

    ana = await visit(ANA, PRODUCTION)
    await card(ana, FIRST).get_by_role("button", name="Compare the host keys").click()
    await _compares_and_trusts(ana, old, new)
    assert (await ferry.bot.services.catalog.environment("production")).host_key == new

    await expect(asked.get_by_role("button", name="Run on production")).to_be_visible(
        timeout=LOOK_MS
    )
    await expect(asked).to_contain_text(_fingerprint(new))
    await expect(asked.get_by_role("button", name="Compare the host keys")).to_have_count(0)
    await confirms(asked, "production")
    await expect(asked).to_contain_text("Succeeded", timeout=RUN_MS)


async def _compares_and_trusts(ana: Page, old: str, new: str) -> None:
    """See both keys as words and as pictures, and tick that they were compared."""
    window = ana.get_by_role("dialog", name="Compare host keys")
    await expect(window).to_contain_text("another key than the pinned one", timeout=LOOK_MS)
    await expect(window).to_contain_text(f"pinned {_fingerprint(old)}")
    await expect(window).to_contain_text(f"shows {_fingerprint(new)}")
    await expect(window).to_contain_text("ssh-keygen -lvf /etc/ssh/ssh_host_ed25519_key.pub")
    pictures = (await window.locator("pre").inner_text()).splitlines()
    pairs = zip(randomart(old), randomart(new), strict=True)
    assert [line.rstrip() for line in pictures[1:]] == [f"{one}  {two}" for one, two in pairs]
    await window.get_by_role("button", name="Trust this key").click()
    await expect(window).to_contain_text("Please complete this required field.")
    await window.get_by_role("checkbox", name="I compared it, and it is the same").check()
    await window.get_by_role("button", name="Trust this key").click()
    done = ana.get_by_role("dialog", name="Trusted")
    await expect(done).to_contain_text(_fingerprint(new), timeout=LOOK_MS)
    await expect(done).to_contain_text("Ferry can log in.")
    await expect(done).to_contain_text("for cards that still ask, Ferry looks at the host anew")
    await done.get_by_role("button", name="Close").last.click()
