"""Several wrong values are told at once, each at its field, in one error."""

from collections.abc import Mapping

from db.model.errors import InvalidInput


def refuse_if_any(problems: Mapping[str, str], *, intro: str) -> None:
    """Raise InvalidInput with every sentence of *problems* (by field name); nothing if empty.

    A single problem is the message itself; several are listed below *intro*, which may hold
    ``{count}``.
    """
    if not problems:
        return
    sentences = list(problems.values())
    if len(sentences) == 1:
        raise InvalidInput(sentences[0], fields=problems)
    listed = "\n".join(f"• {sentence}" for sentence in sentences)
    raise InvalidInput(f"{intro.format(count=len(sentences))}\n{listed}", fields=problems)
