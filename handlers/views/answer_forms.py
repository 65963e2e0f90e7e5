"""Windows around an answer: why not, and a code of one's own device."""

from db.model.execution import Execution
from executor.rules.reasons import LONGEST_REASON
from handlers.views.blocks import Block, modal, section
from handlers.views.fields import text_field
from handlers.views.ids import Callback
from handlers.views.sentences import name, place

CODE, REASON = "code", "reason"


def refuse_modal(execution: Execution) -> Block:
    """Return the form that asks why a run of somebody else is not to start."""
    where = place(execution.environment_name, execution.environment_kind)
    why = text_field(
        REASON,
        "Why not",
        placeholder="The backup is not done yet",
        hint="Shown on the card and to whoever asked for it.",
        multiline=True,
        most=LONGEST_REASON,
    )
    return modal(
        "Refuse this run",
        [section(f"Refusing ends {name(execution)} → {where}: it will not run."), why],
        callback_id=Callback.EXECUTION_REFUSE,
        submit="Refuse it",
        metadata=str(execution.id),
    )


def code_modal(execution: Execution, answer: str) -> Block:
    """Return the form that asks for a code before a yes; *answer* is the button's value."""
    where = place(execution.environment_name, execution.environment_kind)
    return modal(
        "Confirm with a code",
        [section(f"{name(execution)} → {where} takes a second factor."), code_field()],
        callback_id=Callback.EXECUTION_CODE,
        submit="Confirm",
        metadata=answer,
    )


def code_field(label: str = "Code") -> Block:
    """Return the field for six digits."""
    return text_field(
        CODE,
        label,
        placeholder="123456",
        hint="Six digits, from your authenticator app. Each one counts once.",
        most=10,
    )
