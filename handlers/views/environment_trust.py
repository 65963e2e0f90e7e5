"""Whether the host of a new environment is the right one, and what came of creating it."""

import json
from collections.abc import Mapping, Sequence
from typing import Protocol

from db.model.catalog import Kind
from db.model.errors import FerryError, InvalidInput
from executor.rules.randomart import randomart
from handlers.views.blocks import Block, code, context, modal, mono, section
from handlers.views.ids import Callback
from handlers.views.kept import json_in
from handlers.views.message import Told
from handlers.views.notes import advice, said, sentence
from handlers.views.sentences import place

METADATA = 3000


class HostKey(Protocol):
    """A public key that a host showed."""

    @property
    def algorithm(self) -> str: ...  # noqa: D102
    @property
    def fingerprint(self) -> str: ...  # noqa: D102
    @property
    def line(self) -> str: ...  # noqa: D102


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


def created(name: str, kind: Kind, trouble: FerryError | None = None, all_of: int = 0) -> Told:
    """Return that the environment is there, what keeps Ferry from logging in, what comes next.

    *all_of*: how many members the group that confirms has, if all of them must say yes.
    """
    where = f"The environment *{place(name, kind)}* is there"
    alone = _all_of(all_of) if all_of else ""
    if trouble is not None:
        return said(
            f"⚠️ {where}, but Ferry cannot log in yet: {sentence(trouble)}",
            hint=f"{advice(trouble)} Until then its runs fail.{alone}",
        )
    return said(
        f"✅ {where}, and Ferry can log in.",
        hint=f"Next: bind a channel to it with {mono(f'/migrate bind {name}')} in that channel."
        + alone,
    )


def _all_of(members: int) -> str:
    whom = f"all {members} members" if members > 1 else "the only member"
    return (
        f" Its runs wait for a yes of {whom} of the group: a member who asks for a run cannot also "
        "confirm it, so only others should ask."
    )
