"""The forms that create an environment: what it is, then whether its host is the right one."""

import json
from collections.abc import Mapping, Sequence
from typing import Protocol

from db.model.catalog import Kind
from db.model.errors import FerryError, InvalidInput
from executor.rules.randomart import randomart
from handlers.views.blocks import (
    Block,
    badge,
    code,
    context,
    divider,
    input_block,
    modal,
    mono,
    option,
    radio,
    section,
    select,
)
from handlers.views.confirming import CONFIRMS
from handlers.views.fields import text_field
from handlers.views.ids import Action, Callback, field
from handlers.views.kept import json_in
from handlers.views.message import Told
from handlers.views.notes import prose, said
from handlers.views.sentences import place

METADATA = 3000
PATH = 300


class HostKey(Protocol):
    """A public key that a host showed."""

    @property
    def algorithm(self) -> str: ...  # noqa: D102
    @property
    def fingerprint(self) -> str: ...  # noqa: D102
    @property
    def line(self) -> str: ...  # noqa: D102


def environment_modal() -> Block:
    """Return the form for a new environment; what most hosts need comes first."""
    kinds = [option(badge(kind), kind.value) for kind in Kind]
    kind = radio(Action.FIELD, kinds, initial=Kind.STAGING.value)
    blocks = [
        text_field("name", "Name", placeholder="staging", hint="Small letters, digits, dashes."),
        input_block("Kind", kind, block_id=field("kind"), hint="Production asks before every run."),
        text_field("ssh_host", "Host", placeholder="10.0.0.5 or migrations.example.com"),
        text_field("ssh_user", "User", placeholder="deploy", most=64),
        text_field(
            "ssh_key_path",
            "Key file",
            placeholder="~/.ssh/ferry_ed25519",
            hint="A path on Ferry's machine; empty for its SSH agent. Never paste a key.",
            optional=True,
            most=PATH,
        ),
        *_answers(),
        divider(),
        context("The rest may stay as it is; docs/jobs.md explains the timers."),
        *_rest(),
    ]
    return modal("New environment", blocks, callback_id=Callback.ENVIRONMENT_SUBMIT, submit="Next")


def _answers() -> list[Block]:
    """Return the fields of who must say yes before a run starts."""
    yes_or_no = [option("Yes", "yes"), option("No", "no")]
    policies = [option(words_, policy) for policy, words_ in CONFIRMS.items()]
    menu = select(Action.FIELD, policies, placeholder="The requester on production, else nobody")
    return [
        input_block("Who confirms a run", menu, block_id=field("confirmation"), optional=True),
        text_field(
            "confirm_group",
            "User group",
            placeholder="S012AB3CD",
            hint="Only for members of a user group: its id, from ⋯ → Copy group ID.",
            optional=True,
            most=32,
        ),
        text_field(
            "confirmations",
            "How many of the group",
            placeholder="1",
            hint="So many different members must say yes.",
            optional=True,
            most=2,
        ),
        input_block(
            "Ask why",
            radio(Action.FIELD, yes_or_no, initial="no"),
            block_id=field("asks_reason"),
            hint="Whoever asks for a run must give a reason.",
        ),
        input_block(
            "Second factor",
            radio(Action.FIELD, yes_or_no, initial="no"),
            block_id=field("second_factor"),
            hint="A yes takes a code of one's authenticator app: /migrate totp.",
        ),
    ]


def _rest() -> list[Block]:
    return [
        text_field("ssh_port", "Port", initial="22", optional=True, most=5),
        text_field(
            "ssh_passphrase_ref",
            "Passphrase of the key",
            placeholder="env:FERRY_KEY_PASSPHRASE",
            hint="Where to find it: env:NAME or file:PATH. Never the passphrase itself.",
            optional=True,
            most=PATH,
        ),
        *_jump(),
        text_field(
            "node_path",
            "Path of node",
            placeholder="/usr/local/bin/node",
            hint="Empty: found through the PATH of the host.",
            optional=True,
            most=PATH,
        ),
        text_field(
            "shell_setup",
            "Shell setup",
            initial="auto",
            hint="How the PATH is found: auto, none, or the PATH itself.",
            optional=True,
            most=PATH,
        ),
        text_field("concurrency", "Runs at once", initial="1", optional=True, most=2),
        *_timers(),
        text_field(
            "host_key",
            "Host key",
            placeholder="ssh-ed25519 AAAA…",
            hint="Empty: Ferry asks the host and shows you its fingerprint.",
            optional=True,
            multiline=True,
            most=1000,
        ),
    ]


def _timers() -> list[Block]:
    return [
        text_field(
            "timeout_s",
            "Timeout",
            initial="10m",
            hint="How long a run may take: 45s, 10m or 1h 30m. A job may have its own.",
            optional=True,
        ),
        text_field(
            "grace_s",
            "Grace",
            initial="5s",
            hint="A run that is stopped has so long to end by itself (TERM) before it is killed.",
            optional=True,
        ),
        text_field(
            "queue_timeout_s",
            "Wait in the queue",
            initial="12h",
            hint="How long a run may wait in the queue; after that it will not run.",
            optional=True,
        ),
        text_field(
            "connect_timeout_s",
            "Connect timeout",
            placeholder="20s",
            hint="For connecting and logging in; empty: Ferry's own.",
            optional=True,
        ),
    ]


def _jump() -> list[Block]:
    return [
        text_field(
            "proxy_jump",
            "Jump host",
            placeholder="deploy@bastion.example.com:22",
            optional=True,
        ),
        text_field(
            "proxy_jump_host_key",
            "Host key of the jump host",
            placeholder="ssh-ed25519 AAAA…",
            hint="Needed with a jump host, and so is the host's own key below.",
            optional=True,
            multiline=True,
            most=1000,
        ),
    ]


def trust_modal(raw: Mapping[str, str], keys: Sequence[HostKey]) -> Block:
    """Return the question whether the host that showed *keys* is the right one.

    *raw*: the first form; it travels along with the keys. Raises InvalidInput if it is too long.
    """
    host = f"{raw['ssh_host']}:{raw.get('ssh_port') or 22}"
    kept = {name: value for name, value in raw.items() if value}
    kept["host_key"] = "\n".join(key.line for key in keys)
    metadata = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    if len(metadata) > METADATA:
        raise InvalidInput("These fields are too long together: please shorten the paths.")
    blocks = [
        section(f"{mono(host)} showed this, and nobody has vouched for it yet:"),
        *(block for key in keys for block in _shown(key)),
        context(
            "Compare it with what the host itself says: "
            + mono("ssh-keygen -lvf /etc/ssh/ssh_host_ed25519_key.pub"),
            "From then on Ferry refuses to talk to a host that shows another key.",
        ),
    ]
    return modal(
        "Trust this host?",
        blocks,
        callback_id=Callback.ENVIRONMENT_TRUST,
        submit="Trust and create",
        metadata=metadata,
    )


def _shown(key: HostKey) -> list[Block]:
    told = section(f"• {mono(key.algorithm)}  {mono(key.fingerprint)}")
    picture = randomart(key.line)
    return [told, code(picture)] if picture else [told]


def trusted(metadata: str) -> dict[str, str]:
    """Return the fields that ``trust_modal`` was made of, with the host's keys."""
    kept = json_in(metadata, dict)
    return {str(name): str(value) for name, value in kept.items()}


def created(name: str, kind: Kind, trouble: FerryError | None = None) -> Told:
    """Return that the environment is there, what keeps Ferry from logging in, what comes next."""
    where = f"The environment *{place(name, kind)}* is there"
    if trouble is not None:
        return said(
            f"⚠️ {where}, but Ferry cannot log in yet: {prose(trouble.message)}",
            hint=f"{prose(trouble.hint)} Until then its runs fail.",
        )
    return said(
        f"✅ {where}, and Ferry can log in.",
        hint=f"Next: bind a channel to it with {mono(f'/migrate bind {name}')} in that channel.",
    )
