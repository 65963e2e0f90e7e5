"""Blocks keep Slack's limits whatever they are given, and parse nothing that is not ours."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.model.catalog import Kind
from handlers.views import blocks as b
from handlers.views.message import Told
from playground.blocks import block_problems
from playground.errors import SlackError
from playground.view_rules import check_view
from tests.support.rendered import check

LONG = "x&<" * 3000


def test_every_block_is_clamped_to_what_slack_takes() -> None:
    """Texts, elements and options far over the limits are cut, not refused."""
    dialog = b.confirm(LONG, LONG, LONG, LONG, style="danger")
    options = [b.option(LONG, str(n), LONG) for n in range(200)]
    message = [
        b.header(LONG),
        b.section(b.esc(LONG), accessory=b.select("s", options, placeholder=LONG)),
        b.section(""),
        b.context(*[b.esc(LONG)] * 20),
        b.divider(),
        b.code([LONG] * 5),
        b.actions(*[b.button(LONG, action_id=f"a{n}", confirm=dialog) for n in range(40)]),
    ]

    assert block_problems(message, "message", "/blocks") == []


def test_modal_with_every_input_is_taken() -> None:
    """All inputs together make a view that Slack opens."""
    options = [b.option(f"Option {n}", str(n)) for n in range(20)]
    inputs = [
        b.text_input("a", initial=LONG, multiline=True, placeholder=LONG, max_length=9000),
        b.number_input("a", decimal=False, minimum=1, maximum=320623000.0, initial="7"),
        b.date_input("a", initial="2026-12-31", placeholder="When?"),
        b.radio("a", options, initial="3"),
        b.select("a", options, placeholder="Choose", initial="19"),
        b.external_select("a", placeholder="Search", initial=options[0]),
    ]
    fields = [
        b.input_block(LONG, element, block_id=f"b{n}", hint=LONG, optional=n > 1)
        for n, element in enumerate(inputs)
    ]

    view = b.modal(LONG, fields, callback_id="c", submit=LONG, close=LONG, metadata="{}")

    check_view(view, "modal")
    assert view["blocks"][1]["element"]["max_value"] == "320623000"


@pytest.mark.parametrize("what", ["button", "option", "metadata"])
def test_value_that_cannot_be_cut_is_a_mistake(what: str) -> None:
    """An opaque value cut short would mean something else."""
    builders = {
        "button": lambda: b.button("Go", action_id="a", value=LONG),
        "option": lambda: b.option("One", "x" * 76),
        "metadata": lambda: b.modal("T", [], callback_id="c", metadata=LONG),
    }

    with pytest.raises(ValueError, match="characters long"):
        builders[what]()


def test_code_keeps_the_last_lines() -> None:
    """What happened last is what people want to read."""
    block = b.code([f"line {n} " + "y" * 100 for n in range(200)])

    text = block["elements"][0]["elements"][0]["text"]
    assert text.splitlines()[-1].startswith("line 199 ")
    assert len(text) <= 3000


def test_code_shows_control_characters() -> None:
    """Colours, bells and text that turns around are seen, not obeyed."""
    block = b.code(["\x1b[31mred\x07", "abc\u202edef\ud800"])

    text = block["elements"][0]["elements"][0]["text"]
    assert text == "␛[31mred␇\nabc\\u202edef\\ud800"


def test_code_without_lines_says_so() -> None:
    """Slack refuses an empty text."""
    check(Told("Nothing.", [b.code([]), b.code(["", " "])]))


@given(st.text())
def test_code_span_cannot_be_left(text: str) -> None:
    """Only our two backticks are in it, and no line break."""
    span = b.mono(text)

    assert span.count("`") == 2
    assert len(span) > 2
    assert span.isprintable() or b.visible(span) == span


@given(st.text(alphabet="ab<>&!@", max_size=60), st.integers(5, 40))
def test_cut_text_holds_no_half_entity(text: str, limit: int) -> None:
    """An escaped text that is cut is still an escaped text."""
    cut = b.clip_mrkdwn(b.esc(text), limit)

    assert len(cut) <= limit
    bare = cut.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    assert not set(bare) & set("<>&")


def test_cut_text_holds_no_half_mention() -> None:
    """A mention at the border is left out whole."""
    assert b.clip_mrkdwn("hello <@U0ANA>", 12) == "hello …"


def test_when_is_shown_in_the_readers_time_zone() -> None:
    """Slack gets the epoch, and UTC where it cannot show dates."""
    moment = datetime(2026, 3, 14, 15, 9, tzinfo=UTC)

    assert b.when(moment, "{time}") == "<!date^1773500940^{time}|2026-03-14 15:09 UTC>"


@pytest.mark.parametrize("kind", Kind)
def test_badge_has_a_dot_and_the_word(kind: Kind) -> None:
    """Colour is never alone."""
    assert b.badge(kind).endswith(kind.value)


def test_person_is_mentioned_only_by_a_real_id() -> None:
    """An operator at the command line is named; anything odd is text."""
    assert b.person("U0ANA") == "<@U0ANA>"
    assert b.person("cli:root") == "root"
    assert b.person("!channel") == "!channel"


def test_playground_refuses_what_is_not_clamped() -> None:
    """The judge of these tests does judge."""
    block = b.section("x")
    block["text"]["text"] = LONG

    with pytest.raises(SlackError):
        check(Told("x", [block]))
