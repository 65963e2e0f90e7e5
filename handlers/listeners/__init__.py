"""One module per noun: each request is parsed, given to one service, and answered."""

from collections.abc import Callable

from db.model.errors import Conflict, InvalidInput, NotAllowed
from db.model.people import Person


def may(check: Callable[[Person], None], person: Person) -> bool:
    """Tell whether *check* lets *person* pass: they are not offered what they may not do."""
    try:
        check(person)
    except NotAllowed:
        return False
    return True


def at_the_name(error: Conflict) -> InvalidInput:
    """Return *error*, a name that is taken, for the field where another one is typed."""
    sentence = f"{error.message} Choose another name."
    return InvalidInput(sentence, fields={"name": sentence})
