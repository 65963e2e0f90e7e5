"""The form that creates an environment: what most hosts need, and the rest when it is chosen."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from db.model.catalog import ConfirmationPolicy, Kind
from handlers.views.blocks import (
    Block,
    badge,
    context,
    external_select,
    header,
    input_block,
    modal,
    option,
    radio,
    select,
)
from handlers.views.confirming import CONFIRMS
from handlers.views.fields import text_field
from handlers.views.ids import Action, Callback, field

PATH = 300
#: Whether all settings are shown; it sets nothing itself.
SETTINGS, USUAL, ALL = "settings", "usual", "all"
MOST_GROUPS = 100


def environment_modal(chosen: Mapping[str, str] = MappingProxyType({})) -> Block:
    """Return the form for a new environment, with the fields that matter for what is *chosen*.

    What was typed in the others stays: Slack keeps it under the ids of their blocks.
    """
    kinds = [option(badge(kind), kind.value) for kind in Kind]
    kind = radio(Action.ENVIRONMENT_FORM, kinds, initial=chosen.get("kind") or Kind.STAGING)
    blocks = [
        text_field("name", "Name", placeholder="staging", hint="Small letters, digits, dashes."),
        input_block(
            "Kind",
            kind,
            block_id=field("kind"),
            hint="Production asks before every run.",
            dispatch=True,
        ),
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
        *_answers(chosen),
        *_settings(chosen),
    ]
    return modal("New environment", blocks, callback_id=Callback.ENVIRONMENT_SUBMIT, submit="Next")


def group_options(handles: Mapping[str, str], typed: str) -> Sequence[Block]:
    """Return the user groups whose handle contains what was typed; *handles*: by id."""
    wanted = typed.strip().removeprefix("@").casefold()
    found = sorted((name, id_) for id_, name in handles.items() if wanted in name.casefold())
    return [option(f"@{name}", id_) for name, id_ in found[:MOST_GROUPS]]


def _answers(chosen: Mapping[str, str]) -> list[Block]:
    """Return the fields of who must say yes before a run starts."""
    policies = [option(words_, policy) for policy, words_ in CONFIRMS.items()]
    policy = chosen.get("confirmation", "")
    menu = select(
        Action.ENVIRONMENT_FORM,
        policies,
        placeholder="The requester on production, else nobody",
        initial=policy,
    )
    asks = policy not in {"", ConfirmationPolicy.NONE} or chosen.get("kind") == Kind.PRODUCTION
    return [
        header("Before a run"),
        input_block(
            "Who confirms a run",
            menu,
            block_id=field("confirmation"),
            optional=True,
            dispatch=True,
        ),
        *(_group() if policy == ConfirmationPolicy.GROUP else []),
        *([_second_factor()] if asks else []),
        input_block(
            "Ask why",
            _yes_or_no(),
            block_id=field("asks_reason"),
            hint="Whoever asks for a run must give a reason.",
        ),
    ]


def _group() -> list[Block]:
    pick = external_select(Action.ENVIRONMENT_GROUP, placeholder="Type a part of its @handle")
    return [
        input_block("User group", pick, block_id=field("confirm_group")),
        text_field(
            "confirmations",
            "How many of the group",
            placeholder="1",
            hint="So many different members must say yes. Whoever asks for a run cannot.",
            optional=True,
            most=2,
        ),
    ]


def _second_factor() -> Block:
    return input_block(
        "Second factor",
        _yes_or_no(),
        block_id=field("second_factor"),
        hint="A yes takes a code of one's authenticator app: /migrate totp.",
    )


def _yes_or_no() -> Block:
    return radio(Action.FIELD, [option("Yes", "yes"), option("No", "no")], initial="no")


def _settings(chosen: Mapping[str, str]) -> list[Block]:
    """Return the choice whether to see all other settings, and them if so."""
    options = [option("The usual ones", USUAL), option("Let me choose", ALL)]
    now = chosen.get(SETTINGS) or USUAL
    pick = input_block(
        "Other settings",
        radio(Action.ENVIRONMENT_FORM, options, initial=now),
        block_id=field(SETTINGS),
        hint="Port, jump host, passphrase, node, time limits, host key.",
        dispatch=True,
    )
    if now != ALL:
        return [pick]
    return [
        pick,
        context("Each may stay as it is; docs/jobs.md explains the timers."),
        *_reach(),
        *_scripts(),
        *_timers(),
    ]


def _reach() -> list[Block]:
    return [
        header("How to reach it"),
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
            "host_key",
            "Host key",
            placeholder="ssh-ed25519 AAAA…",
            hint="Empty: Ferry asks the host and shows you its fingerprint.",
            optional=True,
            multiline=True,
            most=1000,
        ),
    ]


def _scripts() -> list[Block]:
    return [
        header("How scripts run"),
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
    ]


def _timers() -> list[Block]:
    return [
        header("How long it may take"),
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
