"""Blocks as plain dicts, clamped to Slack's limits: one bad block refuses a whole message.

Everything that a view needs is imported from here; texts are in ``text``, elements in ``elements``.
"""

from collections.abc import Iterable, Sequence

from handlers.views.elements import (
    Block,
    button,
    checkboxes,
    confirm,
    date_input,
    external_select,
    multi_select,
    number_input,
    option,
    plain,
    radio,
    select,
    text_input,
    whole,
)
from handlers.views.text import badge, clip, clip_mrkdwn, esc, group, mono, person, visible, when

__all__ = [
    "Block",
    "actions",
    "badge",
    "button",
    "checkboxes",
    "clip",
    "clip_mrkdwn",
    "code",
    "confirm",
    "context",
    "date_input",
    "divider",
    "esc",
    "external_select",
    "group",
    "header",
    "input_block",
    "modal",
    "mono",
    "mrkdwn",
    "multi_select",
    "number_input",
    "option",
    "person",
    "plain",
    "radio",
    "section",
    "select",
    "text_input",
    "visible",
    "when",
]

TEXT, CODE = 3000, 3000
MOST_CONTEXT, MOST_ACTIONS, MOST_IN_A_VIEW = 10, 25, 100
METADATA = 3000


def mrkdwn(text: str, limit: int = TEXT) -> Block:
    """Return a text object with Slack's markup; verbatim: a bare @name or #name stays text."""
    return {"type": "mrkdwn", "text": clip_mrkdwn(text, limit) or " ", "verbatim": True}


def section(text: str, *, accessory: Block | None = None) -> Block:
    """Return a paragraph of mrkdwn, with a button or a menu beside it."""
    block: Block = {"type": "section", "text": mrkdwn(text)}
    return block | ({"accessory": accessory} if accessory else {})


def context(*texts: str) -> Block:
    """Return a line of small grey mrkdwn; empty texts are left out."""
    said = [mrkdwn(text) for text in texts if text][:MOST_CONTEXT]
    return {"type": "context", "elements": said or [mrkdwn("")]}


def header(text: str) -> Block:
    """Return a headline of plain text."""
    return {"type": "header", "text": plain(text, 150)}


def divider() -> Block:
    """Return a line across."""
    return {"type": "divider"}


def actions(*elements: Block) -> Block:
    """Return a row of buttons and menus."""
    return {"type": "actions", "elements": list(elements[:MOST_ACTIONS])}


def code(lines: Iterable[str]) -> Block:
    """Return the last of *lines* that fit, preformatted: nothing in them is parsed by Slack."""
    kept: list[str] = []
    room = CODE
    for line in reversed(list(lines)):
        shown = visible(line)
        if kept and len(shown) + 1 > room:
            break
        kept.append(clip(shown, room))
        room -= len(kept[-1]) + 1
    text = "\n".join(reversed(kept))
    words = {"type": "text", "text": text if text.strip() else "(no output)"}
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_preformatted", "elements": [words]}],
    }


def input_block(
    label: str,
    element: Block,
    *,
    block_id: str,
    hint: str = "",
    optional: bool = False,
    dispatch: bool = False,
) -> Block:
    """Return a labelled field of a form; *dispatch*: a change is sent at once, not at submit."""
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, 2000),
        "element": element,
        "optional": optional,
        "dispatch_action": dispatch,
    }
    if hint:
        block["hint"] = plain(hint, 2000)
    return block


def modal(
    title: str,
    blocks: Sequence[Block],
    *,
    callback_id: str,
    submit: str = "",
    close: str = "Cancel",
    metadata: str = "",
) -> Block:
    """Return a view for ``views.open``; *metadata* comes back with whatever is done in it."""
    view: Block = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title, 24),
        "close": plain(close, 24),
        "blocks": list(blocks[:MOST_IN_A_VIEW]),
        "private_metadata": whole(metadata, METADATA, "The metadata of a modal"),
    }
    if submit:
        view["submit"] = plain(submit, 24)
    return view
