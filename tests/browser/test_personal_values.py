"""A patient's number is typed once, and then nobody reads it who did not ask for it by a button."""

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from bot.demo import World
from bot.furnish import OPERATOR
from db.model.catalog import JobDraft
from executor.rules import spec_text
from tests.browser.walking import (
    ANA,
    BRUNO,
    LOOK_MS,
    PRODUCTION,
    RUN_MS,
    Visit,
    card,
    confirms,
    says,
    script,
    told,
)

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
RAW, HINT, HEAD = "320623", "3•••23 (#", "#1 fix-patient"
TEXT = """\
echo "looking for patient $1"
printf '%s' "$1" >"$HOME/seen"
echo "warning: $1 has no birth date" >&2
echo "::result patient=$1"
"""


@pytest_asyncio.fixture(loop_scope="session")
async def ferry(ferry: World) -> World:
    """Add a job that asks for a patient."""
    catalog = ferry.bot.services.catalog
    source = (await catalog.sources())[0]
    draft = JobDraft(
        name="fix-patient",
        source_id=source.id,
        script=script(ferry, "fix-patient.sh", TEXT),
        interpreter="sh",
        parameters=spec_text.parse("patient-id: integer personal\n"),
    )
    await catalog.create_job(draft, OPERATOR)
    return ferry


async def _is_nowhere(page: Page) -> None:
    """Assert that the whole document, with its attributes and fields, does not hold the value."""
    fields = await page.locator("input, textarea").evaluate_all("all => all.map(one => one.value)")
    assert RAW not in await page.content()
    assert RAW not in " ".join(fields)


async def test_a_personal_value_is_hinted_at_revealed_and_found(visit: Visit, ferry: World) -> None:
    """Bruno types it and sees a hint from then on; Ana reveals it, to herself alone."""
    bruno = await visit(BRUNO, PRODUCTION)
    await says(bruno, f"/migrate run fix-patient patient-id={RAW} reason=for-{RAW}")
    asked = card(bruno, HEAD)
    run = asked.get_by_role("button", name="Run on production")
    await expect(run).to_be_visible(timeout=LOOK_MS)
    await expect(asked).to_contain_text(f"patient-id = {HINT}")
    await expect(asked).to_contain_text(f"Why: for-{HINT}")
    await run.click()
    sure = bruno.get_by_role("alertdialog")
    await expect(sure).to_contain_text(f"with patient-id={HINT}")
    await _is_nowhere(bruno)
    await sure.get_by_role("button", name="Not now").click()
    await confirms(asked, "production")
    await expect(asked).to_contain_text("Succeeded", timeout=RUN_MS)
    await expect(asked).to_contain_text(f"patient={HINT}")
    assert (ferry.host.home / "seen").read_text() == RAW
    await _logs_hold_a_hint(bruno, asked)

    reveal = asked.get_by_role("button", name="Reveal the personal values of #1")
    await expect(reveal).to_have_text("Reveal patient-id")
    await reveal.click()
    await expect(told(bruno, "You may not reveal a personal value")).to_be_visible()
    ana = await visit(ANA, PRODUCTION)
    await card(ana, HEAD).get_by_role("button", name="Reveal").click()
    seen = told(ana, "only you see them")
    await expect(seen).to_contain_text(f"patient-id = {RAW}")
    await expect(seen).to_contain_text("It is noted that you looked.")

    await says(bruno, f"/migrate history patient-id={RAW}")
    found = told(bruno, f"Last runs with patient-id = {HINT}")
    await expect(found).to_contain_text(HEAD)
    await expect(found.get_by_role("button", name="Show #1 fix-patient")).to_be_visible()
    await says(bruno, "/migrate history patient-id=320624")
    await expect(told(bruno, "Nothing ran with patient-id = 3•••24 (#")).to_be_visible()
    await _is_nowhere(bruno)


async def _logs_hold_a_hint(page: Page, asked: Locator) -> None:
    """Read the last lines by the button, and the whole log in the thread."""
    await asked.get_by_role("button", name="Log of #1").click()
    await expect(told(page, "the last")).to_contain_text(f"looking for patient {HINT}")
    await asked.get_by_role("link", name="repl").click()
    thread = page.get_by_role("complementary", name="Thread")
    await thread.get_by_role("button", name="Log of #1 fix-patient").click()
    text = page.get_by_role("dialog").get_by_label("Text of the file")
    await expect(text).to_contain_text(f"looking for patient {HINT}")
    await expect(text).to_contain_text(f"warning: {HINT}")
    await _is_nowhere(page)
    await page.keyboard.press("Escape")
