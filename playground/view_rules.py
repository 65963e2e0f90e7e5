"""What Slack demands of a modal or a Home tab."""

import json

from playground.blocks import block_problems
from playground.elements import Problems
from playground.errors import Json, SlackError

BIGGEST = 250_000
TITLE, METADATA, CALLBACK = 24, 3000, 255


def check_view(view: Json, surface: str) -> None:
    """Raise the error that Slack would answer for *view*."""
    problems = Problems("/view")
    if not isinstance(view, dict):
        raise SlackError("invalid_arguments", "must be an object [json-pointer:/view]")
    if view.get("type") != surface:
        problems.add(f"must be of type {surface}", "type")
    if len(json.dumps(view, ensure_ascii=False).encode()) > BIGGEST:
        raise SlackError("view_too_large")
    for name, most in (("private_metadata", METADATA), ("callback_id", CALLBACK)):
        problems.length(view.get(name), most, name)
    problems.length(view.get("external_id"), CALLBACK, "external_id")
    if surface == "modal":
        _check_titles(view, problems)
    found = [*problems.found, *block_problems(view.get("blocks"), surface, "/view/blocks")]
    if found:
        raise SlackError("invalid_arguments", *found)


def _check_titles(view: Json, problems: Problems) -> None:
    if "title" not in view:
        problems.add("missing required field: title")
    for name in ("title", "submit", "close"):
        if view.get(name) is not None:
            problems.text(view[name], TITLE, name, plain=True)
    has_input = any(
        isinstance(block, dict) and block.get("type") == "input"
        for block in view.get("blocks") or []
    )
    if has_input and not view.get("submit"):
        problems.add("missing required field: submit")
