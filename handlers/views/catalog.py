"""Lists of what can be run and where; every empty one says how to begin."""

from collections.abc import Mapping, Sequence

from db.model.catalog import Environment, Job, ParameterSpec, Source
from executor.rules.durations import words
from handlers.views.blocks import (
    Block,
    actions,
    button,
    clip,
    context,
    esc,
    header,
    mono,
    section,
)
from handlers.views.ids import COMMAND, Action
from handlers.views.message import Told
from handlers.views.sentences import place

MOST_ROWS = 40  # a message holds 50 blocks
MOST_CHANNELS = 10
DESCRIPTION = 300


def environments(known: Sequence[Environment], channels: Mapping[str, Sequence[str]]) -> Told:
    """Return the environments with the *channels* (ids by environment name) that run in them."""
    new = button("New environment…", action_id=Action.ENVIRONMENT_NEW)
    if not known:
        return _begin(
            "There is no environment yet.",
            "An environment is a host that jobs run on, for example *staging*: its address, the "
            "user to log in as, and the key for it.",
            new,
        )
    rows = [_environment(one, channels.get(one.name, ())) for one in known]
    return _listed("Environments", rows, len(known), new)


def sources(known: Sequence[Source]) -> Told:
    """Return the sources with their default values."""
    new = button("New source…", action_id=Action.SOURCE_NEW)
    if not known:
        return _begin(
            "There is no source yet.",
            "A source is the system that data comes from, for example *iclinic*. Jobs belong to "
            "one, and it may give them default values.",
            new,
        )
    return _listed("Sources", [_source(one) for one in known], len(known), new)


def jobs(known: Sequence[Job], *, search: str = "", has_sources: bool = True) -> Told:
    """Return the jobs, each with a button that opens its form; *search* is what was looked for."""
    new = button("New job…", action_id=Action.JOB_NEW)
    if not known and search:
        everything = button("All jobs", action_id=Action.JOB_LIST)
        return _begin(
            "No job matches.", f"Nothing is called like {mono(clip(search, 60))}.", everything
        )
    if not known and not has_sources:
        source = button("New source…", action_id=Action.SOURCE_NEW)
        return _begin("There is no job yet.", "A job belongs to a source: begin with one.", source)
    if not known:
        return _begin(
            "There is no job yet.",
            "A job is a script on the host, with the parameters that people fill in.",
            new,
        )
    return _listed("Jobs", [_job(one) for one in known], len(known), new)


def parameters_line(specs: Sequence[ParameterSpec]) -> str:
    """Return the names of what a job asks for; those that may be left out in brackets."""
    asked = [spec for spec in specs if not spec.secret_ref]
    names = [mono(s.name if s.required else f"[{s.name}]") for s in asked]
    return " ".join(names) or "no parameters"


def _environment(one: Environment, channels: Sequence[str]) -> Block:
    port = "" if one.ssh_port == 22 else f":{one.ssh_port}"
    bound = " ".join(f"<#{channel}>" for channel in channels[:MOST_CHANNELS])
    more = f" and {len(channels) - MOST_CHANNELS} more" if len(channels) > MOST_CHANNELS else ""
    login, timeout = mono(f"{one.ssh_user}@{one.ssh_host}{port}"), words(one.timeout_s)
    facts = [
        f"{login} · timeout {timeout} · {one.concurrency} at once",
        f"channels: {bound}{more}" if bound else "no channel runs here yet",
    ]
    bind = button("Bind this channel", action_id=Action.BINDING_BIND, value=one.name)
    return section("\n".join([f"*{place(one.name, one.kind)}*", *facts]), accessory=bind)


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
    run = button("Run…", action_id=Action.RUN_OPEN, value=one.name, accessible=f"Run {one.name}")
    return section("\n".join(lines), accessory=run)


def _listed(title: str, rows: Sequence[Block], count: int, *buttons: Block) -> Told:
    blocks = [header(f"{title} ({count})"), *rows[:MOST_ROWS]]
    if count > MOST_ROWS:
        left = count - MOST_ROWS
        blocks.append(context(f"and {left} more: `{COMMAND} {title.lower()} words` searches"))
    return Told(f"{title}: {count}.", [*blocks, actions(*buttons)])


def _begin(text: str, how: str, *buttons: Block) -> Told:
    """Return an empty list: what is missing, what it is, and the button to begin with."""
    return Told(f"{text} {how}", [section(f"*{text}*\n{how}"), actions(*buttons)])
