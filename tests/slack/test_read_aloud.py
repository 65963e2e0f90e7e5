"""Lists and the help as a screen reader gets them: the text of the message, over real services."""

import pytest

from executor.services import Ask
from playground.people import Person
from tests.slack.ferry_in import In
from tests.support.world import BRUNO, GOOD, PRODUCTION, STAGING


async def launched(ferry: In, channel: str) -> int:
    """Launch the run of one patient; return its number."""
    ask = Ask(job="import-patients", values=GOOD, channel_id=channel, by=BRUNO)
    return (await ferry.services.launcher.launch(ask)).id


@pytest.mark.parametrize(
    ("verb", "title", "state"),
    [
        ("status", "Running and waiting in staging: 1.", "queued"),
        ("history", "Last runs in staging: 1.", "queued"),
        ("queue", "Queue in staging: 1.", "next in line"),
    ],
)
async def test_runs_are_told_with_their_values(
    ferry: In, bruno: Person, verb: str, title: str, state: str
) -> None:
    """In what is seen and in what is heard."""
    number = await launched(ferry, STAGING)

    await bruno.types(STAGING, f"/migrate {verb}")
    told = await bruno.told(STAGING, title)

    given = "sistema=iclinic practitioner-id=320623"
    assert given in str(told["blocks"])
    assert told["text"].startswith(f"{title} #{number} import-patients on staging: {state}")
    assert told["text"].endswith(f", with {given}.")


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("jobs", "Jobs: 1. import-patients of iclinic."),
        ("sources", "Sources: 1. iclinic."),
        ("envs", "Environments: 2. production is deploy@127.0.0.1, <#C0PROD> runs there."),
        ("help", "status [#n], what runs and waits, or one run;"),
    ],
)
async def test_what_there_is_is_told(ferry: In, bruno: Person, verb: str, words: str) -> None:
    """By name, not only by number."""
    del ferry

    await bruno.types(STAGING, f"/migrate {verb}")
    told = await bruno.told(STAGING, words.partition(".")[0])

    assert words in told["text"]


async def test_empty_queue_tells_of_what_awaits_confirmation_there(
    ferry: In, bruno: Person
) -> None:
    """And promises nothing: only of the channel's own environment."""
    await launched(ferry, PRODUCTION)

    await bruno.types(PRODUCTION, "/migrate queue")
    there = await bruno.told(PRODUCTION, "Nothing waits in the queue in production.")
    await bruno.types(STAGING, "/migrate queue")
    here = await bruno.told(STAGING, "Nothing waits in the queue in staging.")

    assert there["text"].endswith("in production. 1 awaits confirmation.")
    assert here["text"].endswith("in staging.")


async def test_queue_is_a_button_of_home_and_help(ferry: In, bruno: Person) -> None:
    """Everywhere where what runs now is one."""
    number = await launched(ferry, STAGING)

    await bruno.opens_home()
    await bruno.clicks(await bruno.home(f"#{number} import-patients"), "Queue")
    window = await bruno.modal("Ferry")
    await bruno.types(STAGING, "/migrate help")
    await bruno.clicks(await bruno.told(STAGING, "Ferry runs data migrations"), "Queue")
    told = await bruno.told(STAGING, "Queue in staging (1)")

    assert "Queue (1)" in str(window["blocks"])
    assert f"Cancel #{number} import-patients" in str(told["blocks"])
