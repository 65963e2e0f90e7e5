from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from db.model.execution import Check, Progress, Status
from executor.rules.plan import plan_hash
from executor.rules.spec_text import parse
from executor.rules.veil import Veil, digest, hint
from tests.support.executions import PLAN, QUEUED, execution

KEY = b"k" * 32
VALUES = st.text(
    st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp"], blacklist_characters="•"),
    min_size=1,
    max_size=40,
).filter(lambda value: value == value.strip())


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("320623", "3•••23 (#"),
        ("fabiangc@gmail.com", "f•••om (#"),
        ("44320", "••• (#"),
        ("7", "•••"),
    ],
)
def test_hint_shows_the_ends_of_what_is_long_enough(value: str, shown: str) -> None:
    """Of five digits three would be half of it."""
    told = hint(KEY, "patient-id", value)

    assert told.startswith(shown)
    assert told.endswith(f"(#{digest(KEY, 'patient-id', value)[:3]})")


def test_digest_is_keyed_and_knows_the_parameter_but_no_case() -> None:
    """The same person is the same however the name is typed; nobody without the key can try."""
    known = digest(KEY, "name", "Ána Souza")

    assert known == digest(KEY, "name", "A\u0301NA SOUZA")
    assert known != digest(KEY, "city", "Ána Souza")
    assert known != digest(b"x" * 32, "name", "Ána Souza")


@given(VALUES, st.text(max_size=20))
def test_no_hint_holds_the_value(value: str, before: str) -> None:
    """Whatever the value: nor does a text in which it stood by itself."""
    assume(value not in before and not set(value) <= set("•(#) 0123456789abcdef"))
    veil = Veil(["p"], {"p": value}, KEY)

    assert value not in veil.hints["p"]
    assert value not in veil.text(f"{before} {value}")


def test_veil_lies_over_all_that_is_told_of_an_execution() -> None:
    """Parameters, argv, reason, error, result, progress, checks, what was confirmed before."""
    raw = "320623-ana"
    plan = replace(PLAN, arguments=("iclinic", f"--id={raw}"), variables={"ID": raw})
    plan = replace(plan, personal=("patient-id",))
    bare = execution(
        Status.FAILED,
        parameters={"sistema": f"x{raw}", "patient-id": raw},
        plan=plan,
        voided_plan=plan,
        reason=f"for {raw}",
        error_message=f"It said: `no patient {raw.upper()}`",
        error_hint=raw,
        result={"patient-id": "MzIwNjIzLWFuYQ==", "of": raw},
        receipt=raw,
        progress=Progress(done=1, total=2, words=f"at {raw}"),
        checks=(Check(name="free", words=f"for {raw}"),),
        override_reason=raw,
        concurrency_key="",
    )
    veil = Veil(plan.personal, bare.parameters, KEY)

    veiled = veil.over(bare)

    shown = veil.hints["patient-id"]
    assert raw not in repr(veiled).lower()
    assert veiled.parameters == {"sistema": f"x{shown}", "patient-id": shown}
    assert veiled.plan.arguments == ("iclinic", f"--id={shown}")
    assert veiled.result == {"patient-id": shown, "of": shown}
    assert veiled.error_message == f"It said: `no patient {shown}`"
    assert (veiled.id, veiled.plan_hash) == (bare.id, veil.mark(bare.plan_hash))
    assert veil.over(veiled) == veiled


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("It said: `patient 320623-a…`", "It said: `patient •••…`"),
        ("It said: `patient 32…`", "It said: `patient 32…`"),
        (f"{'x' * 40} 32062", f"{'x' * 40} •••"),
        ("of 320", "of 320"),
    ],
)
def test_beginning_of_a_value_that_was_cut_is_hidden(text: str, told: str) -> None:
    """Messages, words and results have a longest length, and may end in the middle of it."""
    assert Veil(["p"], {"p": "320623-ana"}, KEY).text(text) == told


def test_execution_without_personal_values_is_left_as_it_is() -> None:
    """Nothing is copied for the many that have none."""
    assert Veil([], QUEUED.parameters, KEY).over(QUEUED) is QUEUED


def test_plan_of_a_job_without_personal_parameters_is_the_plan_that_it_was() -> None:
    """What waits across an upgrade keeps its confirmation; what is personal is a part of it."""
    assert plan_hash(replace(PLAN, personal=())) == plan_hash(PLAN)
    assert plan_hash(replace(PLAN, personal=("usuario",))) != plan_hash(PLAN)


def test_personal_is_a_word_of_the_text_form() -> None:
    """Beside *optional*, in either order."""
    (spec,) = parse("patient-id: integer personal optional")

    assert spec.is_personal
    assert not spec.required
