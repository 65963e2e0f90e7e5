"""Lists of what can be run and where; every empty one says how to begin."""

from collections.abc import Mapping, Sequence

from db.model.catalog import Environment, Job, ParameterSpec, Source
from executor.services.locks import Standing
from handlers.views.aloud import aloud
from handlers.views.blocks import (
    Block,
    actions,
    button,
    clip,
    confirm,
    context,
    esc,
    header,
    mono,
    section,
)
from handlers.views.closed import closed_words, mark
from handlers.views.ids import COMMAND, Action
from handlers.views.locks import lock_buttons, unlock_button
from handlers.views.message import Told
from handlers.views.policies import environment_policy, job_policy
from handlers.views.sentences import place

MOST_ROWS = 40  # a message holds 50 blocks
MOST_CHANNELS = 10
DESCRIPTION = 300


def environments(
    known: Sequence[Environment],
    channels: Mapping[str, Sequence[str]],
    *,
    here: str = "",
    may_add: bool = True,
    standings: Sequence[Standing] = (),
) -> Told:
    """Return the environments with the *channels* (ids by environment name) that run in them.

    *here*: the channel that the reader may bind, empty if there is none; *standings*: what is
    closed, and what the reader may do about it.
    """
    new = _new("New environment…", Action.ENVIRONMENT_NEW, may_add=may_add)
    stands = {one.environment.name: one for one in standings}
    if not known:
        return _begin(
            "There is no environment yet.",
            "An environment is a host that jobs run on, for example *staging*: its address, the "
            "user to log in as, and the key for it.",
            *new,
        )
    rows, said = [], []
    for one in known:
        bound, standing = channels.get(one.name, ()), stands.get(one.name)
        rows.append(_environment(one, bound, here, standing))
        said.append(_spoken_environment(one, bound, standing))
    return _listed("Environments", rows, said, *new, *lock_buttons(standings))


def sources(known: Sequence[Source], *, may_add: bool = True) -> Told:
    """Return the sources with their default values."""
    new = _new("New source…", Action.SOURCE_NEW, may_add=may_add)
    if not known:
        return _begin(
            "There is no source yet.",
            "A source is the system that data comes from, for example *iclinic*. Jobs belong to "
            "one, and it may give them default values.",
            *new,
        )
    said = [_described(one.name, one.description) for one in known]
    return _listed("Sources", [_source(one) for one in known], said, *new)


def jobs(
    known: Sequence[Job], *, search: str = "", has_sources: bool = True, may_add: bool = True
) -> Told:
    """Return the jobs, each with a button that opens its form; *search* is what was looked for."""
    new = _new("New job…", Action.JOB_NEW, may_add=may_add)
    if not known and search:
        everything = button("All jobs", action_id=Action.JOB_LIST)
        return _begin(
            "No job matches.", f"Nothing is called like {mono(clip(search, 60))}.", everything
        )
    if not known and not has_sources:
        source = _new("New source…", Action.SOURCE_NEW, may_add=may_add)
        return _begin("There is no job yet.", "A job belongs to a source: begin with one.", *source)
    if not known:
        return _begin(
            "There is no job yet.",
            "A job is a script on the host, with the parameters that people fill in.",
            *new,
        )
    said = [_described(f"{one.name} of {one.source_name}", one.description) for one in known]
    return _listed("Jobs", [_job(one) for one in known], said, *new)


def parameters_line(specs: Sequence[ParameterSpec]) -> str:
    """Return the names of what a job asks for; those that may be left out in brackets."""
    asked = [spec for spec in specs if not spec.secret_ref]
    names = [mono(s.name if s.required else f"[{s.name}]") for s in asked]
    return " ".join(names) or "no parameters"


def _new(words_: str, action: Action, *, may_add: bool) -> list[Block]:
    return [button(words_, action_id=action)] if may_add else []


def _environment(
    one: Environment, channels: Sequence[str], here: str, standing: Standing | None
) -> Block:
    port = "" if one.ssh_port == 22 else f":{one.ssh_port}"
    bound = " ".join(f"<#{channel}>" for channel in channels[:MOST_CHANNELS])
    more = f" and {len(channels) - MOST_CHANNELS} more" if len(channels) > MOST_CHANNELS else ""
    login = mono(f"{one.ssh_user}@{one.ssh_host}{port}")
    facts = [
        f"{login} · {environment_policy(one)}",
        f"channels: {bound}{more}" if bound else "no channel runs here yet",
    ]
    if standing and standing.closed:
        facts.insert(0, f"{mark(standing.closed)} {closed_words(standing.closed)}")
    beside = unlock_button(standing) if standing else None
    if beside is None and here and here not in channels:
        beside = _bind(one)
    return section("\n".join([f"*{place(one.name, one.kind)}*", *facts]), accessory=beside)


def _bind(one: Environment) -> Block:
    dialog = confirm(
        f"Bind this channel to {one.name}?",
        f"Jobs that are run here will run in {place(one.name, one.kind)} from now on. Everybody in "
        "the channel is told.",
        "Bind",
        "Leave it",
    )
    return button(
        "Bind this channel",
        action_id=Action.BINDING_BIND,
        value=one.name,
        confirm=dialog,
        accessible=f"Bind this channel to {one.name}",
    )


def _source(one: Source) -> Block:
    lines = [f"*{esc(one.name)}*"]
    if one.description:
        lines.append(esc(clip(one.description, DESCRIPTION)))
    if one.defaults:
        pairs = [mono(clip(f"{name}={value}", 80)) for name, value in one.defaults.items()]
        lines.append(f"fills in {' '.join(pairs[:20])}")
    return section("\n".join(lines))


def _job(one: Job) -> Block:
    lines = [f"*{esc(one.name)}* · {esc(one.source_name)}"]
    if one.description:
        lines.append(esc(clip(one.description, DESCRIPTION)))
    lines.append(parameters_line(one.parameters))
    if policy := job_policy(one):
        lines.append(policy)
    run = button("Run…", action_id=Action.RUN_OPEN, value=one.name, accessible=f"Run {one.name}")
    return section("\n".join(lines), accessory=run)


def _spoken_environment(
    one: Environment, channels: Sequence[str], standing: Standing | None
) -> str:
    kind = "" if one.name == one.kind.value else f" ({one.kind.value})"
    bound = f"{len(channels)} channels run" if channels else "no channel runs"
    if len(channels) == 1:
        bound = f"<#{channels[0]}> runs"
    told = f"{esc(one.name)}{kind} is {esc(f'{one.ssh_user}@{one.ssh_host}')}, {bound} there"
    if standing and standing.closed:
        return f"{closed_words(standing.closed).removesuffix('.')}; {told}"
    return told


def _described(name: str, description: str) -> str:
    return f"{esc(name)}: {esc(description)}".removesuffix(".") if description else esc(name)


def _listed(title: str, rows: Sequence[Block], said: Sequence[str], *buttons: Block) -> Told:
    """Return the list: a row and, to be read aloud, a sentence for each."""
    count = len(rows)
    blocks = [header(f"{title} ({count})"), *rows[:MOST_ROWS]]
    if count > MOST_ROWS:
        left = count - MOST_ROWS
        blocks.append(context(f"and {left} more: `{COMMAND} {title.lower()} words` searches"))
    if buttons:
        blocks.append(actions(*buttons))
    return Told(aloud(title, said, count), blocks)


def _begin(text: str, how: str, *buttons: Block) -> Told:
    """Return an empty list: what is missing, what it is, and the button to begin with."""
    begin = actions(*buttons) if buttons else context("An admin of Ferry adds the first one.")
    return Told(f"{text} {how}", [section(f"*{text}*\n{how}"), begin])
