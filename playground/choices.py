"""What a person picks or types, turned into the state that Slack's client would send."""

from datetime import datetime

from playground.elements import all_options
from playground.errors import Json
from playground.inputs import LISTS, VALUE_FIELDS

Value = str | int | float | bool | list[str] | None


def element_state(element: Json, value: Value, options: list[Json], state: Json) -> Json:
    """Return the state of *element* when a person gives it *value*; None or "" empties it.

    *options* are the answers of the app for an external select; *state* is the page's state,
    for the names of people and channels.
    """
    kind = element["type"]
    field = VALUE_FIELDS[kind][0]
    if kind in LISTS:
        wanted = value if isinstance(value, list) else [] if value in (None, "") else [str(value)]
        picked = [pick(element, str(each), options, state) for each in wanted]
        return {"type": kind, field: picked}
    if value in (None, ""):
        return {"type": kind, field: None}
    if "select" in kind or kind == "radio_buttons":
        return {"type": kind, field: pick(element, str(value), options, state)}
    if kind == "datetimepicker":
        moment = value if isinstance(value, int) else datetime.fromisoformat(str(value)).timestamp()
        return {"type": kind, field: int(moment)}
    return {"type": kind, field: str(value)}


def pick(element: Json, wanted: str, options: list[Json], state: Json) -> Json | str:
    """Return the option with that text or value, or the id of that person or channel."""
    kind = element["type"].removeprefix("multi_")
    if kind == "users_select":
        return _id(wanted, state["users"], ("id", "name", "real_name"))
    if kind in ("conversations_select", "channels_select"):
        return _id(wanted.removeprefix("#"), state["channels"], ("id", "name"))
    on_offer = options or all_options(element)
    for option in on_offer:
        if wanted in (option["text"]["text"], option["value"]):
            return option
    near = [option for option in on_offer if wanted in option["text"]["text"]]
    if len(near) == 1:
        return near[0]
    there = ", ".join(repr(option["text"]["text"]) for option in on_offer) or "nothing"
    raise AssertionError(f"{wanted!r} is not on offer; there is: {there}")


def _id(wanted: str, things: list[Json], names: tuple[str, ...]) -> str:
    for thing in things:
        if wanted in [thing.get(name) for name in names]:
            return str(thing["id"])
    raise AssertionError(f"{wanted!r} is not in this workspace")
