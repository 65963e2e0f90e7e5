"""What Slack refuses in blocks, on each surface, with its pointers."""

from typing import Any

import pytest

from playground.blocks import block_problems
from playground.errors import SlackError
from playground.view_rules import check_view

Block = dict[str, Any]
ARGUMENTS = "invalid_arguments"


def plain(words: str) -> Block:
    """Return a plain text object."""
    return {"type": "plain_text", "text": words}


def section(words: str = "x", **more: Any) -> Block:
    """Return a section."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": words}, **more}


def actions(*elements: Block) -> Block:
    """Return an actions block."""
    return {"type": "actions", "elements": list(elements)}


def button(words: str = "Go", **more: Any) -> Block:
    """Return a button."""
    return {"type": "button", "text": plain(words), "action_id": "go", **more}


def select(count: int, **more: Any) -> Block:
    """Return a select with so many options."""
    options = [{"text": plain(f"option {n}"), "value": str(n)} for n in range(count)]
    return {"type": "static_select", "action_id": "pick", "options": options, **more}


def text_input(**more: Any) -> Block:
    """Return an input block with a text field."""
    element = {"type": "plain_text_input", "action_id": "t", **more}
    return {"type": "input", "block_id": "i", "label": plain("Name"), "element": element}


def modal(*blocks: Block, **more: Any) -> Block:
    """Return a modal."""
    return {"type": "modal", "title": plain("T"), "blocks": list(blocks), **more}


FULL_CONFIRM = {"title": plain("a"), "text": plain("b"), "confirm": plain("c"), "deny": plain("d")}
GOOD: list[Block] = [
    section("x" * 3000, fields=[plain("f" * 2000)] * 10),
    {"type": "header", "text": plain("h" * 150)},
    {"type": "divider"},
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "c"}] * 10},
    actions(*[button(action_id=str(n)) for n in range(24)], select(100)),
    section(accessory=button(confirm=FULL_CONFIRM, style="danger", value="v" * 2000)),
    {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "log"}]}
        ],
    },
]


@pytest.mark.parametrize("surface", ["message", "modal", "home"])
def test_blocks_at_their_limits_are_fine_everywhere(surface: str) -> None:
    """Exactly at the limit is within it."""
    problems = block_problems(GOOD, surface, "/blocks")

    assert problems == []


BAD_BLOCKS: dict[str, tuple[Any, str]] = {
    "long section": (
        section("x" * 3001),
        "less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    "empty text": (section(""), "more than 0 characters [json-pointer:/blocks/0/text/text]"),
    "empty section": ({"type": "section"}, "either text or fields"),
    "fields": (
        section(fields=[plain("x")] * 11),
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    "long field": (section(fields=[plain("x" * 2001)]), "less than 2001 characters"),
    "long header": ({"type": "header", "text": plain("x" * 151)}, "less than 151 characters"),
    "mrkdwn header": (
        {"type": "header", "text": {"type": "mrkdwn", "text": "x"}},
        "must be one of plain_text",
    ),
    "26 buttons": (
        actions(*[button(action_id=str(n)) for n in range(26)]),
        "no more than 25 items",
    ),
    "no buttons": (actions(), "no fewer than 1 items"),
    "same action_id": (actions(button(), button()), "action_id already exists: go"),
    "long button": (
        actions(button("x" * 76)),
        "less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    "long value": (actions(button(value="v" * 2001)), "less than 2001 characters"),
    "odd style": (actions(button(style="green")), "must be one of primary, danger"),
    "half a dialog": (
        actions(button(confirm={"title": plain("a")})),
        "missing required field: deny",
    ),
    "101 options": (actions(select(101)), "no more than 100 items"),
    "no options": (actions(select(0)), "no fewer than 1 items"),
    "foreign initial option": (
        actions(select(1, initial_option={"text": plain("?"), "value": "9"})),
        "one of the options",
    ),
    "multi in actions": (
        actions({**select(1), "type": "multi_static_select"}),
        "unsupported type: multi_static_select",
    ),
    "text in actions": (
        actions({"type": "plain_text_input", "action_id": "x"}),
        "unsupported type: plain_text_input",
    ),
    "long context": ({"type": "context", "elements": [plain("c")] * 11}, "no more than 10 items"),
    "image without words": (
        {"type": "image", "image_url": "http://x/y.png"},
        "more than 0 characters",
    ),
    "file": ({"type": "file"}, "unsupported type: file"),
    "alert in a message": ({"type": "alert", "text": plain("x")}, "unsupported type: alert"),
    "no block": ("words", "must provide an object"),
    "null block": (None, "must provide an object"),
}


@pytest.mark.parametrize(("block", "told"), BAD_BLOCKS.values(), ids=list(BAD_BLOCKS))
def test_bad_block_is_refused_in_a_message(block: Any, told: str) -> None:
    """Each refusal says what is wrong, most of them where."""
    problems = block_problems([block], "message", "/blocks")

    assert told in "\n".join(problems)


@pytest.mark.parametrize(("surface", "most"), [("message", 50), ("modal", 100), ("home", 100)])
def test_number_of_blocks_depends_on_the_surface(surface: str, most: int) -> None:
    """One more than allowed is refused."""
    fine = block_problems([section()] * most, surface, "/blocks")
    too_many = block_problems([section()] * (most + 1), surface, "/blocks")

    assert (fine, too_many) == ([], [f"no more than {most} items allowed [json-pointer:/blocks]"])


def test_same_block_id_twice_is_refused() -> None:
    """block_id is unique in a payload."""
    problems = block_problems([section(block_id="a"), section(block_id="a")], "home", "/blocks")

    assert problems == ["block_id already exists: a [json-pointer:/blocks/1/block_id]"]


BAD_VIEWS: dict[str, tuple[Any, str, str]] = {
    "no submit": (
        modal(text_input()),
        ARGUMENTS,
        "missing required field: submit [json-pointer:/view]",
    ),
    "long submit": (
        modal(section(), submit=plain("x" * 25)),
        ARGUMENTS,
        "less than 25 characters [json-pointer:/view/submit/text]",
    ),
    "long title": ({**modal(section()), "title": plain("x" * 25)}, ARGUMENTS, "/view/title/text"),
    "no title": (
        {"type": "modal", "blocks": [section()]},
        ARGUMENTS,
        "missing required field: title",
    ),
    "long metadata": (modal(section(), private_metadata="x" * 3001), ARGUMENTS, "less than 3001"),
    "home as modal": (modal(section(), type="home"), ARGUMENTS, "must be of type modal"),
    "no blocks": (modal(), ARGUMENTS, "no fewer than 1 items"),
    "table": (
        modal({"type": "table", "rows": [[plain("x")]]}),
        ARGUMENTS,
        "unsupported type: table [json-pointer:/view/blocks/0/type]",
    ),
    "250 kB": (modal(*[section("x" * 2900) for _ in range(90)]), "view_too_large", ""),
    "nothing": (None, ARGUMENTS, "must be an object"),
}


@pytest.mark.parametrize(("view", "error", "told"), BAD_VIEWS.values(), ids=list(BAD_VIEWS))
def test_bad_modal_is_refused(view: Any, error: str, told: str) -> None:
    """Each refusal of a view has Slack's error and its pointer."""
    with pytest.raises(SlackError) as caught:
        check_view(view, "modal")

    assert caught.value.error == error
    assert told in "\n".join(caught.value.messages)


def test_good_modal_passes() -> None:
    """An input with a submit button is what a modal is for."""
    check_view(modal(text_input(max_length=3000), submit=plain("Run")), "modal")
