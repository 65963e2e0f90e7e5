"""Who may do what where: the list, the form, and what a change comes to."""

from collections.abc import Iterable, Mapping

from db.model.catalog import Environment
from db.model.errors import InvalidInput
from db.model.grants import EVERYWHERE, Grant, Holder, Role, Subject
from db.model.people import Person
from executor.rules.access import a_role
from executor.services.grants import Change, Roles
from handlers.views.aloud import aloud
from handlers.views.blocks import (
    Block,
    actions,
    button,
    confirm,
    context,
    group,
    header,
    input_block,
    modal,
    mono,
    option,
    person,
    section,
    select,
    when,
)
from handlers.views.elements import user_select
from handlers.views.ids import COMMAND, Action, Callback, field
from handlers.views.message import Told
from handlers.views.notes import prose, said
from handlers.views.sentences import place

PERSON, GROUP, ROLE, PLACE = "person", "group", "role", "place"
MOST = 40  # a message holds 50 blocks
#: What a role adds to the one before it, at most 75 characters.
MAY = {
    Role.VIEWER: "looks at runs, logs and definitions",
    Role.OPERATOR: "also asks for runs and locks the environment",
    Role.APPROVER: "also confirms runs of others and reveals personal values",
    Role.ADMIN: "also defines, binds, trusts host keys, unlocks and gives roles",
}


def roles(known: Roles, reader: Person, *, receipt: str = "") -> Told:
    """Return who has which role, with buttons where *reader* may change it; *receipt* on top."""
    environments = {one.id: one for one in known.environments}
    grants = [one for one in known.grants if one.environment_id in {EVERYWHERE, *environments}]
    below = [actions(_open_button())] if known.places else []
    top = [section(receipt)] if receipt else []
    named = ", ".join(person(one) for one in sorted(known.admins))
    admins = f"Admins everywhere, by the settings: {named or 'nobody; FERRY_ADMINS names them'}."
    if not grants:
        text = "Nobody was given a role yet: everybody is an operator."
        how = f"An admin begins with `{COMMAND} grant @ana approver production`."
        blocks = [*top, section(f"*{text}*\n{how}"), context(admins), *below]
        return Told(f"{receipt} {text} {admins}".strip(), blocks)
    rows = [_row(one, environments.get(one.environment_id), known, reader) for one in grants]
    spoken = [_sentence(one, environments.get(one.environment_id)) for one in grants]
    left = len(rows) - MOST
    more = [context(f"and {left} more")] if left > 0 else []
    rest = f"Everyone else is {a_role(known.everyone)}, unless a row says otherwise."
    return Told(
        f"{receipt} {aloud('Roles', spoken, len(grants))}".strip(),
        [*top, header(f"Roles ({len(rows)})"), *rows[:MOST], *more, context(admins, rest), *below],
    )


def given(change: Change, *, here: bool = False) -> Told:
    """Return the receipt for a role; *here*: its place was not typed but is the channel's."""
    assert change.after is not None, "a role was given"  # noqa: S101
    where = _where(change.environment)
    by_channel = ", the environment of this channel" if here else ""
    is_same = change.before is change.after
    since = "already, so nothing changed" if is_same else "from now on"
    who = holder(change.subject)
    text = f"{who} {_is(change.subject)} {a_role(change.after)} {where}{by_channel}, {since}."
    hints = [f"Before: {a_role(change.before)}." if change.before and not is_same else ""]
    if change.is_admin_by_settings:
        hints.append("FERRY_ADMINS makes them an admin everywhere all the same.")
    elif change.subject.kind is not Holder.EVERYONE and change.after.rank <= change.everyone.rank:
        name = change.environment.name if change.environment else "everywhere"
        hints.append(
            f"Everyone is {a_role(change.everyone)} there, so this makes no difference until that "
            f"is changed: {mono(f'{COMMAND} grant everyone viewer {name}')}."
        )
    return _receipt(f"✅ {text}", text, hints)


def taken(change: Change, *, here: bool = False) -> Told:
    """Return the receipt for a role that was taken away; *here* as for ``given``."""
    assert change.before is not None, "a role was taken"  # noqa: S101
    where = _where(change.environment)
    by_channel = ", the environment of this channel" if here else ""
    who = f"{holder(change.subject)} {_is(change.subject)}"
    text = f"{who} no longer {a_role(change.before)} {where}{by_channel}."
    hints = [f"What everyone is there counts, and that is {a_role(change.everyone)}."]
    if change.is_admin_by_settings:
        hints = ["FERRY_ADMINS makes them an admin everywhere all the same."]
    elif change.is_own and change.before is Role.ADMIN:
        hints.append("That was your own role: only another admin can give it back.")
    return _receipt(f"✂️ {text}", text, hints)


def grant_modal(known: Roles, groups: Mapping[str, str], *, trouble: str = "") -> Block:
    """Return the form for a role; *groups*: handles by id; *trouble*: why there are none."""
    places = [option(one.name, one.name) for one in known.environments if one.id in known.places]
    if EVERYWHERE in known.places:
        places.insert(0, option("everywhere", "everywhere"))
    offered = [option("everyone", "everyone")]
    offered += [option(f"@{handle}", group) for group, handle in groups.items()]
    return modal(
        "Grant a role",
        [
            *([context(f"⚠️ {prose(trouble)}")] if trouble else []),
            input_block(
                "Person",
                user_select(Action.FIELD, placeholder="Pick a person"),
                block_id=field(PERSON),
                optional=True,
            ),
            input_block(
                "Or a user group, or everyone",
                select(Action.FIELD, offered, placeholder="Pick a group"),
                block_id=field(GROUP),
                hint="Fill in one of the two.",
                optional=True,
            ),
            input_block(
                "Role",
                select(
                    Action.FIELD,
                    [option(one.value, one.value, MAY[one]) for one in Role],
                    placeholder="Pick a role",
                ),
                block_id=field(ROLE),
            ),
            input_block(
                "Where",
                select(Action.FIELD, places, placeholder="Pick an environment"),
                block_id=field(PLACE),
            ),
        ],
        callback_id=Callback.GRANT_SUBMIT,
        submit="Grant",
    )


def seen(value: str) -> tuple[Subject, str, Role]:
    """Return what the button of a row takes away: from whom, the environment or "", which role."""
    try:
        kind, subject_id, name, role = value.split(":")
        return Subject(Holder(kind), subject_id), name, Role(role)
    except ValueError:
        raise InvalidInput(
            "This button shows no role that Ferry knows: nothing was changed.",
            hint=f"`{COMMAND} grants` shows who has which.",
        ) from None


def holder(subject: Subject) -> str:
    """Return the mention of whom a role is for."""
    match subject.kind:
        case Holder.PERSON:
            return person(subject.id)
        case Holder.GROUP:
            return group(subject.id)
    return "Everyone"


def _row(one: Grant, environment: Environment | None, known: Roles, reader: Person) -> Block:
    by = f"given by {person(one.granted_by)} {when(one.created_at)}"
    may = one.environment_id in known.places
    take = _take(one, environment, reader) if may else None
    return section(f"{_sentence(one, environment)}\n{by}", accessory=take)


def _take(one: Grant, environment: Environment | None, reader: Person) -> Block:
    name = environment.name if environment else ""
    where = f"on {name}" if name else "everywhere"
    text = f"Whoever has the role of {one.role} {where} by this row loses it at once."
    if one.holder == Subject(Holder.PERSON, reader.user_id) and one.role is Role.ADMIN:
        text = "This is your own role: only another admin can give it back to you."
    return button(
        "Take away",
        action_id=Action.GRANT_TAKE,
        value=f"{one.kind}:{one.subject}:{name}:{one.role}",
        confirm=confirm(f"Take {one.role} {where} away?", text, "Take away", style="danger"),
        accessible=f"Take the role {one.role} {where} away from {one.subject or 'everyone'}",
    )


def _sentence(one: Grant, environment: Environment | None) -> str:
    return f"{holder(one.holder)} {_is(one.holder)} {a_role(one.role)} {_where(environment)}"


def _where(environment: Environment | None) -> str:
    return f"on {place(environment.name, environment.kind)}" if environment else "everywhere"


def _is(subject: Subject) -> str:
    return "are each" if subject.kind is Holder.GROUP else "is"


def _open_button() -> Block:
    return button("Grant a role…", action_id=Action.GRANT_OPEN)


def _receipt(shown: str, text: str, hints: Iterable[str]) -> Told:
    hint = " ".join(filter(None, hints))
    look = button("Who has which role", action_id=Action.GRANT_LIST)
    return Told(f"{text} {hint}".strip(), said(shown, look, hint=hint).blocks)
