"""Values → what the script gets: argument words and environment variables."""

from collections.abc import Mapping, Sequence

from db.model.catalog import ParameterSpec, ParameterType, Passing
from db.model.errors import InvalidInput


def arguments(
    specs: Sequence[ParameterSpec], values: Mapping[str, str]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return (words after the script, environment variables) for validated *values*.

    Positions come first, by number, then flags in the order of *specs*. The value of a secret's
    variable is its reference; the worker resolves it. Raises InvalidInput if an empty position
    stands before a filled one, since the later values would move up.
    """
    words = _positions(specs, values)
    variables: dict[str, str] = {}
    for spec in specs:
        if spec.secret_ref:
            variables[_secret_variable(spec)] = spec.secret_ref
        elif spec.name not in values:
            continue
        elif spec.passing is Passing.ENV:
            variables[spec.target] = values[spec.name]
        elif spec.passing is not Passing.POSITION:
            words += _flag(spec, values[spec.name])
    return tuple(words), variables


def _positions(specs: Sequence[ParameterSpec], values: Mapping[str, str]) -> list[str]:
    placed = [spec for spec in specs if spec.passing is Passing.POSITION and not spec.secret_ref]
    placed.sort(key=lambda spec: int(spec.target))
    words: list[str] = []
    empty: ParameterSpec | None = None
    for spec in placed:
        if spec.name not in values:
            empty = empty or spec
        elif empty is None:
            words.append(values[spec.name])
        else:
            sentence = (
                f"{empty.title} must be given when {spec.title} is: it is argument "
                f"{empty.target} of the script, and {spec.title} comes after it."
            )
            raise InvalidInput(sentence, fields={empty.name: sentence})
    return words


def _flag(spec: ParameterSpec, value: str) -> list[str]:
    if spec.passing is Passing.FLAG_EQUALS:
        return [f"{spec.target}={value}"]
    if spec.type is ParameterType.BOOLEAN:
        return [spec.target] if value == "true" else []
    return [spec.target, value]


def _secret_variable(spec: ParameterSpec) -> str:
    if spec.passing is not Passing.ENV:
        raise InvalidInput(
            f"{spec.title} is a secret and would be visible in the host's process list: pass it by "
            "an environment variable, for example env=API_TOKEN."
        )
    return spec.target
