"""What is not offered: buttons that the reader may not press, taken out of an answer to them."""

from collections.abc import Callable, Sequence

from handlers.views.blocks import Block
from handlers.views.message import Told


def offered(told: Told, may: Callable[[str], bool]) -> Told:
    """Return *told* without the buttons whose action id the reader *may* not use."""
    return Told(told.text, offered_blocks(told.blocks, may))


def offered_blocks(blocks: Sequence[Block], may: Callable[[str], bool]) -> list[Block]:
    """Return *blocks* without those buttons; a row that is left empty goes, too."""
    kept = []
    for block in blocks:
        new = dict(block)
        if "accessory" in new and not _may(new["accessory"], may):
            del new["accessory"]
        if new["type"] == "actions":
            new["elements"] = [each for each in new["elements"] if _may(each, may)]
            if not new["elements"]:
                continue
        kept.append(new)
    return kept


def _may(element: Block, may: Callable[[str], bool]) -> bool:
    return element.get("type") != "button" or may(element["action_id"])
