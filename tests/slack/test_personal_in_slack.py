"""Personal values as people meet them: looked for, typed again, filled in, revealed."""

import json

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from db.model.audit import AuditFilter
from db.model.catalog import JobDraft, ParameterSpec, ParameterType, SourceDraft
from executor.rules.estimates import Forecast
from executor.services import Ask
from handlers.views.card import execution_card
from playground.people import Person
from tests.slack.ferry_in import In
from tests.support.database import Clock
from tests.support.waiting import until
from tests.support.world import ANA, BRUNO, STAGING, furnish

RAW = "4432071"
SPECS = (
    ParameterSpec(name="patient-id", type=ParameterType.INTEGER, is_personal=True, target="1"),
    ParameterSpec(name="visit", required=False, target="2"),
)


@pytest.fixture
async def ferry(empty: In) -> In:
    """Be connected, with a job that asks for a patient."""
    await furnish(empty.services)
    source = await empty.services.catalog.create_source(
        SourceDraft(name="clinic", defaults={"patient-id": "1"}), ANA
    )
    draft = JobDraft(name="fix", source_id=source.id, script="~/f.js", parameters=SPECS)
    await empty.services.catalog.create_job(draft, ANA)
    return empty


async def launched(ferry: In, visit: str = "1") -> int:
    """Launch a run, as Bruno; return its number."""
    values = {"patient-id": RAW, "visit": visit}
    ask = Ask(job="fix", values=values, channel_id=STAGING, by=BRUNO)
    return (await ferry.services.launcher.launch(ask)).id


async def over(ferry: In, client: AsyncWebClient, clock: Clock) -> int:
    """Launch and cancel a run and post its card, as the reporter would; return its number."""
    number = await launched(ferry)
    await ferry.services.controls.cancel(number, BRUNO)
    one = await ferry.services.veiled.history.execution(number)
    told = execution_card(one, tail=[], forecast=Forecast(), now=clock())
    await client.chat_postMessage(channel=STAGING, text=told.text, blocks=told.blocks)
    return number


async def test_runs_of_a_patient_are_found_and_leafed_through(ferry: In, bruno: Person) -> None:
    """Neither the title, nor the rows, nor the button for more holds the number."""
    ids = [await launched(ferry, str(n)) for n in range(12)]

    await bruno.types(STAGING, f"/migrate history patient-id={RAW}")
    first = await bruno.told(STAGING, "Last runs with patient-id = 4•••71 (#")
    await bruno.clicks(first, "Older")
    second = await bruno.told(STAGING, "Older runs with patient-id = 4•••71 (#")

    past = await ferry.services.audit.page(AuditFilter(verbs=("value.sought",)), ANA)
    (noted,) = past.events
    assert (noted.actor, noted.subject, noted.environment) == ("U0BRUNO", "patient-id", "staging")
    assert RAW not in json.dumps([first, second])
    assert all(f"#{number} fix" in str(first["blocks"]) for number in ids[2:])
    assert all(f"#{number} fix" in str(second["blocks"]) for number in ids[:2])


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("pacient-id=1", "Did you mean `patient-id`?"),
        ("patient-id=999999", "Nothing ran with patient-id = 9•••99 (#"),
        ("patient-id", "one value of one parameter"),
        ("patient-id=1 visit=2", "one value of one parameter"),
        ("patient-id=", "one value of one parameter"),
    ],
)
async def test_history_that_cannot_be_answered_says_what_to_type(
    ferry: In, bruno: Person, typed: str, told: str
) -> None:
    """An empty list is no answer to a question that was mistyped."""
    del ferry

    await bruno.types(STAGING, f"/migrate history {typed}")

    assert await bruno.told(STAGING, told)


async def test_form_comes_filled_for_the_requester(
    ferry: In, client: AsyncWebClient, clock: Clock, bruno: Person
) -> None:
    """Only they see their window, and they typed it."""
    await over(ferry, client, clock)

    await bruno.clicks(await bruno.sees(STAGING, "Cancelled"), "Run again with changes…")
    view = await bruno.modal("Run a job")

    assert RAW in json.dumps(view)


async def test_form_comes_empty_for_others_with_a_hint(
    ferry: In, client: AsyncWebClient, clock: Clock, slack: object
) -> None:
    """Carla may run the job, and types the number herself; a source's default is not filled in."""
    await over(ferry, client, clock)
    carla = Person(slack.url, "U0CARLA")  # type: ignore[attr-defined]

    await carla.clicks(await carla.sees(STAGING, "Cancelled"), "Run again with changes…")
    view = await carla.modal("Run a job")

    (field,) = [
        block for block in view["blocks"] if block.get("block_id", "").endswith("patient-id")
    ]
    assert RAW not in json.dumps(view)
    assert "initial_value" not in field["element"]
    assert "Somebody else typed it" in field["hint"]["text"]


async def test_run_again_runs_with_the_value_itself(
    ferry: In, client: AsyncWebClient, clock: Clock, bruno: Person
) -> None:
    """What Slack shows of it is not what the script gets."""
    number = await over(ferry, client, clock)

    await bruno.clicks(await bruno.sees(STAGING, "Cancelled"), "Run again")
    await until(lambda: not len(ferry.work), "done")

    again = await ferry.services.history.execution(number + 1)
    assert again.plan.arguments == (RAW, "1")
