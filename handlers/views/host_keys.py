"""A host's key beside the pinned one, for an admin who compares them with a third: the host's."""

import hashlib
import json
from collections.abc import Sequence

from db.model.catalog import Environment
from db.model.errors import FerryError
from db.model.execution import CheckState, Execution
from executor.rules.host_keys import Comparison, Meaning, Pair, compare, fingerprints
from executor.rules.randomart import randomart, side_by_side
from handlers.views.blocks import (
    Block,
    button,
    checkboxes,
    code,
    context,
    esc,
    input_block,
    modal,
    mono,
    option,
    section,
)
from handlers.views.ids import Action, Callback, field
from handlers.views.kept import json_in, outdated
from handlers.views.message import Told
from handlers.views.notes import advice, said, sentence
from handlers.views.sentences import place

COMPARED = "compared"
HOST_KEY = "host key"  # the name of that check
MOST_PAIRS = 10
AFTERWARDS = "What failed can be run again; for cards that still ask, Ferry looks at the host anew."
_FILES = {"ssh-ed25519": "ed25519", "ssh-rsa": "rsa"}  # the others are ecdsa
_MEANS = {
    Meaning.FIRST: "Nothing is pinned for it yet, so this is a first contact. Whoever sits in "
    "between could show a key of their own: compare before you trust it.",
    Meaning.SAME: "That is what is pinned: nothing has to be done.",
    Meaning.CHANGED: "⚠️ It shows *another key than the pinned one*. Either the host was installed "
    "anew, or somebody sits in between, and would see and change all that Ferry sends.",
    Meaning.REVOKED: "🛑 It shows a key that was *revoked*: somebody said that it is never to be "
    "trusted again. Find out who answers there.",
}


def compare_button(environment: str) -> Block:
    """Return the button that looks at the host's key; who may is decided at the click."""
    return button(
        "Compare host keys…",
        action_id=Action.HOST_KEY_COMPARE,
        value=environment,
        accessible=f"Compare the host keys of {environment}",
    )


def compare_buttons(execution: Execution) -> list[Block]:
    """Return that button, if the look at the host found another key."""
    is_another = any(
        check.name == HOST_KEY and check.state is CheckState.FAILED for check in execution.checks
    )
    return [compare_button(execution.environment_name)] if is_another else []


def looking(environment: Environment) -> Block:
    """Return the window that is shown while the host is asked."""
    return _window([section(f"⏳ Looking at {mono(_address(environment))}…")])


def unseen(environment: Environment, error: FerryError) -> Block:
    """Return that the host showed nothing, and why."""
    words = f"⚠️ {mono(_address(environment))} showed no key: {sentence(error)}"
    return _window([section(words), context(advice(error))])


def behind_a_jump_host(environment: Environment) -> Told:
    """Return how to trust a key that Ferry cannot look at by itself."""
    keyscan = f"ssh-keyscan -p {environment.ssh_port} {environment.ssh_host}"
    return said(
        f"*{place(environment.name, environment.kind)}* is behind a jump host, where Ferry cannot "
        f"look by itself. Pinned is {mono(fingerprints(environment.host_key))}.",
        hint=f"Get its key on a machine that reaches it ({mono(keyscan)}), compare it at the host, "
        f"and pin it on Ferry's machine: {mono(f'ferry trust {environment.name} --key ssh-…')}",
    )


def compare_modal(environment: Environment, shown: Sequence[str]) -> Block:
    """Return what is pinned beside what is *shown* (``algorithm base64``), and what it means."""
    found = compare(environment.host_key, shown)
    blocks = [
        section(f"*{place(environment.name, environment.kind)}*: {mono(_address(environment))}"),
        section(_MEANS[found.meaning]),
        *(block for pair in found.pairs[:MOST_PAIRS] for block in _pair(pair)),
    ]
    if found.meaning in {Meaning.SAME, Meaning.REVOKED}:
        return _window(blocks)
    tick = checkboxes(Action.FIELD, [option("I compared it, and it is the same", COMPARED)])
    blocks += [
        context(f"At the host itself, not through this network, print them: {_how(found)}"),
        input_block("At the host", tick, block_id=field(COMPARED)),
    ]
    return modal(
        "Compare host keys",
        blocks,
        callback_id=Callback.HOST_KEY_TRUST,
        submit="Trust this key",
        metadata=_metadata(environment, shown),
    )


def compared(metadata: str) -> str:
    """Return the environment whose keys were compared."""
    name = json_in(metadata, dict).get("environment")
    if not isinstance(name, str):
        raise outdated()
    return name


def is_still(metadata: str, environment: Environment, shown: Sequence[str]) -> bool:
    """Return whether pinned and shown are what the person compared."""
    return metadata == _metadata(environment, shown)


def trusted(environment: Environment, trouble: FerryError | None = None) -> Told:
    """Return what is pinned now, and whether Ferry can log in."""
    pinned = mono(fingerprints(environment.host_key))
    done = f"🔑 Pinned for *{place(environment.name, environment.kind)}*: {pinned}"
    if trouble is not None:
        told = f"Ferry cannot log in yet: {sentence(trouble)} {advice(trouble)}".strip()
        return said(done, hint=told)
    return said(f"{done}. Ferry can log in.", hint=AFTERWARDS)


def _window(blocks: list[Block]) -> Block:
    return modal("Compare host keys", blocks, callback_id=Callback.NOTE, close="Close")


def _pair(pair: Pair) -> list[Block]:
    lines = [f"*{esc(pair.algorithm)}*"]
    if pair.pinned:
        lines.append(f"pinned {mono(_fingerprint(pair.pinned))}")
    lines.append(f"shows {mono(_fingerprint(pair.shown))}" if pair.shown else "shows no such key")
    blocks = [section("\n".join(lines))]
    pictures = side_by_side(randomart(pair.pinned), randomart(pair.shown))
    if pair.pinned and pair.shown and pictures:
        pictures.insert(0, f"{'pinned':<19}  shown now")
    return [*blocks, code(pictures)] if pictures else blocks


def _fingerprint(line: str) -> str:
    return fingerprints(line).split(" ", 1)[-1]


def _how(found: Comparison) -> str:
    kinds = [_FILES.get(pair.algorithm, "ecdsa") for pair in found.pairs if pair.shown]
    return ", ".join(mono(f"ssh-keygen -lvf /etc/ssh/ssh_host_{kind}_key.pub") for kind in kinds)


def _address(environment: Environment) -> str:
    return f"{environment.ssh_host}:{environment.ssh_port}"


def _metadata(environment: Environment, shown: Sequence[str]) -> str:
    """Return what was compared: the host is asked again before anything is pinned."""
    seen = hashlib.sha256("\n".join([environment.host_key, *shown]).encode()).hexdigest()
    return json.dumps({"environment": environment.name, "seen": seen})
