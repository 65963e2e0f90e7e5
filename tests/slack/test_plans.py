"""A plan that is only looked at, a host that is looked at again, a success that leads on."""

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from db.model.catalog import JobDraft
from db.model.execution import Status
from executor.rules.estimates import Forecast
from executor.rules.outcomes import Outcome
from executor.services import Ask
from handlers.views.card import execution_card
from playground import screen
from playground.errors import Json
from playground.people import Person
from tests.slack.ferry_in import In
from tests.support.database import Clock
from tests.support.executions import MEASURED
from tests.support.looked import FAILED, looked_at
from tests.support.remote import eventually
from tests.support.running import ran
from tests.support.world import (
    ANA,
    BRUNO,
    GOOD,
    NOWHERE,
    PRODUCTION,
    SPECS,
    STAGING,
    environment,
    furnish,
)

LINE = "careful sistema=iclinic practitioner-id=320623"
SECOND = "C0QUIET"


@pytest.fixture
async def ferry(empty: In) -> In:
    """Be connected with a job that has to succeed on staging first."""
    await furnish(empty.services)
    source = await empty.services.catalog.source("iclinic")
    draft = JobDraft(
        name="careful",
        source_id=source.id,
        script="~/careful.js",
        parameters=SPECS,
        proven_in="staging",
    )
    await empty.services.catalog.create_job(draft, ANA)
    return empty


async def _told(person: Person, channel: str, line: str, words: str) -> str:
    await person.types(channel, line)
    return screen.shown(screen.words(await person.told(channel, words)))


async def test_a_plan_is_shown_and_nothing_is_started(ferry: In, bruno: Person) -> None:
    """The lines of the card, what was found, what it takes."""
    told = await _told(bruno, STAGING, f"/migrate plan {LINE}", "Nothing was started")

    assert f"sha256:      {MEASURED.sha256}" in told
    assert "good · script: is there" in told
    assert "starts without a confirmation" in told
    assert await ferry.services.history.recent() == []


async def test_the_plan_for_production_says_what_it_lacks(ferry: In, bruno: Person) -> None:
    """It has not succeeded on staging; the same waits already."""
    ask = Ask(job="careful", channel_id=PRODUCTION, by=BRUNO, values=GOOD)
    waiting = await ferry.services.launcher.launch(ask)

    told = await _told(bruno, PRODUCTION, f"/migrate plan {LINE}", "Nothing was started")

    assert "failed · proven in staging: version 1 has not succeeded on staging yet" in told
    assert "it cannot run: proven in staging failed" in told
    assert f"The same waits already, as #{waiting.id} careful." in told


async def test_a_host_that_is_away_is_told_in_the_plan(ferry: In, bruno: Person) -> None:
    """It is an answer, no error."""
    away = environment("away", ssh_host="down.example.com")
    await ferry.services.catalog.create_environment(away, ANA)
    await ferry.services.bindings.bind(NOWHERE, "away", ANA)

    told = await _told(bruno, NOWHERE, f"/migrate plan {LINE}", "Nothing was started")

    assert "failed · reachable: it does not answer" in told


@pytest.mark.parametrize(
    ("channel", "line", "words"),
    [
        (STAGING, "", "The name of a job is missing"),
        (STAGING, " carefull", "Did you mean careful?"),
        (STAGING, " careful sistema=x", "2 values need another look"),
        (NOWHERE, f" {LINE}", "not bound to an environment"),
    ],
)
async def test_a_plan_that_cannot_be_made_is_explained(
    ferry: In, bruno: Person, channel: str, line: str, words: str
) -> None:
    """As for a run."""
    del ferry

    await _told(bruno, channel, f"/migrate plan{line}", words)


async def test_check_again_has_the_host_looked_at_anew(
    ferry: In, client: AsyncWebClient, clock: Clock, bruno: Person
) -> None:
    """A click on the card forgets what was found."""
    ask = Ask(job="import-patients", channel_id=PRODUCTION, by=BRUNO, values=GOOD)
    asked = await ferry.services.launcher.launch(ask)
    broken = await looked_at(ferry.services, asked, checks=FAILED, measured=None)
    told = execution_card(broken, tail=[], forecast=Forecast(), now=clock())
    await client.chat_postMessage(channel=PRODUCTION, text=told.text, blocks=told.blocks)

    await bruno.clicks(await bruno.sees(PRODUCTION, "script failed"), "Check again")
    await eventually(
        lambda: ferry.services.history.execution(asked.id), lambda one: one.checked_at is None
    )
    (question,) = await ferry.services.preflights.pending(10)
    assert question.execution.id == asked.id


async def _proven(ferry: In, client: AsyncWebClient, clock: Clock) -> None:
    """Let a run of the careful job succeed on staging, and post its card."""
    ask = Ask(job="careful", channel_id=STAGING, by=BRUNO, values=GOOD)
    asked = await ferry.services.launcher.launch(ask)
    done = await ran(ferry.services, asked, MEASURED, Outcome(status=Status.SUCCEEDED))
    told = execution_card(
        done,
        tail=[],
        forecast=Forecast(),
        now=clock(),
        proves=await ferry.services.history.proves(done),
    )
    await client.chat_postMessage(channel=STAGING, text=told.text, blocks=told.blocks)


async def _promoted(bruno: Person, view: Json, channel: str = PRODUCTION) -> None:
    """Send the form; who pressed in another channel is told where the card is."""
    assert "production" in screen.words(view)
    assert await bruno.submits(view) == {}
    receipt = str((await bruno.modal("Asked for"))["blocks"])
    assert "is asked for. It starts once it is confirmed on its card." in receipt
    assert f"Its card is in <#{channel}>." in receipt


async def test_a_success_leads_to_the_form_for_production(
    ferry: In, client: AsyncWebClient, clock: Clock, bruno: Person
) -> None:
    """With the values that it had; there it asks as usual, and is proven."""
    await _proven(ferry, client, clock)

    await bruno.clicks(await bruno.sees(STAGING, "Succeeded"), "Run on production…")
    await _promoted(bruno, await bruno.modal("Run a job"))

    newest = (await ferry.services.history.recent())[0]
    assert (newest.channel_id, newest.status) == (PRODUCTION, Status.AWAITING_CONFIRMATION)
    assert newest.parameters == GOOD
    looked = await looked_at(ferry.services, newest)
    assert looked.checks[-1].words.startswith("succeeded as #1 just now on staging")


async def test_what_is_not_proven_leads_to_the_form_for_staging(
    ferry: In, client: AsyncWebClient, clock: Clock, bruno: Person
) -> None:
    """With the same values; of several channels one is chosen, without one it is said."""
    ask = Ask(job="careful", channel_id=PRODUCTION, by=BRUNO, values=GOOD)
    early = await looked_at(ferry.services, await ferry.services.launcher.launch(ask))
    told = execution_card(early, tail=[], forecast=Forecast(), now=clock())
    await client.chat_postMessage(channel=PRODUCTION, text=told.text, blocks=told.blocks)
    card = await bruno.sees(PRODUCTION, "Run it on staging first, then press")

    await bruno.clicks(card, "Run on staging…")
    assert await bruno.submits(await bruno.modal("Run a job")) == {}
    receipt = screen.words(await bruno.modal("Asked for"))
    await ferry.services.bindings.bind(SECOND, "staging", ANA)
    await bruno.clicks(card, "Run on staging…")
    choice = await bruno.told(PRODUCTION, f"Where is #{early.id} careful to run on staging?")
    for channel in (STAGING, SECOND):
        await ferry.services.bindings.unbind(channel, ANA)
    await bruno.clicks(card, "Run on staging…")
    await bruno.told(PRODUCTION, "No channel is bound to staging")

    newest = (await ferry.services.history.recent())[0]
    assert (newest.channel_id, newest.parameters) == (STAGING, GOOD)
    assert f"Its card is in <#{STAGING}>." in receipt
    assert "Run in 2…" in str(choice["blocks"])


async def test_what_waits_there_already_is_led_to(
    ferry: In, client: AsyncWebClient, clock: Clock, bruno: Person
) -> None:
    """It failed its check before staging had succeeded: looked at again, it may run."""
    ask = Ask(job="careful", channel_id=PRODUCTION, by=BRUNO, values=GOOD)
    waiting = await looked_at(ferry.services, await ferry.services.launcher.launch(ask))
    await _proven(ferry, client, clock)

    await bruno.clicks(await bruno.sees(STAGING, "Succeeded"), "Run on production…")
    assert await bruno.submits(await bruno.modal("Run a job")) == {}
    note = await bruno.modal("Waits already")
    told = screen.words(note)
    await bruno.clicks(note, "Check again")
    said = screen.words(await bruno.modal("Ferry"))

    assert f"#{waiting.id} careful with the same values waits for its confirmation" in told
    assert f"Its card is in <#{PRODUCTION}>: proven in staging failed when Ferry looked." in told
    assert f"Ferry looks at the host of #{waiting.id} careful again." in said
    looked = await looked_at(ferry.services, waiting)
    assert looked.checks[-1].words.startswith("succeeded as #2 just now on staging")


async def test_of_several_channels_one_is_chosen(
    ferry: In, client: AsyncWebClient, clock: Clock, bruno: Person
) -> None:
    """Two channels run on production."""
    await ferry.services.bindings.bind(SECOND, "production", ANA)
    await _proven(ferry, client, clock)

    await bruno.clicks(await bruno.sees(STAGING, "Succeeded"), "Run on production…")
    note = await bruno.told(STAGING, "Where is #1 careful to run on production?")
    await bruno.clicks(note, "Run in 2…")
    await _promoted(bruno, await bruno.modal("Run a job"), SECOND)

    assert (await ferry.services.history.recent())[0].channel_id == SECOND


async def test_without_a_channel_of_production_it_is_said_how_to_begin(
    ferry: In, client: AsyncWebClient, clock: Clock, bruno: Person
) -> None:
    """An admin binds one."""
    await ferry.services.bindings.unbind(PRODUCTION, ANA)
    await _proven(ferry, client, clock)

    await bruno.clicks(await bruno.sees(STAGING, "Succeeded"), "Run on production…")
    told = await bruno.told(STAGING, "No channel is bound to a production environment")

    assert "/migrate bind production" in screen.words(told)
