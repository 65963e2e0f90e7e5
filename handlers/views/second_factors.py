"""The way to a second factor: a letter with the secret, the first code, and the receipts."""

import io
import json

import segno

from handlers.views.answer_forms import code_field
from handlers.views.blocks import (
    Block,
    actions,
    button,
    context,
    modal,
    mono,
    person,
    section,
)
from handlers.views.ids import COMMAND, Action, Callback
from handlers.views.message import Told
from handlers.views.notes import said

SCALE, BORDER = 8, 4  # pixels a module; modules around, as the standard wants


def picture(address: str) -> bytes:
    """Return *address* as a QR picture, PNG."""
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="png", scale=SCALE, border=BORDER)
    return out.getvalue()


def on_its_way() -> Told:
    """Return what the letter says for a moment, before the picture is there."""
    return said("⏳ Your second factor is on its way…")


def letter(secret: str, place: str, *, has_picture: bool) -> Told:
    """Return the letter with the secret; *place*: where it and its picture are."""
    how = "Scan the picture below with your authenticator app, or type" if has_picture else "Type"
    grouped = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    first = button(
        "Type the first code",
        action_id=Action.FACTOR_FIRST,
        value=place,
        style="primary",
        accessible="Type the first code of your second factor",
    )
    return Told(
        "Your second factor: put the secret into your authenticator app, then type its first code.",
        [
            section(f"🔐 *Your second factor.* {how} this secret into it:\n{mono(grouped)}"),
            context(
                "Show it to nobody. Once you typed the first code, Ferry deletes the picture and "
                "this secret from here."
            ),
            actions(first),
        ],
    )


def place_of(channel_id: str, ts: str, file_id: str) -> str:
    """Return where a letter and its picture are, as text, for ``placed``."""
    return json.dumps([channel_id, ts, file_id])


def placed(place: str) -> tuple[str, str, str]:
    """Return channel, ts and file of what ``place_of`` wrote."""
    channel_id, ts, file_id = json.loads(place)
    return str(channel_id), str(ts), str(file_id)


def sent() -> Told:
    """Return where the letter is."""
    return said(
        "🔐 Ferry wrote to you alone: look into your direct messages with it.",
        hint="You need an authenticator app there, for example on your phone.",
    )


def first_modal(place: str) -> Block:
    """Return the form for the first code."""
    return modal(
        "Your second factor",
        [section("Your app shows a code by now; with it you are done."), code_field("First code")],
        callback_id=Callback.FACTOR_FIRST,
        submit="Done",
        metadata=place,
    )


def renew_modal() -> Block:
    """Return the form that asks for a code of the second factor that is to be replaced."""
    lost = f"Lost it? An admin forgets it with {mono(f'{COMMAND} totp reset @you')}."
    return modal(
        "A new second factor",
        [
            section("You have a second factor. A code of it is needed before you get a new one."),
            code_field("Code of the old one"),
            context(lost, "The old one ends at once; until the new one is set up you have none."),
        ],
        callback_id=Callback.FACTOR_RENEW,
        submit="Next",
    )


def enrolled(*, is_gone: bool) -> Told:
    """Return that it is set up, and whether the picture is deleted."""
    hint = "The picture and the secret are deleted from here."
    if not is_gone:
        hint = "Slack did not let Ferry delete the picture: please delete it yourself."
    return said("✅ Your second factor is set up.", hint=hint)


def was_reset(user_id: str) -> Told:
    """Return the receipt for an admin's reset."""
    return said(
        f"✅ The second factor of {person(user_id)} is forgotten.",
        hint=f"They set up a new one with {mono(f'{COMMAND} totp')}. The audit log tells of it.",
    )
