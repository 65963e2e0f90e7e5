"""A new job, and a new environment, that say how their runs wait, are tried again and stopped."""

import pytest

from db.model.catalog import RetryPolicy, SilenceAction, SourceDraft
from db.model.categories import Category
from playground.choices import Value
from playground.errors import Json
from playground.people import Person
from tests.slack.ferry_in import In
from tests.support.world import ANA, STAGING

FIELDS: dict[str, Value] = {
    "Name": "import-visits",
    "Script": "~/visits.js",
    "Parameters": "sistema: text\npractitioner-id: integer",
}
POLICY: dict[str, Value] = {
    "Runs at once": "2",
    "One at a time per": "{sistema}:{practitioner-id}",
    "Attempts": "3",
    "Pause before the second attempt": "1m",
    "Try again also after": ["SCRIPT_ERROR", "TIMEOUT_ERROR"],
    "Silence": "10m",
    "After such a silence": "Stop the run",
}
TOLD = (
    "2 runs at once everywhere · one at a time per `{sistema}:{practitioner-id}` · 3 attempts, "
    "1 min apart, then doubling, also after SCRIPT_ERROR, TIMEOUT_ERROR · stops after 10 min of "
    "silence"
)


@pytest.fixture
async def form(empty: In, ana: Person) -> Json:
    """Open the form for a new job, with one source to choose."""
    await empty.services.catalog.create_source(SourceDraft(name="iclinic"), ANA)
    await ana.types(STAGING, "/migrate new job")
    return await ana.modal("New job")


async def test_a_job_is_created_with_what_it_says_of_its_runs(
    empty: In, ana: Person, form: Json
) -> None:
    """It is told at once, and to everybody who looks at the list."""
    assert await ana.submits(await ana.fills(form, {**FIELDS, **POLICY})) == {}
    created = await ana.modal("Created")
    await ana.closes(created)
    await ana.types(STAGING, "/migrate jobs")
    listed = await ana.told(STAGING, "Jobs (1)")

    (job,) = await empty.services.catalog.jobs()

    failures = (Category.SCRIPT_ERROR, Category.TIMEOUT_ERROR)
    assert (job.concurrency, job.concurrency_key) == (2, "{sistema}:{practitioner-id}")
    assert job.retry == RetryPolicy(attempts=3, delay_s=60, categories=failures)
    assert (job.silence_s, job.silence_action) == (600, SilenceAction.STOP)
    assert f"How it runs: {TOLD}." in str(created["blocks"])
    assert TOLD in str(listed["blocks"])


async def test_every_mistake_stands_at_its_field_and_nothing_typed_is_lost(
    empty: In, ana: Person, form: Json
) -> None:
    """What was right, also in the menu, is still there when the rest is put right."""
    mistakes: dict[str, Value] = {
        "Runs at once": "99",
        "One at a time per": "{sistem}",
        "Attempts": "1",
        "Pause before the second attempt": "2h",
        "Silence": "",
    }

    errors = await ana.submits(await ana.fills(form, {**FIELDS, **POLICY, **mistakes}))
    right = {label: POLICY[label] for label in mistakes}
    again = await ana.submits(await ana.fills(form, right))
    await ana.modal("Created")

    assert errors.keys() == mistakes.keys()
    assert "Did you mean “sistema”?" in errors["One at a time per"]
    assert again == {}
    (job,) = await empty.services.catalog.jobs()
    assert len(job.retry.categories) == 2


async def test_a_job_that_says_nothing_of_its_runs_takes_what_is_usual(
    empty: In, ana: Person, form: Json
) -> None:
    """The form as it is opened means what a job without policy means."""
    assert await ana.submits(await ana.fills(form, FIELDS)) == {}
    created = await ana.modal("Created")

    (job,) = await empty.services.catalog.jobs()

    assert (job.concurrency, job.concurrency_key, job.silence_s) == (None, "", None)
    assert job.retry == RetryPolicy()
    assert "How it runs" not in str(created["blocks"])


async def test_timers_of_an_environment_travel_with_its_host_key(empty: In, ana: Person) -> None:
    """What was typed before the fingerprint was shown is what is created after it."""
    timers: dict[str, Value] = {
        "Other settings": "Let me choose",
        "Grace": "30s",
        "Wait in the queue": "2h",
        "Connect timeout": "20s",
    }
    place: dict[str, Value] = {"Name": "staging", "Host": "db1.example.com", "User": "deploy"}
    await ana.types(STAGING, "/migrate new environment")
    form = await ana.modal("New environment")

    errors = await ana.submits(await ana.fills(form, {**place, **timers, "Grace": "1h"}))
    await ana.submits(await ana.fills(form, timers))
    await ana.submits(await ana.modal("Trust this host?"))
    await ana.closes(await ana.modal("Created"))
    await ana.types(STAGING, "/migrate envs")
    listed = str((await ana.told(STAGING, "Environments (1)"))["blocks"])

    (made,) = await empty.services.catalog.environments()
    assert list(errors) == ["Grace"]
    assert (made.grace_s, made.queue_timeout_s, made.connect_timeout_s) == (30, 7200, 20)
    assert "waits at most 2 h in the queue · 20 s to connect · 30 s from TERM to KILL" in listed
