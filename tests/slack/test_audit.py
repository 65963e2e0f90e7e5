"""Who did what, asked in Slack."""

import json

from playground.people import Person
from playground.screen import shown, words
from playground.server import PlaygroundSlack
from tests.slack.ferry_in import In
from tests.support.world import ANA, STAGING, environment, furnish


async def test_the_log_is_read_filtered_and_turned_over(empty: In, ana: Person) -> None:
    """Newest first, in sentences; the filter stays when the page is turned."""
    await furnish(empty.services)
    for number in range(20):
        await empty.services.catalog.create_environment(environment(f"lab-{number}"), ANA)

    await ana.types(STAGING, "/migrate audit environment since 2026-01-01")
    first = await ana.told(STAGING, "created the environment lab-19")
    await ana.clicks(first, "Older")
    second = await ana.told(STAGING, "created the environment staging")
    await ana.clicks(second, "Newest")
    again = await ana.told(STAGING, "created the environment lab-19")
    await ana.types(STAGING, "/migrate audit <@U0ANA> staging")
    narrow = await ana.told(STAGING, "Audit log: @U0ANA staging: 2.")

    assert words(first).index("lab-19") < words(first).index("lab-18")
    assert "the job" not in words(first) + words(second)
    assert "lab-19" not in words(second)
    assert "lab-4" in words(second)
    assert words(again) == words(first)
    assert "bound #staging-ops" in shown(words(narrow)) or "bound <#C0STAGING>" in str(narrow)


async def test_an_unknown_filter_is_explained(empty: In, ana: Person) -> None:
    """With examples, and the nearest that there is."""
    await furnish(empty.services)

    await ana.types(STAGING, "/migrate audit stagin")
    told = await ana.told(STAGING, "Nothing in the audit log is called stagin")

    assert "Did you mean staging?" in shown(words(told))
    assert "since 2026-11-01" in shown(words(told))


async def test_the_export_comes_as_a_file_to_whoever_asks(
    empty: In, ana: Person, slack: PlaygroundSlack
) -> None:
    """In the direct messages, and the log says so."""
    await furnish(empty.services)

    await ana.types(STAGING, "/migrate audit staging")
    await ana.clicks(await ana.told(STAGING, "Audit log"), "Export…", confirm=True)
    await ana.told(STAGING, "The file is in your direct messages")
    note = await ana.sees("D0ANA", "2 events, a JSON object a line")
    shared = await ana.sees("D0ANA", "ferry-audit.jsonl")
    (file,) = slack.workspace.contents.values()
    lines = [json.loads(line) for line in file.decode().splitlines()]
    await ana.types(STAGING, "/migrate audit audit")
    await ana.told(STAGING, "exported the audit log")

    assert note["ts"] < shared["ts"]
    assert [line["verb"] for line in lines] == ["environment.created", "channel.bound"]


async def test_others_are_told_whom_to_ask(empty: In, bruno: Person) -> None:
    """The log names people: it is for admins."""
    del empty

    await bruno.types(STAGING, "/migrate audit")
    told = await bruno.told(STAGING, "that takes an admin")

    assert "<@U0ANA>" in str(told["blocks"])
