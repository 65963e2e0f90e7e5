"""Forms that were refused: shown again with what was typed, and with why on top."""

import re
from collections.abc import Mapping
from typing import Any

from db.model.errors import FerryError, InvalidInput
from handlers.views.blocks import Block, clip
from handlers.views.ids import PARAMETER_PREFIX, BlockId, Callback
from handlers.views.message import Told

_KEPT = ("type", "callback_id", "title", "submit", "close", "private_metadata")
#: state field of an element → its field for the initial value
_INITIAL = {
    "value": "initial_value",
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_date": "initial_date",
    "selected_conversation": "initial_conversation",
    "selected_user": "initial_user",
}
MOST_IN_AN_ERROR = 500
_QUOTED = re.compile(r"`([^`]*)`")  # beneath a field Slack shows plain text


def field_errors(view: Mapping[str, Any], error: FerryError) -> dict[str, str]:
    """Return the sentences of *error* by block id; empty unless every one has its field in *view*.

    What has no field would be lost: such an error is told on top of the form instead.
    """
    if not isinstance(error, InvalidInput) or not error.fields:
        return {}
    ids = [block["block_id"] for block in view.get("blocks", ()) if block.get("type") == "input"]
    ids.sort(key=lambda block_id: block_id.startswith(PARAMETER_PREFIX))  # a parameter wins
    blocks = {block_id.rpartition(":")[2]: block_id for block_id in ids}
    if not error.fields.keys() <= blocks.keys():
        return {}
    return {
        blocks[name]: clip(_QUOTED.sub(r"“\1”", sentence), MOST_IN_AN_ERROR)
        for name, sentence in error.fields.items()
    }


def again(view: Mapping[str, Any], note: Told) -> Block:
    """Return the submitted *view* once more: what was typed is kept, *note* stands on top."""
    typed = (view.get("state") or {}).get("values") or {}
    on_top = [{**block, "block_id": f"{BlockId.NOTE}{n}"} for n, block in enumerate(note.blocks)]
    blocks = [
        _refilled(block, typed.get(str(block.get("block_id")), {}))
        for block in view.get("blocks", ())
        if not str(block.get("block_id", "")).startswith(BlockId.NOTE)
    ]
    kept = {name: view[name] for name in _KEPT if view.get(name) is not None}
    return {**kept, "blocks": on_top + blocks}


def said_in(view: Mapping[str, Any]) -> Told | None:
    """Return what *view* says without its fields, for somebody who closed it; None if nothing."""
    blocks = [
        block
        for block in view["blocks"]
        if view["callback_id"] == Callback.NOTE
        or str(block.get("block_id", "")).startswith(BlockId.NOTE)
    ]
    if not blocks:
        return None
    return Told("About the form that you closed.", blocks)


def _refilled(block: Block, typed: Mapping[str, Any]) -> Block:
    element = block.get("element") or {}
    state = typed.get(str(element.get("action_id")), {})
    for field, initial in _INITIAL.items():
        if field in state:
            bare = {k: v for k, v in element.items() if k != initial}
            filled = bare | ({initial: _offered(element, state[field])} if state[field] else {})
            return {**block, "element": filled}
    return block


def _offered(element: Mapping[str, Any], chosen: Any) -> Any:
    """Return *chosen* as *element* offers it.

    Slack wants an initial option to be exactly one of the options, and its state need not hold
    their descriptions.
    """
    if isinstance(chosen, list):
        return [_offered(element, one) for one in chosen]
    if not isinstance(chosen, Mapping):
        return chosen
    same = [one for one in element.get("options", ()) if one["value"] == chosen["value"]]
    return same[0] if same else chosen
