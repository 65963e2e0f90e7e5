"""Slack's limits for blocks on each surface; one bad block refuses the whole message or view."""

from collections.abc import Callable
from typing import Any

from playground.elements import Problems, check_element
from playground.errors import Json, SlackError

MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
MARKDOWN_SUM = 12_000
# Not documented; far above what a readable message holds.
RICH_TEXT = 12_000
ANYWHERE = "message modal home"


def check_message_blocks(blocks: Any, pointer: str = "/blocks") -> None:
    """Raise ``invalid_blocks`` if Slack would refuse *blocks* in a message."""
    problems = block_problems(blocks, "message", pointer)
    if problems:
        raise SlackError("invalid_blocks", *problems)


def block_problems(blocks: Any, surface: str, pointer: str) -> list[str]:
    """Return what Slack would say against *blocks* on *surface*, each with a JSON pointer."""
    problems = Problems(pointer)
    least = 0 if surface == "message" else 1
    if not problems.count(blocks, MOST_BLOCKS[surface], least=least):
        return problems.found
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        inside = problems.at(index)
        _check_block(block, surface, inside)
        block_id = block.get("block_id") if isinstance(block, dict) else None
        if block_id is not None and block_id in seen:
            inside.add(f"block_id already exists: {block_id}", "block_id")
        seen.add(str(block_id))
    _check_together([block for block in blocks if isinstance(block, dict)], problems)
    return problems.found


def _check_block(block: Any, surface: str, problems: Problems) -> None:
    if not isinstance(block, dict):
        problems.add("must provide an object")
        return
    kind = str(block.get("type"))
    check, surfaces = BLOCKS.get(kind, (None, ""))
    if check is None or surface not in surfaces.split():
        problems.add(f"unsupported type: {kind}", "type")
        return
    problems.length(block.get("block_id"), 255, "block_id", least=1)
    check(block, problems)


def _check_together(blocks: list[Json], problems: Problems) -> None:
    """Check the rules that span several blocks."""
    kinds = [block.get("type") for block in blocks]
    for kind, most in (("table", 1), ("data_table", 1), ("plan", 1), ("data_visualization", 2)):
        if kinds.count(kind) > most:
            problems.add(f"no more than {most} {kind} allowed")
    if "plan" in kinds and "task_card" in kinds:
        problems.add("task_card is not allowed together with a plan")
    markdown = [block for block in blocks if block.get("type") == "markdown"]
    if sum(len(block.get("text", "")) for block in markdown) > MARKDOWN_SUM:
        problems.add(f"markdown must be less than {MARKDOWN_SUM + 1} characters in all")


def _section(block: Json, problems: Problems) -> None:
    if "text" not in block and "fields" not in block:
        problems.add("must have either text or fields")
    if "text" in block:
        problems.text(block["text"], 3000, "text")
    if "fields" in block and problems.count(block["fields"], 10, "fields"):
        for index, text in enumerate(block["fields"]):
            problems.text(text, 2000, "fields", index)
    if "accessory" in block:
        check_element(block["accessory"], "section", problems.at("accessory"))


def _header(block: Json, problems: Problems) -> None:
    problems.text(block.get("text"), 150, "text", plain=True)


def _context(block: Json, problems: Problems) -> None:
    for inside, element in problems.each(block.get("elements"), 10, "elements"):
        if element.get("type") == "image":
            check_element(element, "context", inside)
        else:
            inside.text(element, 3000)


def _actions(block: Json, problems: Problems) -> None:
    most = 25 if block["type"] == "actions" else 5
    seen: set[str] = set()
    for inside, element in problems.each(block.get("elements"), most, "elements"):
        check_element(element, block["type"], inside)
        action_id = element.get("action_id")
        if action_id is not None and action_id in seen:
            inside.add(f"action_id already exists: {action_id}", "action_id")
        seen.add(str(action_id))


def _input(block: Json, problems: Problems) -> None:
    problems.text(block.get("label"), 2000, "label", plain=True)
    if "hint" in block:
        problems.text(block["hint"], 2000, "hint", plain=True)
    check_element(block.get("element"), "input", problems.at("element"))


def _image(block: Json, problems: Problems) -> None:
    problems.length(block.get("image_url"), 3000, "image_url", least=1)
    problems.length(block.get("alt_text", ""), 2000, "alt_text", least=1)
    if "title" in block:
        problems.text(block["title"], 2000, "title", plain=True)


def _markdown(block: Json, problems: Problems) -> None:
    problems.length(block.get("text", ""), MARKDOWN_SUM, "text", least=1)


def _rich_text(block: Json, problems: Problems) -> None:
    parts = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")
    for inside, part in problems.each(block.get("elements"), 100, "elements", least=0):
        if part.get("type") not in parts:
            inside.add(f"must be one of {', '.join(parts)}", "type")
            continue
        for deeper, leaf in inside.each(part.get("elements"), 1000, "elements", least=0):
            if leaf.get("type") == "text":
                deeper.length(leaf.get("text", ""), RICH_TEXT, "text", least=1)


def _table(block: Json, problems: Problems) -> None:
    if not problems.count(block.get("rows"), 100, "rows"):
        return
    for index, row in enumerate(block["rows"]):
        problems.count(row, 20, "rows", index)
    if len(str(block["rows"])) > 60_000:  # 10,000 characters of cells with their JSON around them
        problems.add("must be less than 10001 characters in all", "rows")


def _data_table(block: Json, problems: Problems) -> None:
    problems.length(block.get("caption", ""), 3000, "caption", least=1)
    if problems.count(block.get("rows"), 201, "rows", least=2):
        widths = {len(row) if isinstance(row, list) else 0 for row in block["rows"]}
        if len(widths) != 1 or not 1 <= widths.pop() <= 20:
            problems.add("must have 1 to 20 columns, in every row the same", "rows")


def _alert(block: Json, problems: Problems) -> None:
    problems.text(block.get("text"), 200, "text")
    levels = ("default", "info", "warning", "error", "success")
    problems.one_of(block.get("level"), levels, "level")


def _container(block: Json, problems: Problems) -> None:
    problems.text(block.get("title"), 150, "title", plain=True)
    for inside, child in problems.each(block.get("child_blocks"), 10, "child_blocks"):
        _check_block(child, "message", inside)


def _anything(_block: Json, _problems: Problems) -> None:
    """Nothing is limited, or nothing that Ferry could break."""


BLOCKS: dict[str, tuple[Callable[[Json, Problems], None], str]] = {
    "section": (_section, ANYWHERE),
    "header": (_header, ANYWHERE),
    "divider": (_anything, ANYWHERE),
    "context": (_context, ANYWHERE),
    "actions": (_actions, ANYWHERE),
    "input": (_input, ANYWHERE),
    "image": (_image, ANYWHERE),
    "rich_text": (_rich_text, ANYWHERE),
    "video": (_anything, ANYWHERE),
    "context_actions": (_actions, "message"),
    "markdown": (_markdown, "message"),
    "table": (_table, "message"),
    "data_table": (_data_table, "message"),
    "data_visualization": (_anything, "message"),
    "task_card": (_anything, "message"),
    "plan": (_anything, "message"),
    "container": (_container, "message"),
    "card": (_anything, "message home"),
    "carousel": (_anything, "message home"),
    "alert": (_alert, "modal"),
}
