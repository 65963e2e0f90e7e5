"""Both keys in one window; trusted by an admin who compared them with the host's own words."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from db.database import Database
from db.model.audit import AuditFilter
from db.model.categories import Category
from db.model.errors import AttemptError
from db.model.execution import Check, CheckState, Status
from executor.rules.estimates import Forecast
from executor.rules.host_keys import fingerprints
from executor.rules.randomart import randomart
from executor.services import Services
from executor.ssh.hostkeys import HostKey
from handlers.views.card import execution_card
from playground.people import Person
from playground.screen import shown, words
from playground.server import PlaygroundSlack
from tests.slack.ferry_in import KEY, connected, listening
from tests.support.database import Clock
from tests.support.executions import NOON, execution
from tests.support.world import ANA, PRODUCTION, STAGING, furnish

OLD = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIq7ld8n1vXBJlTxKWWyU4VhYXVSvFeOPtmmfCCG1JXm"
EVE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEk1uFRvsUnKHPUMpw1kTD9M6v5gFHvxLPhrGVVzGCZj"
TICK = {"At the host": ["I compared it, and it is the same"]}


class Host:
    """What the host shows; it may be another one the next time."""

    def __init__(self) -> None:
        self.line = KEY.line
        self.is_up = True

    async def scan(self, _host: str, _port: int) -> Sequence[HostKey]:
        """Show it."""
        if not self.is_up:
            raise AttemptError(Category.CONNECTION_ERROR, "It does not answer.", hint="Is it up?")
        return [replace(KEY, line=self.line)]


@pytest.fixture
def host() -> Host:
    """Have a host with one key."""
    return Host()


@pytest.fixture
async def services(
    sqlite_url: str, clock: Clock, client: AsyncWebClient, slack: PlaygroundSlack, host: Host
) -> AsyncIterator[Services]:
    """Have two environments on it, with another key pinned."""
    database = Database(sqlite_url, clock=clock)
    ferry = listening(client, database, clock, look=host.scan)
    await furnish(ferry.services, host_key=OLD)
    async with connected(ferry, slack):
        yield ferry.services
    await database.close()


async def pinned(services: Services) -> str:
    """Return what is pinned for staging."""
    return (await services.catalog.environment("staging")).host_key


async def trusted_times(services: Services) -> int:
    """Return how often a key was trusted."""
    wanted = AuditFilter(verbs=("environment.host_key_trusted",))
    return len((await services.audit.page(wanted, ANA)).events)


async def test_a_changed_key_is_compared_and_trusted(services: Services, ana: Person) -> None:
    """Both pictures, what it means, a box to tick; then it is pinned, and noted."""
    await ana.types(STAGING, "/migrate hostkey")
    view = await _compared(ana)
    told = words(view)
    without = await ana.submits(view)
    await ana.submits(await ana.fills(view, {**TICK}))
    done = shown(words(await ana.modal("Trusted")))
    await ana.types(STAGING, "/migrate audit trusted")
    audited = shown(words(await ana.told(STAGING, "trusted another host key of staging")))

    assert "It shows another key than the pinned one" in shown(told)
    assert fingerprints(OLD).split()[1] in told
    assert fingerprints(KEY.line).split()[1] in told
    assert all(
        f"{left}  {right}" in told
        for left, right in zip(randomart(OLD), randomart(KEY.line), strict=True)
    )
    assert "ssh-keygen -lvf /etc/ssh/ssh_host_ed25519_key.pub" in told
    assert list(without) == ["At the host"]
    assert await pinned(services) == KEY.line
    assert fingerprints(KEY.line) in done
    assert "Ferry can log in" in done
    assert f"host key: {fingerprints(OLD)} → {fingerprints(KEY.line)}" in audited


async def test_a_key_that_changes_while_it_is_compared_is_not_pinned(
    services: Services, ana: Person, host: Host
) -> None:
    """What is pinned is what was shown, or nothing."""
    await ana.types(STAGING, "/migrate hostkey staging")
    view = await _compared(ana)
    host.line = EVE

    await ana.submits(await ana.fills(view, {**TICK}))

    refused = await ana.modal("Compare host keys")
    assert "Nothing was pinned" in words(refused)
    assert await pinned(services) == OLD


async def test_a_second_click_pins_nothing_twice(
    services: Services, ana: Person, slack: PlaygroundSlack
) -> None:
    """The same window sent again is told that it is over."""
    await ana.types(STAGING, "/migrate hostkey staging")
    await ana.submits(await ana.fills(await _compared(ana), {**TICK}))
    await ana.modal("Trusted")

    again = await slack.control.redeliver()

    assert again["error"] == ""
    assert await pinned(services) == KEY.line
    assert await trusted_times(services) == 1


@pytest.mark.parametrize(
    ("pin", "told"),
    [
        pytest.param("", "this is a first contact", id="first contact"),
        pytest.param(KEY.line, "nothing has to be done", id="the same"),
        pytest.param(f"@revoked {KEY.line}", "was revoked", id="revoked"),
    ],
)
async def test_what_it_means(services: Services, ana: Person, pin: str, told: str) -> None:
    """Only what may be trusted can be."""
    await services.catalog.trust_host_key("staging", pin, ANA)

    await ana.types(STAGING, "/migrate hostkey staging")
    view = await _compared(ana, told)

    assert bool(view.get("submit")) == ("first" in told)


async def test_others_are_told_whom_to_ask(services: Services, bruno: Person) -> None:
    """By the command, and by the button of a card."""
    await bruno.types(STAGING, "/migrate hostkey staging")
    await bruno.told(STAGING, "that takes an admin")

    assert await pinned(services) == OLD


async def test_a_host_that_is_away_says_so(services: Services, ana: Person, host: Host) -> None:
    """In the window; and nothing can be trusted there."""
    host.is_up = False

    await ana.types(STAGING, "/migrate hostkey staging")
    view = await _compared(ana, "It does not answer.")

    assert not view.get("submit")
    assert await pinned(services) == OLD


async def test_the_card_of_a_failed_run_leads_there(
    services: Services, ana: Person, client: AsyncWebClient
) -> None:
    """Also the card that asks, once the look at the host found another key."""
    failed = execution(status=Status.FAILED, error_category=Category.SSH_HOST_KEY_ERROR)
    check = Check(name="host key", state=CheckState.FAILED)
    asks = replace(failed, status=Status.AWAITING_CONFIRMATION, checks=(check,))
    for one in (failed, asks):
        one = replace(one, environment_name="staging")  # noqa: PLW2901
        told = execution_card(one, tail=[], forecast=Forecast(position=1), now=NOON)
        await client.chat_postMessage(channel=PRODUCTION, text=told.text, blocks=told.blocks)
        card = await ana.sees(PRODUCTION, "Compare host keys…")

        await ana.clicks(card, "Compare host keys…")
        await ana.closes(await _compared(ana))

    assert await pinned(services) == OLD


async def _compared(person: Person, told: str = "shows") -> Any:
    """Return the window once the host was looked at."""

    def look(state: Any) -> Any:
        top = state["views"][-1] if state["views"] else None
        return top if top and told in shown(words(top)) else None

    return await person.until(look, lambda state: f"{told!r} not in {state['views']}")
