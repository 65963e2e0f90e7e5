"""The one validator of parameter values: modal, command line, schedules and imports all ask it."""

from collections.abc import Mapping, Sequence

from db.model.catalog import ParameterSpec
from db.model.errors import InvalidInput
from executor.rules.names import did_you_mean, quoted
from executor.rules.problems import refuse_if_any
from executor.rules.values import canonical, example_of


def validate(specs: Sequence[ParameterSpec], raw: Mapping[str, str]) -> dict[str, str]:
    """Return the canonical values by name, defaults filled in, in the order of *specs*.

    Blank means not given; optional parameters without a value are left out, and so are secrets,
    which are never asked for. Raises InvalidInput whose ``fields`` has a sentence for every wrong,
    missing or unknown name.
    """
    problems: dict[str, str] = {}
    values: dict[str, str] = {}
    for spec in specs:
        given = raw.get(spec.name, "")
        try:
            value = _refuse_secret(spec, raw) if spec.secret_ref else _value(spec, given)
        except InvalidInput as error:
            problems[spec.name] = error.message
        else:
            if value:
                values[spec.name] = value
    askable = [spec.name for spec in specs if not spec.secret_ref]
    known = {spec.name for spec in specs}
    for name in raw:
        if name not in known:
            problems[name] = _unknown(name, askable)
    refuse_if_any(problems, intro="{count} values need another look:")
    return values


def _value(spec: ParameterSpec, given: str) -> str:
    text = given.strip() or (spec.default or "").strip()
    if text:
        return canonical(spec, text)
    if spec.required:
        raise InvalidInput(f"{spec.title} is required{example_of(spec)}.")
    return ""


def _refuse_secret(spec: ParameterSpec, raw: Mapping[str, str]) -> str:
    if spec.name in raw:
        raise InvalidInput(
            f"{spec.title} is a secret that Ferry fills in by itself: leave it out, "
            "and never type secrets into Slack."
        )
    return ""


def _unknown(name: str, askable: Sequence[str]) -> str:
    said = f"{quoted(name)} is not a parameter of this job."
    if hint := did_you_mean(name, askable):
        return f"{said} {hint}"
    if not askable:
        return f"{said} It takes none."
    return f"{said} It takes: {', '.join(askable)}."
