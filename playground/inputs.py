"""The elements inside blocks: finding them, what they hold at first, what must be filled in.

The server uses it to judge what a page sends, the Person driver to behave like a page.
"""

from collections.abc import Iterator

from playground.errors import Json

# element type -> (field of the value in the state, field of the initial value in the element)
VALUE_FIELDS = {
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "radio_buttons": ("selected_option", "initial_option"),
    "checkboxes": ("selected_options", "initial_options"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "file_input": ("files", "initial_files"),
}
LISTS = frozenset(kind for kind in VALUE_FIELDS if kind.startswith("multi_")) | {"checkboxes"}
REQUIRED = "Please complete this required field."


def elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Yield every interactive element with the block that it is in."""
    for block in blocks:
        inner = [block.get("element"), block.get("accessory"), *block.get("elements", ())]
        for card in (block, *block.get("cards", ())):
            inner.extend(card.get("actions", ()))
        for element in inner:
            if isinstance(element, dict) and "action_id" in element:
                yield block, element
        yield from elements(block.get("child_blocks", []))


def all_blocks(message: Json) -> list[Json]:
    """Return the blocks of a message or view, with those of its attachments."""
    attached = [attached.get("blocks", []) for attached in message.get("attachments") or []]
    return sum(attached, list(message.get("blocks") or []))


def find(surface: Json, block_id: str, action_id: str) -> Json | None:
    """Return one element of a message or view; None if it is not there."""
    for block, element in elements(all_blocks(surface)):
        if (block["block_id"], element["action_id"]) == (block_id, action_id):
            return element
    return None


def initial_state(blocks: list[Json]) -> Json:
    """Return what all inputs hold before anybody touched them, as Slack's ``state.values``."""
    values: Json = {}
    for block, element in elements(blocks):
        if element["type"] in VALUE_FIELDS:
            field, initial = VALUE_FIELDS[element["type"]]
            empty: list[Json] | None = [] if element["type"] in LISTS else None
            state = {"type": element["type"], field: element.get(initial, empty)}
            values.setdefault(block["block_id"], {})[element["action_id"]] = state
    return values


def merged_state(blocks: list[Json], typed: Json) -> Json:
    """Return the state of all inputs that are there, with what a person typed."""
    values = initial_state(blocks)
    for block_id, actions in values.items():
        for action_id in actions:
            given = typed.get(block_id, {}).get(action_id)
            if given is not None:
                actions[action_id] |= given
    return values


def missing_or_wrong(blocks: list[Json], values: Json) -> dict[str, str]:
    """Return what Slack's own client would refuse to send, by block id."""
    errors: dict[str, str] = {}
    for block, element in elements(blocks):
        if block["type"] != "input":
            continue
        field = VALUE_FIELDS[element["type"]][0]
        value = values[block["block_id"]][element["action_id"]].get(field)
        if value in (None, "", []):
            if not block.get("optional"):
                errors[block["block_id"]] = REQUIRED
        elif problem := _wrong(element, value):
            errors[block["block_id"]] = problem
    return errors


def _wrong(element: Json, value: object) -> str:
    if element["type"] == "number_input":
        return _wrong_number(element, str(value))
    if element["type"] != "plain_text_input":
        return ""
    length = len(str(value))
    if length > element.get("max_length", 3000):
        return f"Must be at most {element.get('max_length', 3000)} characters."
    if length < element.get("min_length", 0):
        return f"Must be at least {element['min_length']} characters."
    return ""


def _wrong_number(element: Json, value: str) -> str:
    try:
        number = float(value)
    except ValueError:
        return "Please enter a number."
    if not element.get("is_decimal_allowed") and not number.is_integer():
        return "Please enter a whole number."
    if number < float(element.get("min_value", "-inf")):
        return f"Must be at least {element['min_value']}."
    if number > float(element.get("max_value", "inf")):
        return f"Must be at most {element['max_value']}."
    return ""
