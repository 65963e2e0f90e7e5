"""Fields of forms: plain ones, and those that a job's parameter specs ask for."""

from collections.abc import Collection, Iterable, Mapping

from db.model.catalog import Job, ParameterSpec, ParameterType
from db.model.errors import InvalidInput
from executor.rules.values import LONGEST_TEXT, canonical
from handlers.views.blocks import (
    Block,
    context,
    date_input,
    input_block,
    mono,
    number_input,
    option,
    radio,
    select,
    text_input,
)
from handlers.views.elements import MOST_OPTIONS, OPTION_VALUE
from handlers.views.ids import Action, field, parameter

HIDDEN = "Somebody else typed it the last time, so it is not filled in: type it again."
HINTED = "Personal: Slack shows only a hint of it."


def text_field(
    name: str,
    label: str,
    *,
    hint: str = "",
    initial: str = "",
    placeholder: str = "",
    optional: bool = False,
    multiline: bool = False,
    most: int = 200,
) -> Block:
    """Return a field for at most *most* characters of text."""
    element = text_input(
        Action.FIELD,
        initial=initial,
        placeholder=placeholder,
        multiline=multiline,
        max_length=most,
    )
    return input_block(label, element, block_id=field(name), hint=hint, optional=optional)


def parameter_fields(
    job: Job, given: Mapping[str, str], hidden: Collection[str] = ()
) -> list[Block]:
    """Return a field for everything that *job* asks for, filled with *given* or its default.

    *hidden*: names of what was given before, and the reader may not see.
    """
    asked = [spec for spec in job.parameters if not spec.secret_ref]
    blocks = [
        _parameter(
            job, spec, given.get(spec.name) or spec.default or "", is_hidden=spec.name in hidden
        )
        for spec in asked
    ]
    secret = [mono(spec.name) for spec in job.parameters if spec.secret_ref]
    if secret:
        blocks.append(context(f"🔑 Ferry fills in {', '.join(secret)} by itself; never type them."))
    return blocks


def _parameter(job: Job, spec: ParameterSpec, value: str, *, is_hidden: bool) -> Block:
    return input_block(
        spec.title,
        _element(spec, value),
        block_id=parameter(job.name, spec.name),
        hint=" ".join(filter(None, [_hint(spec), HIDDEN if is_hidden else ""])),
        optional=not spec.required,
    )


def _element(spec: ParameterSpec, value: str) -> Block:
    """Return the input for a type, filled with *value* if that is a good one.

    Slack would refuse the whole form for a value that an input cannot hold.
    """
    match spec.type:
        case ParameterType.INTEGER | ParameterType.NUMBER:
            is_decimal = spec.type is ParameterType.NUMBER
            return number_input(
                Action.FIELD,
                decimal=is_decimal,
                minimum=spec.minimum,
                maximum=spec.maximum,
                initial=_good(spec, value),
            )
        case ParameterType.DATE:
            initial = _good(spec, value)
            return date_input(Action.FIELD, initial=initial, placeholder="Pick a date")
        case ParameterType.BOOLEAN:
            options = [option("Yes", "true"), option("No", "false")]
            return radio(Action.FIELD, options, initial=_good(spec, value))
        case ParameterType.CHOICE if _fit(spec.choices):
            options = [option(choice, choice) for choice in spec.choices]
            initial = _good(spec, value)
            return select(Action.FIELD, options, placeholder="Choose", initial=initial)
    return text_input(
        Action.FIELD, initial=value, placeholder=spec.example, max_length=LONGEST_TEXT
    )


def _good(spec: ParameterSpec, value: str) -> str | None:
    """Return *value* as the validator takes it, None if it refuses."""
    try:
        return canonical(spec, value)
    except InvalidInput:
        return None


def _hint(spec: ParameterSpec) -> str:
    parts = []
    if spec.type is ParameterType.CHOICE and not _fit(spec.choices):
        parts.append(f"One of: {', '.join(spec.choices)}.")
    if spec.example:
        parts.append(f"Example: {spec.example}" + ("." if spec.is_personal else ""))
    if spec.is_personal:
        parts.append(HINTED)
    return " ".join(parts)


def _fit(choices: Iterable[str]) -> bool:
    """Tell whether Slack can show *choices* as a menu."""
    all_ = list(choices)
    return 0 < len(all_) <= MOST_OPTIONS and all(0 < len(one) <= OPTION_VALUE for one in all_)
