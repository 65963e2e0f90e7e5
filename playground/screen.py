"""What a person sees of a message or a modal: its words, its buttons, its inputs."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from playground.errors import Json
from playground.inputs import all_blocks, elements

# Places in blocks that hold no visible words.
UNSEEN = frozenset({"value", "private_metadata", "initial_option", "confirm", "style"})


@dataclass(frozen=True)
class Control:
    """A button or input on the screen; *option* is the chosen line of an overflow menu."""

    block: Json
    element: Json
    option: Json | None = None


def shown(mrkdwn: str) -> str:
    """Return mrkdwn as it looks: no marks, references by their labels."""
    text = re.sub(r"<[^<>|]*\|([^<>]*)>", r"\1", mrkdwn)
    text = re.sub(r"<([@#!]?)([^<>|]*)>", r"\1\2", text)
    text = re.sub(r"[*`]", "", text)
    text = re.sub(r"~([^~\n]+)~(?![\w/])", r"\1", text)  # struck through; not the home of a path
    return html.unescape(text)


def words(surface: Json) -> str:
    """Return all that can be read on a message or view, one piece a line."""
    pieces = [surface.get("text", "")] if isinstance(surface.get("text"), str) else []
    pieces += [piece for name in ("title", "submit") for piece in texts(surface.get(name))]
    pieces += [piece for block in all_blocks(surface) for piece in texts(block)]
    pieces += [each.get("text", "") for each in surface.get("attachments") or []]
    pieces += [file["title"] for file in surface.get("files") or []]
    return "\n".join(piece for piece in pieces if piece)


def reads(surface: Json, wanted: str) -> bool:
    """Tell whether *wanted* can be read, however it is marked up and broken into lines."""
    raw = words(surface)
    needle = " ".join(wanted.split())
    return any(needle in " ".join(text.split()) for text in (raw, shown(raw)))


def texts(node: Any) -> Iterator[str]:
    """Yield every visible text inside a block; the parts of one rich text also in one piece."""
    if isinstance(node, list):
        parts = [each.get("text") for each in node if isinstance(each, dict)]
        yield "".join(part for part in parts if isinstance(part, str))
        for each in node:
            yield from texts(each)
    elif isinstance(node, dict):
        pieces = [node.get(name) for name in ("text", "alt_text", "caption")]
        yield from (piece for piece in pieces if isinstance(piece, str))
        for name, value in node.items():
            if name not in UNSEEN:
                yield from texts(value)


def buttons(surface: Json) -> dict[str, Control]:
    """Return what can be pressed, by its visible text; lines of overflow menus too."""
    found: dict[str, Control] = {}
    for block, element in elements(all_blocks(surface)):
        if element["type"] == "button":
            found.setdefault(element["text"]["text"], Control(block, element))
        elif element["type"] == "overflow":
            for option in element["options"]:
                found.setdefault(option["text"]["text"], Control(block, element, option))
    return found


def inputs(surface: Json) -> dict[str, Control]:
    """Return what can be filled in, by its label; without one by placeholder or action_id."""
    found: dict[str, Control] = {}
    for block, element in elements(all_blocks(surface)):
        if element["type"] in ("button", "overflow", "icon_button"):
            continue
        names = [block.get("label"), element.get("placeholder")]
        if block["type"] == "section":
            names.insert(0, block.get("text"))
        label = next((shown(name["text"]) for name in names if name), element["action_id"])
        found.setdefault(label, Control(block, element))
    return found


def one(controls: dict[str, Control], name: str, what: str) -> Control:
    """Return the control called *name*, exactly or but for emoji around it.

    Raises AssertionError that lists what is there.
    """
    if name in controls:
        return controls[name]
    near = [control for label, control in controls.items() if bare(label) == bare(name)]
    if len(near) == 1:
        return near[0]
    there = ", ".join(repr(label) for label in controls) or "nothing"
    raise AssertionError(f"no {what} {name!r} is shown; there is: {there}")


def bare(label: str) -> str:
    """Return a label without emoji codes and case."""
    return re.sub(r":[a-z0-9_+-]+:|[^\w\s.,…/()-]", "", label).strip().casefold()
