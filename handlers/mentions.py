"""Who and what is meant by the words of ``/migrate grant``: Slack's mentions, roles, places."""

import re

from db.model.errors import InvalidInput
from db.model.grants import EVERYONE, Holder, Role, Subject
from executor.rules.names import did_you_mean, quoted
from handlers.views.ids import COMMAND

EVERYWHERE = "everywhere"
_PERSON = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")
_GROUP = re.compile(r"<!subteam\^(S[A-Z0-9]+)(?:\|[^<>]*)?>")
_EVERYONE = re.compile(r"@?everyone|<!everyone(?:\|[^<>]*)?>", re.IGNORECASE)


def subject(word: str) -> Subject:
    """Return whom *word* means: a mention of a person or a user group, or everyone."""
    if found := _PERSON.fullmatch(word):
        return Subject(Holder.PERSON, found[1])
    if found := _GROUP.fullmatch(word):
        return Subject(Holder.GROUP, found[1])
    if _EVERYONE.fullmatch(word):
        return EVERYONE
    raise InvalidInput(
        f"{quoted(word)} is only a name, and two people may have the same: nothing was changed.",
        hint="Type @ and pick the person or the user group from Slack's menu, as in "
        f"`{COMMAND} grant @ana operator staging`, or write `everyone`. "
        f"`{COMMAND} grant` alone opens a form.",
    )


def role(word: str) -> Role:
    """Return the role called *word*; InvalidInput says which there are."""
    try:
        return Role(word.lower())
    except ValueError:
        known = ", ".join(f"`{one}`" for one in Role)
        raise InvalidInput(
            f"There is no role {quoted(word)}: nothing was changed.",
            hint=f"{did_you_mean(word, list(Role))} The roles are {known}, each with all that "
            f"the ones before it may; for example `{COMMAND} grant @ana operator staging`.".strip(),
        ) from None
