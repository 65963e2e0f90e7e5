"""What a declared parameter must fulfil, by itself and beside the job's other parameters."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from db.model.catalog import ParameterSpec, ParameterType, Passing
from db.model.errors import InvalidInput
from executor.rules.names import quoted
from executor.rules.patterns import compiled
from executor.rules.references import reference_problem
from executor.rules.values import LONGEST_TEXT, canonical, plain

MOST_PARAMETERS = 40
_MOST_CHOICES = 100  # Slack shows no more in one menu
_LONGEST_CHOICE = 75  # likewise
_LONGEST_WORDS = 100
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_FLAG = re.compile(r"--?[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_POSITION = re.compile(r"[1-9][0-9]?")
# Ferry's own, what would change which programs run, and what some shells refuse to set; then what
# some set themselves, whatever they are given.
_RESERVED = re.compile(
    r"(?i:PATH|HOME|IFS|ENV|SHELL|PWD|OLDPWD|UID|EUID|PPID|_|(?:LD|FERRY|BASH)_.*|(?:SHELL|BASH)OPTS)"
    r"|BASHPID|DIRSTACK|EPOCHREALTIME|EPOCHSECONDS|FUNCNAME|GROUPS|HISTCMD|LINENO|OPTIND|PIPESTATUS"
    r"|RANDOM|SECONDS|SHLVL|SRANDOM"
)
_GUESSED = frozenset({ParameterType.CHOICE, ParameterType.BOOLEAN})
_BOUNDED = frozenset({ParameterType.TEXT, ParameterType.INTEGER, ParameterType.NUMBER})


def check_spec(spec: ParameterSpec) -> ParameterSpec:
    """Return *spec* with its default in canonical form; raise InvalidInput for the first fault."""
    if not _NAME.fullmatch(spec.name):
        raise InvalidInput(
            f"{quoted(spec.name)} cannot be a name: use at most 40 small letters, digits, dashes "
            "and underscores, beginning with a letter, for example `practitioner-id`."
        )
    _check_words(spec)
    _check_choices(spec)
    _TARGETS[spec.passing](spec)
    if spec.secret_ref:
        return _checked_secret(spec)
    _check_personal(spec)
    _check_bounds(spec)
    _check_pattern(spec)
    return _with_default(spec)


def check_together(specs: Mapping[int, ParameterSpec]) -> dict[int, str]:
    """Return what is wrong between *specs*, by the keys that they came under; each one's first."""
    problems: dict[int, str] = {}
    names: set[str] = set()
    targets: set[tuple[str, str]] = set()
    for count, (key, spec) in enumerate(specs.items(), start=1):
        way = "flag" if spec.passing is Passing.FLAG_EQUALS else spec.passing.value
        if count > MOST_PARAMETERS:
            problems[key] = f"A job has at most {MOST_PARAMETERS} parameters."
        elif spec.name in names:
            problems[key] = f"There is already a parameter {quoted(spec.name)} above."
        elif (way, spec.target) in targets:
            problems[key] = f"{spec.passing}={spec.target} is already taken by a line above."
        names.add(spec.name)
        targets.add((way, spec.target))
    return problems or _check_positions(specs)


def _check_positions(specs: Mapping[int, ParameterSpec]) -> dict[int, str]:
    placed = [(int(s.target), key, s) for key, s in specs.items() if s.passing is Passing.POSITION]
    placed.sort(key=lambda item: item[0])
    problems: dict[int, str] = {}
    open_before = ""
    for expected, (position, key, spec) in enumerate(placed, start=1):
        if position != expected:
            problems[key] = (
                f"position={position} leaves a gap: no parameter has position={expected}."
            )
            break
        if open_before and spec.required:
            problems[key] = (
                f"{quoted(spec.name)} is required but comes after {quoted(open_before)}, which may "
                "be left out and would move it up: put optional positions last, or give that one "
                "a default."
            )
        if not spec.required and spec.default is None:
            open_before = open_before or spec.name
    return problems


def _check_words(spec: ParameterSpec) -> None:
    for word, text in (("label", spec.label), ("example", spec.example)):
        if len(text) > _LONGEST_WORDS or not text.isprintable() or text != text.strip():
            raise InvalidInput(
                f"{word}= takes one line of at most {_LONGEST_WORDS} characters, without spaces "
                "around it or control characters."
            )


def _check_choices(spec: ParameterSpec) -> None:
    if spec.type is not ParameterType.CHOICE:
        return
    if not spec.choices or not all(spec.choices):
        raise InvalidInput("Name the choices in brackets, for example choice(iclinic, medpro).")
    if len(spec.choices) > _MOST_CHOICES or max(map(len, spec.choices)) > _LONGEST_CHOICE:
        raise InvalidInput(
            f"A menu in Slack holds at most {_MOST_CHOICES} choices of {_LONGEST_CHOICE} "
            "characters: use text with a pattern instead."
        )
    if len(set(spec.choices)) < len(spec.choices):
        raise InvalidInput("A choice is named twice.")
    for choice in spec.choices:
        if not choice.isprintable() or choice != choice.strip():
            raise InvalidInput(f"The choice {quoted(choice)} holds control characters or edges.")


def _check_position(spec: ParameterSpec) -> None:
    if not _POSITION.fullmatch(spec.target):
        raise InvalidInput(
            f"position= takes the number of the argument, counted from 1, for example position=2; "
            f"{quoted(spec.target)} is not."
        )


def _check_flag(spec: ParameterSpec) -> None:
    if not _FLAG.fullmatch(spec.target):
        raise InvalidInput(
            f"{spec.passing}= takes a flag with its dashes, for example {spec.passing}=--since; "
            f"{quoted(spec.target)} is not."
        )


def _check_variable(spec: ParameterSpec) -> None:
    if not _VARIABLE.fullmatch(spec.target):
        raise InvalidInput(
            "env= takes the name of an environment variable, letters, digits and underscores, "
            f"for example env=API_TOKEN; {quoted(spec.target)} is not."
        )
    if _RESERVED.fullmatch(spec.target):
        raise InvalidInput(
            f"{quoted(spec.target)} is a variable that the host, the shell or Ferry needs: take "
            "another name, for example env=SISTEMA."
        )


def _checked_secret(spec: ParameterSpec) -> ParameterSpec:
    if problem := reference_problem(spec.secret_ref):
        raise InvalidInput(problem)
    is_told = spec.default or spec.pattern or spec.example or spec.minimum or spec.maximum
    if is_told or spec.is_personal:
        raise InvalidInput("A secret takes only env= and label=: its value is never typed.")
    return spec


def _check_personal(spec: ParameterSpec) -> None:
    if not spec.is_personal:
        return
    if spec.type in _GUESSED:
        raise InvalidInput(
            f"A {spec.type} cannot be personal: of so few values each would be known by its hint. "
            "Use text, integer, number or date."
        )
    if spec.default is not None:
        raise InvalidInput("A personal value has no default=: everybody would see it in the form.")


def _check_bounds(spec: ParameterSpec) -> None:
    bounds = [bound for bound in (spec.minimum, spec.maximum) if bound is not None]
    if bounds and spec.type not in _BOUNDED:
        raise InvalidInput(f"min= and max= are for numbers and text, not for {spec.type}.")
    if len(bounds) == 2 and bounds[0] > bounds[1]:
        raise InvalidInput(f"min={plain(bounds[0])} is more than max={plain(bounds[1])}.")
    if spec.type is ParameterType.TEXT:
        for bound in bounds:
            if bound != int(bound) or not 0 <= bound <= LONGEST_TEXT:
                raise InvalidInput(
                    f"min= and max= of a text are its length, whole numbers up to {LONGEST_TEXT}."
                )


def _check_pattern(spec: ParameterSpec) -> None:
    if not spec.pattern:
        return
    if spec.type is not ParameterType.TEXT:
        raise InvalidInput(f"pattern= is for text, not for {spec.type}.")
    if not spec.pattern.isprintable():
        raise InvalidInput("pattern= must be one line without control characters.")
    compiled(spec.pattern)


def _with_default(spec: ParameterSpec) -> ParameterSpec:
    bare = replace(spec, default=None, example="", label="")
    if spec.example:
        _try("example", bare, spec.example)
    if spec.default is None:
        return spec
    return replace(spec, default=_try("default", bare, spec.default))


def _try(word: str, bare: ParameterSpec, text: str) -> str:
    try:
        return canonical(bare, text)
    except InvalidInput as error:
        raise InvalidInput(f"{word}= does not fit its own line: {error.message}") from None


_TARGETS: Mapping[Passing, Callable[[ParameterSpec], None]] = MappingProxyType(
    {
        Passing.POSITION: _check_position,
        Passing.FLAG: _check_flag,
        Passing.FLAG_EQUALS: _check_flag,
        Passing.ENV: _check_variable,
    }
)
