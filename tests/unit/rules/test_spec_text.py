from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.model.catalog import ParameterSpec, ParameterType, Passing
from db.model.errors import InvalidInput
from executor.rules import spec_text
from executor.rules.parameters import validate
from tests.support.written import written
from tests.unit.rules.samples import SPECS

FULL = """
# what the import needs
sistema: choice(iclinic, medpro) position=1 default=ICLINIC label="Sistema"
usuario: text position=2 pattern=[a-z]+ example=drleandro

practitioner-id: integer position=3 min=1 example=320623
patient-id:integer optional
dry-run: boolean flag=--dry-run optional
since: date flag_equals=—since optional
api-token: secret(env:ICLINIC_TOKEN) env=API_TOKEN
"""


def refusal(text: str) -> str:
    """Return the sentence for the last line of *text*, the only wrong one."""
    with pytest.raises(InvalidInput) as refused:
        spec_text.parse(text)
    (place,) = refused.value.fields
    assert place == f"line {len(text.splitlines())}"
    return refused.value.fields[place]


def test_full_example_becomes_the_specs() -> None:
    """Comments, blank lines, free positions, long dashes and defaults in other case are read."""
    assert spec_text.parse(FULL) == SPECS


def test_no_text_is_no_parameters() -> None:
    """A job may take nothing."""
    assert spec_text.parse(" \n# nothing\n") == ()


def test_lines_without_passing_take_the_free_positions_in_order() -> None:
    """Positions that are named stay theirs."""
    specs = spec_text.parse("a: text\nb: text position=1\nc: text\nd: text env=D")

    assert [spec.target for spec in specs] == ["2", "1", "3", "D"]


def test_values_with_spaces_and_commas_are_quoted() -> None:
    """Labels, patterns and choices may hold anything that fits on a line."""
    (spec,) = spec_text.parse("""a: choice("b, c", 'd (e)', f g) default="f g" label='It "is"'""")

    assert spec.choices == ("b, c", "d (e)", "f g")
    assert (spec.default, spec.label) == ("f g", 'It "is"')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x", "Write `name: type`"),
        ("x text", "Write `name: type`"),
        (": text", "Write `name: type`"),
        ("a: choice(b", "Write `name: type`"),
        ("Xy: text", "`Xy` cannot be a name"),
        ("1x: text", "cannot be a name"),
        ("a" * 41 + ": text", "at most 40 small letters"),
        ("a: txt", "Did you mean `text`?"),
        ("a: text(3)", "takes no brackets"),
        ("a: text lable=x", "Did you mean `label`?"),
        ("a: text zzz", "They are: required, optional, personal, position"),
        ("a: text optional=yes", "is not a word that a line may hold"),
        ('a: text label="x', "put quotes around a value"),
        ("a: text label=", "needs a value right after an equals sign"),
        ("a: text position", "needs a value right after an equals sign"),
        ("a: text optional required", "says again"),
        ("a: text position=1 env=X", "says again"),
        ("a: text position=0", "counted from 1"),
        ("a: text position=x", "counted from 1"),
        ("a: text flag=since", "with its dashes, for example flag=--since"),
        ("a: text flag_equals=--x=", "with its dashes"),
        ("a: text env=A-B", "letters, digits and underscores"),
        ("a: text env=PATH", "that the host, the shell or Ferry needs"),
        ("a: text env=LD_PRELOAD", "that the host, the shell or Ferry needs"),
        ("a: text env=FERRY_RUN", "that the host, the shell or Ferry needs"),
        ("a: text env=home", "that the host, the shell or Ferry needs"),
        ("a: choice", "Name the choices in brackets"),
        ("a: choice()", "Name the choices in brackets"),
        ("a: choice(b,,c)", "Name the choices in brackets"),
        ("a: choice(b, b)", "named twice"),
        ('a: choice("b" c)', "put commas between them"),
        (f"a: choice({'x' * 76})", "A menu in Slack holds"),
        (f"a: choice({', '.join(map(str, range(101)))})", "A menu in Slack holds"),
        ("a: choice(b, c) default=d", "default= does not fit its own line: a must be one of"),
        ("a: integer default=1.5", "default= does not fit its own line"),
        ("a: integer min=1 default=0", "must be at least 1, for example 1; you gave `0`"),
        ("a: text pattern=[a-z]+ example=A1", "example= does not fit its own line"),
        ("a: text pattern=[", "is not a regular expression"),
        ("a: text pattern=[a", "is not a regular expression"),
        ("a: text pattern=" + "x" * 201, "at most 200 characters long, not 201"),
        ("a: integer pattern=[0-9]+", "pattern= is for text"),
        ("a: integer min=x", "min= takes a number"),
        ("a: integer min=3 max=2", "min=3 is more than max=2"),
        ("a: date min=3", "are for numbers and text"),
        ("a: text min=1.5", "whole numbers up to 1000"),
        ("a: text max=1001", "whole numbers up to 1000"),
        ("a: text label=" + "x" * 101, "at most 100 characters"),
        ("a: text label='a\tb'", "control characters"),
        ("a: text default='a\tb' env=X", "without control characters"),
        ("a: text default=-x", "as an option"),
        ("a: secret", "Say where the secret is"),
        ("a: secret() env=X", "Say where the secret is"),
        ("a: secret(env:X)", "only by an environment variable"),
        ("a: secret(env:X) position=1", "only by an environment variable"),
        ("a: secret(env:X) env=X default=3", "takes only env= and label="),
        ("a: text\na: text", "already a parameter `a`"),
        ("a: text position=1\nb: text position=1", "already taken"),
        ("a: text flag=--x\nb: text flag_equals=--x", "already taken"),
        ("a: text env=X\nb: text env=X", "already taken"),
        ("a: text position=2", "no parameter has position=1"),
        ("a: text optional\nb: text", "put optional positions last"),
        ("\n".join(f"p{n}: text" for n in range(41)), "at most 40 parameters"),
    ],
)
def test_wrong_line_is_told_with_what_is_right(text: str, expected: str) -> None:
    """The sentence stands at its line and says how it should be."""
    assert expected in refusal(text)


def test_secret_typed_instead_of_its_name_is_not_repeated() -> None:
    """An error message must not spread what should never have been typed."""
    assert "hunter2" not in refusal("a: secret(hunter2) env=X")


def test_all_wrong_lines_are_told_at_once_in_order() -> None:
    """One look at the message is enough to mend all of them."""
    with pytest.raises(InvalidInput) as refused:
        spec_text.parse("a: txt\n# fine\nb: text\nc: text pattern=[")

    assert list(refused.value.fields) == ["line 1", "line 4"]
    told = refused.value.message.splitlines()
    assert told[0].startswith("Line 1: `txt` is not a type")
    assert told[1].startswith("Line 4: `[` is not a regular expression")


def test_optional_position_with_a_default_may_stand_anywhere() -> None:
    """It is never empty, so nothing after it can move up."""
    specs = spec_text.parse("a: text optional default=x\nb: text")

    assert validate(specs, {"b": "y"}) == {"a": "x", "b": "y"}


def test_examples_in_the_docstring_parse() -> None:
    """The first thing that a developer reads is true."""
    lines = (spec_text.__doc__ or "").split("::\n")[1]

    assert [spec.name for spec in spec_text.parse(lines)] == ["sistema", "since"]


_words = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), max_size=40).map(
    str.strip
)


@st.composite
def _typed(draw: st.DrawFn, name: str) -> ParameterSpec:
    """Return one spec that the checks accept by itself, passed in some way but by position."""
    passing, target = draw(
        st.sampled_from(
            [
                (Passing.ENV, f"V_{name}"),
                (Passing.FLAG, f"--{name}"),
                (Passing.FLAG_EQUALS, f"-{name}"),
            ]
        )
    )
    spec = ParameterSpec(name=name, label=draw(_words), passing=passing, target=target)
    required = draw(st.booleans())
    match draw(st.sampled_from([*ParameterType, "secret"])):
        case ParameterType.CHOICE:
            choices = draw(st.lists(_words.filter(bool), min_size=1, max_size=4, unique=True))
            default = draw(st.none() | st.sampled_from(choices))
            spec = replace(spec, type=ParameterType.CHOICE, choices=tuple(choices), default=default)
        case ParameterType.INTEGER | ParameterType.NUMBER as kind:
            low = draw(st.none() | st.integers(-100, 0).map(float))
            high = draw(st.none() | st.floats(1, 1e6, allow_subnormal=False))
            default = draw(st.none() | st.just("1"))
            spec = replace(spec, type=kind, minimum=low, maximum=high, default=default)
        case ParameterType.BOOLEAN | ParameterType.DATE as kind:
            default = "true" if kind is ParameterType.BOOLEAN else "2026-12-31"
            spec = replace(spec, type=kind, default=draw(st.none() | st.just(default)))
        case "secret":
            return replace(spec, passing=Passing.ENV, target=f"V_{name}", secret_ref="env:TOKEN")
        case _:
            text = _words.filter(lambda word: word and not word.startswith("-"))
            spec = replace(
                spec,
                default=draw(st.none() | text),
                example=draw(st.just("") | text),
                pattern=draw(st.sampled_from(["", r".*", r"[^\n]+|\"'", ".{0,80} ?"])),
            )
            if spec.pattern == r"[^\n]+|\"'":
                spec = replace(spec, minimum=1.0, maximum=99.0, default=None, example="")
    return replace(spec, required=required)


@st.composite
def _jobs(draw: st.DrawFn) -> tuple[ParameterSpec, ...]:
    """Return the parameters of a job: some by position, the rest in other ways, mixed."""
    specs = [draw(_typed(f"p{n}")) for n in range(draw(st.integers(0, 6)))]
    place = 0
    for index, spec in enumerate(specs):
        by_position = not spec.secret_ref and spec.required and draw(st.booleans())
        if by_position and spec.type in {ParameterType.INTEGER, ParameterType.DATE}:
            place += 1
            specs[index] = replace(spec, passing=Passing.POSITION, target=str(place))
    return tuple(draw(st.permutations(specs)))


@given(_jobs())
def test_any_parameters_come_back_from_their_text(specs: tuple[ParameterSpec, ...]) -> None:
    """Whatever is declared is read as it was meant."""
    assert spec_text.parse(written(specs)) == specs


_FRAGMENTS = [
    *("a", "b-c", ": ", "text", "choice(", ")", "secret(env:X)", " integer", " position=", "1"),
    *(" flag=--x", " env=X", " default=", " label=", '"', "'", "“", " pattern=[", "]", " min="),
    *(" optional", "#", ",", " ", "\\", "\r", "\n", "\t", "\0", "é", "—", "2"),
]


@given(st.lists(st.sampled_from(_FRAGMENTS), max_size=25).map("".join))
def test_any_text_is_read_or_refused_by_line(text: str) -> None:
    """Nothing that a person types breaks it, and what is read can be written and read again."""
    try:
        specs = spec_text.parse(text)
    except InvalidInput as refused:
        numbers = {int(place.removeprefix("line ")) for place in refused.fields}
        known = set(range(1, text.count("\n") + 2))
    else:
        numbers, known = set(), {0}
        assert spec_text.parse(written(specs)) == specs

    assert numbers <= known
