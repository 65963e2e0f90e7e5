"""The playground's page in a real browser, against the real server and a bot on slack_bolt."""

import re

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from playground.server import PlaygroundSlack
from tests.browser.page_bot import question
from tests.browser.walking import Visit

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def type_in(page: Page, words: str) -> None:
    """Type into the message box and send."""
    box = page.get_by_label("Message #staging-ops")
    await box.fill(words)
    await box.press("Enter")


def field(page: Page, label: str) -> Locator:
    """Return the part of a modal that belongs to one label."""
    return page.locator("dialog .field", has=page.get_by_label(label))


async def fill_form(page: Page, sistema: str) -> None:
    """Fill in the bot's modal, as far as it is required."""
    await page.get_by_role("combobox", name="Job").click()
    await page.get_by_role("option", name="import-patients").click()
    await page.get_by_role("combobox", name="Where").click()
    await page.get_by_role("option", name="prod").click()
    await expect(page.get_by_text("runs on prod")).to_be_visible()
    await page.get_by_label("Sistema").fill(sistema)


async def test_command_is_completed_from_the_list_and_its_answer_is_seen(page_of: Visit) -> None:
    """A slash offers the commands with their hints; Enter completes, a second one sends."""
    page = await page_of()
    box = page.get_by_label("Message #staging-ops")

    await box.press_sequentially("/mi")
    await expect(page.get_by_role("option", name="/migrate")).to_contain_text("help")
    await box.press("Enter")
    await expect(box).to_have_value("/migrate ")
    await box.press_sequentially("ask")
    await box.press("Enter")

    await expect(page.get_by_role("button", name="Run on production")).to_be_visible()


async def test_button_acts_only_after_its_confirm_dialog(page_of: Visit) -> None:
    """No leaves everything as it was; yes replaces the card by the receipt, for everybody."""
    page, brunos = await page_of(), await page_of("U0BRUNO", "C0STAGING")
    await type_in(page, "/migrate ask")
    run = page.get_by_role("button", name="Run on production")

    await run.click()
    dialog = page.get_by_role("alertdialog", name="Run on production?")
    await dialog.get_by_role("button", name="Not now").click()
    await expect(dialog).to_have_count(0)
    await expect(run).to_be_focused()
    await run.click()
    await dialog.get_by_role("button", name="Run it").click()

    await expect(page.get_by_text("confirmed by @Ana Souza")).to_be_visible()
    await expect(brunos.get_by_text("confirmed by @Ana Souza")).to_be_visible()
    await expect(run).to_have_count(0)


async def test_focus_stays_in_its_own_card_when_that_is_updated(
    page_of: Visit, slack: PlaygroundSlack
) -> None:
    """Of two cards with the same buttons, the keyboard never lands in the other one."""
    page = await page_of()
    await type_in(page, "/migrate ask")
    await type_in(page, "/migrate ask")
    card = page.get_by_role("article").last
    await expect(page.get_by_role("button", name="Discard")).to_have_count(2)
    await card.get_by_role("button", name="Discard").focus()
    ts = await card.get_attribute("data-ts") or ""

    blocks = question()
    slack.workspace.edit("C0STAGING", ts, {"text": "Still there?", "blocks": blocks})
    await expect(card).to_contain_text("(edited)")
    await expect(card.get_by_role("button", name="Discard")).to_be_focused()
    slack.workspace.edit("C0STAGING", ts, {"text": "Too late."})

    await expect(card).to_contain_text("Too late.")
    await expect(card).to_be_focused()


async def test_modal_is_changed_refused_at_its_field_and_submitted(page_of: Visit) -> None:
    """A choice updates the modal; the app's error stands at its field; then it goes through."""
    page = await page_of()
    await type_in(page, "/migrate form")
    submit = page.get_by_role("dialog").get_by_role("button", name="Run")

    await fill_form(page, "bad")
    await submit.click()
    await expect(field(page, "Sistema")).to_contain_text("There is no system “bad”.")
    await expect(page.get_by_label("Sistema")).to_have_attribute("aria-invalid", "true")
    await page.get_by_label("Sistema").fill("iclinic")
    await submit.click()

    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.get_by_text("import-patients for iclinic succeeded")).to_be_visible()


async def test_modal_that_became_a_receipt_has_the_focus_and_closes_by_esc(page_of: Visit) -> None:
    """The button that was pressed is gone; the keyboard must not be left with nothing."""
    page = await page_of()
    await type_in(page, "/migrate form")
    await fill_form(page, "receipt")

    await page.get_by_role("dialog").get_by_role("button", name="Run").click()
    receipt = page.get_by_role("dialog", name="Created")
    await expect(receipt.locator(":focus")).to_have_count(1)
    await page.keyboard.press("Escape")

    await expect(receipt).to_have_count(0)


async def test_empty_and_ill_typed_fields_are_told_before_the_app_is_asked(page_of: Visit) -> None:
    """Required fields and numbers are checked as Slack's own client does."""
    page = await page_of()
    await type_in(page, "/migrate form")

    await page.get_by_label("Batch size").fill("many")
    await page.get_by_role("dialog").get_by_role("button", name="Run").click()

    await expect(field(page, "Job")).to_contain_text("Please complete this required field.")
    await expect(field(page, "Batch size")).to_contain_text("Enter a whole number")
    await expect(page.get_by_role("combobox", name="Job")).to_be_focused()


async def test_ephemeral_message_is_seen_by_its_person_alone(page_of: Visit) -> None:
    """What only Ana may see never reaches Bruno's page, and is gone when she dismisses it."""
    page, brunos = await page_of(), await page_of("U0BRUNO", "C0STAGING")

    await type_in(page, "/migrate whisper")
    await type_in(page, "hello & <all>, @bruno")

    note = page.get_by_role("article").filter(has_text="Only visible to you")
    await expect(note).to_contain_text("only you see this")
    await expect(brunos.get_by_role("main")).to_contain_text("hello & <all>, @Bruno Lima")
    await expect(brunos.get_by_text("only you see this")).to_have_count(0)
    await note.hover()
    await note.get_by_role("button", name="Dismiss this message").click()
    await expect(note).to_have_count(0)


async def test_unknown_command_is_answered_to_its_person(page_of: Visit) -> None:
    """Slackbot's sentence names the word that is no command."""
    page = await page_of()

    await type_in(page, "/migrat run")

    note = page.get_by_role("article").filter(has_text="Only visible to you")
    await expect(note).to_contain_text("/migrat is not a valid command")


async def test_thread_opens_beside_the_channel_and_takes_replies(page_of: Visit) -> None:
    """Replies are in the pane and not in the channel, which shows how many there are."""
    page = await page_of()
    await type_in(page, "/migrate form")
    await fill_form(page, "iclinic")
    await page.get_by_role("dialog").get_by_role("button", name="Run").click()

    await page.get_by_role("link", name="1 reply").click()
    pane = page.get_by_role("complementary", name="Thread")
    await expect(pane.get_by_text("the detail")).to_be_visible()
    await pane.get_by_label("Reply…").fill("thank you")
    await pane.get_by_label("Reply…").press("Enter")

    await expect(pane.get_by_text("thank you")).to_be_visible()
    await expect(page.get_by_role("link", name="2 replies")).to_be_visible()
    await expect(page.get_by_role("main").get_by_text("thank you")).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(pane).to_be_hidden()


async def test_another_person_is_acted_as_and_finds_what_is_unread(page_of: Visit) -> None:
    """One click changes the person; messages since then are marked as unread."""
    page, brunos = await page_of(), await page_of("U0BRUNO", "C0RANDOM")

    await type_in(page, "news for @bruno")
    await expect(brunos.get_by_role("link", name="staging-ops (unread)")).to_contain_text("1")
    await page.get_by_role("link", name="Act as Bruno Lima").click()
    await expect(page.get_by_role("separator", name="New")).to_be_visible()
    await type_in(page, "I am Bruno")

    await expect(page).to_have_url(re.compile("#/U0BRUNO/C0STAGING$"))
    mine = page.get_by_role("article", name="Bruno Lima")
    await expect(mine).to_contain_text("I am Bruno")


async def test_file_is_a_card_with_a_viewer_and_a_download(
    page_of: Visit, slack: PlaygroundSlack
) -> None:
    """The text is read in the page, from the card and from a link; and it can be downloaded."""
    page = await page_of()
    await type_in(page, "/migrate file")

    await page.get_by_role("button", name="run.log").click()

    viewer = page.get_by_role("dialog", name="run.log")
    await expect(viewer).to_contain_text("line 1\nline 2")
    await expect(viewer.get_by_role("link", name="Download")).to_have_attribute(
        "download", "run.log"
    )
    await page.keyboard.press("Escape")
    link = f"<{next(iter(slack.workspace.files.values()))['permalink']}|full log>"
    slack.workspace.post("C0STAGING", {"text": link}, user="U0BOT")
    await page.get_by_role("link", name="full log").click()
    await expect(viewer).to_contain_text("line 1\nline 2")


async def test_home_tab_shows_what_the_app_publishes(page_of: Visit) -> None:
    """Opening the tab tells the app, and its view appears by itself."""
    page = await page_of("U0CARLA", "D0CARLA/home")

    await expect(page.get_by_text("Welcome, @Carla Dias")).to_be_visible()


async def test_every_block_is_shown_and_no_text_becomes_html(page_of: Visit) -> None:
    """All blocks and elements have a look; what a script printed stays words."""
    page = await page_of()

    await type_in(page, "/migrate gallery")

    message = page.get_by_role("article").last
    await expect(message.get_by_text("beside a bar")).to_be_visible()
    await expect(message.locator(".unknown")).to_have_count(0)
    await expect(message).to_contain_text("<img src=x onerror=")
    await expect(message.locator("img[src=x]")).to_have_count(0)
    await expect(message.get_by_role("heading", name="🚀 Gallery")).to_be_visible()


async def test_dark_and_light_follow_the_system_and_the_switch(page_of: Visit) -> None:
    """The system's choice comes first; the person's own is kept over a reload."""
    page = await page_of(color_scheme="dark")
    main = page.get_by_role("main")

    await expect(main).to_have_css("background-color", "rgb(26, 29, 33)")
    await page.get_by_role("button", name="Switch to light mode").click()
    await page.reload()

    await expect(main).to_have_css("background-color", "rgb(255, 255, 255)")


async def test_keyboard_alone_runs_fills_and_leaves_a_modal(page_of: Visit) -> None:
    """Tab stays inside the modal, arrows choose, Esc closes and gives the focus back."""
    page = await page_of()
    press, write = page.keyboard.press, page.keyboard.type
    await expect(page.locator("#composer-text")).to_be_focused()

    await write("/migrate form")
    await press("Enter")
    job = page.get_by_role("combobox", name="Job")
    await expect(job).to_be_focused()
    await press("ArrowDown")
    await expect(page.get_by_role("option")).to_have_count(2)
    await press("ArrowDown")
    await press("Enter")
    await expect(job).to_have_value("import-visits")
    await press("Shift+Tab")
    await press("Shift+Tab")
    await expect(page.get_by_role("dialog").get_by_role("button", name="Run")).to_be_focused()
    await press("Escape")

    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.get_by_label("Message #staging-ops")).to_be_focused()


async def test_small_screen_keeps_all_in_reach(page_of: Visit) -> None:
    """At 400 pixels nothing is cut off, and people and channels are behind one button."""
    page = await page_of(viewport={"width": 400, "height": 720})
    await type_in(page, "/migrate gallery")
    await expect(page.get_by_text("beside a bar")).to_be_visible()

    wide = await page.evaluate("document.querySelector('.scroll').scrollWidth > innerWidth")
    await page.get_by_role("button", name="Open channels and people").click()
    await page.get_by_role("link", name="prod-ops", exact=True).click()

    assert not wide
    await expect(page.get_by_role("heading", name="prod-ops", level=1)).to_be_visible()


async def test_page_finds_its_way_back_after_the_server_was_away(browser: Browser) -> None:
    """It says that the playground is away, and reads everything again when it is back."""
    slack = PlaygroundSlack()
    await slack.start()
    page = await browser.new_page()
    await page.goto(f"{slack.url}/#/U0ANA/C0STAGING")
    status = page.get_by_role("status").first
    await expect(status).to_contain_text("ferry is not connected")

    await slack.stop()
    await expect(status).to_contain_text("Trying again")
    again = PlaygroundSlack(int(slack.url.rpartition(":")[2]))
    await again.start()
    again.workspace.post("C0STAGING", {"text": "new house"}, user="U0BRUNO")

    await expect(page.get_by_role("article")).to_contain_text("new house", timeout=15_000)
    await page.context.close()
    await again.stop()
