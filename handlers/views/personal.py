"""Personal values: who may see them asks for them, and nobody else sees the answer."""

from collections.abc import Mapping

from db.model.execution import Execution
from handlers.views.blocks import Block, button, code, context, section
from handlers.views.ids import Action
from handlers.views.message import Told
from handlers.views.sentences import name


def reveal_buttons(one: Execution) -> list[Block]:
    """Return the button that reveals the personal values of *one*; nothing if it has none."""
    if not one.plan.personal:
        return []
    what = one.plan.personal[0] if len(one.plan.personal) == 1 else "personal values"
    reveal = button(
        f"Reveal {what}",
        action_id=Action.EXECUTION_REVEAL,
        value=str(one.id),
        accessible=f"Reveal the personal values of #{one.id} {one.job_name} to you alone",
    )
    return [reveal]


def revealed(one: Execution, values: Mapping[str, str]) -> Told:
    """Return the personal *values* of *one*: the only view that shows them as they are."""
    text = f"The personal values of {name(one)} are below: only you see them."
    lines = [f"{parameter} = {value}" for parameter, value in values.items()]
    noted = "It is noted that you looked. Keep them out of the channel."
    return Told(text, [section(f"👁️ {text}"), code(lines), context(noted)])
