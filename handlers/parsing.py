"""Slack payload → typed request: the only module that digs in Slack's dictionaries."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from db.model.catalog import ParameterSpec
from db.model.errors import InvalidInput
from db.model.people import Person
from handlers.views.kept import outdated
from handlers.words import legible, split

Payload = Mapping[str, Any]
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_CHOSEN = tuple(f"selected_{it}" for it in ("option", "conversation", "channel", "date", "user"))
_CHANNEL = re.compile(r"[CDG][A-Z0-9]{2,30}")
_NUMBER = re.compile(r"#?([0-9]{1,15})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What every request has: who asks, where, and a key that is the same if it comes twice."""

    by: Person
    channel_id: str = ""  #: empty: asked from Home, from a shortcut, or inside a modal
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Request):
    """A slash command: its first word, and the words after it."""

    verb: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form(Request):
    """A modal as it stands: what is filled in by block id, and what we put into its metadata."""

    view: Payload = field(default_factory=dict)
    metadata: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def view_id(self) -> str:
        """The id of the window; it stays the same while its content is replaced."""
        return str(self.view.get("id", ""))

    @property
    def named(self) -> dict[str, str]:
        """What is filled in, by the last part of the block's id: the name of the field."""
        return {block.rpartition(":")[2]: value for block, value in self.fields.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Click(Form):
    """A pressed button or a changed select; *form* parts are empty outside of a modal."""

    action_id: str = ""
    value: str = ""
    is_copy: bool = False  #: on something that only this person sees, and nobody else updates


@dataclass(frozen=True, slots=True, kw_only=True)
class Search(Form):
    """What a person typed so far into a select that asks for its options."""

    typed: str = ""


def person(body: Payload) -> Person:
    """Return who sent *body*, a command, an interaction or an event."""
    if "user" in body:
        user = body["user"]
        team = user.get("team_id") or (body.get("team") or {}).get("id", "")
        return Person(user["id"], team)
    if "event" in body:
        return Person(body["event"].get("user", ""), body.get("team_id", ""))
    return Person(body.get("user_id", ""), body.get("team_id", ""))


def command(body: Payload) -> Command:
    """Return a slash command's verb and words; InvalidInput if a quotation mark is left open."""
    words = split(legible(body.get("text") or ""))
    return Command(
        by=person(body),
        channel_id=body.get("channel_id", ""),
        key=_key("command", body),
        verb=words[0].lower() if words else "",
        words=tuple(words[1:]),
    )


def channel(text: str) -> str:
    """Return *text*, the id of a channel that Ferry put into a window; InvalidInput if it is none.

    Such a window is an older Ferry's.
    """
    if not _CHANNEL.fullmatch(text):
        raise outdated()
    return text


def number(word: str) -> int:
    """Return the execution's number in ``#128`` or ``128``; InvalidInput for anything else."""
    found = _NUMBER.fullmatch(word.strip())
    if not found:
        raise InvalidInput(
            f"`{word[:40]}` is not the number of a run.",
            hint=f"It stands on its card, for example `{'#128'}`; `/migrate history` lists them.",
        )
    return int(found[1])


def sought(words: Sequence[str]) -> tuple[str, str]:
    """Return the parameter's name and the value that runs are looked for by."""
    name, equals, value = words[0].partition("=")
    if len(words) > 1 or not equals or not _NAME.fullmatch(name) or not value.strip():
        raise InvalidInput(
            "Runs are looked for by one value of one parameter.",
            hint="For example `/migrate history patient-id=44320`; "
            'a value with spaces goes in quotes: `name="Ana Souza"`.',
        )
    return name.lower(), value


def values(words: Sequence[str], specs: Sequence[ParameterSpec]) -> dict[str, str]:
    """Return parameter values by name from ``name=value`` words and bare ones in spec order.

    Unknown names are kept: the validator says what they should be. InvalidInput if a value is
    given twice, or if there are more bare values than parameters.
    """
    askable = [spec.name for spec in specs if not spec.secret_ref]
    given: dict[str, str] = {}
    bare: list[str] = []
    problems: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not _NAME.fullmatch(name):
            bare.append(word)
        elif given.setdefault(name.lower(), value) is not value:
            problems[name.lower()] = "It is given twice: leave one of them out."
    for name, value in zip(askable, bare, strict=False):
        if given.setdefault(name, value) is not value:
            problems[name] = f"It is given twice: as {name}=… and by its place in the line."
    if len(bare) > len(askable):
        takes = ", ".join(askable) or "none"
        problems[bare[len(askable)][:40]] = f"This is one value too many; the job takes: {takes}."
    if problems:
        raise InvalidInput("The line was not understood:", fields=problems)
    return given


def click(body: Payload) -> Click:
    """Return what was pressed or changed, and the state of the modal around it."""
    action = body["actions"][0]
    container = body.get("container") or {}
    form = _form(body)
    return Click(
        by=form.by,
        channel_id=(body.get("channel") or {}).get("id", "") or container.get("channel_id", ""),
        key=f"click:{action.get('action_ts', '')}",
        view=form.view,
        metadata=form.metadata,
        fields=form.fields,
        action_id=action.get("action_id", ""),
        value=_text(action),
        is_copy=bool(container.get("is_ephemeral") or form.view),
    )


def submission(body: Payload) -> Form:
    """Return a submitted modal."""
    return _form(body)


def search(body: Payload) -> Search:
    """Return what was typed into a select."""
    form = _form(body)
    typed = legible(str(body.get("value") or ""))
    return Search(by=form.by, view=form.view, metadata=form.metadata, typed=typed)


def visit(body: Payload) -> Request:
    """Return who used a shortcut or opened the Home tab."""
    return Request(by=person(body), key=_key("visit", body))


def answer(value: str) -> tuple[int, str]:
    """Return the execution and the plan's hash in a confirm or discard button's value."""
    execution_id, _, plan_hash = value.partition(":")
    return number(execution_id), plan_hash


def older(value: str) -> tuple[int, str, int]:
    """Return what ``ids.older()`` put into a button; without a name, empty and 0."""
    before, _, rest = value.partition(":")
    name, _, like = rest.partition(":")
    return number(before), name, number(like) if name else 0


def _key(kind: str, body: Payload) -> str:
    """Return the same short text for the same delivery; Slack's trigger itself is not kept.

    Empty where Slack gives none: all such requests would else be one.
    """
    trigger = str(body.get("trigger_id") or "")
    return f"{kind}:{hashlib.sha256(trigger.encode()).hexdigest()[:32]}" if trigger else ""


def _form(body: Payload) -> Form:
    view = body.get("view") or {}
    state = (view.get("state") or body.get("state") or {}).get("values") or {}
    fields = {block: _text(next(iter(actions.values()), {})) for block, actions in state.items()}
    return Form(
        by=person(body),
        key=f"view:{view.get('id', '')}",
        view=view,
        metadata=legible(view.get("private_metadata") or ""),
        fields=fields,
    )


def _text(element: Payload) -> str:
    """Return what an element holds as text; empty if it holds nothing."""
    for name in _CHOSEN:
        if name in element:
            chosen = element[name]
            found = chosen.get("value") if isinstance(chosen, Mapping) else chosen
            return legible(str(found or ""))
    if "selected_options" in element:
        options = element["selected_options"] or ()
        return legible(",".join(str(each.get("value", "")) for each in options))
    return legible(str(element.get("value") or ""))
