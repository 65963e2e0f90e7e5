"""Every view of Ferry, found by itself, and something to give to each of its parameters.

A new view is covered as it is written: nouns are made field by field, from their types. Where a
type does not tell enough, one line in ``BY_NAME``, ``BY_TYPE`` or ``GIVEN`` does. What is no view
is listed in ``NOT_VIEWS``, with why.
"""

import importlib
import inspect
import pkgutil
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any

import handlers.views
from db.model.catalog import Job, ParameterSpec, ParameterType
from db.model.categories import Category
from db.model.errors import AttemptError, FerryError, InvalidInput
from db.model.execution import Attempt, Execution, Status
from db.model.grants import EVERYWHERE, Role
from db.model.output import LogLine
from executor.rules.names import quoted
from executor.services.grants import Change
from executor.ssh.hostkeys import HostKey as Key
from handlers.views import audit, audit_words, environment_form, environment_trust, notes
from handlers.views.blocks import button, esc, section
from handlers.views.message import Told
from tests.support.executions import NOON, execution, line
from tests.support.turns import MANY, noted_in, other_ways

View = Callable[..., Any]
#: All that the form for an environment may ask.
ENVIRONMENT = {"confirmation": "group", "settings": "all"}

#: What modules and functions are given is Ferry's own markup, or they make no text for people.
NOT_VIEWS = {
    **dict.fromkeys(("aloud", "blocks", "elements", "ids", "message", "text"), "builds views"),
    "notes.said": "is given mrkdwn by its callers",
    "notes.working": "likewise, Ferry's own words",
    "notes.outdated": "likewise",
    "fields.text_field": "builds forms from Ferry's own words",
    "run_form.typed": "writes the value of a button",
    "run_form.parsed": "reads it",
    "run_form.channel_in": "reads the metadata of a modal",
    "environment_trust.trusted": "reads the metadata of a modal",
    **dict.fromkeys(("grants.seen", "promotion.promoted_from"), "reads the value of a button"),
    **dict.fromkeys(("host_keys.compared", "kept.json_in"), "reads the metadata of a modal"),
    **dict.fromkeys(("second_factors.place_of", "second_factors.placed"), "likewise"),
    "second_factors.picture": "makes a picture",
}
#: Lists that whoever shows them never leaves empty.
NEVER_EMPTY = {
    *("bindings.bind_modal.environments", "locks.lock_modal.environments"),
    *("freezes.freeze_modal.environments", "definition_forms.job_modal.sources"),
    "confirming.people.user_ids",
}
#: Views that return plain text, for where Slack parses nothing.
PLAIN = {"plan.plan_lines", "forms.field_errors", "policies.failure_in_a_menu", "audit.line"}


_SAID = ("reason", "error_message", "error_hint", "receipt")
_PEOPLE = ("requested_by", "answered_by", "cancelled_by", "overridden_by", "override_reason")
_PLANNED = ("host", "user", "proxy_jump", "directory", "script", "interpreter")


@dataclass(frozen=True)
class World:
    """What the samples are made of: *text* wherever a person or a script may write.

    In turn 0 all is there, and much of it; in the others things are left out, few, or of another
    kind.
    """

    text: str
    execution: Execution
    lines: tuple[LogLine, ...]
    turn: int = 0

    @property
    def name(self) -> str:
        """The text as a name, which is never empty."""
        return self.text[:63] or "x"


def world(text: str, status: Status = Status.FAILED, turn: int = 0) -> World:
    """Return a world full of *text*, with an execution in *status*; *turn*: one of ``TURNS``."""
    one = execution(status)
    name = text[:63] or "x"
    said: dict[str, Any] = dict.fromkeys(_SAID, text)
    said |= {"job_name": name, "environment_name": name}
    said |= dict.fromkeys(_PEOPLE, f"cli:{text}")
    said |= {"parameters": {text: text, "practitioner-id": text}, "result": {text: text, "n": text}}
    planned: dict[str, Any] = dict.fromkeys(_PLANNED, text)
    planned |= {
        "environment": name,
        "job": name,
        "arguments": (text, "x"),
        "variables": {text: text},
    }
    plan = replace(one.plan, personal=("practitioner-id",), **planned)
    progress = replace(one.progress, words=text) if one.progress else None
    one = replace(one, plan=plan, progress=progress, answered_at=NOON, warnings=2, **said)
    one = replace(one, **other_ways(text, turn, plan))
    return World(text, one, (line(text), line("a line")), turn)


def views() -> dict[str, View]:
    """Return every public function that makes what people see, by ``module.function``."""
    found = {}
    for module in pkgutil.iter_modules(handlers.views.__path__):
        inside = importlib.import_module(f"handlers.views.{module.name}")
        for name, view in vars(inside).items():
            is_own = inspect.isfunction(view) and view.__module__ == inside.__name__
            full = f"{module.name}.{name}"
            if is_own and name[0] != "_" and not NOT_VIEWS.keys() & {module.name, full}:
                found[full] = view
    return found


def calls(name: str, view: View, given: World) -> Iterator[Any]:
    """Yield what *view* returns: with all that it takes, and with only what it needs."""
    hints = typing.get_type_hints(view)
    everything: dict[str, Any] = {}
    needed: dict[str, Any] = {}
    more: list[Any] = []
    for parameter in inspect.signature(view).parameters.values():
        one = sample(f"{name}.{parameter.name}", hints[parameter.name], given)
        if parameter.kind is parameter.VAR_POSITIONAL:
            more = [button("OK", action_id="x")]
            continue
        everything[parameter.name] = one
        if parameter.default is parameter.empty:
            needed[parameter.name] = one
    yield view(*everything.values(), *more) if more else view(**everything)
    yield view(**needed)


def _key(given: World) -> Key:
    return Key(algorithm="a", fingerprint=given.text[:90], line=given.text[:90])


Sample = Callable[[World], Any]
BY_NAME: Mapping[str, Sample] = {
    "now": lambda _: NOON,
    "channel_id": lambda _: "C0STAGING",
    "here": lambda _: "C0PROD",
    "log_permalink": lambda _: "https://files/1",
    "name": lambda given: given.name,
    "tail": lambda given: given.lines,
    "host_key": lambda _: "ssh-ed25519 AAAA",
    "requested_by": lambda given: f"cli:{given.text}",
}
BY_TYPE: Mapping[Any, Sample] = {
    str: lambda given: given.text,
    int: lambda _: 2,
    float: lambda _: 0.5,
    bool: lambda given: given.turn % 3 != 1,
    datetime: lambda _: NOON,
    Execution: lambda given: given.execution,
    LogLine: lambda given: given.lines[0],
    Told: lambda given: Told(esc(given.text) or "x", [section(esc(given.text))]),
    FerryError: lambda given: _error(given),  # noqa: PLW0108 - it stands below
    Any: lambda given: given.text,
    audit_words.Tongue: lambda _: audit_words.SLACK,
    Key: _key,
    environment_trust.HostKey: _key,
    dict[str, Any]: lambda given: section(esc(given.text)),
}
GIVEN: Mapping[str, Sample] = {
    "answer_forms.code_modal.answer": lambda _: "128:ab",
    "audit.log.asked": lambda given: given.text[:300],
    "catalog.environments.channels": lambda given: {given.name: ["C0STAGING"] * 20},
    "grants.grant_modal.groups": lambda given: {"S0OPS": given.text},
    "grants.grant_modal.trouble": lambda given: f"Not {quoted(given.text)}.",
    "grants.roles.receipt": lambda _: "It is given.",
    "AuditEvent.verb": lambda given: _turned(["", *audit.DEEDS], given) or given.text,
    "AuditEvent.after": lambda given: noted_in(given.text, given.turn),
    "Grant.subject": lambda _: "U0ANA",
    "Roles.places": lambda given: frozenset([2] if given.turn % 3 == 0 else [EVERYWHERE]),
    "grants.given.change": lambda given: replace(_noun("change", Change, given), after=Role.ADMIN),
    "grants.taken.change": lambda given: replace(_noun("change", Change, given), before=Role.ADMIN),
    "host_keys.compare_button.environment": lambda given: given.name,
    "host_keys.compare_modal.shown": lambda given: [f"x{given.text} AAAA"] * 3,
    "offers.offered.may": lambda _: bool,
    "offers.offered_blocks.may": lambda _: bool,
    "promotion.where_to.places": lambda given: [(given.name, "C0STAGING")] * 9,
    "second_factors.letter.place": lambda _: '["D0ANA", "1.2", "F1"]',
    "second_factors.first_modal.place": lambda _: '["D0ANA", "1.2", "F1"]',
    "Turned.channels": lambda _: ("C0STAGING",) * 30,
    "notes.prose.text": lambda given: f"Not {quoted(given.text)}.",
    "notes.unknown_verb.nearest": lambda _: "Did you mean `run`?",
    "environment_trust.trust_modal.raw": lambda given: {"ssh_host": given.text[:90], "kind": "x"},
    "environment_trust.trust_modal.keys": lambda given: [_key(given)],
    "environment_form.environment_modal.chosen": lambda _: ENVIRONMENT,
    "environment_form.group_options.handles": lambda given: {"S0OPS": given.text},
    "environment_form.group_options.typed": lambda _: "",
    "forms.field_errors.view": lambda _: environment_form.environment_modal(ENVIRONMENT),
    "forms.again.view": lambda _: environment_form.environment_modal(ENVIRONMENT),
    "forms.said_in.view": lambda given: notes.window(_note(given)),
    "thread.due_posts.attempts": lambda given: [sample("attempt", Attempt, given)],
    "run_form.form_button.job": lambda given: given.name,
    "runs.history.older": lambda _: "128",
    "runs.row.more": lambda _: "Must say yes: somebody.",
    "help.home.waits": lambda given: [section(esc(given.text))] * 10,
    "help.home.running": lambda given: [section(esc(given.text))] * 10,
    "help.home.recent": lambda given: [section(esc(given.text))] * 10,
    "Job.parameters": lambda given: _specs(given.text),
    "Roles.anywhere": lambda _: Role.ADMIN,
    "Roles.here": lambda _: Role.VIEWER,
    "RunForm.job": lambda given: sample("job", Job, given),
    "RunForm.jobs": lambda given: [sample("job", Job, given)] * 26,
    "RunForm.values": lambda given: {f"p{kind.value}": given.text for kind in ParameterType},
}


def _error(given: World) -> FerryError:
    """Return a refusal that quotes the text, or what a host answered: it is told as it came."""
    text, said = given.text, f"Not this: {quoted(given.text)}."
    if given.turn & 1:
        return AttemptError(Category.CONNECTION_ERROR, text, hint=text)
    return InvalidInput(said, hint=said, fields={text: said, f"{text}2": f"{said}!"})


def _note(given: World) -> Told:
    return notes.refused(_error(given))


def _turned(ways: Iterable[Any], given: World) -> Any:
    """Return another one of *ways* in each turn."""
    every = list(ways)
    return every[given.turn % len(every)]


def sample(place: str, kind: Any, given: World) -> Any:
    """Return something of type *kind* for *place*, ``module.view.parameter`` or ``Noun.field``."""
    name = place.rpartition(".")[2]
    for known, key in ((GIVEN, place), (BY_NAME, name), (BY_TYPE, kind)):
        if _is_hashable(key) and key in known:
            return known[key](given)
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin in {types.UnionType, typing.Union}:
        if given.turn & 2 and type(None) in inside:
            return None
        return sample(place, next(each for each in inside if each is not type(None)), given)
    if origin in {Mapping, dict}:
        return {given.text: sample(place, inside[1], given)}
    if origin is not None:
        return _list(place, origin, inside, given)
    return _noun(place, kind, given)


def _list(place: str, origin: Any, inside: tuple[Any, ...], given: World) -> Any:
    if origin is tuple and inside[-1] is not Ellipsis:
        return tuple(sample(place, each, given) for each in inside)
    one = sample(place, inside[0], given)
    if origin in {frozenset, set}:
        return origin([one])
    few = int(place in NEVER_EMPTY)
    some = [one] * (MANY, 1, few)[given.turn % 5 % 3]
    return tuple(some) if origin is tuple else some


def _noun(place: str, kind: Any, given: World) -> Any:
    """Return a *kind* with every field filled in."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _turned(kind, given)
    if not is_dataclass(kind) or not isinstance(kind, type):
        raise AssertionError(
            f"{place}: {kind} has no sample: give it one in tests/support/views.py"
        )
    hints = typing.get_type_hints(kind)
    names = [each.name for each in fields(kind) if each.init]
    return kind(**{name: sample(f"{kind.__name__}.{name}", hints[name], given) for name in names})


def _is_hashable(key: Any) -> bool:
    try:
        hash(key)
    except TypeError:
        return False
    return True


def _specs(text: str) -> tuple[ParameterSpec, ...]:
    """Return a parameter of each type, full of *text*, a personal one and a secret."""
    each = [
        ParameterSpec(
            name=f"p{kind.value}",
            label=text,
            type=kind,
            default=text,
            choices=(text or "x", "b"),
            example=text,
            required=False,
        )
        for kind in ParameterType
    ]
    personal = ParameterSpec(name="practitioner-id", label=text, is_personal=True)
    return (*each, personal, ParameterSpec(name="token", secret_ref="env:T"))
