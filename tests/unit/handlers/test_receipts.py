"""What lists of nothing, receipts and the end of a log say."""

from datetime import UTC, datetime

from db.model.catalog import Environment, Kind
from db.model.execution import Status
from handlers.views import catalog, runs
from handlers.views.blocks import section
from tests.support import executions as samples

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


def _environment(name: str) -> Environment:
    return Environment(
        id=1,
        name=name,
        kind=Kind.STAGING,
        ssh_host="h",
        ssh_user="u",
        created_at=NOON,
        updated_at=NOON,
    )


def test_every_list_says_how_to_begin_when_it_is_empty() -> None:
    """With the button for it."""
    empty = [
        catalog.environments([], {}),
        catalog.sources([]),
        catalog.jobs([]),
        catalog.jobs([], has_sources=False),
        runs.active([], now=NOON),
        runs.history([], now=NOON, is_first=True, older=None),
    ]

    for told in empty:
        assert told.blocks[-1]["type"] == "actions", told.text


def test_lists_offer_only_what_the_reader_may_do() -> None:
    """No button that ends in a refusal, nor one that binds a channel to where it runs already."""
    known = [_environment("staging"), _environment("production")]
    channels = {known[0].name: ["C0STAGING"]}

    reader = catalog.environments(known, channels, may_add=False)
    elsewhere = catalog.environments(known, channels, here="C0RANDOM")
    there = catalog.environments(known[:1], channels, here="C0STAGING")

    assert "button" not in str(reader.blocks)
    assert str(elsewhere.blocks).count("'binding.bind'") == 2
    assert "'binding.bind'" not in str(there.blocks)
    assert "An admin of Ferry adds the first one." in str(catalog.jobs([], may_add=False).blocks)


def test_history_says_of_which_environment_it_is() -> None:
    """Else an empty list would be taken for all there is."""
    told = runs.history([], now=NOON, is_first=True, older=None, where="staging")

    assert told.text == "Nothing ran in staging yet."


def test_receipt_names_the_channel_only_if_it_is_another() -> None:
    """In the same channel the card stands right below."""
    one = samples.execution(Status.AWAITING_CONFIRMATION)
    here, there = (runs.launched(one, here=where) for where in (one.channel_id, "D0ANA"))

    assert here.blocks == [section("📨 #128 import-patients is asked for.")]
    assert there.text.endswith("is asked for. It starts once it is confirmed on its card.")
    assert f"Its card is in <#{one.channel_id}>" in str(there.blocks)
    assert "✅" not in str(there.blocks)


def test_log_leaves_out_what_is_for_ferry() -> None:
    """Of the last lines those for people are shown, and how many there are is true."""
    one = samples.execution(Status.RUNNING, lines=900)
    marks = [samples.line(f"::progress {done}/300", 600 + done) for done in range(1, 300)]
    said = [samples.line(f"patient {number}", 900 + number) for number in range(30)]

    mixed = str(
        runs.log(one, [*said[:3], *marks, samples.line("::result a=1", 950)], now=NOON).blocks
    )
    plain = str(runs.log(one, said, now=NOON).blocks)
    only = str(runs.log(one, marks, now=NOON).blocks)

    assert "the last 3 lines that are not marks for Ferry, of 900 in all" in mixed
    assert "patient 0\\npatient 1\\npatient 2" in mixed
    assert "::" not in mixed
    assert "the last 20 of 900 lines" in plain
    assert ("patient 9\\n" in plain, "patient 10\\n" in plain) == (False, True)
    assert "Its last 299 lines are marks for Ferry" in only


def test_log_of_few_lines_is_counted_as_people_count() -> None:
    """Nobody says "1 lines", "the last 1 of 1", or "so far" of what is over."""
    now, line, log = NOON, samples.line, runs.log
    live = samples.execution(Status.RUNNING, lines=1)
    over = samples.execution(Status.SUCCEEDED, lines=2)

    assert "its only line" in str(log(live, [line("x")], now=now).blocks)
    assert "all 2 lines" in str(log(over, [line("x"), line("y", 2)], now=now).blocks)
    mark = log(live, [line("::progress 1/2")], now=now).text
    assert "Its last line is one of the marks for Ferry" in mark
    assert "It said nothing." in log(over, [], now=now).text
    assert "No output so far." in log(live, [], now=now).text
