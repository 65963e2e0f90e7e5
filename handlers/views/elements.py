"""What people press, choose and fill in; Slack's limits for it are kept here."""

from collections.abc import Sequence
from typing import Any

from handlers.views.text import clip, visible

Block = dict[str, Any]

MOST_OPTIONS, MOST_CHOICES = 100, 10
OPTION_TEXT = 75
OPTION_VALUE = 75  # 150 in Slack's SDK, 75 in its documentation
BUTTON_TEXT, BUTTON_VALUE = 75, 2000
TEXT_INPUT, NUMBER = 3000, 30


def plain(text: str, limit: int) -> Block:
    """Return a text object that Slack does not parse; an empty one would be refused."""
    return {"type": "plain_text", "text": clip(visible(text, keep="\n"), limit) or " "}


def whole(value: str, limit: int, what: str) -> str:
    """Return *value* as it is; cutting it would change its meaning, so too long is a mistake."""
    if len(value) > limit:
        raise ValueError(f"{what} is {len(value)} characters long, Slack takes {limit}: {value!r}")
    return value


def confirm(title: str, text: str, yes: str, no: str = "Keep", style: str = "") -> Block:
    """Return the dialog that asks once more; it protects from slips, it authorizes nothing."""
    dialog = {
        "title": plain(title, 100),
        "text": plain(text, 300),
        "confirm": plain(yes, 30),
        "deny": plain(no, 30),
    }
    return _with(dialog, style=style)


def button(
    text: str,
    *,
    action_id: str,
    value: str = "",
    style: str = "",
    confirm: Block | None = None,
    accessible: str = "",
) -> Block:
    """Return a button; *style* is ``primary``, ``danger`` or empty, *accessible* is read aloud."""
    return _with(
        {"type": "button", "text": plain(text, BUTTON_TEXT), "action_id": action_id},
        value=whole(value, BUTTON_VALUE, f"The value of the button “{text}”"),
        style=style,
        confirm=confirm,
        accessibility_label=clip(visible(accessible), 75),
    )


def option(text: str, value: str, description: str = "") -> Block:
    """Return one choice of a select or of radio buttons."""
    value = whole(value, OPTION_VALUE, f"The value of the option “{text}”")
    choice = {"text": plain(text, OPTION_TEXT), "value": value}
    return _with(choice, description=plain(description, OPTION_TEXT) if description else None)


def select(
    action_id: str, options: Sequence[Block], *, placeholder: str, initial: str | None = None
) -> Block:
    """Return a menu of at most 100 options; *initial* is the value of the chosen one."""
    offered = list(options)[:MOST_OPTIONS]
    chosen = [one for one in offered if one["value"] == initial]
    return _with(
        {"type": "static_select", "action_id": action_id, "options": offered},
        placeholder=plain(placeholder, 150),
        initial_option=chosen[0] if chosen else None,
    )


def user_select(action_id: str, *, placeholder: str) -> Block:
    """Return a menu of the people of the workspace, of whom none is chosen."""
    menu = {"type": "users_select", "action_id": action_id}
    return menu | {"placeholder": plain(placeholder, 150)}


def multi_select(action_id: str, options: Sequence[Block], *, placeholder: str) -> Block:
    """Return a menu of at most 100 options, of which none is chosen and any number may be."""
    menu = {"type": "multi_static_select", "action_id": action_id}
    return menu | {
        "options": list(options)[:MOST_OPTIONS],
        "placeholder": plain(placeholder, 150),
    }


def external_select(action_id: str, *, placeholder: str, initial: Block | None = None) -> Block:
    """Return a menu whose options are asked for while typing; *initial* is an ``option``."""
    menu = {
        "type": "external_select",
        "action_id": action_id,
        "placeholder": plain(placeholder, 150),
        "min_query_length": 0,  # the first options before anything is typed
    }
    return _with(menu, initial_option=initial)


def text_input(
    action_id: str,
    *,
    initial: str = "",
    multiline: bool = False,
    placeholder: str = "",
    max_length: int | None = None,
) -> Block:
    """Return a field for text, at most 3000 characters."""
    most = min(max_length, TEXT_INPUT) if max_length is not None else None
    return _with(
        {"type": "plain_text_input", "action_id": action_id, "multiline": multiline},
        initial_value=initial[: most or TEXT_INPUT],
        placeholder=plain(placeholder, 150) if placeholder else None,
        max_length=most,
    )


def number_input(
    action_id: str,
    *,
    decimal: bool,
    minimum: float | None = None,
    maximum: float | None = None,
    initial: str | None = None,
) -> Block:
    """Return a field for a number; Slack checks *minimum* and *maximum* while typing.

    *initial* is left out if it is longer than Slack takes.
    """
    return _with(
        {"type": "number_input", "action_id": action_id, "is_decimal_allowed": decimal},
        min_value=_number(minimum),
        max_value=_number(maximum),
        initial_value=initial if len(initial or "") <= NUMBER else None,
    )


def date_input(action_id: str, *, initial: str | None = None, placeholder: str = "") -> Block:
    """Return a calendar; *initial* is a date as 2026-12-31."""
    return _with(
        {"type": "datepicker", "action_id": action_id},
        initial_date=initial,
        placeholder=plain(placeholder, 150) if placeholder else None,
    )


def radio(action_id: str, options: Sequence[Block], *, initial: str | None = None) -> Block:
    """Return at most 10 options of which one holds; *initial* is the value of the chosen one."""
    offered = list(options)[:MOST_CHOICES]
    chosen = [one for one in offered if one["value"] == initial]
    return _with(
        {"type": "radio_buttons", "action_id": action_id, "options": offered},
        initial_option=chosen[0] if chosen else None,
    )


def checkboxes(action_id: str, options: Sequence[Block]) -> Block:
    """Return at most 10 boxes to tick, none of which is ticked."""
    return {"type": "checkboxes", "action_id": action_id, "options": list(options)[:MOST_CHOICES]}


def _number(value: float | None) -> str | None:
    if value is None:
        return None
    return str(int(value)) if float(value).is_integer() else str(value)


def _with(element: Block, **optional: Any) -> Block:
    """Return *element* with those of *optional* that say something; Slack refuses empty ones."""
    return element | {k: v for k, v in optional.items() if v is not None and v not in ("", [])}
