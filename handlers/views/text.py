"""Text that Slack may parse, made harmless and short enough: nobody but Ferry mentions anybody."""

import re
import unicodedata
from datetime import UTC, datetime

from db.model.catalog import Kind

ELLIPSIS = "…"
HARMLESS_BACKTICK = "\u02cb"  # looks like one and ends no code span
JOINER = "\u200d"  # holds emoji families together; elsewhere it is shown like what is invisible
_EMOJI = "\u2600-\u27bf\ufe0f\U0001f000-\U0001faff"
_STRAY_JOINER = re.compile(rf"(?<![{_EMOJI}]){JOINER}|{JOINER}(?![{_EMOJI}])")
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # letters without ink
BADGES = {
    Kind.PRODUCTION: "🔴 production",
    Kind.STAGING: "🟡 staging",
    Kind.DEVELOPMENT: "🟢 development",
}
_HALF_A_TOKEN = re.compile(r"(&[a-z]{0,4}|<[^<>]*)$")


def visible(text: str, *, keep: str = "\t") -> str:
    """Return *text* with control and invisible characters written out, except those in *keep*."""
    if text.isascii() and text.isprintable():
        return text
    text = _STRAY_JOINER.sub("\\\\u200d", text)
    return "".join(character if character in keep else _shown(character) for character in text)


def _shown(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)  # Unicode's control pictures: ␀ ␛ ␊
    hidden = unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    if character == JOINER or not (hidden or character in _BLANK):
        return character
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def esc(text: str) -> str:
    """Return *text* for mrkdwn: it can neither mention anybody nor make a link."""
    shown = visible(text, keep="\n\t")
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mono(text: str) -> str:
    """Return *text* as a code span of mrkdwn, on one line; a backtick cannot end it early."""
    return f"`{esc(visible(text)).replace('`', HARMLESS_BACKTICK).strip() or ' '}`"


def clip(text: str, limit: int) -> str:
    """Return at most *limit* characters of plain *text*, ending in … if something is missing."""
    return text if len(text) <= limit else text[: limit - 1] + ELLIPSIS


def clip_mrkdwn(text: str, limit: int) -> str:
    """Return at most *limit* characters of escaped *text*; entities and mentions stay whole."""
    if len(text) <= limit:
        return text
    return _HALF_A_TOKEN.sub("", text[: limit - 1]) + ELLIPSIS


def when(moment: datetime, format: str = "{date_short_pretty} {time}") -> str:  # noqa: A002
    """Return *moment* (aware) as mrkdwn that Slack shows in each reader's own time zone."""
    fallback = f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"<!date^{int(moment.timestamp())}^{format}|{fallback}>"


def badge(kind: Kind) -> str:
    """Return the coloured dot and the word for what an environment is for."""
    return BADGES[kind]


def group(group_id: str) -> str:
    """Return a mention of a user group by its id; what is no id is only shown."""
    return f"<!subteam^{group_id}>" if re.fullmatch(r"S[A-Z0-9]+", group_id) else mono(group_id)


def person(user_id: str) -> str:
    """Return a mention of *user_id*, or the name of an operator at the command line."""
    if re.fullmatch(r"[UW][A-Z0-9]+", user_id):
        return f"<@{user_id}>"
    return esc(user_id.removeprefix("cli:")) or "somebody"
