"""What is set of how runs go, in few words; forms and lists say it alike."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from db.model.catalog import (
    Environment,
    EnvironmentDraft,
    Job,
    JobDraft,
    Kind,
    ParameterSpec,
    RetryPolicy,
    SilenceAction,
    Source,
)
from db.model.categories import Category
from executor.rules import definitions
from executor.rules.categories import ADVICE
from executor.rules.retries import LISTABLE
from handlers.views import catalog, definition_forms, environment_form
from handlers.views.policies import environment_policy, job_policy
from playground.inputs import initial_state
from playground.view_rules import check_view
from tests.support.rendered import check

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
ENVIRONMENT = Environment(
    id=1,
    name="staging",
    kind=Kind.STAGING,
    ssh_host="h",
    ssh_user="u",
    created_at=NOON,
    updated_at=NOON,
)
JOB = Job(
    id=1,
    name="import-patients",
    source_id=1,
    source_name="iclinic",
    script="/x",
    parameters=(ParameterSpec(name="sistema"), ParameterSpec(name="practitioner-id")),
    version=1,
    created_by="U0ANA",
    edited_by="U0ANA",
    created_at=NOON,
    updated_at=NOON,
)
SOURCE = Source(id=1, name="iclinic", created_at=NOON, updated_at=NOON)
EVERYTHING: dict[str, Any] = {
    "timeout_s": 604_799,
    "concurrency": 50,
    "concurrency_key": "{sistema}:<!channel>`*" + "&" * 170,
    "retry": RetryPolicy(attempts=10, delay_s=3599, categories=LISTABLE),
    "silence_s": 86_399,
    "silence_action": SilenceAction.STOP,
}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({}, "timeout 10 min · one run at a time", id="as usual"),
        pytest.param({"concurrency": 3}, "timeout 10 min · 3 runs at once", id="three"),
        pytest.param(
            {"queue_timeout_s": 7200, "connect_timeout_s": 20, "grace_s": 30},
            "timeout 10 min · one run at a time · waits at most 2 h in the queue · 20 s to connect"
            " · 30 s from TERM to KILL",
            id="timers",
        ),
    ],
)
def test_environment_says_what_is_not_as_usual(changes: dict[str, Any], told: str) -> None:
    """A list of ten environments is not a list of eighty defaults."""
    assert environment_policy(replace(ENVIRONMENT, **changes)) == told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({}, "", id="nothing"),
        pytest.param({"timeout_s": 900}, "timeout 15 min", id="timeout"),
        pytest.param({"concurrency": 1}, "one run at a time everywhere", id="one"),
        pytest.param({"concurrency": 2}, "2 runs at once everywhere", id="two"),
        pytest.param({"retry": RetryPolicy(delay_s=60)}, "", id="one attempt"),
        pytest.param(
            {"retry": RetryPolicy(attempts=2, categories=(Category.SCRIPT_ERROR,))},
            "2 attempts, 30 s apart, also after SCRIPT_ERROR",
            id="two attempts",
        ),
        pytest.param(
            {
                "retry": RetryPolicy(attempts=3),
                "concurrency_key": "{sistema}:{practitioner-id}",
                "silence_s": 600,
            },
            "one at a time per `{sistema}:{practitioner-id}` · 3 attempts, 30 s apart, then "
            "doubling · warns after 10 min of silence",
            id="key, attempts, warning",
        ),
        pytest.param(
            {"silence_s": 3600, "silence_action": SilenceAction.STOP},
            "stops after 1 h of silence",
            id="stop",
        ),
    ],
)
def test_job_says_what_it_sets(changes: dict[str, Any], told: str) -> None:
    """And nothing of what it does not."""
    assert job_policy(replace(JOB, **changes)) == told


def test_forms_and_lists_say_it_alike() -> None:
    """Right after it was created, and for everybody who looks later."""
    job = replace(JOB, concurrency=2)
    environment = replace(ENVIRONMENT, grace_s=30)

    created = definition_forms.job_created(job).text
    jobs, environments = catalog.jobs([job]), catalog.environments([environment], {})

    assert created.endswith(f"\nHow it runs: {job_policy(job)}.")
    assert job_policy(job) in str(jobs.blocks)
    assert environment_policy(environment) in str(environments.blocks)
    assert "How it runs" not in definition_forms.job_created(JOB).text


def test_the_longest_policy_is_still_a_message() -> None:
    """Forty times in one list, whatever stands in the key."""
    full = replace(JOB, **EVERYTHING)

    check(catalog.jobs([full] * 40))
    check(definition_forms.job_created(full))
    assert "<!channel>" not in str(catalog.jobs([full]).blocks)


def filled(view: dict[str, Any]) -> dict[str, str]:
    """Return what a form sends if nobody touches what it holds at first."""
    sent = {}
    for block_id, elements in initial_state(view["blocks"]).items():
        (state,) = elements.values()
        option = state.get("selected_option") or {}
        sent[block_id.rpartition(":")[2]] = option.get("value") or state.get("value") or ""
    return sent


def test_untouched_rest_of_the_job_form_means_the_defaults() -> None:
    """What the form shows at first is what holds for who says nothing."""
    view = definition_forms.job_modal([SOURCE])
    raw = {**filled(view), "name": "j", "script": "/x"}
    del raw[definition_forms.SOURCE]

    assert definitions.job_draft(raw, 1) == JobDraft(name="j", source_id=1, script="/x")


def test_untouched_rest_of_the_environment_form_means_the_defaults() -> None:
    """Likewise."""
    raw = filled(environment_form.environment_modal({"settings": "all"}))
    del raw[environment_form.SETTINGS]
    raw |= {"name": "staging", "ssh_host": "h", "ssh_user": "u"}

    draft = definitions.environment_draft(raw)

    assert draft == EnvironmentDraft(name="staging", kind=Kind.STAGING, ssh_host="h", ssh_user="u")


def test_job_form_offers_each_failure_that_may_be_tried_again() -> None:
    """With what it means; those that never are, are not offered."""
    view = definition_forms.job_modal([SOURCE])
    menus = [b["element"] for b in view["blocks"] if b.get("element", {}).get("options")]

    (menu,) = [menu for menu in menus if menu["type"] == "multi_static_select"]

    check_view(view, "modal")
    assert [option["value"] for option in menu["options"]] == list(LISTABLE)
    told = [option["description"]["text"] for option in menu["options"]]
    assert len(set(told)) == len(LISTABLE)
    assert [text for text in told if not text.endswith(".")] == []  # what is cut ends in …


def test_attempts_say_what_one_of_them_means() -> None:
    """By itself nothing is tried again, and the menu does not offer what is anyway."""
    blocks = {
        block.get("block_id"): block for block in definition_forms.job_modal([SOURCE])["blocks"]
    }
    offered = blocks["field:retry_categories"]["element"]["options"]
    (cut,) = [one for one in offered if one["value"] == Category.CONNECTION_ERROR]

    hint = blocks["field:retry_attempts"]["hint"]["text"]

    assert "1 to 10; 1: nothing is tried again. With more, what could not even begin" in hint
    assert cut["description"]["text"] != ADVICE[Category.CONNECTION_ERROR].sentence
