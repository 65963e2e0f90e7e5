"""Slack's dictionaries become typed requests; what people type is read or refused in words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.model.catalog import ParameterSpec
from db.model.errors import InvalidInput
from db.model.people import Person
from handlers import parsing
from handlers import words as reading

SPECS = (
    ParameterSpec(name="sistema", target="1"),
    ParameterSpec(name="token", secret_ref="env:T"),
    ParameterSpec(name="usuario", target="2"),
)
COMMAND = {"user_id": "U0ANA", "team_id": "T0", "channel_id": "C0", "trigger_id": "1.2.abc"}


def typed(text: str) -> parsing.Command:
    """Return the command that somebody typed."""
    return parsing.command({**COMMAND, "text": text})


def test_command_is_parted_into_verb_and_words() -> None:
    """Who, where, what; the verb in small letters."""
    command = typed('RUN import-patients nome="Ana Souza"')

    assert command.by == Person("U0ANA", "T0")
    assert command.channel_id == "C0"
    assert command.verb == "run"
    assert command.words == ("import-patients", "nome=Ana Souza")


def test_empty_command_has_no_verb() -> None:
    """``/migrate`` alone is a command too."""
    assert typed("  ").verb == ""


def test_same_delivery_has_the_same_key_and_keeps_no_trigger() -> None:
    """A command that is delivered twice can be recognised, by something that opens nothing."""
    first, second = typed("run x"), typed("run x")
    other = parsing.command({**COMMAND, "trigger_id": "9", "text": "run x"})

    assert first.key == second.key != other.key
    assert "abc" not in first.key


def test_a_delivery_without_a_trigger_has_no_key() -> None:
    """Else every one of them would be taken for a second delivery of the first."""
    without = {name: value for name, value in COMMAND.items() if name != "trigger_id"}

    assert parsing.command({**without, "text": "run x"}).key == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("a=\u201cAna Souza\u201d", ["a=Ana Souza"], id="curly double quotes"),
        pytest.param("a=\u2018Ana Souza\u2019", ["a=Ana Souza"], id="curly single quotes"),
        pytest.param("\u2014dry\u2013run", ["--dry\u2013run"], id="long dash of a phone"),
        pytest.param("a\u00a0b", ["a", "b"], id="no-break space"),
        pytest.param("a=x &amp;&lt;y&gt;", ["a=x", "&<y>"], id="Slack's entities"),
        pytest.param("<http://x.com|x.com>", ["x.com"], id="link that Slack made"),
        pytest.param("<https://x.com/a>", ["https://x.com/a"], id="whole link"),
        pytest.param("<mailto:a@b.c|a@b.c>", ["a@b.c"], id="mail address"),
        pytest.param("#128", ["#128"], id="a number sign is no comment"),
        pytest.param(r"C:\dir", [r"C:\dir"], id="a backslash is itself"),
        pytest.param('"d\'Oeste"', ["d'Oeste"], id="apostrophe in quotes"),
        pytest.param("a\nb", ["a", "b"], id="lines"),
        pytest.param('a=""', ["a="], id="empty value"),
    ],
)
def test_text_is_read_as_it_was_meant(text: str, words: list[str]) -> None:
    """What phones and Slack make of quotes, dashes and links is undone."""
    assert reading.split(text) == words


def test_open_quotation_mark_is_told() -> None:
    """Nothing is guessed: the sentence says what to do."""
    with pytest.raises(InvalidInput, match="never closed") as caught:
        reading.split("nome=d'Oeste")

    assert "double quotes" in caught.value.hint


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing that people can type crashes the reader."""
    try:
        words = reading.split(text)
    except InvalidInput:
        return

    assert all(isinstance(word, str) for word in words)


@given(st.lists(st.text(st.characters(blacklist_characters='"', blacklist_categories=["Cs"]))))
def test_quoted_words_come_back(words: list[str]) -> None:
    """Whatever stands in double quotes arrives as it is, but for what phones do to quotes."""
    plain = [word for word in words if not set(word) & set(reading._DOUBLE + "&<>")]
    same = [word.translate(reading._QUOTES) for word in plain]
    line = " ".join(f'"{word}"' for word in plain)

    assert reading.split(line) == [reading._LONG_DASH.sub("--", word) for word in same]


@pytest.mark.parametrize("word", ["#128", "128", " #128 "])
def test_number_is_read(word: str) -> None:
    """With and without its sign."""
    assert parsing.number(word) == 128


@pytest.mark.parametrize("word", ["", "#", "x", "-1", "1.5", "#12a", "9" * 16, "\u0661"])
def test_number_that_is_none_is_told(word: str) -> None:
    """Only digits, and not endlessly many."""
    with pytest.raises(InvalidInput, match="not the number of a run"):
        parsing.number(word)


def test_values_by_name_and_by_place() -> None:
    """Bare values fill the parameters in their order; secrets are never filled."""
    assert parsing.values(["iclinic", "usuario=ana=b"], SPECS) == {
        "sistema": "iclinic",
        "usuario": "ana=b",
    }
    assert parsing.values(["a", "b"], SPECS) == {"sistema": "a", "usuario": "b"}


def test_unknown_name_is_kept_for_the_validator() -> None:
    """It knows which name was probably meant."""
    assert parsing.values(["sitema=x"], SPECS) == {"sitema": "x"}


@pytest.mark.parametrize(
    ("words", "name", "said"),
    [
        pytest.param(["sistema=a", "sistema=b"], "sistema", "given twice", id="twice by name"),
        pytest.param(["a", "sistema=b"], "sistema", "by its place", id="by place and name"),
        pytest.param(["a", "b", "c"], "c", "one value too many", id="too many"),
    ],
)
def test_ambiguous_line_is_told(words: list[str], name: str, said: str) -> None:
    """Nothing is overwritten silently."""
    with pytest.raises(InvalidInput) as caught:
        parsing.values(words, SPECS)

    assert said in caught.value.fields[name]


def click(**other: Any) -> dict[str, Any]:
    """Return a click on a card."""
    action = {"action_id": "execution.log", "value": "7", "action_ts": "1700000000.5"}
    return {
        "type": "block_actions",
        "user": {"id": "U0ANA", "team_id": "T0"},
        "container": {"type": "message", "channel_id": "C0"},
        "channel": {"id": "C0"},
        "actions": [action],
        **other,
    }


def test_click_on_a_card() -> None:
    """Who pressed what, where and when."""
    pressed = parsing.click(click())

    assert pressed.by == Person("U0ANA", "T0")
    assert (pressed.channel_id, pressed.action_id, pressed.value) == ("C0", "execution.log", "7")


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ({"type": "static_select", "selected_option": {"value": "a"}}, "a"),
        ({"type": "external_select", "selected_option": None}, ""),
        ({"type": "datepicker", "selected_date": "2026-12-31"}, "2026-12-31"),
        ({"type": "datepicker", "selected_date": None}, ""),
        ({"type": "conversations_select", "selected_conversation": "C1"}, "C1"),
        ({"type": "checkboxes", "selected_options": [{"value": "a"}, {"value": "b"}]}, "a,b"),
        ({"type": "number_input", "value": "7"}, "7"),
        ({"type": "plain_text_input", "value": None}, ""),
    ],
)
def test_every_element_is_read_as_text(element: dict[str, Any], value: str) -> None:
    """An untouched element is empty."""
    view = {
        "id": "V1",
        "private_metadata": "m",
        "state": {"values": {"field:x": {"field.value": element}}},
    }
    form = parsing.submission({"user": {"id": "U", "team_id": "T"}, "view": view})

    assert form.fields == {"field:x": value}
    assert form.named == {"x": value}
    assert (form.view_id, form.key, form.metadata) == ("V1", "view:V1", "m")


def test_team_of_the_workspace_stands_in_for_the_users() -> None:
    """Slack leaves the user's team out of some payloads."""
    assert parsing.person({"user": {"id": "U"}, "team": {"id": "T9"}}) == Person("U", "T9")


def test_event_tells_who_opened_home() -> None:
    """Events name their person elsewhere."""
    body = {"team_id": "T0", "event": {"type": "app_home_opened", "user": "U7"}}

    assert parsing.visit(body).by == Person("U7", "T0")


def test_answer_is_parted_into_execution_and_plan() -> None:
    """What a confirm button carries."""
    assert parsing.answer("128:abcdef") == (128, "abcdef")
