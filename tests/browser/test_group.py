"""So many of a user group say yes, or one of them says no and why: clicked in a real browser."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from bot.demo import World, world
from bot.furnish import furnish
from db.model.catalog import ConfirmationPolicy
from tests.browser.safe_world import ANA, BRUNO, CARLA, RUN_MS, Visit, guarded, visits

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
TWO, ONE = "C0PROD", "C0RANDOM"


@pytest_asyncio.fixture(loop_scope="session")
async def ferry(tmp_path: Path) -> AsyncIterator[World]:
    """Start Ferry, with an environment that asks two of a group, and one that asks one."""
    async with world(tmp_path) as made:
        await furnish(made.bot.services, made.host, made.sample)
        group = {"id": "S0OPS", "handle": "migrations-ops", "users": [ANA, CARLA]}
        await made.slack.control.usergroup(group)
        await made.slack.control.usergroup({"id": "S0DBA", "handle": "dba", "users": [CARLA]})
        asks = {"confirmation": ConfirmationPolicy.GROUP}
        await guarded(made, "clinic", TWO, **asks, confirm_group="S0OPS", confirmations=2)
        await guarded(made, "records", ONE, **asks, confirm_group="S0DBA")
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, ferry: World) -> AsyncIterator[Visit]:
    """Return what opens the page as somebody, somewhere."""
    async with visits(browser, ferry) as visit:
        yield visit


async def test_two_of_a_group_let_it_run(visit: Visit) -> None:
    """Who asked may not, a second yes of the same person counts nothing, another one's does."""
    bruno = await visit(BRUNO, TWO)
    card = await bruno.asks()
    await expect(card).to_contain_text("2 of @migrations-ops must say yes")
    await expect(card).to_contain_text("not @Bruno Lima, who asked for it")
    beside_the_buttons = re.compile("disk.*0 of 2 said yes so far; 2 missing.", re.DOTALL)
    await expect(card).to_contain_text(beside_the_buttons)
    await bruno.presses(card, "Run on clinic", "Run it")
    refused = bruno.told("You asked for run #1 yourself: somebody else has to confirm it.")
    await expect(refused).to_contain_text("Ask @migrations-ops.")

    carla = await visit(CARLA, TWO)
    await carla.presses(carla.card, "Run on clinic", "Run it")
    await expect(carla.card).to_contain_text("1 of 2 said yes: @Carla Dias; 1 missing.")
    await carla.presses(carla.card, "Run on clinic", "Run it")
    again = carla.told("You said yes to #1 before: your click changed nothing.")
    await expect(again).to_contain_text("1 more must say yes.")
    await expect(card).to_contain_text("1 of 2 said yes: @Carla Dias; 1 missing.")

    ana = await visit(ANA, TWO)
    await ana.presses(ana.card, "Run on clinic", "Run it")
    await expect(card).to_contain_text("Succeeded", timeout=RUN_MS)
    await expect(card).to_contain_text("confirmed by @Carla Dias and @Ana Souza")
    await expect(card.get_by_role("button", name="Run on clinic")).to_have_count(0)


async def test_one_of_a_group_is_enough_and_no_admin_stands_in(visit: Visit) -> None:
    """Ana is an admin, and not in the group."""
    bruno = await visit(BRUNO, ONE)
    card = await bruno.asks()
    await expect(card).to_contain_text("One of @dba must say yes")
    await expect(card).not_to_contain_text("missing")

    ana = await visit(ANA, ONE)
    await ana.presses(ana.card, "Run on records", "Run it")
    refused = ana.told("Run #1 waits for members of a user group, and you are not in it.")
    await expect(refused).to_contain_text("Ask @dba.")
    await expect(card.get_by_role("button", name="Run on records")).to_be_visible()

    carla = await visit(CARLA, ONE)
    await carla.presses(carla.card, "Run on records", "Run it")
    await expect(card).to_contain_text("Succeeded", timeout=RUN_MS)
    await expect(card).to_contain_text("confirmed by @Carla Dias")


async def test_who_refuses_says_why(visit: Visit) -> None:
    """A window asks; the card keeps who it was and the reason, and the thread calls who asked."""
    bruno = await visit(BRUNO, TWO)
    card = await bruno.asks()

    carla = await visit(CARLA, TWO)
    await carla.presses(carla.card, "Discard")
    form = carla.form("Refuse this run")
    await expect(form).to_contain_text(
        "Refusing ends #1 import-patients → 🔴 clinic (production): it will not run."
    )
    await form.get_by_role("button", name="Refuse it").click()
    await expect(form.get_by_role("alert")).to_have_text("Please complete this required field.")
    await form.get_by_label("Why not").fill("The backup is not done yet")
    await form.get_by_role("button", name="Refuse it").click()
    await expect(form).to_have_count(0)

    await expect(card).to_contain_text("Refused by @Carla Dias · #1 import-patients")
    await expect(card).to_contain_text("Nothing ran: The backup is not done yet.")
    await expect(card).to_contain_text("refused by @Carla Dias")
    await expect(card.get_by_role("button", name="Discard")).to_have_count(0)
    await expect(card.get_by_role("button", name="Run on clinic")).to_have_count(0)
    await card.get_by_role("link", name="1 reply").click()
    thread = bruno.page.get_by_role("complementary", name="Thread")
    called = "@Bruno Lima: #1 import-patients on clinic was refused: The backup is not done yet"
    await expect(thread).to_contain_text(called)


async def test_who_asked_discards_with_one_click(visit: Visit) -> None:
    """No window, no reason; *Run again* asks anew."""
    bruno = await visit(BRUNO, TWO)
    card = await bruno.asks()
    await bruno.presses(card, "Discard")
    await expect(card).to_contain_text("discarded by @Bruno Lima")
    await expect(bruno.page.get_by_role("dialog")).to_have_count(0)
    again = card.get_by_role("button", name="Run #1 import-patients again", exact=True)
    await expect(again).to_be_visible()
