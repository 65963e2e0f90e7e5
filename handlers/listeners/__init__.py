"""One module per noun: each request is parsed, given to one service, and answered."""

from db.model.errors import Conflict, InvalidInput
from handlers import parsing
from handlers.parsing import Command
from handlers.views.ids import COMMAND


def at_the_name(error: Conflict) -> InvalidInput:
    """Return *error*, a name that is taken, for the field where another one is typed."""
    sentence = f"{error.message} Choose another name."
    return InvalidInput(sentence, fields={"name": sentence})


def wanted(command: Command) -> int:
    """Return the number after the verb; InvalidInput if it is missing."""
    if not command.words:
        raise InvalidInput(
            "Which run? Its number is missing.",
            hint=f"It stands on the card: `{COMMAND} {command.verb} #128`.",
        )
    return parsing.number(command.words[0])
