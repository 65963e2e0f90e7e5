"""What lists, forms and notes say, and what comes back from them; their text: see every view."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from db.model.catalog import Environment, Job, Kind, ParameterSpec, ParameterType, Source
from db.model.errors import InvalidInput, NotAllowed
from db.model.execution import Execution, Plan, Status
from db.model.people import Person
from executor.rules import spec_text
from executor.ssh.hostkeys import HostKey
from handlers.views import (
    definition_forms,
    environment_trust,
    fields,
    forms,
    ids,
    notes,
    run_form,
    runs,
)
from handlers.views import help as help_views
from handlers.views.blocks import Block, external_select, input_block, modal, option
from handlers.views.run_form import RunForm
from playground.view_rules import check_view

ANA = Person("U0ANA", "T0")
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
HOSTILE = "<!channel> <@U0EVIL> <http://evil|good> *b* `x` \u202e\x00" + "é" * 4000


def environment(text: str, **other: Any) -> Environment:
    """Return an environment full of *text*."""
    values: dict[str, Any] = {
        "id": 1,
        "name": text[:63],
        "kind": Kind.STAGING,
        "ssh_host": text,
        "ssh_user": text,
        "created_at": NOON,
        "updated_at": NOON,
    }
    return Environment(**{**values, **other})


def source(text: str) -> Source:
    """Return a source full of *text*."""
    return Source(
        id=1,
        name=text[:63],
        description=text,
        defaults={text: text},
        created_at=NOON,
        updated_at=NOON,
    )


def specs(text: str) -> tuple[ParameterSpec, ...]:
    """Return a parameter of each type, full of *text*."""
    each = [
        ParameterSpec(
            name=f"p{kind.value}",
            label=text,
            type=kind,
            default=text,
            choices=(text or "x", "b"),
            example=text,
            required=False,
        )
        for kind in ParameterType
    ]
    return (*each, ParameterSpec(name="token", secret_ref="env:T"))


def job(text: str, **other: Any) -> Job:
    """Return a job full of *text*."""
    values: dict[str, Any] = {
        "id": 1,
        "name": text[:63] or "x",
        "source_id": 1,
        "script": text,
        "description": text,
        "parameters": specs(text),
        "source_name": text,
        "version": 1,
        "created_by": "U0ANA",
        "edited_by": "U0ANA",
        "created_at": NOON,
        "updated_at": NOON,
    }
    return Job(**{**values, **other})


def execution(text: str, **other: Any) -> Execution:
    """Return an execution full of *text*."""
    plan = Plan(
        environment=text,
        kind=Kind.STAGING,
        host=text,
        port=22,
        user=text,
        host_key="",
        job=text,
        job_version=1,
        directory=text,
        script=text,
        interpreter=text,
        arguments=(text,),
        variables={},
        timeout_s=600,
        grace_s=5,
    )
    values: dict[str, Any] = {
        "id": 128,
        "key": "k",
        "job_id": 1,
        "job_name": text,
        "job_version": 1,
        "environment_id": 1,
        "environment_name": text,
        "environment_kind": Kind.STAGING,
        "status": Status.QUEUED,
        "team_id": "T",
        "channel_id": "C",
        "requested_by": text,
        "reason": text,
        "parameters": {text: text, "practitioner-id": text},
        "error_message": text,
        "plan": plan,
        "plan_hash": "h",
        "created_at": NOON,
    }
    return Execution(**{**values, **other})


def test_home_holds_slacks_limits() -> None:
    """Also with long lists, and with nothing."""
    rows = [runs.row(execution(HOSTILE), now=NOON)] * 10

    homes = (help_views.home(rows, rows, waits=rows), help_views.home([], [], has_jobs=False))
    for view in (*homes, help_views.home([], [])):
        check_view(view, "home")


def test_words_of_ferry_may_name_people_and_channels() -> None:
    """A refusal says whom to ask as a link; everything else stays text."""
    told = notes.prose("Ask <@U0ANA> in <#C0STAGING|ops>, not <!channel> or `<@U0EVIL>`.")

    assert told == "Ask <@U0ANA> in <#C0STAGING>, not &lt;!channel&gt; or `&lt;@U0EVIL&gt;`."


@pytest.mark.parametrize("kind", list(ParameterType))
def test_default_that_its_field_cannot_hold_is_left_out(kind: ParameterType) -> None:
    """Slack would refuse the whole form for it."""
    spec = ParameterSpec(name="p", type=kind, choices=("a", "b"), default="<nonsense>")
    (block,) = fields.parameter_fields(job("x", parameters=(spec,)), {})
    initial = [key for key in block["element"] if key.startswith("initial")]

    assert bool(initial) == (kind is ParameterType.TEXT)


@pytest.mark.parametrize(
    ("kind", "value", "key", "shown"),
    [
        (ParameterType.INTEGER, "320623", "initial_value", "320623"),
        (ParameterType.NUMBER, "1.5", "initial_value", "1.5"),
        (ParameterType.DATE, "2026-12-31", "initial_date", "2026-12-31"),
        (ParameterType.DATE, "31/12/2026", "initial_date", "2026-12-31"),
        (ParameterType.TEXT, "ana", "initial_value", "ana"),
    ],
)
def test_value_is_filled_in(kind: ParameterType, value: str, key: str, shown: str) -> None:
    """What was typed before, or is the default, need not be typed again."""
    spec = ParameterSpec(name="p", type=kind, default="x")
    (block,) = fields.parameter_fields(job("x", parameters=(spec,)), {"p": value})

    assert block["element"][key] == shown


def test_number_too_long_for_its_field_is_left_out() -> None:
    """The validator takes 30 digits and as many decimals, Slack 30 characters."""
    spec = ParameterSpec(name="p", type=ParameterType.NUMBER)
    (block,) = fields.parameter_fields(job("x", parameters=(spec,)), {"p": f"1.{'1' * 29}"})

    assert "initial_value" not in block["element"]


@pytest.mark.parametrize(("word", "value"), [("sim", "true"), ("No", "false"), ("TRUE", "true")])
def test_yes_and_no_are_filled_in(word: str, value: str) -> None:
    """In the words that the validator takes."""
    spec = ParameterSpec(name="p", type=ParameterType.BOOLEAN, default=word)
    (block,) = fields.parameter_fields(job("x", parameters=(spec,)), {})

    assert block["element"]["initial_option"]["value"] == value


def test_choice_that_no_menu_can_hold_is_typed() -> None:
    """More than 100 choices, or longer ones than Slack's 75 characters."""
    spec = ParameterSpec(name="p", type=ParameterType.CHOICE, choices=("x" * 76, "b"))
    (block,) = fields.parameter_fields(job("x", parameters=(spec,)), {})

    assert block["element"]["type"] == "plain_text_input"
    assert "One of:" in block["hint"]["text"]


def test_secret_is_never_asked_for() -> None:
    """It is only said that Ferry fills it in."""
    blocks = fields.parameter_fields(job("x", parameters=(specs("x")[-1],)), {"token": "leak"})

    assert [block["type"] for block in blocks] == ["context"]
    assert "leak" not in json.dumps(blocks)


def test_typed_line_survives_the_button() -> None:
    """Job, values and reason come back from the button's value."""
    typed = run_form.typed("import", {"nome": 'Ana "d\'Ávila"'}, "why")

    assert run_form.parsed(typed) == ("import", {"nome": 'Ana "d\'Ávila"'}, "why")


def test_line_too_long_for_a_button_opens_an_empty_form() -> None:
    """Slack takes 2000 characters; half a value would be a wrong one."""
    button = run_form.form_button("import", {"nome": "x" * 3000})

    assert run_form.parsed(button["value"]) == ("import", {}, "")


def test_trusted_form_travels_with_its_keys() -> None:
    """What was filled in comes back with the key that the person saw."""
    raw = {"name": "staging", "ssh_host": "h", "node_path": ""}
    key = HostKey(algorithm="a", fingerprint="f", line="ssh-ed25519 AAAA")
    view = environment_trust.trust_modal(raw, [key])

    assert environment_trust.trusted(view["private_metadata"]) == {
        "name": "staging",
        "ssh_host": "h",
        "host_key": "ssh-ed25519 AAAA",
    }


def test_trusted_form_that_is_too_long_is_refused_in_words() -> None:
    """Slack takes 3000 characters along."""
    with pytest.raises(InvalidInput, match="too long together"):
        environment_trust.trust_modal({"ssh_host": "h", "node_path": "x" * 3000}, [])


def submitted(view: Block, **typed: Any) -> Block:
    """Return *view* as Slack sends it back."""
    values = {ids.field(name): {ids.Action.FIELD: state} for name, state in typed.items()}
    return {**view, "id": "V1", "hash": "h", "state": {"values": values}}


def test_errors_stand_at_their_fields() -> None:
    """By block id, since that is how Slack finds the field."""
    view = definition_forms.source_modal()
    error = InvalidInput("no", fields={"name": "Taken.", "defaults": "Wrong."})

    assert forms.field_errors(view, error) == {
        "field:name": "Taken.",
        "field:defaults": "Wrong.",
    }


def test_error_at_a_field_has_no_backticks() -> None:
    """Slack shows plain text there."""
    view = definition_forms.source_modal()
    error = InvalidInput("no", fields={"name": "`A b` is no name, for example `a-b`."})

    assert forms.field_errors(view, error) == {"field:name": "“A b” is no name, for example “a-b”."}


def test_error_without_a_field_is_not_lost() -> None:
    """Then all of it is told on top of the form."""
    view = definition_forms.source_modal()

    assert forms.field_errors(view, InvalidInput("no", fields={"elsewhere": "x"})) == {}
    assert forms.field_errors(view, NotAllowed("no")) == {}


def test_parameter_called_like_a_field_gets_its_own_error() -> None:
    """A job may well have a parameter that is called reason."""
    spec = ParameterSpec(name="reason")
    view = run_form.run_modal(RunForm(jobs=[job("x")], job=job("x", name="x", parameters=(spec,))))

    at = forms.field_errors(view, InvalidInput("no", fields={"reason": "Wrong."}))

    assert at == {"parameter:x:reason": "Wrong."}


def test_refused_form_keeps_what_was_typed_and_replaces_the_last_note() -> None:
    """However often it is refused, one note stands on top."""
    typed = {"name": {"type": "plain_text_input", "value": "mine"}}
    view = submitted(definition_forms.source_modal(), **typed)
    once = forms.again(view, notes.said("first"))
    twice = forms.again(submitted(once, **typed), notes.said("second"))

    check_view(twice, "modal")
    assert "first" not in json.dumps(twice)
    assert twice["blocks"][0]["text"]["text"] == "second"
    assert twice["blocks"][1]["element"]["initial_value"] == "mine"


def test_choices_come_back_as_they_were_offered() -> None:
    """With their descriptions, which Slack wants again and need not send along."""
    view = definition_forms.job_modal([source("iclinic"), source("medpro")])
    options = [{"value": value} for value in ("DISK_FULL", "SCRIPT_ERROR")]
    typed = {
        "source": {"type": "static_select", "selected_option": {"value": "medpro"}},
        "retry_categories": {"type": "multi_static_select", "selected_options": options},
    }

    again = forms.again(submitted(view, **typed), notes.said("no"))

    check_view(again, "modal")
    inputs = {one["block_id"]: one["element"] for one in again["blocks"] if "element" in one}
    source_, failures = inputs["field:source"], inputs["field:retry_categories"]
    assert source_["initial_option"] == source_["options"][1]
    assert [one["value"] for one in failures["initial_options"]] == ["DISK_FULL", "SCRIPT_ERROR"]
    assert all(one in failures["options"] for one in failures["initial_options"])


def test_choice_that_was_looked_up_comes_back_as_it_is() -> None:
    """A menu that asks for its options while somebody types holds none itself."""
    chosen = option("import-patients", "7")
    menu = external_select(ids.Action.FIELD, placeholder="Type to search")
    view = modal("Run", [input_block("Job", menu, block_id=ids.field("job"))], callback_id="c")
    typed = {"job": {"type": "external_select", "selected_option": chosen}}

    again = forms.again(submitted(view, **typed), notes.said("no"))

    assert again["blocks"][-1]["element"]["initial_option"] == chosen


def test_emptied_field_does_not_come_back() -> None:
    """Somebody who deleted the prefilled value meant it."""
    view = definition_forms.job_modal([source("iclinic")])
    typed = {"interpreter": {"type": "plain_text_input", "value": None}}

    again = forms.again(submitted(view, **typed), notes.said("no"))

    (block,) = [one for one in again["blocks"] if one.get("block_id") == "field:interpreter"]
    assert "initial_value" not in block["element"]


def test_example_of_the_parameters_is_valid() -> None:
    """What the job form shows can be copied."""
    assert len(spec_text.parse("\n".join(definition_forms.EXAMPLE))) == len(
        definition_forms.EXAMPLE
    )
